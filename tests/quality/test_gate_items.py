"""What the gate speaks: held-out texts of every voice, speed, mix and edge."""

import re
from collections import Counter
from collections.abc import Iterator
from importlib import resources

from onset.calibration.collect import blends, corpus
from onset.cli.calibrate import MIXES as MEASURED
from onset.model.voice_styles import VOICES, parse
from onset.quality.gate_items import BREATH, EDGES, LINES, MIXES, SHARE, SPEEDS, plan_items
from onset.quality.thresholds import ENGLISH_SENTENCES

LANGUAGES = sorted({voice.language for voice in VOICES.values()})
HELD_OUT = {code: corpus("heldout", code) for code in LANGUAGES}
FITTED = [line for code in LANGUAGES for line in corpus("corpus", code)]
ALL = plan_items(list(VOICES), SPEEDS, LINES, HELD_OUT, FITTED)


def same(text: str) -> str:
    """Letters and digits alone."""
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()


def data(name: str) -> Iterator[str]:
    """The lines of every file of this name, in any language."""
    for file in (resources.files("onset") / "data").iterdir():
        if re.fullmatch(rf"{name}(-\w+)?\.txt", file.name):
            lines = file.read_text(encoding="utf-8").splitlines()
            yield from (line for line in lines if line and not line.startswith("#"))


def test_no_held_out_line_is_in_a_corpus() -> None:
    fitted, held_out = list(data("corpus")), list(data("heldout"))
    assert len(fitted) > 400 and len(held_out) > 120
    assert not {same(line) for line in fitted} & {same(line) for line in held_out}


def test_no_held_out_sentence_is_in_a_corpus() -> None:
    """Of those long enough to be somebody's: twenty letters."""

    def sentences(name: str) -> set[str]:
        parts = (same(part) for line in data(name) for part in re.split(r"[.!?。！？।]", line))
        return {part for part in parts if len(part) >= 20}

    assert not sentences("corpus") & sentences("heldout")


def test_every_voice_is_spoken_at_every_speed() -> None:
    spoken = {(i.request.voice, i.request.speed) for i in ALL if i.group in ("voice", "speed")}
    assert spoken == {(voice, speed) for voice in VOICES for speed in SPEEDS}
    assert len(set(ALL)) == len(ALL) > 2000


def test_each_voice_has_its_lines_and_they_are_held_out() -> None:
    own = Counter(item.request.voice for item in ALL if item.group == "voice")
    for name, voice in VOICES.items():
        assert own[name] == min(LINES, len(HELD_OUT[voice.language]))
    for item in ALL:
        if item.group in ("voice", "speed"):
            assert item.request.text in HELD_OUT[VOICES[item.request.voice].language]


def test_the_first_round_has_seen_every_voice() -> None:
    assert {item.request.voice for item in ALL[: len(VOICES)]} == set(VOICES)


def test_lines_run_from_short_to_long_and_differ_between_voices() -> None:
    texts = {v: [i.request.text for i in ALL if i.group == "voice" and i.request.voice == v]
             for v in ("af_heart", "am_michael")}  # fmt: skip
    lengths = [len(text) for text in texts["af_heart"]]
    assert lengths == sorted(lengths) and lengths[0] < 15 and lengths[-1] > 150
    assert texts["af_heart"] != texts["am_michael"]


def test_enough_english_sentences_are_heard() -> None:
    english = [i for i in ALL if i.group == "voice" and i.request.voice[0] in "ab"]
    assert sum(len(i.request.text.split()) >= 3 for i in english) >= ENGLISH_SENTENCES


def voices_of(mix: str) -> frozenset[str]:
    """The voices of a mix, whatever their shares."""
    return frozenset(name for name, _ in parse(mix))


def test_mixes_were_never_fitted_and_are_spoken() -> None:
    lines = {voice.language: ["a line"] for voice in VOICES.values()}
    fitted = {voices_of(r.voice) for r in blends(list(VOICES), lines, MEASURED)}
    assert len(fitted) > 100
    assert not fitted & set(map(voices_of, MIXES))
    spoken = Counter(item.request.voice for item in ALL if item.group == "mix")
    assert spoken == dict.fromkeys(MIXES, LINES // SHARE)
    assert max(len(parse(mix)) for mix in MIXES) > 2


def test_the_edges_are_spoken_and_none_was_fitted() -> None:
    edges = {item.request.text: item.held_out for item in ALL if item.group == "edge"}
    assert set(edges) == {*EDGES, BREATH}
    assert all(edges.values())


def test_an_edge_that_was_fitted_is_told() -> None:
    items = plan_items(list(VOICES), SPEEDS, LINES, HELD_OUT, ["Yes!", "Something else."])
    assert {i.request.text for i in items if not i.held_out} == {"Yes."}


def test_a_part_of_the_voices_speaks_only_its_own() -> None:
    items = plan_items(["ef_dora", "af_heart"], [0.5], 2, HELD_OUT, FITTED)
    assert {item.request.voice for item in items} == {"ef_dora", "af_heart"}
    assert {item.group for item in items} == {"speed"}


def test_the_same_arguments_give_the_same_items_in_the_same_order() -> None:
    assert plan_items(list(VOICES), SPEEDS, LINES, HELD_OUT, FITTED) == ALL
