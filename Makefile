# Two commands do all the set-up:
#   make demo   installs into .venv and judges an embedded example clip
#   make test   installs what tests need and runs lint, types and tests
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
SHELL := /bin/bash

.PHONY: demo test tests lint types clean

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

# The stamps make a second `make` instant; they depend on what decides the installation.
$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing formnet into $(VENV) (about 2 GB, a few minutes)"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	touch $@

demo: $(VENV)/.installed
	$(BIN)/formnet demo --out demo-output

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-test
	$(BIN)/mypy

# Types are checked beside the tests, on whichever core is free.
test: lint
	$(MAKE) --no-print-directory --jobs 2 types tests

# Without bytecode every process would compile all sources anew. Files go out in their order: the last ones are short.
tests: $(VENV)/.installed-test
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

clean:
	rm -rf demo-output outputs build dist
