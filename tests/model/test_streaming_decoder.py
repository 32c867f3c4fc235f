"""The proof: given the true statistics, streaming equals the full decode of a segment."""

from collections.abc import Sequence

import numpy as np
import pytest

from full_decodes import ENOUGH_DB, decibels, decoded
from onset.errors import Halted
from onset.model.backend import AdainStatistics, Decoder, Prosody
from onset.model.kokoro import KokoroBackend
from onset.types import Floats, Halt

STREAMED = [
    *(("yes", "af_heart", frames) for frames in (1, 4, 7, 16, 1000)),
    *(("question", "bm_george", frames) for frames in (4, 7, 16, 1000)),
    ("question", "am_michael", 4),
    ("sentence", "zf_xiaobei", 16),
]
"""Steps in decoder frames of 12.5 ms: 4 is the first step, 16 a usual one, 1000 is everything."""


def stream(
    exact_backend: KokoroBackend,
    p: Prosody,
    statistics: AdainStatistics,
    frames: int,
    start: int = 0,
) -> Floats:
    decoder = exact_backend.decoder(p, statistics, start, Halt())
    pieces = []
    while decoder.remaining:
        pieces.append(decoder.step(frames))
    return np.concatenate(pieces)


@pytest.mark.parametrize(("text", "voice", "frames"), STREAMED)
def test_streaming_with_true_statistics_equals_the_full_decode(
    exact_backend: KokoroBackend, text: str, voice: str, frames: int
) -> None:
    one = decoded(exact_backend, text, voice)
    samples = stream(exact_backend, one.prosody, one.statistics, frames)
    assert samples.shape == one.samples.shape
    assert decibels(one.samples, samples - one.samples) >= ENOUGH_DB
    peak = float(np.abs(one.samples).max())
    for edge in (slice(None, 1200), slice(-1200, None)):  # the first and the last 50 ms
        assert np.abs(samples[edge] - one.samples[edge]).max() <= 1e-4 * peak


def refined(decoder: Decoder, before: Sequence[int], frames: int = 16) -> Floats:
    """All samples; before[n]: the steps that come before the n-th refinement."""
    pieces = []
    for count in before:
        pieces += [decoder.step(4) for _ in range(count)]
        for _ in decoder.refine():
            pass
    while decoder.remaining:
        pieces.append(decoder.step(frames))
    return np.concatenate(pieces)


@pytest.mark.parametrize("before", [(0,), (1,), (3,), (0, 0), (0, 3), (2, 0), (2, 1)])
def test_a_refined_stage_continues_where_streaming_stopped(
    exact_backend: KokoroBackend, before: tuple[int, ...]
) -> None:
    """With true statistics refining changes nothing, so the crossfade must not be heard."""
    one = decoded(exact_backend, "question", "bm_george")
    decoder = exact_backend.decoder(one.prosody, one.statistics, 0, Halt())
    samples = refined(decoder, before)
    assert samples.shape == one.samples.shape
    assert decibels(one.samples, samples - one.samples) >= ENOUGH_DB


@pytest.mark.parametrize("before", [(0,), (2,), (2, 2)])
def test_refining_from_a_later_start_keeps_its_place(
    exact_backend: KokoroBackend, before: tuple[int, ...]
) -> None:
    one = decoded(exact_backend, "question", "bm_george")
    start = int(np.flatnonzero(one.prosody.energy > -1.0)[0]) - 3
    samples = refined(exact_backend.decoder(one.prosody, one.statistics, start, Halt()), before)
    heard, reference = slice(1200, None), one.samples[start * 300 :]
    assert samples.shape == reference.shape
    assert decibels(reference[heard], (samples - reference)[heard]) >= 40.0


def test_each_refinement_brings_what_follows_closer(exact_backend: KokoroBackend) -> None:
    one = decoded(exact_backend, "yes", "af_heart")
    wrong = AdainStatistics(one.statistics.mean, one.statistics.std * np.float32(1.05))
    after = slice(
        300 * (3 * 4 + 16 + 8), None
    )  # behind the steps before, and the one that crossfades

    def distance(before: tuple[int, ...]) -> float:
        samples = refined(exact_backend.decoder(one.prosody, wrong, 0, Halt()), before)
        return decibels(one.samples[after], (samples - one.samples)[after])

    predicted, half, exact = distance(()), distance((3,)), distance((3, 0))
    assert predicted < half < ENOUGH_DB <= exact


def test_without_statistics_the_audio_is_that_of_the_full_decode(
    exact_backend: KokoroBackend,
) -> None:
    one = decoded(exact_backend, "yes", "af_heart")
    decoder = exact_backend.decoder(one.prosody, None, 0, Halt())
    assert sum(decoder.unrefined_shares) > 0
    assert np.array_equal(refined(decoder, (0, 0)), one.samples)
    assert decoder.unrefined_shares == ()


def test_refining_pauses_and_stops_when_the_button_is_pressed(exact_backend: KokoroBackend) -> None:
    one, halt = decoded(exact_backend, "yes", "af_heart"), Halt()
    work = exact_backend.decoder(one.prosody, one.statistics, 0, halt).refine()
    assert sum(1 for _ in zip(range(5), work, strict=False)) == 5
    halt.set()
    with pytest.raises(Halted):
        next(work)


def test_the_pace_is_plausible(exact_backend: KokoroBackend) -> None:
    assert 0.01 < exact_backend.pace(Halt()) < 10.0


def test_starting_inside_the_leading_silence_costs_less_than_hearing_can_tell(
    exact_backend: KokoroBackend,
) -> None:
    one = decoded(exact_backend, "question", "bm_george")
    onset = int(np.flatnonzero(one.prosody.energy > -1.0)[0])
    start = onset - 3
    samples = stream(exact_backend, one.prosody, one.statistics, 16, start)
    heard = slice((onset - 2 - start) * 300, None)
    reference = one.samples[start * 300 :]
    assert decibels(reference[heard], (samples - reference)[heard]) >= 40.0


def test_other_statistics_give_other_audio(exact_backend: KokoroBackend) -> None:
    one = decoded(exact_backend, "yes", "af_heart")
    wrong = AdainStatistics(one.statistics.mean, one.statistics.std * np.float32(1.2))
    assert decibels(one.samples, stream(exact_backend, one.prosody, wrong, 16) - one.samples) < 20.0


def test_step_stops_when_the_button_is_pressed(exact_backend: KokoroBackend) -> None:
    one, halt = decoded(exact_backend, "yes", "af_heart"), Halt()
    decoder = exact_backend.decoder(one.prosody, one.statistics, 0, halt)
    decoder.step(4)
    halt.set()
    with pytest.raises(Halted):
        decoder.step(4)
