"""What is measured at ends and pauses."""

from dataclasses import replace

import numpy as np
import pytest

from onset.quality.boundaries import boundary_levels
from onset.quality.renditions.renditions import PartPlace, Renditions
from onset.types import Floats, Request

RATE = 24_000


def hum(seconds: float, amplitude: float = 0.1) -> Floats:
    time = np.arange(round(seconds * RATE)) / RATE
    return (amplitude * np.sin(2 * np.pi * 200 * time)).astype(np.float32)


def faded(samples: Floats) -> Floats:
    ramp = np.minimum(1, np.arange(len(samples)) / 240)
    return (samples * ramp * ramp[::-1]).astype(np.float32)


def pair(whole: Floats, first: int, last: int) -> Renditions:
    """One part cut from `whole`, both ways alike."""
    audio = faded(whole[first:last])
    place = PartPlace(0, last - first, whole, first)
    return Renditions(Request("Hm."), audio, audio, True, (), (), (place,))


def test_a_clean_utterance() -> None:
    around = np.zeros(6000, np.float32)
    found = boundary_levels(pair(np.concatenate([around, faded(hum(1)), around]), 6000, 30_000))
    assert found.click < -50 and found.cut < -60
    assert found.cut_before < -60
    assert found.ending == 0.0 and found.pause is None


def test_a_cut_consonant_is_seen() -> None:
    """Half of the last 200 ms is cut off: 5 dB of what is there."""
    found = boundary_levels(pair(hum(1), 0, 21_600))
    assert found.cut == pytest.approx(10 * np.log10(1 / 3), abs=0.1)


def test_what_nobody_hears_is_not_missed() -> None:
    """Half of an ending at -80 dBFS: 35 dB below what could be heard."""
    found = boundary_levels(pair(hum(1, 0.0001 * 2**0.5), 0, 21_600))
    assert found.cut == pytest.approx(10 * np.log10(0.5) - 30, abs=0.1)


def test_what_rings_out_is_not_cut_off() -> None:
    """100 ms of -53 dBFS behind the end, all of it, half, none of it kept."""
    whole = np.concatenate([hum(1), hum(0.1, 0.0032)])
    cut = pair(whole, 0, 24_000)
    for tail, share in ((0, 0.5), (1200, 0.25)):
        place = replace(cut.parts[0], tail=tail)
        expected = 20 * np.log10(0.0032 / 0.1) + 10 * np.log10(share * 4800 / (4800 - tail))
        found = boundary_levels(replace(cut, parts=(place,))).cut
        assert found == pytest.approx(expected, abs=0.2)
    place = replace(cut.parts[0], tail=2400)
    assert boundary_levels(replace(cut, parts=(place,))).cut < -100


def test_a_click_at_either_end_is_seen() -> None:
    clean = pair(hum(1), 0, 24_000)
    clean = replace(clean, streaming=np.pad(clean.streaming, (0, 2400)))
    for place in (0, 23_999, 24_000, 26_399):
        streaming = clean.streaming.copy()
        streaming[place] = 0.1
        assert boundary_levels(replace(clean, streaming=streaming)).click == pytest.approx(
            -20, abs=0.1
        )


def test_a_softer_ending_is_seen() -> None:
    clean = pair(hum(1), 0, 24_000)
    half = clean.streaming.copy()
    half[-4800:] *= 0.5
    assert boundary_levels(replace(clean, streaming=half)).ending == pytest.approx(-6.02, abs=0.01)


def test_an_ending_is_where_speech_ends() -> None:
    """Not 200 ms of the silence kept behind it."""
    clean = pair(np.concatenate([hum(1), np.zeros(9600, np.float32)]), 0, 33_600)
    half = clean.streaming.copy()
    half[24_000 - 4800 :] *= 0.5
    assert boundary_levels(replace(clean, streaming=half)).ending == pytest.approx(-6.02, abs=0.01)
    silent = np.zeros(9600, np.float32)
    assert boundary_levels(pair(silent, 0, 9600)).ending is None


def joined(whole: Floats, join: int) -> Renditions:
    """Two parts of one utterance that go over into each other at `join`."""
    clean = pair(whole, 0, len(whole))
    parts = (
        PartPlace(0, join, whole, 0, 600, (False, True)),
        PartPlace(join, len(whole), whole, join, 0, (True, False)),
    )
    return replace(clean, parts=parts)


def test_nothing_is_cut_off_at_a_join() -> None:
    """In the middle of a word, where as much lies on the other side, and steps are large."""
    whole = faded(hum(1, 0.5))
    assert boundary_levels(joined(whole, 12_000)) == boundary_levels(pair(whole, 0, len(whole)))
    loose = joined(whole, 12_000)
    parts = tuple(replace(part, joined=(False, False)) for part in loose.parts)
    found = boundary_levels(replace(loose, parts=parts))
    assert min(found.cut, found.cut_before) > -3 and found.click > -40


def test_a_pause_is_one_on_both_sides_of_a_join() -> None:
    whole = np.concatenate([hum(0.5), np.zeros(4800, np.float32), hum(0.5)])
    clean = joined(whole, 14_400)
    noisy = replace(clean, streaming=clean.streaming + np.float32(0.01))
    assert boundary_levels(noisy).pause == pytest.approx(-40, abs=0.1)


def test_noise_in_a_pause_is_seen_and_a_short_pause_is_none() -> None:
    for seconds, seen in ((0.3, True), (0.1, False)):
        silence = np.zeros(round(seconds * RATE), np.float32)
        whole = np.concatenate([hum(0.5), silence, hum(0.5)])
        clean = pair(whole, 0, len(whole))
        noisy = clean.streaming + np.float32(0.01)
        found = boundary_levels(replace(clean, streaming=noisy))
        if seen:
            assert found.pause == pytest.approx(-40, abs=0.1)
            assert found.pause_exact is not None and found.pause_exact < -100
        else:
            assert found.pause is None
