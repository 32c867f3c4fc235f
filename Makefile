# The commands people type. Everything happens inside .venv; nothing else is needed than Python and make.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup serve test lint bench clean

setup: .venv/runtime

.venv/runtime: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

# What tests, checks and comparisons need besides.
.venv/dev: .venv/runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	touch $@

serve: setup
	$(BIN)/onset serve

test: .venv/dev lint
	$(BIN)/pytest

lint: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: .venv/dev
	$(BIN)/onset bench ttfa --compare kokoro-onnx --compare piper

clean:
	rm -rf .venv
