# `make` lists the targets.
PYTHON ?= python3.11
BIN := .venv/bin
ONCE ?=

# The files that Vite reads: sources, and templates, from whose classes Tailwind generates styles.
SOURCES := $(shell find assets templates apps -path assets/dist -prune -o -type f \
	\( -name '*.ts' -o -name '*.css' -o -name '*.html' -o -name '*.svg' \) -print)

# Go, which builds the Collector; an older version counts as missing.
GO := $(shell go version 2>/dev/null | grep -E 'go1\.(2[6-9]|[3-9][0-9])')

.DEFAULT_GOAL := help
.PHONY: help setup collector browser run quick test check mutants bench lock clean

help:  ## Print this list.
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# Installed once per lock file; pip checks the hash of every file. --no-deps, because the lock file is complete and
# pip would look for newer versions of requirements with extras.
.venv/.installed: requirements.lock pyproject.toml
	@echo "Installing Python packages into .venv (about a minute the first time) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# npm itself creates this file.
node_modules/.package-lock.json: package-lock.json
	@echo "Installing npm packages into node_modules …"
	@npm ci --silent --no-audit --no-fund
	@touch $@

# Also compress the files, because whitenoise serves compressed files but does not create them on the fly.
assets/dist/manifest.json: node_modules/.package-lock.json .venv/.installed vite.config.ts $(SOURCES)
	@echo "Building assets/dist …"
	@node_modules/.bin/vite build --logLevel warn
	@$(BIN)/python -m whitenoise.compress --quiet assets/dist

# The builder has the version that it builds. Go checks downloads against its checksum database.
collector/build/otelcol: collector/builder-config.yaml
	@echo "Building the OpenTelemetry Collector (about ten minutes the first time) …"
	@mkdir -p $(@D)
	@CGO_ENABLED=0 go run go.opentelemetry.io/collector/cmd/builder@v$$(sed -n 's/^  version: //p' $<) --config $< \
		>$@.log 2>&1 || { tail -n 20 $@.log; exit 1; }
	@mv $(@D)/source/otelcol $@

# Jaeger 2.13.0, which Go knows by its other tag. Built in Jaeger's own module, with the lock file of the release.
collector/build/jaeger: collector/jaeger-version
	@echo "Building Jaeger (about ten minutes the first time) …"
	@mkdir -p $(@D)
	@module=$$(go mod download -json github.com/jaegertracing/jaeger@$$(cat $<) | sed -n 's/.*"Dir": "\(.*\)".*/\1/p') \
		&& CGO_ENABLED=0 go build -C "$$module" -trimpath -ldflags="-s -w" -o $(CURDIR)/$@ ./cmd/jaeger >$@.log 2>&1 \
		|| { tail -n 20 $@.log; exit 1; }

collector:  ## Build the Collector and Jaeger, which tests start; requires Go.
	@test "$(GO)" || { echo "Go is missing, 1.26 or newer: https://go.dev/doc/install"; exit 1; }
	@$(MAKE) --no-print-directory collector/build/otelcol collector/build/jaeger

setup: .venv/.installed assets/dist/manifest.json  ## Install everything, and build the browser's assets.

run: setup  ## Start the product and its services, drive a sample journey, show what arrived; ONCE=1 then stops.
	@$(BIN)/python -m tformance.run $(if $(ONCE),--once)

# Without Go, the Collector is not built and its tests are skipped, with a reason. `test_worker.py` always has its own
# database, so it does not run again; `tests/run` has a worker on PostgreSQL.
test: setup check $(if $(GO),collector)  ## Run every check, every test, and the product's tests again on PostgreSQL.
	@$(BIN)/python -m pytest -n 3 --dist loadgroup
	@echo "The product's tests again, on PostgreSQL …"
	@$(BIN)/python -m tests.services.postgresql -- $(BIN)/python -m pytest -n 2 --dist loadgroup tests/apps \
		--ignore tests/apps/syncs/test_worker.py

# The rooms' own tests, without those that start programs or browsers.
quick: setup  ## Run the unit and mapping tests, in less than a minute: for each change.
	@$(BIN)/python -m pytest -q -n 2 --dist loadgroup -m "not slow" tests/test_house.py tests/test_rooms.py \
		$(addprefix tests/otel/,delivery events exceptions mapping outcomes recording selecting test_ledger.py)

check: setup  ## Lint, check types, and check that generated files are current.
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/python manage.py telemetry catalog --check docs
	@$(BIN)/python manage.py telemetry generate --check assets/javascript \
		collector-config.yaml collector/tier1.yaml
	@node_modules/.bin/tsc

# ROOM is a folder of otel/ or several, SAMPLE the number of mutants in each, SEED what selects them.
mutants: setup  ## Change otel/ in small ways, report what the fast tests don't notice; ROOM=delivery SAMPLE=40 SEED=7.
	@$(BIN)/python -m tests.mutants $(ROOM) $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(SEED),--seed $(SEED))

bench: setup  ## Run the benchmarks, write benchmarks/results.json; requires Chromium and `make collector`.
	$(BIN)/python -m benchmarks

lock:  ## Update requirements.lock and requirements.image.lock from pyproject.toml.
	$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make lock" --python-version 3.11 --all-extras pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make lock" --python-version 3.11 --extra image --constraint requirements.lock \
		pyproject.toml -o requirements.image.lock

clean:  ## Remove the files that other targets created.
	rm -rf .venv node_modules assets/dist collector/build .mypy_cache .ruff_cache .pytest_cache .hypothesis .run
