"""Evaluation: every item is spoken and measured, by one process or several."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import as_completed
from typing import Any

from onset.config import Settings
from onset.engine.engine import Engine, load_backend
from onset.engine.process_pool import process_pool
from onset.errors import InvalidRequest, ModelError
from onset.quality.gate_items import GateItem
from onset.quality.measures import MEASURES, Measure, Subject
from onset.quality.renditions.memoizing_backend import MemoizingBackend
from onset.quality.results import ItemResult, ResultsFile

NOT_CALIBRATED = "exact (not calibrated)"


def load(settings: Settings) -> Engine:
    """An engine that can speak a request in several ways."""
    return Engine(settings, backend=MemoizingBackend(load_backend(settings)))


def due(known: ItemResult, parts: Iterable[str]) -> list[str]:
    """The parts that are to be measured now: those that apply to the item and are not known."""
    return [part for part in known.lacks(parts) if MEASURES[part].applies(known.item)]


class Evaluator:
    """Measures items with one engine and each measure loaded once."""

    def __init__(self, engine: Engine, measures: Mapping[str, Measure]) -> None:
        """Raises AssetError if the packages of a measure are missing."""
        self._engine = engine
        threads = engine.settings.threads
        self._measures = measures
        self._functions = {part: measure.load(threads) for part, measure in measures.items()}

    def evaluate(self, known: ItemResult) -> ItemResult:
        """Measure what an item lacks. What cannot be spoken or does not stream is a failure."""
        item, parts = known.item, due(known, self._functions)
        if not parts:
            return known
        try:
            if self._engine.is_exact(item.request):
                return ItemResult(item, NOT_CALIBRATED)
            given = self._given([self._measures[part].subject for part in parts], item)
        except (InvalidRequest, ModelError) as error:
            return ItemResult(item, str(error))
        subjects = {part: given[self._measures[part].subject] for part in parts}
        return ItemResult(item, **{part: self._functions[part](subjects[part]) for part in parts})

    def _given(self, subjects: Iterable[Subject], item: GateItem) -> dict[Subject, Any]:
        """What each subject gives, made once."""
        return {each: each(self._engine, item.request) for each in dict.fromkeys(subjects)}


def evaluate(
    items: Sequence[GateItem],
    parts: Sequence[str],
    results: ResultsFile,
    settings: Settings,
    workers: int,
    advance: Callable[[], None],
) -> None:
    """Measure all items into `results`, leaving out what is there. `advance` is called after each.

    `workers` processes with an engine of as many threads as cores are left for each.
    """
    left = [known for known in map(results.get, items) if due(known, parts)]
    for _ in range(len(items) - len(left)):
        advance()
    if not left:
        return
    single = settings.model_copy(update={"threads": max(1, settings.threads // workers)})
    with process_pool(workers, _begin, single, tuple(parts)) as pool:
        tasks = [pool.submit(_evaluate, known) for known in left]
        try:
            for task in as_completed(tasks):
                results.add(task.result())
                advance()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


_evaluator: Evaluator
"""That of a worker process."""


def _begin(settings: Settings, parts: Sequence[str]) -> None:
    global _evaluator
    _evaluator = Evaluator(load(settings), {part: MEASURES[part] for part in parts})


def _evaluate(known: ItemResult) -> ItemResult:
    return _evaluator.evaluate(known)
