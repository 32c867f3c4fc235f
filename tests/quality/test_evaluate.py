"""Items are measured once, each part where it applies."""

from collections.abc import Mapping
from pathlib import Path

from fakes import fake_engine
from onset.engine.engine import Engine
from onset.model.fake_backend import FakeBackend
from onset.quality.dnsmos import opinion_scores
from onset.quality.evaluate import NOT_CALIBRATED, Evaluator, due, evaluate
from onset.quality.gate_items import GateItem
from onset.quality.measures import MEASURES, Measure
from onset.quality.renditions.memoizing_backend import MemoizingBackend
from onset.quality.renditions.renditions import Renditions
from onset.quality.results import PARTS, ItemResult, ResultsFile
from onset.quality.wer import TranscriptErrors
from onset.types import Floats, Request

ITEM = GateItem("voice", Request("A short sentence that a fake speaks."))
"""One of those that listeners judge."""


class Network:
    """Counts what it scored."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, samples: Floats) -> Mapping[str, float]:
        self.count += 1
        return {"ovrl_mos": 3.0, "p808_mos": 3.5}


def evaluator(network: Network) -> Evaluator:
    parts = {part: MEASURES[part] for part in ("rmse", "seams", "edges")}
    parts["mos"] = Measure(
        "", lambda threads: lambda pair: opinion_scores(pair, network), MEASURES["mos"].applies
    )
    return Evaluator(fake_engine(backend=MemoizingBackend(FakeBackend())), parts)


def test_every_part_is_measured() -> None:
    network = Network()
    result = evaluator(network).evaluate(ItemResult(ITEM))
    assert result.rmse is not None and result.rmse.log_mel_rmse == 0.0
    assert result.seams is not None and result.seams["step"].count > 0
    assert result.edges is not None and result.mos is not None and network.count == 2
    assert result.wer is None and result.failure is None


def test_what_is_known_is_not_measured_again() -> None:
    network = Network()
    subject = evaluator(network)
    result = subject.evaluate(ItemResult(ITEM))
    assert subject.evaluate(result) is result
    rest = subject.evaluate(ItemResult(ITEM, rmse=result.rmse, mos=result.mos))
    assert rest.rmse is None and rest.edges == result.edges and network.count == 2


def test_the_measures_of_an_item_are_the_same_every_time() -> None:
    first, second = (evaluator(Network()).evaluate(ItemResult(ITEM)) for _ in range(2))
    assert first == second


def test_a_voice_without_statistics_is_a_failure_and_costs_nothing() -> None:
    network, item = Network(), GateItem("voice", Request("Hello.", "af_sky"))
    result = evaluator(network).evaluate(ItemResult(item))
    assert result == ItemResult(item, NOT_CALIBRATED) and not network.count


def test_what_cannot_be_spoken_is_a_failure() -> None:
    item = GateItem("voice", Request("..."))
    result = evaluator(Network()).evaluate(ItemResult(item))
    assert result.failure is not None and "spoken" in result.failure


def test_a_measure_sees_both_renditions() -> None:
    pairs: list[Renditions] = []
    engine = fake_engine(backend=MemoizingBackend(FakeBackend()))
    Evaluator(engine, {"edges": Measure("", lambda threads: pairs.append)}).evaluate(
        ItemResult(ITEM)
    )
    (pair,) = pairs
    assert pair.request == ITEM.request and len(pair.streaming) == len(pair.exact) > 0


def test_what_measures_share_is_made_once_and_nothing_else() -> None:
    made: list[str] = []

    def subject(engine: Engine, request: Request) -> str:
        made.append(request.text)
        return request.voice

    def unused(engine: Engine, request: Request) -> str:
        raise AssertionError

    parts = {
        "mos": Measure("", lambda threads: lambda voice: voice, subject=subject),
        "edges": Measure("", lambda threads: lambda voice: voice, subject=subject),
        "wer": Measure("", lambda threads: lambda voice: voice, subject=unused),
    }
    known = ItemResult(ITEM, wer=TranscriptErrors(4, 0, 0, "", ""))
    result = Evaluator(fake_engine(), parts).evaluate(known)
    assert made == [ITEM.request.text] and result.edges == result.mos == "af_heart"  # type: ignore[comparison-overlap]


def test_only_what_applies_and_is_not_known_is_due() -> None:
    short = GateItem("edge", Request("7"))
    assert due(ItemResult(ITEM), PARTS) == list(PARTS)
    assert due(ItemResult(short), PARTS) == ["rmse", "seams", "edges"]
    assert due(ItemResult(short, "failed"), PARTS) == []


def test_an_evaluation_that_has_everything_starts_no_process(tmp_path: Path) -> None:
    kept, count = ResultsFile(tmp_path / "all.jsonl"), []
    result = evaluator(Network()).evaluate(ItemResult(ITEM))
    kept.add(result)
    settings = fake_engine().settings
    parts = ("rmse", "seams", "edges", "mos")
    evaluate([ITEM, ITEM], parts, kept, settings, 2, lambda: count.append(1))
    assert len(count) == 2 and kept.get(ITEM) == result
