"""The engine: what is spoken, when, in which order, and what is refused."""

import os
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from fakes import HaltableBackend, fake_engine
from onset.config import Settings, load_settings
from onset.engine import engine as engine_module
from onset.engine.engine import CHUNK_SAMPLES, Engine, load_backend
from onset.errors import Halted, InvalidRequest, ModelError
from onset.model import adain_predictor
from onset.model.assets import KOKORO, model_file, sha256_of
from onset.model.fake_backend import FakeBackend
from onset.model.kokoro import KokoroBackend
from onset.text.incremental import TextStream
from onset.trace import Trace
from onset.types import SAMPLE_RATE, Chunk, Floats, Halt, Pause, Request

TWO = "It began to rain. Nobody had brought a coat, so we waited under the bridge for an hour."


def joined(chunks: list[Chunk]) -> Floats:
    return np.concatenate([chunk.samples for chunk in chunks])


def test_chunks_are_small_and_in_order() -> None:
    chunks = list(fake_engine().speak(TWO))
    assert all(0 < len(chunk.samples) <= CHUNK_SAMPLES for chunk in chunks)
    for before, after in pairwise(chunks):
        assert after.position == before.position + len(before.samples)
        assert before.reading <= after.reading
    assert chunks[0].position == chunks[0].reading == 0


def test_render_is_the_fold_of_speak() -> None:
    engine = fake_engine()
    assert (engine.render(TWO) == joined(list(engine.speak(TWO)))).all()


def test_a_pause_stands_between_sentences() -> None:
    engine = fake_engine()
    first, second = "One two three four five six. ", "Seven eight nine ten eleven twelve and more."
    apart = len(engine.render(first)) + len(engine.render(second))
    extra = (len(engine.render(first + "\n\n" + second)) - apart) / SAMPLE_RATE
    assert 0.3 < extra < 0.6


def test_the_first_audio_needs_only_the_first_reading() -> None:
    engine = fake_engine()
    trace = Trace()
    next(
        chunk
        for chunk in engine.turns(Request(TWO * 500), trace, Halt())
        if isinstance(chunk, Chunk)
    )
    stages = trace.stages()
    assert stages is not None
    assert list(stages) == ["phonemes", "front", "trunk", "statistics", "step"]


def test_turns_say_why_they_pause() -> None:
    stream = TextStream(1000)
    turns = fake_engine().turns(Request(""), Trace(), Halt(), stream)
    assert next(turns) is Pause.NEED_TEXT
    stream.feed("It began to rain.")
    stream.end()
    results = list(turns)
    assert results[:2] == [Pause.TURN, Pause.TURN], "behind the front, and behind the trunk"
    assert all(isinstance(result, Chunk) for result in results[2:])


def test_halting_ends_it_within_a_step() -> None:
    engine, halt = fake_engine(backend=HaltableBackend(0.02)), Halt()
    turns = engine.turns(Request(TWO), Trace(), halt)
    next(turns)
    halt.set()
    begin = time.perf_counter()
    with pytest.raises(Halted):
        for _ in turns:
            pass
    assert time.perf_counter() - begin < 0.1


def test_closing_ends_it() -> None:
    chunks = fake_engine().speak(TWO)
    next(chunks)
    chunks.close()
    assert next(chunks, None) is None


@pytest.mark.parametrize(
    ("options", "param", "words"),
    [
        ({"text": ""}, "input", "no text"),
        ({"text": " \n "}, "input", "no text"),
        ({"text": "x" * 200_000}, "input", "at most 100000"),
        ({"text": "hi", "voice": "nobody"}, "voice", "Choices: .*af_heart"),
        ({"text": "hi", "speed": 3.0}, "speed", "between 0.5 and 2.0"),
        ({"text": "hi", "lang": "tlh"}, "lang", "Choices: en-gb, en-us"),
    ],
)
def test_refuses_at_once_what_cannot_be_spoken(
    options: dict[str, object], param: str, words: str
) -> None:
    with pytest.raises(InvalidRequest, match=words) as caught:
        fake_engine().speak(**options)  # type: ignore[arg-type]
    assert caught.value.param == param


def test_refuses_a_text_with_nothing_to_speak() -> None:
    with pytest.raises(InvalidRequest, match="nothing in the text"):
        fake_engine().render("... !?! ---")


def test_a_voice_of_another_language_may_read_english() -> None:
    assert len(fake_engine().render("hello there", voice="ef_dora", lang="en-us"))


def test_a_voice_without_statistics_is_decoded_exactly_and_says_so() -> None:
    engine = fake_engine()
    assert {chunk.exact for chunk in engine.speak("hello", voice="af_sky")} == {True}
    assert {chunk.exact for chunk in engine.speak("hello", voice="af_heart")} == {False}
    assert {chunk.exact for chunk in engine.speak("hello", exact=True)} == {True}


def test_statistics_of_another_model_are_not_used() -> None:
    assert fake_engine(backend=FakeBackend()).is_exact(Request("hello")) is False
    stranger = FakeBackend()
    stranger.digest = "another model"
    assert fake_engine(backend=stranger).is_exact(Request("hello")) is True


def test_an_unknown_default_voice_is_refused_when_loading() -> None:
    with pytest.raises(InvalidRequest, match="Unknown voice"):
        fake_engine(settings=load_settings({}, voice="nobody"))


def test_the_asset_that_ships_is_for_the_model_that_ships(engine: Engine) -> None:
    assert not engine.is_exact(Request("hello"))


def test_the_real_voice_is_heard_from_the_first_chunk(engine: Engine) -> None:
    samples = joined(list(engine.speak("Good evening, everyone.")))
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    assert 0.005 < loud[0] / SAMPLE_RATE < 0.05
    assert 0.01 < (len(samples) - loud[-1]) / SAMPLE_RATE < 0.2
    assert 1.0 < len(samples) / SAMPLE_RATE < 3.0


def test_the_same_request_gives_the_same_samples(engine: Engine) -> None:
    first, second = (engine.render("Is it the same?", voice="bf_emma") for _ in range(2))
    assert (first == second).all()


def test_streaming_and_exact_have_the_same_length(engine: Engine) -> None:
    streaming, exact = (engine.render("Seven eggs.", exact=exact) for exact in (False, True))
    assert len(streaming) == len(exact)
    assert not np.array_equal(streaming, exact)


def at_pace(pace: float, backend: KokoroBackend, settings: Settings) -> Engine:
    return Engine(settings.model_copy(update={"pace": pace}), backend=backend)


def test_a_fast_machine_speaks_the_exact_decode_from_the_second_reading_on(
    backend: KokoroBackend, settings: Settings
) -> None:
    engine = at_pace(0.1, backend, settings)
    chunks = list(engine.speak(TWO))
    exact = engine.render(TWO, exact=True)
    second = next(chunk.position for chunk in chunks if chunk.reading == 1)
    samples = joined(chunks)
    assert len(samples) == len(exact)
    assert np.array_equal(samples[second:], exact[second:])
    assert not np.array_equal(samples[:second], exact[:second])


def test_nothing_is_refined_for_a_listener_who_would_run_dry(
    backend: KokoroBackend, settings: Settings
) -> None:
    fast, slow = (at_pace(pace, backend, settings) for pace in (0.1, 1.0))

    def spoken(engine: Engine, spare: float) -> Floats:
        turns = engine.turns(Request(TWO), Trace(), Halt(), spare=lambda: spare)
        return joined([chunk for chunk in turns if isinstance(chunk, Chunk)])

    assert np.array_equal(spoken(fast, 0.0), spoken(slow, 60.0))
    assert np.array_equal(spoken(fast, 60.0), fast.render(TWO))


def test_faster_is_shorter(engine: Engine) -> None:
    slow, fast = (len(engine.render("How fast is this?", speed=speed)) for speed in (1.0, 2.0))
    assert 0.4 < fast / slow < 0.7


def test_a_running_computation_is_halted(engine: Engine) -> None:
    assert isinstance(engine.backend, KokoroBackend)
    halt = Halt()
    halt.set()
    with pytest.raises(Halted):
        list(engine.turns(Request("Hello."), Trace(), halt))


def test_the_committed_asset_is_small() -> None:
    assert adain_predictor.ASSET.stat().st_size < 8_000_000


def test_a_model_damaged_under_its_old_size_and_time_is_made_again_before_it_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings({}, cache_dir=tmp_path)
    model = model_file(settings)
    times = model.stat()
    with model.open("r+b") as file:
        file.seek(40_000_000)
        (byte,) = file.read(1)
        file.seek(40_000_000)
        file.write(bytes([byte ^ 1]))
    os.utime(model, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert sha256_of(model) != KOKORO.sha256

    def cut(path: Path, digest: str, cache: Path) -> Path:
        raise ModelError(f"{sha256_of(path)} {digest}")

    monkeypatch.setattr(engine_module, "export", cut)
    with pytest.raises(ModelError, match=f"^{KOKORO.sha256} {KOKORO.sha256}$"):
        load_backend(settings)
