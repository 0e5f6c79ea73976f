#!/usr/bin/env bash
# Looks for known vulnerabilities in what the programs use, with govulncheck.
#
#   scripts/vuln.sh           by the newest list there is
#   scripts/vuln.sh VERSION   by the list of that day, a version of the module golang.org/x/vulndb: the same answer every time
#
# The list comes as a Go module and not from the site that govulncheck asks by itself: modules are reachable wherever
# Vestnik can be built at all.
set -euo pipefail
cd "$(dirname "$0")/.."

version=${1:-latest}
db=$(mktemp -d)
trap 'rm -rf "$db"' EXIT

# Outside the project's own module, or the list's needs would be taken for Vestnik's.
list=$(cd "$db" && go mod download -json "golang.org/x/vulndb@$version")
field() { sed -n "s/^\t\"$1\": \"\(.*\)\".*/\1/p" <<<"$list"; }
printf 'vuln: the list of golang.org/x/vulndb %s\n' "$(field Version)" >&2
(cd "$db" && go run "golang.org/x/vulndb/cmd/indexdb@$(field Version)" -vulns "$(field Dir)/data/osv" -out "$db/index")
go tool -modfile=tools.mod govulncheck -db "file://$db/index" ./...
