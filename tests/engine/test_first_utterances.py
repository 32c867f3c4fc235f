"""First sentences out of memory: bit for bit what is made, bounded, and never a number."""

import itertools

import numpy as np
import pytest

from fakes import fake_engine
from onset.config import Settings, load_settings
from onset.engine.audible_span import FrameSpan
from onset.engine.engine import Engine
from onset.engine.first_utterances import FirstUtterances, MadeUtterance
from onset.text.incremental import TextStream
from onset.trace import Trace
from onset.types import Chunk, Halt, PlanName, Request

FIRST = "The kettle is on."
TEXT = f"{FIRST} Nobody had thought of it before. So it was."

CACHING = load_settings({}, cache_mb=1, pace=0.25)


def asked(engine: Engine, request: Request) -> tuple[bool | None, list[Chunk]]:
    """Whether it began with what was made before, and what came."""
    trace = Trace()
    turns = engine.turns(request, trace, Halt(), cached=True)
    chunks = [turn for turn in turns if isinstance(turn, Chunk)]
    return trace.cached, chunks


def same(one: list[Chunk], other: list[Chunk]) -> bool:
    """Whether every chunk is the same, its words too."""
    pairs = list(itertools.zip_longest(one, other))
    alike = [a.samples.tobytes() == b.samples.tobytes() and a.words == b.words for a, b in pairs]
    places = [(a.position, a.reading, a.more) == (b.position, b.reading, b.more) for a, b in pairs]
    return bool(pairs) and all(alike) and all(places)


@pytest.mark.parametrize("plan", ["balanced", "quality", "exact"])
@pytest.mark.parametrize("text", [FIRST, TEXT])
def test_a_hit_is_bit_for_bit_a_miss_and_what_would_be_made_without(
    text: str, plan: PlanName
) -> None:
    engine, request = fake_engine(settings=CACHING), Request(text, plan=plan)
    missed, made = asked(engine, request)
    hit, again = asked(engine, request)
    unused, plain = asked(fake_engine(settings=load_settings({}, pace=0.25)), request)
    assert (missed, hit, unused) == (False, True, None)
    assert same(made, again) and same(made, plain)


def test_a_hit_needs_none_of_the_model_for_a_whole_answer() -> None:
    engine = fake_engine(delay=0.02, settings=CACHING)
    work = []
    for _ in range(2):
        trace = Trace()
        list(engine.turns(Request(FIRST), trace, Halt(), cached=True))
        stages = trace.stages()
        assert stages is not None
        work.append(set(stages))
    assert {"front", "trunk", "step"} <= work[0]
    assert work[1] == {"phonemes", "step"}


def test_the_first_sentence_of_another_text_is_a_hit_too() -> None:
    engine = fake_engine(settings=CACHING)
    asked(engine, Request(TEXT))
    other = Request(f"{FIRST} Something else follows.")
    hit, chunks = asked(engine, other)
    assert hit and same(chunks, asked(fake_engine(settings=CACHING), other)[1])


@pytest.mark.parametrize(
    "other",
    [
        Request("The kettle is off."),
        Request(FIRST, "am_michael"),
        Request(FIRST, speed=1.1),
        Request(FIRST, plan="quality"),
        Request(FIRST, exact=True),
    ],
)
def test_whatever_decides_samples_is_in_the_key(other: Request) -> None:
    engine = fake_engine(settings=CACHING)
    asked(engine, Request(FIRST))
    assert asked(engine, other)[0] is False
    engine.pace = 0.7
    assert asked(engine, Request(FIRST))[0] is False


@pytest.mark.parametrize(
    "request_",
    [
        Request("The code is 42."),
        Request("The code is ４２."),
        Request("One half is ½."),
        Request("<speak>Hello there.</speak>", ssml=True),
    ],
)
def test_numbers_and_documents_are_neither_kept_nor_looked_for(request_: Request) -> None:
    engine = fake_engine(settings=CACHING)
    assert asked(engine, request_)[0] is None and asked(engine, request_)[0] is None
    assert engine.beginnings.cache_info() == (0, 0, 0)


def test_nothing_is_kept_unless_it_is_set() -> None:
    engine = fake_engine()
    assert Settings().cache_mb == 0
    assert asked(engine, Request(FIRST))[0] is None and asked(engine, Request(FIRST))[0] is None


def test_a_probe_and_whoever_measures_makes_everything_anew() -> None:
    engine, trace = fake_engine(settings=CACHING), Trace()
    asked(engine, Request(FIRST))
    list(engine.turns(Request(FIRST), trace, Halt()))
    assert trace.cached is None and engine.beginnings.cache_info() == (0, 1, 1)


def test_a_text_that_is_being_written_is_not_looked_for() -> None:
    engine, trace, text = fake_engine(settings=CACHING), Trace(), TextStream(100, "en-us")
    text.feed(FIRST)
    text.end()
    list(engine.turns(Request(""), trace, Halt(), text, cached=True))
    assert trace.cached is None and engine.beginnings.cache_info() == (0, 0, 0)


def made(samples: int) -> MadeUtterance:
    span = FrameSpan(0, 1, 0, 1)
    silence = np.zeros(samples, np.float32)
    return MadeUtterance((silence,), (), span, np.zeros(0, np.float32), 0.0, 1)


def test_it_is_bounded_in_bytes_and_the_least_recently_used_goes_first() -> None:
    cache = FirstUtterances(3 * made(1000).bytes)
    for key in (b"a", b"b", b"c"):
        cache.keep(key, made(1000))
    assert cache.find(b"a") is not None
    cache.keep(b"d", made(1000))
    assert cache.find(b"b") is None and cache.find(b"a") is not None
    assert cache.bytes <= cache.most_bytes and cache.cache_info() == (2, 1, 3)
    cache.keep(b"e", made(10_000))
    assert cache.find(b"e") is None, "larger than all of it"
    cache.keep(b"a", made(1000))
    assert cache.bytes == 3 * made(1000).bytes


def caching(engine: Engine) -> Engine:
    """Another engine of the real model, with a cache."""
    settings = load_settings({}, cache_mb=8, pace=0.25)
    return Engine(settings, backend=engine.backend, words=engine.phonemizer.words)


def test_with_the_real_model_a_hit_is_bit_for_bit_a_miss(engine: Engine) -> None:
    engine, request = caching(engine), Request("The kettle is on. Nobody had thought of it before.")
    (missed, first), (hit, second) = asked(engine, request), asked(engine, request)
    assert (missed, hit) == (False, True) and same(first, second)


def test_what_a_busy_server_could_not_refine_is_not_kept(engine: Engine) -> None:
    engine, request = caching(engine), Request("The results will be announced tomorrow at noon.")
    list(engine.turns(request, Trace(), Halt(), spare=lambda: 0.0, cached=True))
    assert engine.beginnings.cache_info() == (0, 1, 0)
    list(engine.turns(request, Trace(), Halt(), spare=lambda: 9.0, cached=True))
    assert engine.beginnings.cache_info() == (0, 2, 1)
