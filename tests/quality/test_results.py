"""Results outlive a kill, and those of other code, models or assets are not believed."""

from dataclasses import replace
from pathlib import Path

import pytest

from onset.quality.boundaries import BoundaryLevels
from onset.quality.discontinuities import BorderRanks
from onset.quality.dnsmos import OpinionScores
from onset.quality.gate_items import GateItem
from onset.quality.log_mel import StreamingDistance
from onset.quality.melody.first_part import FirstPartDistance
from onset.quality.melody.melodies import BorderCues, JoinDifference, KindMelody, MelodyDistance
from onset.quality.results import (
    DECISIVE,
    PACKAGE,
    PARTS,
    ItemResult,
    ResultsFile,
    code_digest,
    results_path,
)
from onset.quality.wer import TranscriptErrors
from onset.types import Request

ITEM = GateItem("voice", Request("“Naïve,” she said.", "bf_emma", 1.5))
WHOLE = ItemResult(
    ITEM,
    rmse=StreamingDistance(1.0, 24_000, 0.7, 5.0, -0.1, (0, 1), True, 0.001),
    seams={"step": BorderRanks(3, 0.5, -0.5), "chunk": BorderRanks(9, 1.5, 0.0)},
    edges=BoundaryLevels(-80.0, -40.0, -60.0, 0.1, None, None),
    melody=MelodyDistance(
        1,
        9,
        {
            "1": KindMelody(
                0.5,
                1.01,
                1,
                [JoinDifference(1.1, -0.5, 1.0, None, 0.25)],
                [BorderCues(True, (0.5, -0.25), (0.0, 1.0))],
            )
        },
    ),
    first=FirstPartDistance({"1": 1.25}, {"1": 0.5}),
    wer=TranscriptErrors(3, 0, 1, "naive she said", "knive she said"),
    mos=OpinionScores(3.1, 3.2, 3.9, 3.8),
)


def test_what_was_added_is_there_again(tmp_path: Path) -> None:
    ResultsFile(tmp_path / "kept" / "all.jsonl").add(WHOLE)
    again = ResultsFile(tmp_path / "kept" / "all.jsonl")
    assert again.get(ITEM) == WHOLE
    assert again.get(replace(ITEM, group="mix")) == ItemResult(replace(ITEM, group="mix"))


def test_parts_measured_later_are_joined(tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    kept = ResultsFile(path)
    kept.add(replace(WHOLE, wer=None, mos=None))
    assert kept.get(ITEM).lacks(PARTS) == ["wer", "mos"]
    kept.add(ItemResult(ITEM, wer=WHOLE.wer, mos=WHOLE.mos))
    assert kept.get(ITEM) == WHOLE == ResultsFile(path).get(ITEM)
    assert not WHOLE.lacks(PARTS)


def test_a_failure_lacks_nothing_and_may_be_mended(tmp_path: Path) -> None:
    kept = ResultsFile(tmp_path / "all.jsonl")
    kept.add(ItemResult(ITEM, "exact (not calibrated)"))
    assert kept.get(ITEM).lacks(PARTS) == []
    kept.add(WHOLE)
    assert kept.get(ITEM) == WHOLE


def test_a_line_cut_short_by_a_kill_loses_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    ResultsFile(path).add(WHOLE)
    with path.open("a") as file:
        file.write('\n{"item": {"group": "vo')
    other = replace(WHOLE, item=replace(ITEM, group="speed"))
    again = ResultsFile(path)
    again.add(other)
    third = ResultsFile(path)
    assert third.get(ITEM) == WHOLE and third.get(other.item) == other


def test_results_are_kept_apart_by_model_asset_pace_and_code(tmp_path: Path) -> None:
    paths = {
        results_path(tmp_path, model, asset, pace, code)
        for model in ("a" * 64, "b" * 64)
        for asset in ("c" * 64, "d" * 64)
        for pace in (0.25, 1.0)
        for code in ("e" * 64, "f" * 64)
    }
    assert len(paths) == 16


def write(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_changed_moved_or_new_source_is_other_code(tmp_path: Path) -> None:
    source = tmp_path / "engine" / "engine.py"
    write(source, "a = 1")
    digests = [code_digest(tmp_path)]
    write(source, "a = 2")
    digests.append(code_digest(tmp_path))
    source.rename(tmp_path / "engine" / "moved.py")
    digests.append(code_digest(tmp_path))
    write(tmp_path / "types.py")
    digests.append(code_digest(tmp_path))
    assert len(set(digests)) == 4


@pytest.mark.parametrize("path", ["text/a.py", "model/graph.py", "engine/a.py", "quality/a.py"])
def test_what_is_spoken_and_measured_depends_on_it(path: str, tmp_path: Path) -> None:
    write(tmp_path / path, "a = 1")
    before = code_digest(tmp_path)
    write(tmp_path / path, "a = 2")
    assert code_digest(tmp_path) != before


@pytest.mark.parametrize(
    "path", ["bench/a.py", "serving/a.py", "cli/quality.py", "text/a.txt", "quality/listening/a.py"]
)
def test_other_sources_do_not_matter(path: str, tmp_path: Path) -> None:
    write(tmp_path / "engine" / "engine.py", "a = 1")
    before = code_digest(tmp_path)
    write(tmp_path / path, "a = 2")
    assert code_digest(tmp_path) == before


def test_every_decisive_part_of_the_package_is_there() -> None:
    assert all((PACKAGE / name).exists() for name in DECISIVE)
