# `make` alone lists the tasks. Everything is installed into .venv, from lock files with exact versions and hashes.
PORT ?= 8000
ARGS ?=
UPGRADE ?=
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
COMPILE := CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe \
	--strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --annotation-style=line \
	--build-deps-for editable $(UPGRADE)
CATALOGUES := $(BIN)/python -m scripts.catalogues

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check format catalogues bench vendor lock clean

help:
	@echo "make run         the demo, at http://localhost:$(PORT) or the next free port (PORT=8123 make run: elsewhere)"
	@echo "make test        all tests (ARGS=tests/orders: some; ARGS='-k phone': by name)"
	@echo "make check       format, lint, types, import order, templates, catalogues: what must be clean before a commit"
	@echo "make format      put code into the form that make check asks for"
	@echo "make catalogues  take new sentences into the Finnish and Swedish catalogues and compile them"
	@echo "make bench       measure the speed of what matters and compare it with what it must be"
	@echo "make vendor      fetch the style sheets, scripts and fonts under static/vendor anew, in their pinned versions"
	@echo "make lock        pin the packages anew after a change to pyproject.toml (UPGRADE=--upgrade: newest versions)"
	@echo "make clean       remove .venv and what tools left behind; the demo's and the portal's data stay"

run: .venv/.ready-to-run
	@PORT="$(PORT)" $(BIN)/certportal demo

test: .venv/.ready-to-develop
	$(BIN)/python -m pytest -n auto $(ARGS)

check: .venv/.ready-to-develop
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/pyright --warnings
	$(BIN)/djlint templates --lint --quiet
	$(CATALOGUES) check

format: .venv/.ready-to-develop
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

catalogues: .venv/.ready-to-develop
	$(CATALOGUES) update

bench: .venv/.ready-to-develop
	$(BIN)/python -m tests.bench $(ARGS)

vendor: .venv/.ready-to-develop
	$(BIN)/python -m scripts.vendor

lock: .venv/.ready-to-develop
	$(COMPILE) --extra demo --extra postgresql --output-file requirements.lock pyproject.toml
	$(COMPILE) --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

clean:
	rm -rf .venv .venv-bench dist build .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

# A made .venv is kept while the lock files and pyproject.toml are older than its stamps.
.venv/.made:
	@if [ -z "$(PYTHON)" ]; then \
		echo "certportal needs Python 3.11 or later; here is: $$(python3 --version 2>/dev/null || echo none)"; \
		echo "Install it (Debian 12, Ubuntu 24.04 and later: apt-get install python3 python3-venv), or name one:"; \
		echo "  make run PYTHON=/path/to/python3.11"; exit 1; fi
	@if ! "$(PYTHON)" -c 'import venv, ensurepip' 2>/dev/null; then \
		echo "This Python cannot make a virtual environment. Install the package for it, then run make again:"; \
		echo "  apt-get install python3-venv      (Debian, Ubuntu)"; exit 1; fi
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { echo "making .venv with $$("$(PYTHON)" --version)"; "$(PYTHON)" -m venv --clear .venv; }
	@touch $@

.venv/.ready-to-run: .venv/.made requirements.lock pyproject.toml
	@echo "installing what certportal runs on into .venv (a minute or two, the first time)"
	@$(PIP) install --quiet --require-hashes -r requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.ready-to-develop: .venv/.made requirements-dev.lock pyproject.toml
	@echo "installing what certportal and its tests need into .venv (a minute or two, the first time)"
	@$(PIP) install --quiet --require-hashes -r requirements-dev.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@ .venv/.ready-to-run
