"""Steps computed with those of other streams are what they are alone, on the real model."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from full_decodes import ENOUGH_DB, FullDecode, decibels, decoded
from onset.config import Settings
from onset.engine.engine import load_backend
from onset.errors import ModelError
from onset.model.backend import Decoder
from onset.model.decoding import batched_generator
from onset.model.decoding.batched_generator import BatchedGenerator, MadeRow, RowsGraph, StepRow
from onset.model.decoding.providers import CPU_PLACE
from onset.model.decoding.runtimes import make_runtime
from onset.model.kokoro import KokoroBackend
from onset.model.streaming_decoder import StreamingDecoder
from onset.types import Floats, Halt

CASES = [("yes", "af_heart"), ("question", "am_michael"), ("question", "bm_george")]


@pytest.fixture(scope="module")
def onnx(settings: Settings) -> KokoroBackend:
    return load_backend(settings.model_copy(update={"generator": "onnx"}))


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows each run had."""
    counts, run = list[int](), RowsGraph.run

    def counted(self: RowsGraph, given: Sequence[StepRow], halt: Halt) -> list[MadeRow]:
        counts.append(len(given))
        return run(self, given, halt)

    monkeypatch.setattr(batched_generator.RowsGraph, "run", counted)
    return counts


def together(
    decoders: Sequence[Decoder], frames: int, left: Callable[[int, int], bool] = lambda k, n: False
) -> list[Floats]:
    """The samples of each, whose steps wait for each other. left: whether k leaves in turn n."""
    pieces: list[list[Floats]] = [[] for _ in decoders]
    tasks = {k: decoder.stepping(frames) for k, decoder in enumerate(decoders)}
    turn = 0
    while tasks:
        turn += 1
        for k, task in list(tasks.items()):
            if left(k, turn):
                task.close()
                del tasks[k]
                continue
            try:
                next(task)
            except StopIteration as end:
                pieces[k].append(end.value)
                del tasks[k]
                if decoders[k].remaining:
                    tasks[k] = decoders[k].stepping(frames)
    return [np.concatenate(own) if own else np.zeros(0, np.float32) for own in pieces]


def alone(onnx: KokoroBackend, one: FullDecode, frames: int) -> Floats:
    decoder, pieces = onnx.decoder(one.prosody, one.statistics, 0, Halt()), []
    while decoder.remaining:
        pieces.append(decoder.step(frames))
    return np.concatenate(pieces)


def of(generator: BatchedGenerator, one: FullDecode, halt: Halt | None = None) -> Decoder:
    return StreamingDecoder(generator, one.prosody, one.statistics, 0, halt or Halt())


@pytest.mark.parametrize("fills", [False, True])
def test_streams_of_other_lengths_and_voices_are_what_they_are_alone(
    onnx: KokoroBackend, rows: list[int], fills: bool
) -> None:
    """Measured: the same bits on the CPU's provider."""
    generator = BatchedGenerator(onnx.folder, 2, 4, CPU_PLACE._replace(fills=fills))
    ones = [decoded(onnx, *case) for case in CASES]
    found = together([of(generator, one) for one in ones], 16)
    assert max(rows) == len(CASES)
    for one, samples in zip(ones, found, strict=True):
        assert decibels(alone(onnx, one, 16), samples - alone(onnx, one, 16)) >= ENOUGH_DB + 20
        assert decibels(one.samples, samples - one.samples) >= ENOUGH_DB


def test_another_streams_states_would_be_seen(onnx: KokoroBackend) -> None:
    """The comparison above sees it when two rows get each other's results."""
    generator = BatchedGenerator(onnx.folder, 2, 4)
    one, other = (decoded(onnx, *case) for case in CASES[1:])
    swapped, _ = together([of(generator, other), of(generator, one)], 16)
    count = min(len(swapped), len(one.samples))
    assert decibels(one.samples[:count], swapped[:count] - one.samples[:count]) < 20


def test_who_leaves_takes_their_row_and_nothing_else(onnx: KokoroBackend, rows: list[int]) -> None:
    generator = BatchedGenerator(onnx.folder, 2, 4)
    one, other = (decoded(onnx, *case) for case in CASES[1:])
    streams = [of(generator, other), of(generator, one)]
    _, found = together(streams, 16, lambda k, n: (k, n) == (0, 2))
    assert set(rows) == {1}
    assert decibels(one.samples, found - one.samples) >= ENOUGH_DB


def test_numbers_that_are_none_stay_in_their_row(onnx: KokoroBackend, rows: list[int]) -> None:
    generator = BatchedGenerator(onnx.folder, 2, 4)
    one, other = (decoded(onnx, *case) for case in CASES[1:])
    trunk = np.full_like(other.prosody.trunk, np.nan)
    bad = replace(other, prosody=replace(other.prosody, trunk=trunk))
    found, broken = together([of(generator, bad), of(generator, one)], 16)[::-1]
    assert max(rows) == 2
    assert np.isnan(broken).any()
    assert decibels(one.samples, found - one.samples) >= ENOUGH_DB


def test_what_decodes_says_so(onnx: KokoroBackend) -> None:
    runtime = make_runtime(onnx.folder, "auto", 1, batch=4)
    assert runtime.name == "ONNX Runtime, 100 % of its nodes on cpu, steps of 4 streams"
    assert runtime.batch == 4
    with pytest.raises(ModelError, match="ONSET_BATCH is 4, .* unset one of them"):
        make_runtime(onnx.folder, "native", 1, batch=4)
