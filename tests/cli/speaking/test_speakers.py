"""Who speaks for `onset say`: the engine here says what it knows, refuses, and stops at once."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep

import pytest

from command_line import LONG
from fakes import HaltableBackend, Running, fake_engine, serving
from onset.cli.speaking.speakers import LocalSpeaker, choose_speaker, deliver
from onset.config import load_settings
from onset.errors import AssetError, InvalidRequest
from onset.model.fake_backend import FakeBackend
from onset.types import SAMPLE_RATE, Halt, Request


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    """A server of ours with a fake model, each step of which takes 10 ms."""
    with serving(lambda: fake_engine(backend=HaltableBackend(0.01))) as running:
        yield running


class Counting(FakeBackend):
    """Counts what it does."""

    count = 0

    def _work(self, halt: Halt) -> None:
        self.count += 1
        super()._work(halt)


def test_an_engine_here_knows_when_each_word_is_heard() -> None:
    speaking, written = LocalSpeaker(fake_engine()), list[bytes]()
    deliver(speaking, Request("One two. Three."), written.append)
    assert [word.text for word in speaking.words] == ["One", "two.", "Three."]
    assert speaking.words[-1].end <= sum(map(len, written)) // 2


def test_what_the_engine_refuses_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="en-gb"):
        next(LocalSpeaker(fake_engine()).speak(Request("One.", lang="xx")))
    with pytest.raises(InvalidRequest, match="spoken"):
        next(LocalSpeaker(fake_engine()).speak(Request("\u200b")))


def test_closing_stops_the_work_within_a_step() -> None:
    engine = fake_engine(backend=HaltableBackend(0.02))
    with closing(LocalSpeaker(engine).speak(Request(LONG))) as pieces:
        next(pieces)
        begun = monotonic()
    assert monotonic() - begun < 0.5
    assert not [t for t in threading.enumerate() if t.name.startswith("onset-say")]


def test_nothing_is_made_further_ahead_than_the_queue() -> None:
    backend = Counting()
    with closing(LocalSpeaker(fake_engine(backend=backend)).speak(Request(LONG))) as pieces:
        next(pieces)
        ahead = 0
        while ahead < backend.count:
            ahead = backend.count
            sleep(0.2)
        size = sum(map(len, pieces))
    assert size > 60 * SAMPLE_RATE
    assert backend.count > 3 * ahead


def test_a_model_of_ones_own_is_not_the_servers(server: Running, tmp_path: Path) -> None:
    settings = load_settings({}, port=server.port, model=str(tmp_path / "none.onnx"))
    with pytest.raises(AssetError, match="does not exist"):
        choose_speaker(settings, alone=True)
