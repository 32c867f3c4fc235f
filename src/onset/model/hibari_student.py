"""hibari: a small student of one Kokoro voice, decoded in windows.

Its one graph is cut in two: tokens to durations, F0 and energy, which needs the whole reading, and
from there to spectra, which are convolutions and so are local. Imports the optional package
`hibari`, of which only public names are used: the registry and the files of `hibari.voices`, and
the signal processing of `hibari.dsp`.
"""

import importlib
from itertools import chain, repeat
from pathlib import Path

import numpy as np
import numpy.typing as npt
from hibari import dsp, voices

from onset.errors import AssetError, Halted
from onset.model.backend import DECODER_FRAME_SAMPLES, Decoder, FrontOutput, SpeechModel
from onset.model.onnx_session import OnnxSession
from onset.model.students import REINSTALL
from onset.types import Floats, Halt

MOST_PHONEMES = 400
"""Phonemes of a reading at most, as hibari's own splitter has it (`hibari.tts.MAX_PHONEMES`)."""

CONTEXT = 14
"""Frames on each side of a window that its spectra are made from. Nine convolutions of width 7 in a
row look at 27; what the outer half of them adds is less than the rounding to int8
(docs/log/2026-11-30-words-without-tags.md)."""

WINDOWS = (18, 96)
"""Frames of the first windows of a decoding; all others are LATER. A window costs as much as its
frames and both contexts. The first is enough for the first three steps: words often begin in the
second, and that must not wait for a large window."""

LATER = 256

EDGE = 2
"""Frames on each side that an STFT of 1200 samples every 300 depends on."""

SEED = 20
"""Of the noise in consonants: the same reading is the same samples."""


def student_file(name: str) -> Path:
    """The model of a voice in hibari's registry. Raises AssetError if it is not the one listed."""
    path = Path(voices.voice_path(name, download_missing=False))
    if voices.sha256_of(path) != voices.VOICES[name]["sha256"]:
        raise AssetError(f"{path.name} is not the file that hibari lists: {REINSTALL}")
    return path


def student_names() -> dict[str, str]:
    """Kokoro's voices that have a student on this machine, and what hibari calls each."""
    found: dict[str, str] = {}
    for name, entry in voices.VOICES.items():
        try:
            voices.voice_path(name, download_missing=False)
        except FileNotFoundError:  # it can be downloaded, but was not
            continue
        found[entry["kokoro"]] = name
    return found


def load_student(name: str) -> "HibariStudent":
    """A voice in hibari's registry, ready to speak. Raises AssetError."""
    return HibariStudent(student_file(name))


class HibariStudent(SpeechModel):
    """One student. Its front takes no style: a student has one voice.

    The fields of its fronts: durations, f0 and energy as Kokoro's; asr: text encoding of each
    decoder frame, float32 [1, 128, 2F].
    """

    most_phonemes = MOST_PHONEMES

    def __init__(self, path: Path) -> None:
        # Only now: ONNX's own library takes longer to import than all else that is asked here.
        parts = importlib.import_module("onset.model.graph.student_parts").student_parts(path)
        self._names, self._spectra = parts.cuts, parts.spectra
        self._front = OnnxSession(parts.front, 1)
        self._decoder = OnnxSession(parts.decoder, 1)

    def front(
        self, tokens: tuple[int, ...], style: Floats, speed: float, halt: Halt
    ) -> FrontOutput:
        encoding, durations, energy = self._names
        feeds = {"ids": np.array([[0, *tokens, 0]]), "speed": np.array([speed], np.float32)}
        outputs = self._front.run([durations, "f0", energy, encoding], feeds, halt)
        counts, f0, level, asr = (output.numpy() for output in outputs)
        return FrontOutput(counts, f0[0], level[0], asr, style)

    def decoder_from(self, front: FrontOutput, start: int, halt: Halt) -> Decoder:
        return StudentDecoder(self, front, start, halt)

    def spectra(self, front: FrontOutput, begin: int, end: int, halt: Halt) -> list[Floats]:
        """Spectra of the frames [begin, end), float32 [601, end - begin] each. Raises Halted."""
        first = max(0, begin - CONTEXT)
        part = slice(first, end + CONTEXT)
        encoding, _, energy = self._names
        feeds = {
            encoding: front.asr[:, :, part],
            "f0": front.f0[np.newaxis, part],
            energy: front.energy[np.newaxis, part],
        }
        outputs = self._decoder.run(self._spectra, feeds, halt)
        return [output.numpy()[0, :, begin - first : end - first] for output in outputs]


class StudentDecoder(Decoder):
    """The samples of one reading from decoder frame `start` on.

    Spectra are made a window at a time, samples a step at a time: a step waits for no more of them
    than the inverse STFT overlaps.
    """

    def __init__(self, student: HibariStudent, front: FrontOutput, start: int, halt: Halt) -> None:
        self._student, self._front, self._halt = student, front, halt
        self._frames, self._next = len(front.f0), start
        self.remaining = self._frames - start
        self._sizes = chain(WINDOWS, repeat(LATER))
        self._noise = np.random.default_rng(SEED)
        self._begin = self._end = max(0, start - EDGE)  # frames of `_spectrum`
        self._spectrum = np.zeros((dsp.N_FFT // 2 + 1, 0), np.complex64)
        self._pulses = np.zeros(0, np.float32)

    def step(self, frames: int) -> Floats:
        if self._halt.is_set:
            raise Halted("Stopped.")
        end = min(self._frames, self._next + frames)
        while self._end < min(self._frames, end + EDGE):
            self._window()
        first, last = max(0, self._next - EDGE), min(self._frames, end + EDGE)
        spectrum = self._spectrum[:, first - self._begin : last - self._begin]
        samples: Floats = dsp.ola(spectrum)
        kept = slice(self._next - first, end - first)
        self.remaining -= end - self._next
        self._next = end
        return samples.reshape(-1, DECODER_FRAME_SAMPLES)[kept].ravel()

    def _window(self) -> None:
        """Make the next window of spectra, and forget those that are no longer needed."""
        begin, end = self._end, min(self._frames, self._end + next(self._sizes))
        parts = self._student.spectra(self._front, begin, end, self._halt)
        made = _spectrum(parts, self._source(begin, end), self._noise)
        keep = max(0, self._next - EDGE)
        self._spectrum = np.concatenate([self._spectrum[:, keep - self._begin :], made], axis=1)
        self._begin, self._end = keep, end

    def _source(self, begin: int, end: int) -> npt.NDArray[np.complex64]:
        """STFT of the pulses in the frames [begin, end), complex64 [601, end - begin]."""
        needed = min(self._frames, end + EDGE)
        if len(self._pulses) < needed * DECODER_FRAME_SAMPLES:
            # The phase runs through, so pulses are made from the beginning: few at first, then all.
            ahead = needed + 1 if not len(self._pulses) else self._frames
            made: Floats = dsp.pulses(self._front.f0[:ahead])
            self._pulses = made if ahead >= self._frames else made[:-DECODER_FRAME_SAMPLES]
        first = max(0, begin - EDGE)
        part = self._pulses[first * DECODER_FRAME_SAMPLES : needed * DECODER_FRAME_SAMPLES]
        source: npt.NDArray[np.complex64] = dsp.stft(part, needed - first)
        return source[:, begin - first : end - first]


def _spectrum(
    parts: list[Floats], source: npt.NDArray[np.complex64], noise: np.random.Generator
) -> npt.NDArray[np.complex64]:
    """The spectrum of some frames, as `hibari.dsp.synth` adds it up."""
    harmonic, phase, noisy, residual, angle = parts
    turned = np.tanh(phase) * np.float32(np.pi)
    spectrum = source * (dsp.ex(harmonic) * _unit(turned))
    # Drawn frame by frame, so that it does not depend on how frames are put into windows.
    drawn = noise.standard_normal((noisy.shape[1], 2 * noisy.shape[0]), dtype=np.float32)
    spectrum += drawn.view(np.complex64).T * dsp.ex(noisy)
    spectrum += dsp.ex(residual) * _unit(angle)
    made: npt.NDArray[np.complex64] = spectrum
    return made


def _unit(angle: npt.NDArray[np.float32]) -> npt.NDArray[np.complex64]:
    """exp(i angle), complex64."""
    turned = np.empty(angle.shape, np.complex64)
    np.cos(angle, out=turned.real)
    np.sin(angle, out=turned.imag)
    return turned
