"""Samples of a message: stretched, without the silence before them, made ahead of their time."""

import time
from collections.abc import Iterator
from threading import Timer

import numpy as np
import pytest

from fakes import HaltableBackend, eventually, fake_engine
from onset.errors import Halted, InvalidRequest, ModelError, OnsetError
from onset.screen_reader.made_ahead import AHEAD, made_ahead
from onset.screen_reader.speech_source import EngineSource, Pieces, SpeechPiece, SpeechSource
from onset.screen_reader.spoken_message import LONGEST_LEAD, StretchedSamples, sounding_from
from onset.types import Floats, Halt, Request

NOTHING = np.zeros(0, np.float32)


class ScriptedSource(SpeechSource):
    """Gives `pieces`, then raises."""

    def __init__(self, pieces: Iterator[SpeechPiece], error: OnsetError | None = None) -> None:
        self.made, self._pieces, self._error = 0, pieces, error

    def speak(self, request: Request, halt: Halt, *, idle: bool = False) -> Pieces:
        for piece in self._pieces:
            if halt.is_set:
                raise Halted("It was stopped.")
            self.made += 1
            yield piece
        if self._error is not None:
            raise self._error


def ramp(samples: int) -> Floats:
    return np.sin(np.arange(samples) / 30).astype(np.float32)


def test_speech_as_it_is_passes_unchanged() -> None:
    stretched, sound = StretchedSamples(1.0), ramp(10_000)
    parts = [*stretched.feed(sound[:777]), *stretched.feed(sound[777:]), *stretched.finish()]
    assert np.array_equal(np.concatenate([samples for _, samples in parts]), sound)
    assert parts[-1][0] == 10_000


def test_stretched_speech_is_shorter_and_tells_where_it_is() -> None:
    stretched, sound = StretchedSamples(1.5, 500), ramp(48_000)
    parts = [
        part for begin in range(0, 48_000, 1200) for part in stretched.feed(sound[begin:][:1200])
    ]
    parts += stretched.finish()
    assert sum(len(samples) for _, samples in parts) == pytest.approx(32_000, rel=0.03)
    ends = [end for end, _ in parts]
    assert ends == sorted(ends) and ends[-1] == pytest.approx(48_500, abs=600)


def test_silence_at_the_beginning_is_left_out() -> None:
    quiet = np.zeros(1200, np.float32)
    loud = np.concatenate((quiet[:600], ramp(600)))
    assert sounding_from(quiet, 0) is None
    assert sounding_from(loud, 1200) == pytest.approx(600 - 240, abs=2)
    assert sounding_from(quiet, LONGEST_LEAD) == 0
    assert sounding_from(loud, LONGEST_LEAD + 1) == 0


def test_made_ahead_is_what_the_source_gives_and_raises() -> None:
    pieces = [SpeechPiece(ramp(n)) for n in (1, 2, 3)]
    source = ScriptedSource(iter(pieces), ModelError("odd"))
    taken = made_ahead(source, Request("a"), Halt())
    assert [len(next(taken).samples) for _ in range(3)] == [1, 2, 3]
    with pytest.raises(ModelError):
        next(taken)


def test_no_more_is_made_than_there_is_room_for() -> None:
    source = ScriptedSource(SpeechPiece(NOTHING) for _ in range(10 * AHEAD))
    taken = made_ahead(source, Request("a"), Halt())
    next(taken)
    eventually(lambda: source.made > AHEAD)
    time.sleep(0.05)
    assert source.made <= AHEAD + 3
    taken.close()  # type: ignore[attr-defined]


def test_a_halt_ends_one_that_waits_for_an_engine_that_computes() -> None:
    source = EngineSource(lambda: fake_engine(backend=HaltableBackend(30)))
    halt = Halt()
    taken = made_ahead(source, Request("some words"), halt)
    begun = time.monotonic()
    Timer(0.3, halt.set).start()
    with pytest.raises(Halted):
        next(taken)
    assert time.monotonic() - begun < 1


def test_what_cannot_be_spoken_is_told() -> None:
    source = EngineSource(fake_engine)
    with pytest.raises(InvalidRequest):
        next(made_ahead(source, Request("..."), Halt()))
