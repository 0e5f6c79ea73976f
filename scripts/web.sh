#!/usr/bin/env bash
# Builds the web application, and checks it. Its packages are installed when package-lock.json is newer than they are.
#
#   scripts/web.sh build       into web/dist; fails without Node
#   scripts/web.sh if-needed   the same if something has changed since; without Node it says so and leaves it be
#   scripts/web.sh generate    the types of the API
#   scripts/web.sh lint|test|verify   ESLint, Prettier and tsc; Vitest; whether the generated types are up to date
#   scripts/web.sh e2e|screenshots|images   journeys through it, pictures of it, those of the README: in Chromium, with bin/
#
# The last seven do nothing without Node, but fail in CI.
set -euo pipefail
cd "$(dirname "$0")/../web"

say() { printf 'web: %s\n' "$*" >&2; }

# has_node: Vite 8 needs Node 20.19, and npm is a package of its own in some places.
has_node() {
  command -v npm >/dev/null && node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' 2>/dev/null
}

# quietly shows what a command printed only when it fails.
quietly() {
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 || { status=$?; cat "$log" >&2; }
  rm -f "$log"
  return $status
}

install() {
  [[ node_modules/.package-lock.json -nt package-lock.json ]] && return
  say "installing packages"
  quietly npm ci || return
  touch node_modules/.package-lock.json
}

build() {
  install || return
  say "building the application"
  quietly npm run build || return
  touch dist/index.html
}

is_fresh() {
  [[ -e dist/index.html ]] &&
    [[ -z $(find src public vite index.html package-lock.json vite.config.ts -newer dist/index.html -print -quit) ]]
}

verify() {
  local fresh
  fresh=$(mktemp --suffix=.ts)
  npx openapi-typescript ../api/openapi.yaml --output "$fresh" --alphabetize >/dev/null
  diff -u src/api/schema.gen.ts "$fresh" || { rm -f "$fresh"; return 1; }
  rm -f "$fresh"
}

mode=${1:-build}
if ! has_node; then
  missing="Node 20.19 or later with npm is missing; see https://nodejs.org/en/download"
  case $mode in
    build) say "$missing"; exit 1 ;;
    if-needed) is_fresh || say "$missing. Going on without the web application: / tells how to build it"; exit 0 ;;
    *) say "$missing; nothing of web/ was checked"; [[ -z ${CI:-} ]]; exit ;;
  esac
fi

case $mode in
  build) build ;;
  if-needed) is_fresh || build || say "the build failed; going on with what there is" ;;
  lint)
    install
    status=0
    npm run --silent lint || status=1
    npm run --silent format:check || status=1
    npm run --silent typecheck || status=1
    exit $status
    ;;
  test) install && npm run --silent test ;;
  e2e) install && exec node e2e/main.mjs ;; # a signal that ends make reaches it
  screenshots | images) install && exec node "e2e/$mode.mjs" ;;
  generate) install && npm run --silent generate ;;
  verify) install && verify ;;
  *) say "no such mode: $mode"; exit 2 ;;
esac
