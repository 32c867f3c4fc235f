"""Calibration: which voice reads which line, nothing held out is read, a stopped run continues."""

import re
from pathlib import Path

import pytest

from onset.calibration.collect import (
    blends,
    collect,
    corpus,
    generator_samples,
    opening_samples,
    plan,
    read,
)
from onset.engine.engine import Engine
from onset.model.backend import TRUNK_CHANNELS
from onset.model.opening_predictor import INPUTS
from onset.model.voice_styles import VOICES, language, parse
from onset.types import Request

LANGUAGES = sorted({voice.language for voice in VOICES.values()})


def grams(lines: list[str], size: int) -> set[tuple[str, ...]]:
    """All runs of `size` words."""
    runs = set()
    for line in lines:
        words = re.findall(r"[a-z0-9']+", line.lower())
        runs |= {tuple(words[i : i + size]) for i in range(len(words) - size + 1)}
    return runs


def test_voices_take_turns_and_have_lines_of_their_own() -> None:
    lines = {"en-us": ["one", "two", "three", "four"]}
    requests = plan(["af_sky", "am_puck"], lines, 2, [])
    assert [(r.voice, r.text) for r in requests] == [
        ("af_sky", "one"),
        ("am_puck", "two"),
        ("af_sky", "three"),
        ("am_puck", "four"),
    ]


def test_no_voice_reads_a_line_twice_before_it_has_read_all() -> None:
    """Fifty-four voices and 36 lines a language once left each voice with two lines."""
    lines = {code: [f"{code} {n}" for n in range(36)] for code in LANGUAGES}
    requests = plan(list(VOICES), lines, 36, [])
    read_by = {voice: {r.text for r in requests if r.voice == voice} for voice in VOICES}
    assert {len(texts) for texts in read_by.values()} == {36}


def test_every_second_line_is_spoken_at_another_speed() -> None:
    requests = plan(["af_sky"], {"en-us": ["one", "two"]}, 6, [0.5, 2.0])
    assert [r.speed for r in requests] == [1.0, 0.5, 1.0, 2.0, 1.0, 0.5]


def test_mixes_are_of_two_or_three_voices_and_always_the_same() -> None:
    lines = {voice.language: [f"a line in {voice.language}"] for voice in VOICES.values()}
    requests = blends(list(VOICES), lines, 40)
    assert requests == blends(list(VOICES), lines, 80)[:40]
    sizes = [len(parse(request.voice)) for request in requests]
    assert set(sizes) == {2, 3}
    for request in requests:
        assert request.text == f"a line in {language(request.voice)}"


def test_of_one_voice_there_is_no_mix() -> None:
    assert blends(["af_sky"], {"en-us": ["one"]}, 5) == []


def test_every_voice_reads_its_own_language() -> None:
    lines = {voice.language: [f"a line in {voice.language}"] for voice in VOICES.values()}
    for request in plan(list(VOICES), lines, 1):
        assert request.text == f"a line in {VOICES[request.voice].language}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_lines_of_many_lengths(language: str) -> None:
    lengths = sorted(map(len, corpus(language=language)))
    assert len(lengths) >= 108
    assert lengths[0] < 15 and lengths[-1] > 100
    assert len(corpus("heldout", language)) >= 24


def test_nothing_held_out_is_fitted() -> None:
    assert not set(corpus()) & set(corpus("heldout"))
    assert not grams(corpus(), 5) & grams(corpus("heldout"), 5)
    assert len(corpus()) >= 400
    assert len(corpus("heldout")) >= 100


def test_what_was_measured_is_not_measured_again(engine: Engine, tmp_path: Path) -> None:
    requests, done = [Request("No.", "bf_emma"), Request("Yes.", "bf_emma")], []
    for count in (1, 2):
        collect(
            requests[:count],
            tmp_path,
            engine.settings,
            1,
            generator_samples,
            lambda: done.append(1),
        )
    assert len(done) == 3
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(before) == 2
    collect(requests, tmp_path, engine.settings, 1, generator_samples, lambda: None)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
    samples = read(tmp_path)["bf_emma"]
    assert [s.mean.shape for s in samples] == [s.std.shape for s in samples] == [(8448,)] * 2
    assert min(s.std.min() for s in samples) > 0


def test_an_opening_is_measured_whole_and_as_an_answer_begins_with_it(engine: Engine) -> None:
    long = "We waited under the bridge for an hour, " * 4 + "and then the rain was over."
    short, *more = opening_samples(engine, Request("It began to rain."))
    assert not more
    assert short.mean.shape == short.std.shape == (TRUNK_CHANNELS + sum(INPUTS),)
    whole, begun = opening_samples(engine, Request(long))
    assert whole.features[0] > begun.features[0], "the first feature is the length"
    assert whole.features.shape == short.features.shape
