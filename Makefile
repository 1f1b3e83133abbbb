# Two commands do all the set-up: `make demo` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
HOME_  := goldpan-demo
# What .dev installs; CI names all that it will need, to ask the package index once.
EXTRAS ?= dev
# Processes that share the tests out, by file; each takes about 2 GB.
WORKERS ?= 2
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder
# Small models on few cores: without this, torch's waiting threads spin and take ten times as long.
export GOMP_SPINCOUNT := 0

.PHONY: demo test coverage test-all test-real check bench drawing clean

demo: $(VENV)/.demo
	@$(BIN)/goldpan demo --home $(HOME_) $(if $(PAPERS),--papers "$(PAPERS)")

# All that a change may break, quickly. One file: make test ARGS=tests/test_house.py
test: $(VENV)/.dev
	@$(PYTEST) $(ARGS)

# The same, with every line counted: what CI runs. Half as long again on Python before 3.14, from
# which coverage.py takes the interpreter's own monitoring by itself (before, it knows no branches).
coverage: $(VENV)/.dev
	@$(PYTEST) --cov --cov-report=term:skip-covered $(ARGS)

# Also the tests of test doubles and of benchmarks: nightly.
test-all: $(VENV)/.dev
	@$(PYTEST) -m "not real" $(ARGS)

# Only what needs a browser, a cluster, a server or a real model. None there (5) is no failure.
test-real: $(VENV)/.server
	@$(PYTEST) -m real $(ARGS) || test $$? -eq 5

check: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(VENV)/.bench
	@$(BIN)/python -m benchmarks $(PARTS) $(ARGS)

# docs/architecture.svg, from the imports.
drawing: $(VENV)/.dev
	@$(BIN)/python -m benchmarks.architecture

# Each set-up is done once and again only when what it installs changes.
$(VENV)/.demo: pyproject.toml constraints.txt
	@echo "Setting up in $(VENV): about 2 to 5 minutes, once (torch is the largest part)."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Goldpan needs Python 3.11 or newer: make demo PYTHON=python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[demo]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt
	@echo "Setting up in $(VENV): about 2 to 5 minutes, once (torch is the largest part)."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$(EXTRAS)]'
	@touch $@ $(VENV)/.demo

# What only the benchmarks' peers need.
$(VENV)/.bench: $(VENV)/.dev
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,bench]'
	@touch $@

# What only the tests against LangGraph's server need.
$(VENV)/.server: $(VENV)/.dev
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,server]'
	@touch $@

clean:
	rm -rf $(VENV) $(HOME_)
