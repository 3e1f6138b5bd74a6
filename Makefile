# Two commands do all set-up: `make demo` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV ?= $(shell command -v uv)
VENV := .venv
BIN := $(VENV)/bin
SITE ?= demo/site

.DEFAULT_GOAL := help
.PHONY: help demo setup test test-slow lint types docs check bench lock format clean

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 14

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed, found: $(PYTHON)"; exit 2; }
	@if [ -n "$(UV)" ]; then "$(UV)" venv --quiet --python "$(PYTHON)" $(VENV); else "$(PYTHON)" -m venv --without-pip $(VENV); fi

$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what the demo needs (once)..."
	@bash scripts/install.sh "$(PYTHON)" "$(UV)" $(VENV) requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what the tests need (once)..."
	@bash scripts/install.sh "$(PYTHON)" "$(UV)" $(VENV) requirements-dev.lock
	@touch $@ $(VENV)/.runtime

demo: $(VENV)/.runtime  ## the whole journey on a made-up nation, in ./demo
	@$(BIN)/enclave demo --site $(SITE)

setup: $(VENV)/.dev  ## prepare .venv with everything the tests need

test: setup  ## all tests but the slow ones
	@$(BIN)/python -m pytest -n auto --dist loadgroup -m "not slow" -q

test-slow: setup  ## the slow tests: Spark, kills at random points, large inputs
	@$(BIN)/python -m pytest -m slow -q

lint: setup  ## ruff: rules and format
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: setup  ## mypy, strict
	@$(BIN)/mypy

docs: setup  ## generated reference pages, then the manual; warnings are errors
	@$(BIN)/python docs/generate.py --check && NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

check: setup  ## what CI runs: lint, types, docs, all tests but the slow ones with branch coverage
	@$(MAKE) --no-print-directory lint types docs
	@$(BIN)/python -m pytest -n auto --dist loadgroup -m "not slow" -q --cov --cov-report=term:skip-covered

bench: setup  ## benchmarks: each prints a ratio against a peer or a limit
	@for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done
	$(BIN)/python -m benchmarks.suppression --quick
	$(BIN)/python -m benchmarks.linkage --quick

format: setup  ## let ruff mend what it can
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

lock:  ## renew uv.lock, both hashed requirement files and environment.yml (needs uv)
	@uv lock --quiet
	@uv export --quiet --frozen --no-emit-project --extra build --no-header -o requirements.lock
	@uv export --quiet --frozen --no-emit-project --all-extras --no-header -o requirements-dev.lock
	@$(BIN)/python scripts/environment.py

clean:  ## remove the demo and everything made by tools
	@rm -rf demo site-docs .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
