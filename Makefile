# Two commands do all the set-up: `make demo` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
HOME_  := goldpan-demo
# Small models on few cores: without this, torch's waiting threads spin and take ten times as long.
export GOMP_SPINCOUNT := 0

.PHONY: demo test check bench clean

demo: $(VENV)/.demo
	@$(BIN)/goldpan demo --home $(HOME_) $(if $(PAPERS),--papers "$(PAPERS)")

test: $(VENV)/.dev
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --cov --cov-report=term:skip-covered $(ARGS)

check: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(VENV)/.bench
	@$(BIN)/python -m benchmarks $(PARTS) $(ARGS)

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
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.demo

# What only the benchmarks' peers need.
$(VENV)/.bench: $(VENV)/.dev
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,bench]'
	@touch $@

clean:
	rm -rf $(VENV) $(HOME_)
