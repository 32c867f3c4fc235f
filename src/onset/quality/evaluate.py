"""Running a plan: every item spoken twice and measured, by one process or several.

Knows nothing of thresholds.
"""

import multiprocessing
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from hashlib import sha256
from multiprocessing.connection import wait
from threading import Thread

from onset.config import Settings
from onset.engine.engine import Engine, load_backend
from onset.errors import InvalidRequest, ModelError
from onset.model.voice_styles import language
from onset.quality.boundaries import edges
from onset.quality.discontinuities import ranks
from onset.quality.dnsmos import Judge, judge, opinion
from onset.quality.log_mel import compare
from onset.quality.renditions import MemoizingBackend, Renditions, speak_twice
from onset.quality.results import GateItem, ItemResult, ResultsFile
from onset.quality.wer import Hear, Transcriber, transcript

NOT_CALIBRATED = "exact (not calibrated)"


def load(settings: Settings) -> Engine:
    """An engine that can speak twice."""
    return Engine(settings, backend=MemoizingBackend(load_backend(settings)))


class Evaluator:
    """Measures items with one engine and, if they are wanted, one Whisper and one DNSMOS."""

    def __init__(
        self, engine: Engine, parts: Collection[str], hear: Hear | None = None, judge: Judge = judge
    ) -> None:
        """hear: given by tests; else Whisper is loaded if `parts` has "wer" (AssetError)."""
        self._engine, self._parts, self._judge = engine, parts, judge
        if hear is None and "wer" in parts:
            hear = Transcriber(engine.settings.threads).hear
        self._hear = hear

    def pair(self, item: GateItem) -> Renditions:
        """Both renderings of an item."""
        return speak_twice(self._engine, item.request)

    def inspect(self, item: GateItem, known: ItemResult) -> ItemResult:
        """Measure what `known` lacks. What cannot be spoken or does not stream is a failure."""
        lacking = wanted(item, known, self._parts)
        if not lacking:
            return known
        try:
            if self._engine.is_exact(item.request):
                return ItemResult(item, NOT_CALIBRATED)
            return self._measured(self.pair(item), item, lacking)
        except (InvalidRequest, ModelError) as error:
            return ItemResult(item, str(error))

    def _measured(self, pair: Renditions, item: GateItem, parts: Collection[str]) -> ItemResult:
        seed, found = _seed(item), ItemResult(item)
        if "rmse" in parts:
            found = replace(found, rmse=compare(pair, seed))
        if "seams" in parts:
            found = replace(found, seams=ranks(pair, seed))
        if "edges" in parts:
            found = replace(found, edges=edges(pair))
        if "wer" in parts and self._hear is not None:
            found = replace(found, wer=transcript(pair, self._hear))
        if "mos" in parts:
            found = replace(found, mos=opinion(pair, self._judge))
        return found


def wanted(item: GateItem, known: ItemResult, parts: Collection[str]) -> list[str]:
    """The parts that are to be measured now: speech is judged by whole texts at speed 1."""
    judged = item.group == "voice" and item.request.speed == 1.0
    english = language(item.request.voice).startswith("en")
    apply = {"wer": judged and english, "mos": judged}
    return [part for part in known.lacks(parts) if apply.get(part, True)]


def survey(
    items: Sequence[GateItem],
    parts: Collection[str],
    kept: ResultsFile,
    settings: Settings,
    workers: int,
    done: Callable[[], None],
) -> None:
    """Measure all items into `kept`, leaving out what is there. `done` is called after each.

    `workers` processes with an engine of as many threads as cores are left for each.
    """
    left = [item for item in items if wanted(item, kept.get(item), parts)]
    for _ in range(len(items) - len(left)):
        done()
    if not left:
        return
    for finding in _found(left, parts, kept, settings, workers):
        kept.add(finding)
        done()


def _found(
    items: Sequence[GateItem],
    parts: Collection[str],
    kept: ResultsFile,
    settings: Settings,
    workers: int,
) -> Iterator[ItemResult]:
    spawn = multiprocessing.get_context("spawn")  # ONNX Runtime's threads do not survive a fork
    single = settings.model_copy(update={"threads": max(1, settings.threads // workers)})
    with ProcessPoolExecutor(workers, spawn, _begin, (single, tuple(parts))) as pool:
        tasks = [pool.submit(_inspect, item, kept.get(item)) for item in items]
        try:
            for task in as_completed(tasks):
                yield task.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


_inspector: Evaluator
"""The inspector of a worker process."""


def _begin(settings: Settings, parts: Collection[str]) -> None:
    global _inspector
    Thread(target=_follow, name="onset-follow", daemon=True).start()
    _inspector = Evaluator(load(settings), parts)


def _follow() -> None:
    """End this process when the one that started it has gone, killed perhaps: nobody else would."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _inspect(item: GateItem, known: ItemResult) -> ItemResult:
    return _inspector.inspect(item, known)


def _seed(item: GateItem) -> int:
    """The same for the same request, whatever order it is measured in."""
    request = item.request
    text = f"{request.voice} {request.speed:g} {request.text}"
    return int.from_bytes(sha256(text.encode()).digest()[:8])
