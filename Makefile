# Two commands do everything from a fresh clone: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: run test lint bench faults mutants constraints clean
.DEFAULT_GOAL := run

run: $(STAMP)  ## run the main scenario and print its outcomes
	$(BIN)/vatp run scenarios/hk-retail-2023.toml --seed 1

test: $(STAMP) lint  ## lint, types, import contracts, all tests
	$(BIN)/pytest

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP)  ## the pytest-benchmark suite alone
	$(BIN)/pytest tests/benchmarks --benchmark-only

faults: $(STAMP)  ## plant every deliberate fault and see it caught (some minutes)
	$(BIN)/python -m tests.planted

mutants: $(STAMP)  ## score the tests of three rooms (needs the extra `mutation`; an hour or more)
	$(BIN)/python -m tests.planted.mutants ledger
	$(BIN)/python -m tests.planted.mutants rules
	$(BIN)/python -m tests.planted.mutants matching --sample 400

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("VATP Lab needs Python 3.11 or newer: make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

constraints:  ## pin every dependency again (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --custom-compile-command "make constraints" --output-file constraints.txt

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
