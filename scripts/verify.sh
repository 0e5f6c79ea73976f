#!/usr/bin/env bash
# Checks that what is generated is what would be generated now. Writes nothing into the tree; says how to mend it.
set -euo pipefail
cd "$(dirname "$0")/.."

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
status=0

# check NAME HOW-TO-MEND COMMAND...
check() {
  local name=$1 mend=$2
  shift 2
  if "$@" >"$tmp/out" 2>&1; then
    printf 'verify: ok    %s\n' "$name"
  else
    printf 'verify: STALE %s; mend with: %s\n' "$name" "$mend"
    cat "$tmp/out"
    status=1
  fi
}

openapi() {
  local dir=internal/gateway/openapi
  sed "s|^output:.*|output: $tmp/openapi.gen.go|" $dir/config.yaml >"$tmp/config.yaml"
  go tool -modfile=tools.mod oapi-codegen -config "$tmp/config.yaml" api/openapi.yaml
  diff -u $dir/openapi.gen.go "$tmp/openapi.gen.go"
}

# A promise of docs/security.md names the tests that show it, and these exist.
promises() {
  local name
  grep -o '`Test[A-Za-z0-9_]*`' docs/security.md | tr -d '`' | sort -u >"$tmp/named"
  grep -rhoE '^func Test[A-Za-z0-9_]*' --include='*_test.go' cmd internal test | sed 's/^func //' | sort -u >"$tmp/tests"
  name=$(comm -23 "$tmp/named" "$tmp/tests")
  [ -s "$tmp/named" ] && [ -z "$name" ] || { echo "there is no test $name"; return 1; }
}

check "internal/postgres/sqlc" "make generate" go tool -modfile=tools.mod sqlc diff
check "internal/gateway/openapi" "make generate" openapi
check "web/src/api" "make generate" scripts/web.sh verify
check "docs/security.md" "naming tests that exist" promises
check "go.mod, go.sum" "go mod tidy" go mod tidy -diff
# Not tidied: tools.mod would then list what the programs need as well. It is complete when its tools can be built.
check "tools.mod, tools.sum" "go get -modfile=tools.mod tool" go list -modfile=tools.mod -mod=readonly -deps tool
exit $status
