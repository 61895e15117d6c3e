# The house's few commands. `make setup` needs Python 3.11 or newer and nothing else; later calls are instant.

.DEFAULT_GOAL := help
.PHONY: help setup ui browser chromium demo test chaos explore fuzz race check bench format debian-postgres
.NOTPARALLEL:

PYTHON ?= python3
ARGS ?=
TIMES ?= 10
VENV := .venv
TOOLS := .venv-tools
SYNCED := $(VENV)/.synced
DEBIAN_POSTGRES := /usr/lib/postgresql/15/bin
MAX_LINES := 500
# One more than there are cores: many tests wait for processes.
WORKERS = $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')

help: ## Show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(SYNCED) ## Install the locked dependencies into .venv

# uv comes from the PATH, from an earlier call, or from PyPI: into its own venv, or for this user where
# the venv module is missing.
$(SYNCED): pyproject.toml uv.lock
	@set -e; \
	uv=$$(command -v uv || true); \
	if [ -z "$$uv" ] && [ -x $(TOOLS)/bin/uv ]; then uv=$(TOOLS)/bin/uv; fi; \
	if [ -z "$$uv" ] && $(PYTHON) -m venv $(TOOLS) >/dev/null 2>&1; then \
		echo "Installing uv into $(TOOLS)"; \
		$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check uv; \
		uv=$(TOOLS)/bin/uv; \
	fi; \
	if [ -z "$$uv" ]; then \
		rm -rf $(TOOLS); \
		echo "Installing uv for this user (Python has no venv module)"; \
		$(PYTHON) -m pip install --user --quiet --disable-pip-version-check uv \
			|| $(PYTHON) -m pip install --user --break-system-packages --quiet uv; \
		uv=$$($(PYTHON) -m site --user-base)/bin/uv; \
	fi; \
	"$$uv" sync --frozen --quiet --compile-bytecode; \
	touch $@

ui: $(SYNCED) ## Build the web application into the package, where it has changed (Node comes from PyPI)
	@$(VENV)/bin/python scripts/ui.py build

demo: $(SYNCED) ## Run the demonstration (ARGS="--help" for its options)
	@$(VENV)/bin/python scripts/ui.py build || echo "The web application could not be built; the demonstration goes on without it."
	@$(VENV)/bin/parcours demo $(ARGS)

test: ui ## Run the tests on the embedded PostgreSQL, some again on Debian's 15, and in Chromium
	$(VENV)/bin/python scripts/ui.py test
	$(VENV)/bin/pytest -n $(WORKERS) --dist worksteal $(ARGS)
	@$(MAKE) --no-print-directory debian-postgres
	@if [ -x $(DEBIAN_POSTGRES)/initdb ]; then \
		set -x; PARCOURS_TEST_SERVER=debian $(VENV)/bin/pytest -n $(WORKERS) --dist worksteal -m both_servers $(ARGS); \
	else \
		echo "Not repeated on PostgreSQL 15: $(DEBIAN_POSTGRES) is missing."; \
	fi
	@$(MAKE) --no-print-directory chromium
	@if command -v chromium >/dev/null || command -v chromium-browser >/dev/null; then \
		export PARCOURS_TEST_BROWSER=1; set -x; \
		$(VENV)/bin/pytest -n 3 --dist loadfile tests/browser $(ARGS) || { \
			echo "In the browser, what failed is tried once more on its own:"; \
			$(VENV)/bin/pytest -n 1 --last-failed --last-failed-no-failures none tests/browser; }; \
	else \
		echo "Not driven in a browser: there is no Chromium, and only root on a system with apt can install it."; \
	fi

chaos: $(SYNCED) ## Kill processes by the hundred while people move, and see that nothing is lost or sent twice
	@PYTHONPATH=tests $(VENV)/bin/python -m chaos.run $(ARGS)

explore: $(SYNCED) ## Draw new random cases, by the thousand, and compare the engine with the reference (TIMES=10)
	PARCOURS_TEST_TIMES=$(TIMES) $(VENV)/bin/pytest -n $(WORKERS) --hypothesis-profile=explore --timeout=0 tests/property $(ARGS)

fuzz: $(SYNCED) ## Ask everything that the OpenAPI describes, at random, as an admin, a viewer and nobody
	@PYTHONPATH=tests $(VENV)/bin/python -m fuzz.run $(ARGS)

race: $(SYNCED) ## Give every command to busy journeys, by the hundred, and hold each to its promise
	@PYTHONPATH=tests $(VENV)/bin/python -m race.run $(ARGS)

# Only root on a system with apt can install it; elsewhere `make test` says what it left out.
debian-postgres:
	@if [ ! -x $(DEBIAN_POSTGRES)/initdb ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing PostgreSQL 15 from Debian"; \
		export DEBIAN_FRONTEND=noninteractive; \
		apt-get update -qq </dev/null && apt-get install -y -qq --no-install-recommends postgresql-15 \
			</dev/null >/dev/null; \
	fi

browser: ui chromium ## Drive the web application in Chromium, on a real server with a worker
	PARCOURS_TEST_BROWSER=1 $(VENV)/bin/pytest -n 3 --dist loadfile tests/browser $(ARGS)

# Only root on a system with apt can install it; where that fails `make test` says what it left out.
chromium:
	@if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Chromium from Debian"; \
		export DEBIAN_FRONTEND=noninteractive; \
		apt-get update -qq </dev/null && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core \
			</dev/null >/dev/null || echo "Chromium could not be installed."; \
	fi

check: $(SYNCED) ## Check lint, format, types, import contracts and file sizes, as CI does
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-logo
	$(VENV)/bin/pytest -q tests/unit/test_portable_sql.py
	$(VENV)/bin/python scripts/ui.py check
	@find src tests bench \( -name '*.py' -o -name '*.sql' \) -exec wc -l {} + 2>/dev/null | awk ' \
		$$2 != "total" && $$1 > $(MAX_LINES) { print $$2 " has " $$1 " lines, more than $(MAX_LINES)"; bad = 1 } \
		$$2 != "total" { files++ } \
		END { if (!bad) print files " files, none longer than $(MAX_LINES) lines"; exit bad }'

format: $(SYNCED) ## Write the format and the safe fixes of the linter
	$(VENV)/bin/ruff format
	$(VENV)/bin/ruff check --fix

bench: $(SYNCED) ## Run the benchmarks, bench/bench_*.py
	@set -e; for file in $(sort $(wildcard bench/bench_*.py)); do \
		echo "== $$file"; $(VENV)/bin/python "$$file" $(ARGS); \
	done
