"""Fixtures shared by all tests: the real model, assembled and cut once a session.

And what no test does to whoever runs it.
"""

import atexit
import io
import logging
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from command_line import NOBODY, Command
from onset.bench.run import request_sender
from onset.cli.main import main
from onset.config import PREFIX, Settings, load_settings
from onset.engine.engine import Engine, load_backend
from onset.model.decoding.runtimes import native_runtime
from onset.model.kokoro import KokoroBackend
from onset.monitoring.history.history_reader import cold_languages
from onset.monitoring.recommendations.live_recommendations import ColdLanguage
from onset.native.library import LibraryMissing, kinds
from onset.serving import language_preparation

SOUND_SECONDS = float(os.environ.get("ONSET_TEST_SOUND_SECONDS", "4"))
"""How long `test_sound.py` plays. No setting of ours, so commands that tests start refuse it."""

# A shell that starts the tests in the background makes them ignore Ctrl-C, and `nohup` the end of a
# terminal. Every process that they start inherits that: a test that ends one would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

# How long an example takes is no figure of ours: another program may have the processor.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

# No test obeys the settings of who runs it, nor writes to their cache, however it loads its own.
for name in [name for name in os.environ if name.startswith(PREFIX)]:
    del os.environ[name]
CACHE = Path(tempfile.mkdtemp(prefix="onset-tests-"))
atexit.register(shutil.rmtree, CACHE, ignore_errors=True)
os.environ["ONSET_CACHE_DIR"] = str(CACHE)
pytest.MonkeyPatch().setattr("onset.config.user_cache_path", lambda _: CACHE)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Command:
    """`onset` in this process; it finds no server and no daemon unless the environment says."""

    def run(*arguments: str, stdin: bytes = b"", **environment: str) -> int:
        for name, value in (NOBODY | environment).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["onset", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        try:
            main()
        except SystemExit as end:
            return 0 if end.code is None else int(end.code)
        return 0

    return run


@pytest.fixture(autouse=True)
def _own_folder() -> Iterator[None]:
    """What a command has set for the processes that it starts holds for no other test's."""
    os.environ.pop("PYTHONSAFEPATH", None)
    yield


@pytest.fixture(autouse=True, scope="session")
def _short_waits() -> Iterator[None]:
    """Servers that compute nothing need no time to settle: benchmarks wait 10 ms, not 300.

    Nor do they load, in the background, the languages that the answers of other tests had to load.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(request_sender, "SETTLE_SECONDS", 0.01)
        patch.setattr(request_sender, "ALONE_SECONDS", 0.01)
        patch.setattr(language_preparation, "cold_languages", _elsewhere)
        yield


def _elsewhere(path: Path, days: float) -> list[ColdLanguage]:
    return [] if path.is_relative_to(CACHE) else cold_languages(path, days)


@pytest.fixture(scope="session")
def sound_seconds() -> float:
    """Seconds that are to be played on a real sound server."""
    return SOUND_SECONDS


@pytest.fixture
def log_output() -> Iterator[io.StringIO]:
    """Where `start_logging` may send the log; what logged before is put back."""
    root, ours = logging.getLogger(), logging.getLogger("onset")
    before = list(root.handlers), root.level, ours.level
    root.handlers.clear()
    yield io.StringIO()
    root.handlers[:], root.level, ours.level = before


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings whose cache is empty when the session begins.

    One thread of the model: tests run two at a time, and threads that wait for one another are slow
    where they share a core. The library's samples are the same with any number of threads.
    """
    return load_settings({}, threads=1, cache_dir=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def backend(settings: Settings) -> KokoroBackend:
    """The real model."""
    return load_backend(settings)


@pytest.fixture(scope="session", params=["onnx", "float"])
def exact_backend(settings: Settings, request: pytest.FixtureRequest) -> KokoroBackend:
    """The real model on each runtime whose numbers are floats."""
    onnx = load_backend(settings.model_copy(update={"generator": "onnx"}))
    if request.param == "onnx":
        return onnx
    try:
        kind = kinds()[0]
    except LibraryMissing as missing:
        pytest.skip(str(missing))
    runtime = native_runtime(onnx.folder, kind, settings.threads, integer=False)
    return KokoroBackend(onnx.folder, onnx.digest, settings.threads, runtime)


@pytest.fixture(scope="session")
def engine(settings: Settings, backend: KokoroBackend) -> Engine:
    """The real engine, at a pace that no other work on the machine changes."""
    return Engine(settings.model_copy(update={"pace": 0.25}), backend=backend)


@pytest.fixture(scope="session")
def model_path(settings: Settings, backend: KokoroBackend) -> Path:
    """The assembled model file, for tests that look into it."""
    return next(settings.cache_dir.glob("*.onnx"))
