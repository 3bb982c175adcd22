# Two commands on a fresh machine do all set-up: `make reproduce` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OUT ?= out/spirit

.DEFAULT_GOAL := help
.PHONY: help reproduce test test-fast check format bench wheel clean

help:
	@echo "make reproduce   install and reproduce SPIRIT (report in $(OUT)/report.html)"
	@echo "make test        install and run the whole test suite (test-fast: without the slow ones)"
	@echo "make check       ruff format and lint, mypy"
	@echo "make bench       speed table, and bench.json"

$(VENV)/.core: setup.cfg pyproject.toml constraints.txt
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || \
	  { echo "error: spikecim needs Python 3.11 or newer, $(PYTHON) is older; try make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.core
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $@

reproduce: $(VENV)/.core
	$(BIN)/spikecim reproduce spirit --out $(OUT)

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

test-fast: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder -m "not slow"

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks.bench

wheel: $(VENV)/.dev
	$(BIN)/python -m build --wheel

clean:
	rm -rf $(VENV) build dist out bench.json *.egg-info
