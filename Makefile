# Everything a developer runs. `make` alone lists it. Each target does its own set-up: Go is all that must be there, and
# Node for the web application.

SHELL := /bin/bash
.DEFAULT_GOAL := help

ARGS  ?=# flags of the program that demo and run start
VULNDB ?=# which list of vulnerabilities vuln goes by
BENCH ?= .# which benchmarks bench runs
TOOL  := go tool -modfile=tools.mod

# The toolchain that go.mod names: older ones build Vestnik too, but their standard library has known holes. It is
# fetched where it is missing; `make GOTOOLCHAIN=local ...` takes the Go that is installed.
export GOTOOLCHAIN := $(shell sed -n 's/^toolchain //p' go.mod)+auto

# The version comes from Git, by way of -buildvcs: `go version -m bin/vestnik` shows it.
BUILD := CGO_ENABLED=0 go build -trimpath -buildvcs=auto -ldflags='-s -w'

.PHONY: help
help: ## List these targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: setup-run web-if-needed bin/vestnik ## Show a mailing end to end, on this machine alone (Ctrl-C ends it; ARGS="--exit --json")
	@bin/vestnik demo $(ARGS)

.PHONY: run
run: setup-run web-if-needed bin/vestnik ## Run all of Vestnik in one process: vestnik up
	@bin/vestnik up $(ARGS)

.PHONY: web
web: ## Build the web application, which the programs then hold (needs Node)
	@scripts/web.sh build

.PHONY: build
build: ## Build the four programs into bin/, static
	@mkdir -p bin
	$(BUILD) -o bin/ ./cmd/...

.PHONY: bin/vestnik
bin/vestnik:
	@mkdir -p bin
	@[ -x $@ ] || echo 'building vestnik; the first time takes a minute or two' >&2
	@$(BUILD) -o bin/ ./cmd/vestnik

# The tests of test/ start whole systems and measure time, so they do not share the machine with others.
.PHONY: test
test: setup-test ## Run every test, on real servers, with the race detector
	@status=0; \
	go test -race -timeout 15m $$(go list ./... | grep -v '/vestnik/test/') || status=1; \
	go test -race -timeout 15m -p 1 ./test/... || status=1; \
	scripts/web.sh test || status=1; \
	exit $$status

.PHONY: e2e
e2e: setup-browser web build ## Go whole ways through the web application in Chromium (E2E=part of a name)
	@scripts/web.sh e2e

.PHONY: screenshots
screenshots: setup-browser web bin/vestnik ## Take a picture of every page into web/screenshots
	@scripts/web.sh screenshots

.PHONY: images
images: setup-browser web bin/vestnik ## Take the pictures of the README anew, into docs/images
	@scripts/web.sh images

.PHONY: fault
fault: setup-test ## Run the fault tests alone: kill -9, SIGSTOP, a lost NATS store
	go test -race -timeout 15m -count=1 -v ./test/fault/...

.PHONY: bench
bench: setup-test ## Run the benchmarks (BENCH=regexp)
	go test -run '^$$' -bench '$(BENCH)' -benchmem -p 1 -timeout 30m ./...

.PHONY: cover
cover: setup-test ## Measure how much of internal/ its tests cover
	@mkdir -p tmp
	go test -timeout 15m -coverpkg=./internal/... -coverprofile=tmp/cover.out ./internal/...
	@go tool cover -func=tmp/cover.out | tail -n 1

.PHONY: lint
lint: ## Run the linters
	@status=0; \
	$(TOOL) golangci-lint run ./... || status=1; \
	scripts/web.sh lint || status=1; \
	exit $$status

.PHONY: generate
generate: ## Generate code anew from migrations, queries and api/openapi.yaml
	$(TOOL) sqlc generate
	go generate ./...
	@scripts/web.sh generate

.PHONY: verify
verify: ## Check that generated code, go.mod and tools.mod are up to date; changes nothing
	@scripts/verify.sh

.PHONY: vuln
vuln: ## Look for known vulnerabilities in what the programs use (VULNDB=version of the list; the newest)
	@scripts/vuln.sh $(VULNDB)

.PHONY: clean
clean: ## Remove what the targets made
	rm -rf bin tmp web/node_modules
	find web/dist -mindepth 1 ! -name robots.txt -delete

.PHONY: setup-run setup-test setup-browser web-if-needed
web-if-needed:
	@scripts/web.sh if-needed
setup-run:
	@scripts/setup.sh run
setup-test:
	@scripts/setup.sh test
setup-browser:
	@scripts/setup.sh browser
