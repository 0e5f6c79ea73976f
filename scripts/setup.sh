#!/usr/bin/env bash
# Installs what a make target needs beside Go, or names the command that does.
#
#   scripts/setup.sh run    PostgreSQL's programs: `vestnik up` and `vestnik demo` make a private cluster of them
#   scripts/setup.sh test   the same, a C compiler for the race detector, and redis-server
#   scripts/setup.sh browser   the first, and Chromium: the journeys through the web application
#
# With nothing missing it takes a few milliseconds and touches nothing.
set -euo pipefail

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# have_postgres looks where internal/standalone looks: version 15 or later, in full.
have_postgres() {
  local dir version
  for dir in "$(dirname "$(readlink -f "$(command -v initdb || true)" || true)" 2>/dev/null || true)" \
    /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin; do
    [[ -x "$dir/initdb" && -x "$dir/postgres" ]] || continue
    version=$("$dir/postgres" --version | sed -E 's/.*\) ([0-9]+).*/\1/')
    [[ "$version" -ge 15 ]] && return 0
  done
  return 1
}

# as_root runs a command as root if that needs no password; 125: it cannot.
as_root() {
  if [[ $EUID -eq 0 ]]; then "$@"; elif have sudo && sudo -n true 2>/dev/null; then sudo -n "$@"; else return 125; fi
}

# hold_services keeps packages from starting servers: only their programs are wanted. What the machine has set itself
# stays as it is.
hold_services() {
  if [[ ! -e /etc/postgresql-common/createcluster.conf ]]; then
    as_root mkdir -p /etc/postgresql-common
    echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
  fi
  if [[ ! -e /usr/sbin/policy-rc.d ]]; then
    trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee /usr/sbin/policy-rc.d >/dev/null
    as_root chmod 755 /usr/sbin/policy-rc.d
  fi
}

# sleep_services keeps a server that was installed for its program from starting with the machine.
sleep_services() {
  [[ " $* " == *" redis-server "* && -d /run/systemd/system ]] || return 0
  as_root systemctl disable --quiet redis-server 2>/dev/null || true
}

apt_install() {
  local manual="apt-get install -y --no-install-recommends $*"
  as_root true || fail "missing: $*. Install with: sudo $manual"
  say "installing: $*"
  hold_services
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 -o Dpkg::Options::=--force-confold)
  local log
  log=$(mktemp)
  if ! as_root "${apt[@]}" install -y --no-install-recommends "$@" </dev/null >"$log" 2>&1; then
    # The lists of packages may be old, or not be there at all.
    as_root "${apt[@]}" update </dev/null >&2 || say "apt-get update failed; going on with the lists there are"
    if ! as_root "${apt[@]}" install -y --no-install-recommends "$@" </dev/null >"$log" 2>&1; then
      cat "$log" >&2
      rm -f "$log"
      fail "could not install: $*. Try: sudo $manual"
    fi
  fi
  rm -f "$log"
  sleep_services "$@"
}

mode=${1:-run}
have go || fail "Go is missing; see https://go.dev/doc/install"

missing=()
have_postgres || missing+=(postgresql)
if [[ $mode == test ]]; then
  if ! have "${CC:-cc}" && ! have gcc && ! have clang; then missing+=(gcc libc6-dev); fi
  have redis-server || missing+=(redis-server)
fi
if [[ $mode == browser && -z ${CHROMIUM:-} ]] && ! have chromium; then missing+=(chromium); fi
[[ ${#missing[@]} -eq 0 ]] && exit 0

if have apt-get; then
  apt_install "${missing[@]}"
elif have brew; then
  for package in "${missing[@]}"; do
    case $package in
      postgresql) brew install --quiet postgresql@16 ;;
      redis-server) brew install --quiet redis ;;
      chromium) fail "no Chromium. Install one and name its program in CHROMIUM" ;;
      *) fail "no C compiler. Install with: xcode-select --install" ;;
    esac
  done
elif have dnf; then
  fail "missing: ${missing[*]}. Install with: sudo dnf install postgresql-server gcc redis"
else
  fail "missing: ${missing[*]} (PostgreSQL 15 or later). Install them with this machine's package manager"
fi

have_postgres || fail "PostgreSQL 15 or later is needed and this system's own is older. Debian and Ubuntu:
  sudo /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y && sudo apt-get install -y postgresql-17"
