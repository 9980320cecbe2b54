# Everything a newcomer needs: make demo, make test. The environment is made in .venv by itself.
SHELL := /bin/sh
PYTHON := $(shell for p in python3.13 python3.12 python3.11 python3; do \
	if command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	then echo $$p; break; fi; done)
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: demo run test soak check format bench catalogs help
.DEFAULT_GOAL := help

help:
	@echo "make demo      a lively demo school in the browser (ARGS=\"--port 9000 --reset\")"
	@echo "make run       Schoolbell itself, with the settings of the environment or .env"
	@echo "make test      the tests, on SQLite and PostgreSQL"
	@echo "make soak      what make test leaves out for its length"
	@echo "make check     format, lint, types and import rules"
	@echo "make bench     the benchmarks; the last line of each is one JSON object"
	@echo "make catalogs  bring the translations up to date with the code"

$(VENV)/.runtime: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Schoolbell needs Python 3.11 or newer."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing Schoolbell into $(VENV) …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check -e . -c constraints.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	@echo "Installing what the tests need …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[dev]' -c constraints.txt
	@touch $@

demo: $(VENV)/.runtime
	@$(BIN)/schoolbell demo $(ARGS)

run: $(VENV)/.runtime
	@$(BIN)/schoolbell run $(ARGS)

test: $(VENV)/.dev
	@$(BIN)/python -m pytest $(ARGS)

soak: $(VENV)/.dev
	@$(BIN)/python -m pytest -m soak -n0 -s --timeout 1800 $(ARGS)

check: $(VENV)/.dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/.dev
	@$(BIN)/ruff check --fix-only --exit-zero -q .
	@$(BIN)/ruff format -q .

bench: $(VENV)/.dev
	@$(BIN)/python -m bench.conversation $(ARGS)
	@$(BIN)/python -m bench.teaching $(ARGS)
	@$(BIN)/python -m bench.notifier $(ARGS)
	@$(BIN)/python -m bench.imports $(ARGS)
	@$(BIN)/python -m bench.meals_import $(ARGS)
	@$(BIN)/python -m bench.panel $(ARGS)

catalogs: $(VENV)/.dev
	@$(BIN)/python -m core.i18n
