"""The student: its windows are the library's own decode, its steps the same samples at any size."""

import json
from pathlib import Path

import numpy as np
import pytest

from onset.engine.audible_span import audible_span
from onset.errors import AssetError, Halted
from onset.model.backend import FrontOutput
from onset.text.g2p.vocabulary import VOCABULARY, encode
from onset.types import FRAME_SAMPLES, Floats, Halt

pytest.importorskip("hibari")

import hibari
from hibari import dsp, voices

from onset.model import hibari_student
from onset.model.hibari_student import HibariStudent, StudentDecoder, load_student

SENTENCE = "ðə ˈOld tɹˈAn lˈɛft ðə stˈAʃən bəfˌɔɹ ˈɛnibˌɑdi hæd nˈOTəst ðə ˈOpᵊn dˈɔɹ."
NO_STYLE = np.zeros((1, 256), np.float32)


class Silence:
    """A generator of noise that makes none, so that two ways to decode can be compared."""

    def standard_normal(self, shape: tuple[int, ...], dtype: object = None) -> Floats:
        return np.zeros(shape, np.float32)


@pytest.fixture(scope="module")
def student() -> HibariStudent:
    """The student of af_heart."""
    return load_student("heart")


@pytest.fixture(scope="module")
def front(student: HibariStudent) -> FrontOutput:
    """Of a sentence."""
    return student.front(encode(SENTENCE), NO_STYLE, 1.0, Halt())


def samples(student: HibariStudent, front: FrontOutput, size: int, start: int = 0) -> Floats:
    """Decoded in steps of `size` frames."""
    decoder = student.decoder_from(front, start, Halt())
    pieces = []
    while decoder.remaining:
        pieces.append(decoder.step(size))
    return np.concatenate(pieces)


def without_noise(student: HibariStudent, front: FrontOutput) -> Floats:
    """The same with no noise in it."""
    decoder = StudentDecoder(student, front, 0, Halt())
    decoder._noise = Silence()  # type: ignore[assignment]
    return np.concatenate([decoder.step(16) for _ in range(-(-len(front.f0) // 16))])


def library(front: FrontOutput) -> Floats:
    """The library's own decode of the sentence, without noise."""
    own = hibari.Hibari()
    feeds = {
        "ids": np.array([[0, *encode(SENTENCE), 0]]),
        "speed": np.ones(1, np.float32),
    }
    parts = [part[0] for part in own.sess.run(None, feeds)]
    decoded: Floats = dsp.synth(*parts, Silence())
    assert len(decoded) == len(front.f0) * 300
    return decoded


def decibels(of: Floats, off: Floats) -> float:
    """Of a signal over what it is off by."""
    return float(10 * np.log10(np.mean(of**2) / np.mean(off**2)))


def test_one_window_is_the_librarys_own_decode(
    student: HibariStudent, front: FrontOutput, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hibari_student, "WINDOWS", (10_000,))
    whole = library(front)
    assert decibels(whole, without_noise(student, front) - whole) > 100


def test_windows_differ_by_the_rounding_of_activations_only(
    student: HibariStudent, front: FrontOutput, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = library(front)
    apart = decibels(whole, without_noise(student, front) - whole)
    assert apart > 20
    monkeypatch.setattr(hibari_student, "CONTEXT", 27)  # all that nine convolutions look at
    assert apart > decibels(whole, without_noise(student, front) - whole) - 1.5
    monkeypatch.setattr(hibari_student, "CONTEXT", 0)
    assert decibels(whole, without_noise(student, front) - whole) < apart - 6


@pytest.mark.parametrize("size", [1, 5, 16, 1000])
def test_the_same_samples_in_steps_of_any_size(
    student: HibariStudent, front: FrontOutput, size: int
) -> None:
    usual = samples(student, front, 16)
    assert np.allclose(samples(student, front, size), usual, atol=1e-6)
    assert len(usual) == int(front.durations.sum()) * FRAME_SAMPLES


def test_it_may_begin_inside(student: HibariStudent, front: FrontOutput) -> None:
    start = audible_span(front.energy).begin
    late = samples(student, front, 16, start)
    assert len(late) == (len(front.f0) - start) * 300
    assert decibels(late, late - samples(student, front, 16)[start * 300 :]) > 10


def test_the_first_step_needs_one_small_window(student: HibariStudent, front: FrontOutput) -> None:
    decoder = student.decoder_from(front, 20, Halt())
    assert len(decoder.step(5)) == 5 * 300
    assert isinstance(decoder, StudentDecoder)
    assert decoder._end - decoder._begin <= hibari_student.WINDOWS[0]
    assert decoder.remaining == len(front.f0) - 25


def test_silence_is_told_by_the_energy_as_kokoros_is(
    student: HibariStudent, front: FrontOutput
) -> None:
    level = samples(student, front, 16).reshape(-1, 300)
    decibel = 10 * np.log10(np.mean(level**2, axis=1) + 1e-12)
    span = audible_span(front.energy)
    assert 10 < span.begin < 40, "silence in front"
    assert decibel[: span.begin].max() < -40
    assert decibel[span.begin : span.begin + 8].max() > -40
    assert decibel[span.end + span.tail_frames :].max() < -50


def test_speed_is_obeyed(student: HibariStudent) -> None:
    lengths = [
        len(student.front(encode(SENTENCE), NO_STYLE, speed, Halt()).f0) for speed in (0.5, 1, 2)
    ]
    assert lengths[0] > 1.7 * lengths[1] > 3 * lengths[2]


def test_it_stops(student: HibariStudent, front: FrontOutput) -> None:
    halt = Halt()
    decoder = student.decoder_from(front, 0, halt)
    decoder.step(5)
    halt.set()
    with pytest.raises(Halted):
        decoder.step(5)


def test_its_tokens_are_ours() -> None:
    assets = Path(voices.ASSETS)
    theirs = json.loads((assets / "vocab.json").read_text("utf-8"))
    assert theirs.items() <= VOCABULARY.items()


def test_a_file_that_is_not_the_one_published_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = tmp_path / "hibari.onnx"
    wrong.write_bytes(b"something else")
    monkeypatch.setattr(voices, "voice_path", lambda *_, **__: str(wrong))
    with pytest.raises(AssetError, match="reinstall"):
        load_student("heart")


def test_only_voices_that_are_here_are_named() -> None:
    assert hibari_student.student_names().get("af_heart") == "heart"
    assert "am_fenrir" not in hibari_student.student_names(), "it would have to be downloaded"
