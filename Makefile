# demo and test set up everything they need in .venv; nothing else is asked of the machine
# but Python 3.11+ (and make); the tests of pages and pictures open them in its Chromium.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

N      ?= 1500

.PHONY: help demo test check bless docs bench soup conformance mutate faults format clean

help:
	@echo "make demo    the main job on real input: lint, format, draw, compile, run"
	@echo "make test    the whole suite"
	@echo "make check   ruff, mypy --strict, import-linter, generated files fresh"
	@echo "make soup    100,000 random inputs: only diagnostics, never a traceback"
	@echo "make conformance N=2000    so many generated stories, told the same by every engine"
	@echo "make mutate  each clause of the meaning, broken in each target: the suite notices"
	@echo "make faults  every fault of the examples on the real engine: failures, kills, full disks"
	@echo "make bless   rewrite golden files and generated pages; read the diff"
	@echo "make docs    regenerate the pages that come from the code"
	@echo "make bench   figures, beside those of peers"

$(READY): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[all,dev]'
	$(BIN)/python -m compileall -q "$(CURDIR)/flowc"
	@touch $@

demo: $(READY)
	@PATH="$(abspath $(BIN)):$$PATH" sh examples/demo.sh

test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist worksteal

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/make_tables.py --check
	$(BIN)/python tools/make_patterns.py --check
	$(BIN)/python tools/make_order.py --check
	$(BIN)/python tools/make_docs.py --check

soup: $(READY)
	FLOWC_SOUP=100000 $(BIN)/python -m pytest -n 2 tests/dsl -k soup

conformance: $(READY)
	$(BIN)/python tools/conformance.py $(N)

faults: $(READY)
	$(BIN)/python tools/faults.py

mutate: $(READY)
	$(BIN)/python tools/break_targets.py

bless: $(READY)
	$(BIN)/python tools/make_tables.py
	$(BIN)/python tools/make_patterns.py
	$(BIN)/python tools/make_order.py
	$(BIN)/python tools/make_docs.py
	BLESS=1 $(BIN)/python -m pytest -n 2

docs: $(READY)
	$(BIN)/python tools/make_docs.py

bench: $(READY)
	$(BIN)/python -m bench

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build dist out
