# One word a job; `make screen` and `make test` are all a newcomer needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt

.PHONY: screen test offline lint format bench results audit soak clean

screen: $(VENV)/base ## screen the sample reports with the base install, no torch
	$(BIN)/zhaojing screen data/samples --output out

test: $(VENV)/dev ## run every test
	$(BIN)/python -m pytest

offline: $(VENV)/dev ## run the tests where there is no network but loopback (Linux)
	unshare -rn $(BIN)/python -m pytest -m "not slow"

lint: $(VENV)/dev ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/dev ## rewrite the code in the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/dev ## every speed as a ratio to a named peer; see benchmarks/README.md
	$(BIN)/python benchmarks/classify.py
	$(BIN)/python benchmarks/screening.py
	$(BIN)/python benchmarks/copying.py
	$(BIN)/python benchmarks/labelling.py 100000
	$(BIN)/python benchmarks/encoder.py

results: $(VENV)/dev ## write docs/results.md from the committed models and predictions
	$(BIN)/python scripts/results.py

audit: $(VENV)/dev ## licences of all dependencies, docs/sbom.json, and known weaknesses (network)
	$(PIP) --editable '.[train,corpus,onnx,ocr,evaluate,cluster,dev]'
	$(BIN)/python scripts/audit.py
	$(PYTHON) -m venv $(VENV)/audit
	$(VENV)/audit/bin/python -m pip install --quiet pip-audit==2.10.1
	$(VENV)/audit/bin/pip-audit --requirement constraints.txt --no-deps --disable-pip

soak: $(VENV)/dev ## screen mixed reports for HOURS in one process; fails if anything grows
	nice $(BIN)/python scripts/soak.py $(or $(HOURS),1)

clean: ## remove everything that was built
	rm -rf $(VENV) out

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/base: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable .
	touch $@

$(VENV)/dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[train,dev,ocr,evaluate,corpus,onnx,cluster]'
	touch $@ $(VENV)/base
