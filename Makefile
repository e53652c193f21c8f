# Every command sets up what it needs: a virtual environment in .venv with the locked dependencies.
# A system's own Python is built for speed (PGO, LTO), which one compiled at home seldom is; torch's compiler needs its headers.
PYTHON ?= $(shell /usr/bin/python3.11 -c '$(COMPLETE)' 2>/dev/null && echo /usr/bin/python3.11 \
	|| command -v python3.11 || command -v python3)
COMPLETE := import ensurepip, os, sysconfig, venv; os.stat(sysconfig.get_path("include") + "/Python.h")
BIN := .venv/bin
READY := .venv/.ready
NAME ?= all
N ?= 200
SCALE ?= 15
LANES ?= 3

.DEFAULT_GOAL := help
.PHONY: help demo up down test test-fast check bench chaos clean

help: ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | expand -t 12

demo: $(READY) ## make a world, train two teachers and a student through the application, print the result
	@$(BIN)/python manage.py demo

up: $(READY) ## serve the site (database, broker, web, worker) until Ctrl-C; prints URL and login
	@$(BIN)/python manage.py up

down: $(READY) ## stop what a crashed `make up` left behind
	@$(BIN)/python manage.py down

test: $(READY) ## the whole suite (browser tests where Chromium is installed)
	@$(BIN)/python -m tests.whole

test-fast: $(READY) ## the suite without what trains networks, kills processes or drives a browser
	$(BIN)/python -m pytest -m "not slow and not browser"

check: $(READY) ## format, lint, types, import contracts, migrations, JS types, and all of `make test`
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	@sh frontend/check-types.sh
	$(MAKE) test

bench: $(READY) ## benchmarks: NAME=... runs one, all by default; DATA=folder, TEACHERS=folder: what it runs on, where it takes them
	$(BIN)/python -m tests.bench "$(NAME)" "$(DATA)" "$(TEACHERS)"

chaos: $(READY) ## break it on purpose: N=200 schedules with times divided by SCALE=15, on LANES=3 arenas
	$(BIN)/python -m tests.chaos --times $(N) --scale $(SCALE) --lanes $(LANES)

clean: ## remove the virtual environment, caches and the local data of this checkout
	@[ ! -x $(BIN)/python ] || $(BIN)/python manage.py down || true
	rm -rf .venv .mtkd .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache frontend/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml constraints.txt
	@[ -n "$(PYTHON)" ] || { echo "mtkd needs Python 3.11; none was found."; exit 1; }
	$(PYTHON) -m venv .venv
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check \
		-c constraints.txt -e '.[engine,web,embedded,dev]'
	@touch $(READY)
