"""Who speaks: a server as long as it is there, an engine of this process otherwise."""

import time
from contextlib import suppress

import numpy as np
import pytest

from busy_machine import judge
from fakes import HaltableBackend, eventually, fake_engine, serving
from onset.config import load_settings
from onset.engine.engine import Engine
from onset.errors import AssetError, Halted, InvalidRequest, ModelError, ServerError
from onset.screen_reader.speech_source import (
    EngineSource,
    ServerSource,
    SpeechSource,
    WarmSource,
)
from onset.types import Floats, Halt, Request

TEXT = "One two three, four five six."
GONE = "http://127.0.0.1:9"


def heard(source: SpeechSource, text: str = TEXT) -> Floats:
    pieces = source.speak(Request(text), Halt())
    return np.concatenate([piece.samples for piece in pieces])


def test_server_and_engine_give_the_same_samples_and_words() -> None:
    with serving(fake_engine) as server:
        pieces = list(ServerSource(server.url).speak(Request(TEXT), Halt()))
    own = list(EngineSource(fake_engine).speak(Request(TEXT), Halt()))
    theirs, ours = (np.concatenate([p.samples for p in some]) for some in (pieces, own))
    assert np.abs(theirs - ours).max() < 1e-4
    told, made = ([w for p in some for w in p.words] for some in (pieces, own))
    assert [(w.text, w.start) for w in told] == [(w.text, w.start) for w in made]


def test_a_key_is_shown() -> None:
    settings = load_settings({}, port=0, drain_timeout=0, api_key="secret")
    with serving(fake_engine, settings) as server:
        assert len(heard(ServerSource(server.url, "secret")))
        with pytest.raises(ServerError, match="401"):
            heard(ServerSource(server.url))


def test_a_halt_leaves_the_server_at_once() -> None:
    with serving(lambda: fake_engine(backend=HaltableBackend(0.05))) as server:
        halt = Halt()
        pieces = ServerSource(server.url).speak(Request(TEXT * 10), halt)
        next(pieces)
        assert server.scheduler.active == 1
        begun = time.monotonic()
        halt.set()
        with pytest.raises(Halted):
            for _ in pieces:
                pass
        judge("leaving the server", [1e3 * (time.monotonic() - begun)], 50)
        eventually(lambda: server.scheduler.active == 0)


def test_a_refused_text_is_told_as_such() -> None:
    with serving(fake_engine) as server, pytest.raises(InvalidRequest):
        heard(ServerSource(server.url), "...")


def test_an_engine_speaks_where_the_server_is_gone() -> None:
    source = WarmSource(ServerSource(GONE), EngineSource(fake_engine))
    assert len(heard(source)) == len(heard(EngineSource(fake_engine)))


def test_an_engine_speaks_where_the_server_stays_full() -> None:
    settings = load_settings({}, port=0, drain_timeout=0, max_streams=1)
    with serving(lambda: fake_engine(backend=HaltableBackend(0.05)), settings) as server:
        halt, source = Halt(), WarmSource(ServerSource(server.url), EngineSource(fake_engine))
        other = ServerSource(server.url).speak(Request(TEXT * 10), halt)
        next(other)
        assert len(heard(source)) == len(heard(EngineSource(fake_engine)))
        halt.set()
        with suppress(Halted):
            list(other)
        eventually(lambda: server.scheduler.active == 0)
        assert len(heard(source)) > 0


def broken() -> Engine:
    raise AssetError("There is no model.")


def odd() -> Engine:
    raise ZeroDivisionError


def test_what_keeps_the_engine_from_loading_is_told_each_time() -> None:
    source = EngineSource(broken)
    for _ in range(2):
        with pytest.raises(AssetError, match="no model"):
            heard(source)
    with pytest.raises(ModelError, match="ZeroDivisionError"):
        heard(EngineSource(odd))


def test_stopping_does_not_wait_for_an_engine_that_loads() -> None:
    def slow() -> Engine:
        time.sleep(1)
        return fake_engine()

    halt, begun = Halt(), time.monotonic()
    source = EngineSource(slow)
    source.start()
    halt.set()
    with pytest.raises(Halted):
        next(source.speak(Request(TEXT), halt))
    assert time.monotonic() - begun < 0.5
