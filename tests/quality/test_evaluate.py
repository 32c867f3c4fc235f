"""Items are measured once, each part where it applies."""

from pathlib import Path

from fakes import fake_engine
from onset.model.fake_backend import FakeBackend
from onset.quality.evaluate import NOT_CALIBRATED, Evaluator, survey, wanted
from onset.quality.renditions import MemoizingBackend
from onset.quality.results import GateItem, ItemResult, ResultsFile
from onset.types import Floats, Request

ITEM = GateItem("voice", Request("A short sentence that a fake speaks."))
"""One of those that are judged."""

PARTS = ("rmse", "seams", "edges", "mos")


class Judge:
    """Counts what it judged."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, samples: Floats) -> dict[str, float]:
        self.count += 1
        return {"ovrl_mos": 3.0, "p808_mos": 3.5}


def inspector(judged: Judge) -> Evaluator:
    return Evaluator(fake_engine(backend=MemoizingBackend(FakeBackend())), PARTS, judge=judged)


def test_every_part_is_measured() -> None:
    judged = Judge()
    found = inspector(judged).inspect(ITEM, ItemResult(ITEM))
    assert found.rmse is not None and found.rmse.log_mel_rmse == 0.0
    assert found.seams is not None and found.seams["step"].count > 0
    assert found.edges is not None and found.mos is not None and judged.count == 2
    assert found.wer is None and found.failure is None


def test_what_is_known_is_not_measured_again() -> None:
    judged = Judge()
    subject = inspector(judged)
    found = subject.inspect(ITEM, ItemResult(ITEM))
    assert subject.inspect(ITEM, found) is found
    rest = subject.inspect(ITEM, ItemResult(ITEM, rmse=found.rmse, mos=found.mos))
    assert rest.rmse is None and rest.edges == found.edges and judged.count == 2


def test_the_measures_of_an_item_are_the_same_every_time() -> None:
    first, second = (inspector(Judge()).inspect(ITEM, ItemResult(ITEM)) for _ in range(2))
    assert first == second


def test_a_voice_without_statistics_is_a_failure_and_costs_nothing() -> None:
    judged, item = Judge(), GateItem("voice", Request("Hello.", "af_sky"))
    found = inspector(judged).inspect(item, ItemResult(item))
    assert found == ItemResult(item, NOT_CALIBRATED) and not judged.count


def test_what_cannot_be_spoken_is_a_failure() -> None:
    item = GateItem("voice", Request("..."))
    found = inspector(Judge()).inspect(item, ItemResult(item))
    assert found.failure is not None and "spoken" in found.failure


def test_listeners_hear_whole_texts_at_speed_one_and_words_of_english() -> None:
    every = ("rmse", "wer", "mos")
    for group, voice, speed, parts in (
        ("voice", "bf_emma", 1.0, ["rmse", "wer", "mos"]),
        ("voice", "jf_alpha", 1.0, ["rmse", "mos"]),
        ("speed", "bf_emma", 2.0, ["rmse"]),
        ("edge", "bf_emma", 1.0, ["rmse"]),
        ("mix", "bf_emma+jf_alpha", 1.0, ["rmse"]),
    ):
        item = GateItem(group, Request("Hm.", voice, speed))
        assert wanted(item, ItemResult(item), every) == parts


def test_a_survey_that_has_everything_starts_no_process(tmp_path: Path) -> None:
    kept, count = ResultsFile(tmp_path / "all.jsonl"), []
    found = inspector(Judge()).inspect(ITEM, ItemResult(ITEM))
    kept.add(found)
    settings = fake_engine().settings
    survey([ITEM, ITEM], PARTS, kept, settings, 2, lambda: count.append(1))
    assert len(count) == 2 and kept.get(ITEM) == found
