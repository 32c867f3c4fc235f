# The commands people type. Everything happens inside .venv; nothing else is needed than Python and make.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup serve test test-sound test-clients lint bench quality clean

setup: .venv/runtime

.venv/runtime: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[ja]"
	touch $@

# What tests, checks and comparisons need besides.
.venv/dev: .venv/runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	touch $@

serve: setup
	$(BIN)/onset serve

test: .venv/dev lint
	$(BIN)/pytest

# Ten minutes of speech on a real sound server. Needs Debian's pulseaudio and pulseaudio-utils.
test-sound: .venv/dev
	ONSET_TEST_SOUND_SECONDS=600 $(BIN)/pytest -s tests/playback/test_sound.py

# The heavier clients we are tested with, in an environment of their own. Needs Node and npm too.
.venv/clients: pyproject.toml tests/clients/package.json
	$(PYTHON) -m venv .venv/clients
	.venv/clients/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[clients]"
	cd tests/clients && npm install --silent --no-package-lock --no-audit --no-fund
	touch $@

test-clients: .venv/clients
	.venv/clients/bin/pytest -W default tests/clients

lint: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: .venv/dev
	$(BIN)/onset bench ttfa --compare kokoro-onnx --compare piper

# The quality gate: some hours of two cores; a run that was stopped goes on where it was.
.venv/quality: .venv/dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[quality]"
	touch $@

quality: .venv/quality
	$(BIN)/onset quality --report docs/quality.md

clean:
	rm -rf .venv
