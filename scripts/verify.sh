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

check "internal/postgres/sqlc" "make generate" go tool -modfile=tools.mod sqlc diff
check "internal/gateway/openapi" "make generate" openapi
check "web/src/api" "make generate" scripts/web.sh verify
check "go.mod, go.sum" "go mod tidy" go mod tidy -diff
# Not tidied: tools.mod would then list what the programs need as well. It is complete when its tools can be built.
check "tools.mod, tools.sum" "go get -modfile=tools.mod tool" go list -modfile=tools.mod -mod=readonly -deps tool
exit $status
