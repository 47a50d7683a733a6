# make demo   install what it needs in .venv and run the main job
# make test   install the rest and pass the tests
# make check  everything a reviewer would look at first

VENV   ?= .venv
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
DEPS   := pyproject.toml constraints.txt

export OMP_NUM_THREADS ?= 1

.PHONY: demo test test-slow test-explore check format bench docs clean

demo: $(VENV)/.demo-installed
	$(BIN)/tradewind demo

test: $(VENV)/.dev-installed
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadfile

test-slow: $(VENV)/.dev-installed
	$(BIN)/python -m pytest -m slow

test-explore: $(VENV)/.dev-installed
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadfile --hypothesis-profile explore tests

check: $(VENV)/.dev-installed
	$(BIN)/ruff check src tests examples
	$(BIN)/ruff format --check src tests examples
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest tests/tidy

format: $(VENV)/.dev-installed
	$(BIN)/ruff check --fix src tests examples
	$(BIN)/ruff format src tests examples

bench: $(VENV)/.dev-installed
	$(BIN)/tradewind bench book
	$(BIN)/tradewind bench data

docs: $(VENV)/.dev-installed
	$(BIN)/mkdocs build --strict

clean:
	rm -rf $(VENV) build dist site .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "tradewind needs Python 3.11 or newer; found $$($(PYTHON) --version). Try: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo-installed: $(DEPS) | $(BIN)/python
	@echo "installing tradewind into $(VENV) (about a minute, once)"
	@$(PIP) --editable '.[data,report]'
	@touch $@

$(VENV)/.dev-installed: $(DEPS) | $(BIN)/python
	@echo "installing tradewind and its development tools into $(VENV) (about two minutes, once)"
	@$(PIP) --editable '.[dev,bench]'
	@touch $@ $(VENV)/.demo-installed
