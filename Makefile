# The commands people type. Everything happens inside .venv; all you need is Python and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

# All that is installed is listed with its hash in requirements/, which `make lock` makes. With
# WHEELS=FOLDER the files come from a folder of `make wheelhouse`, and no index is asked.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
	--no-build-isolation --use-pep517 $(if $(WHEELS),--no-index --find-links "$(WHEELS)")
HASHED := $(INSTALL) --require-hashes

.PHONY: setup serve test lock wheelhouse test-outgoing test-offline test-debian wheels test-sound test-native test-clients test-raycast test-ray format lint cov bench reading attack soak quality equal-audio clean

setup: $(VENV)/runtime

# What builds a package that is published as sources only, and ours.
$(VENV)/build: requirements/build.txt
	$(PYTHON) -m venv $(VENV)
	$(HASHED) --requirement requirements/build.txt
	touch $@

LISTED := requirements/runtime.txt requirements/ja.txt
$(VENV)/runtime: $(VENV)/build $(LISTED) pyproject.toml hatch_build.py $(wildcard src/onset/native/*.[ch])
	$(HASHED) $(LISTED:%=--requirement %)
	$(INSTALL) --editable .
	touch $@

# What tests, checks and comparisons need besides.
$(VENV)/dev: $(VENV)/runtime requirements/dev.txt
	$(HASHED) --requirement requirements/dev.txt
	touch $@

serve: setup
	$(BIN)/onset serve

# Two at a time, since many tests wait; a file stays together, for its fixtures.
PYTEST := $(BIN)/pytest --numprocesses 2 --dist loadfile

# What the tests of the page check accessibility with; without npm that test is left out.
AXE := tests/serving/http/dashboard/node_modules
$(AXE): tests/serving/http/dashboard/package-lock.json
	cd $(@D) && npm ci --silent --no-audit --no-fund \
		&& touch node_modules || echo "axe-core is not installed (npm)"

# TESTS: paths of some, instead of all.
test: $(VENV)/dev lint $(AXE)
	$(PYTEST) $(TESTS)

# The tests again, with the share of lines they run. The floor is in pyproject.toml.
cov: $(VENV)/dev $(AXE)
	$(PYTEST) --cov=onset --cov-report=term:skip-covered

format: $(VENV)/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lint: $(VENV)/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# Ten minutes of speech on a real sound server. Needs Debian's pulseaudio and pulseaudio-utils.
test-sound: $(VENV)/dev
	ONSET_TEST_SOUND_SECONDS=600 $(BIN)/pytest -s tests/playback/test_sound.py

# The native kernels with other compilers, under sanitizers, and for ARM under an emulator.
test-native: $(VENV)/wheels
	$(BIN)/python scripts/release/native_checks.py

# A wheel for every machine that has one, with the library in it.
$(VENV)/wheels: $(VENV)/dev requirements/wheels.txt
	$(HASHED) --requirement requirements/wheels.txt
	touch $@

wheels: $(VENV)/wheels
	$(BIN)/python scripts/release/wheels.py

# The heavier clients we are tested with, in an environment of their own: some want older
# packages than ours. Needs Node and npm too.
$(VENV)/clients: pyproject.toml tests/clients/package.json
	$(PYTHON) -m venv $(VENV)/clients
	$(VENV)/clients/bin/python -m pip install --quiet --disable-pip-version-check \
		--editable ".[clients]"
	cd tests/clients && npm install --silent --no-package-lock --no-audit --no-fund
	touch $@

# RealtimeTTS and VoiceMode, which wants an older `mcp` than ours. What they bring is compiled with
# Debian's portaudio19-dev and libasound2-dev; without, the table says which of them is missing.
$(VENV)/sound-clients: pyproject.toml
	$(PYTHON) -m venv $@
	$@/bin/python -m pip install --quiet --disable-pip-version-check \
		--editable ".[sound-clients]" && touch $@ || rm -rf $@

# Ends with a table: client, what was tested, first sound, verdict.
test-clients: $(VENV)/clients $(VENV)/sound-clients
	$(VENV)/clients/bin/python scripts/release/client_check.py

# Replicas behind Ray Serve, in an environment of their own: Ray brings 35 packages.
RAY_LISTED := $(LISTED) requirements/dev.txt requirements/ray.txt
$(VENV)/ray: $(VENV)/build requirements/build.txt $(RAY_LISTED) pyproject.toml
	$(PYTHON) -m venv $(VENV)/ray
	PIP_PYTHON=$(VENV)/ray/bin/python $(HASHED) --requirement requirements/build.txt
	PIP_PYTHON=$(VENV)/ray/bin/python $(HASHED) $(RAY_LISTED:%=--requirement %)
	PIP_PYTHON=$(VENV)/ray/bin/python $(INSTALL) --editable .
	touch $@

test-ray: $(VENV)/ray
	$(VENV)/ray/bin/pytest tests/scale

# What replicas serve, in half an hour of a quiet machine. PARTS: some parts, and options.
.PHONY: ray-figures
ray-figures: $(VENV)/ray
	PYTHONPATH=scripts:scripts/figures $(VENV)/ray/bin/python -P -m ray_figures $(PARTS)

# The Raycast extension: its own checks, then its commands against a server and a daemon. Needs npm,
# which brings the Node that Raycast's tools want.
RAYCAST_NODE := $(CURDIR)/$(VENV)/node/node_modules/.bin

$(VENV)/raycast: $(VENV)/dev raycast/package.json raycast/package-lock.json
	npm install --silent --no-package-lock --prefix $(VENV)/node node@22.22.3
	cd raycast && PATH="$(RAYCAST_NODE):$$PATH" npm ci --silent
	touch $@

test-raycast: $(VENV)/raycast
	cd raycast && PATH="$(RAYCAST_NODE):$$PATH" npm run check
	PATH="$(RAYCAST_NODE):$$PATH" $(BIN)/pytest -s tests/clients/test_raycast.py

# How soon each client is heard and, after a stop, silent, as a table. Five minutes of a quiet machine;
# needs Debian's pulseaudio, pulseaudio-utils and speech-dispatcher besides.
.PHONY: first-sound
first-sound: $(VENV)/clients $(VENV)/raycast
	PATH="$(RAYCAST_NODE):$$PATH" $(VENV)/clients/bin/python scripts/figures/client_first_sound.py

# The wheel, the sdist and uv, as a user installs them: fresh environments, offline once installed.
test-package:
	$(PYTHON) scripts/release/package_check.py --uv

# The steps of the Containerfile in a Debian root. Needs to be root, debootstrap and 2 GB of disk.
test-container:
	$(PYTHON) scripts/release/container_check.py

# That a server reaches for nobody, in a network namespace that records (Linux, `ip`).
test-outgoing: $(VENV)/dev
	TEST_OUTGOING_SECONDS=30 $(BIN)/pytest tests/serving/test_outgoing_packets.py

# Both commands of the README from a folder of wheels, with no network: here, from an empty
# environment and an empty cache; and in a Debian root (root, debootstrap, 4 GB of disk).
test-offline:
	$(PYTHON) scripts/release/offline_check.py

test-debian:
	$(PYTHON) scripts/release/offline_check.py --debian bookworm

# Versions of constraints.txt with every file's hash, for requirements/. Asks the package index.
lock: $(VENV)/build
	$(BIN)/python scripts/release/lock_requirements.py

# All that `make setup` and `make test` install, as files for this kind of machine and Python.
wheelhouse: $(VENV)/build
	$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \
		--no-build-isolation --use-pep517 --dest wheelhouse \
		$(patsubst %,--requirement requirements/%.txt,build runtime ja dev)

bench: $(VENV)/dev
	$(BIN)/onset bench ttfa --compare kokoro-onnx --compare piper

# Twenty minutes of everything that may happen to it; ends with a table in docs/attack.md. Some
# parts need to be root, and Debian's libfaketime: without, the table says that they were not run.
SECONDS ?=
attack: $(VENV)/dev
	PYTHONPATH=scripts:scripts/figures $(BIN)/python -P -m attack --seconds $(or $(SECONDS),1200) --write

# An hour of use, to see whether anything grows.
soak: $(VENV)/dev
	PYTHONPATH=scripts:scripts/figures $(BIN)/python -P -m attack.soak --seconds $(or $(SECONDS),3600)

# How much of written text is read right, by language and kind of notation.
reading: $(VENV)/dev
	$(BIN)/python tests/text/reading/score_reading.py

.PHONY: reading-peers reading-cost reading-losses reading-linear
# The same cases read by other normalizers and engines; who is not installed is named.
reading-peers: $(VENV)/dev
	$(BIN)/python tests/text/reading/compare_readers.py

# What is lost of 5,000 generated lines a language; 200 texts of 100,000 characters that repeat.
reading-losses: $(VENV)/dev
	$(BIN)/python tests/text/reading/losses.py

reading-linear: $(VENV)/dev
	$(BIN)/python tests/text/reading/linear_time.py

# Time and memory that reading takes.
reading-cost: $(VENV)/dev
	$(BIN)/python tests/text/reading/reading_cost.py

# The quality gate: some hours of two cores; a run that was stopped goes on where it was.
$(VENV)/quality: $(VENV)/dev requirements/quality.txt
	$(HASHED) --requirement requirements/quality.txt
	touch $@

quality: $(VENV)/quality
	$(BIN)/onset quality --report docs/quality.md

# Twenty requests spoken by this tree and by another commit: every byte must be equal.
equal-audio: $(VENV)/dev
	$(BIN)/python scripts/release/equal_audio.py $(BASE)

clean:
	rm -rf $(VENV)
