"""The generator: prosody and statistics in, samples out, whole or a step at a time.

One class, so that another generator (native, another precision) can take its place. Knows nothing
of text, voices, or where the statistics come from.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime as ort

from onset.istftnet import LOOKAHEAD, norms, slot_channels
from onset.model import STEP_SAMPLES, Decoder, Prosody, Statistics
from onset.session import Session
from onset.source import HOP, WINDOW, HarmonicSource
from onset.types import Floats, Halt

RATE = 60
"""Spectrum frames (4800 Hz) in a decoder frame (80 Hz)."""

WARM_UP = 8
"""Decoder frames that fill the lookahead: 8 * 60 is the first multiple above LOOKAHEAD."""

TAIL = 4
"""Decoder frames that only the last step may take.

The source's first block looks 45 ms ahead, so a step that stops closer to the end would need
source that does not exist; the last step pads instead.
"""


class InverseSTFT:
    """Spectrum frames [22, t] in, samples out, by overlap and add.

    edge: what the export divides the very first samples by, or None when the audio does not begin
    at the utterance's first frame.
    """

    def __init__(self, basis: Floats, edge: Floats | None) -> None:
        self._basis = basis
        self._edge = edge
        self._tail = np.zeros(WINDOW - HOP, np.float32)
        self._begun = False

    def push(self, spectrum: Floats, last: bool) -> Floats:
        """Samples that are complete now; with `last`, all that remain."""
        half = WINDOW // 2
        magnitude, phase = np.exp(spectrum[: half + 1]), np.sin(spectrum[half + 1 :])
        parts = np.concatenate([magnitude * np.cos(phase), magnitude * np.sin(phase)])
        frames = parts.T @ self._basis
        count = len(frames)
        total = np.zeros(count * HOP + WINDOW - HOP, np.float32)
        total[: WINDOW - HOP] = self._tail
        for k in range(WINDOW // HOP):
            piece = frames[:, k * HOP : (k + 1) * HOP].reshape(-1)
            total[k * HOP : k * HOP + count * HOP] += piece
        self._tail = total[count * HOP :].copy()
        done = total[: len(total) - half] if last else total[: count * HOP]
        return done if self._begun else self._first(done)

    def _first(self, samples: Floats) -> Floats:
        """Drop the half window that reflects the edge, and scale as the export does."""
        self._begun = True
        if self._edge is not None:
            gain = np.where(self._edge > np.finfo(np.float32).tiny, self._edge, 1.0)
            count = min(len(gain), len(samples))
            samples[:count] /= gain[:count]
        return samples[WINDOW // 2 :]


class Generator:
    """Loads streaming.onnx (and whole.onnx when first needed) and makes decoders."""

    def __init__(self, folder: Path, threads: int) -> None:
        self._folder, self._threads = folder, threads
        self._step = Session(folder / "streaming.onnx", threads)
        self._whole: Session | None = None
        self._states: list[dict[str, int]] = json.loads((folder / "states.json").read_text())
        with np.load(folder / "constants.npz", allow_pickle=False) as constants:
            self._constants: dict[str, Floats] = dict(constants)
        weight, bias = self._constants["source_weight"], self._constants["source_bias"]
        self.source = HarmonicSource(weight, float(bias[0]))
        self._slots = _channels_of_slots()

    def stream(self, prosody: Prosody, statistics: Statistics, start: int, halt: Halt) -> Decoder:
        """Audio from decoder frame `start` on, with given statistics."""
        scale, shift = self._affine(prosody.style, statistics)
        inverse = InverseSTFT(self._constants["basis"], None if start else self._constants["edge"])
        affine = {"scale": ort.OrtValue.ortvalue_from_numpy(scale)}
        affine["shift"] = ort.OrtValue.ortvalue_from_numpy(shift)
        return StreamingDecoder(self._step, self._begin(), affine, inverse, prosody, start, halt)

    def whole(self, prosody: Prosody, halt: Halt) -> tuple[Floats, Statistics]:
        """All samples of the segment with its own statistics, and those statistics."""
        if self._whole is None:
            self._whole = Session(self._folder / "whole.onnx", self._threads)
        gamma, beta = self._style(prosody.style)
        feeds = {"trunk": prosody.trunk, "source": prosody.source}
        feeds |= {"gamma": gamma.reshape(1, -1, 1), "beta": beta.reshape(1, -1, 1)}
        spectrum, mean, std = self._whole.run(("spectrum", "mean", "std"), feeds, halt)
        inverse = InverseSTFT(self._constants["basis"], self._constants["edge"])
        return inverse.push(spectrum[0], last=True), Statistics(mean.ravel(), std.ravel())

    def _style(self, style: Floats) -> tuple[Floats, Floats]:
        """gamma (the 1 included) and beta of all 48 AdaIN, [9216] each."""
        half, c = style[0, :128], self._constants
        gamma = half @ c["gamma_weight"] + c["gamma_bias"] + np.float32(1)
        return gamma, half @ c["beta_weight"] + c["beta_bias"]

    def _affine(self, style: Floats, statistics: Statistics) -> tuple[Floats, Floats]:
        """AdaIN as one scale and shift a channel: [1, 9216, 1] each."""
        gamma, beta = self._style(style)
        scale = gamma / statistics.std[self._slots]
        shift = beta - scale * statistics.mean[self._slots]
        return scale.reshape(1, -1, 1), shift.reshape(1, -1, 1)

    def _begin(self) -> list[ort.OrtValue]:
        zeros = [np.zeros((1, s["channels"], s["start"]), np.float32) for s in self._states]
        return [ort.OrtValue.ortvalue_from_numpy(zero) for zero in zeros]


def _channels_of_slots() -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """For each of the 9216 AdaIN channels, its place among the 8448 statistics."""
    starts = np.concatenate([[0], np.cumsum(slot_channels())])
    return np.concatenate([starts[n.slot] + np.arange(n.channels) for n in norms()])


class StreamingDecoder(Decoder):
    """Drives streaming.onnx: feeds each layer just what it is due and keeps the states."""

    def __init__(
        self,
        session: Session,
        states: list[ort.OrtValue],
        affine: Mapping[str, ort.OrtValue],
        inverse: InverseSTFT,
        prosody: Prosody,
        start: int,
        halt: Halt,
    ) -> None:
        self._session, self._states, self._affine = session, states, affine
        self._inverse, self._halt = inverse, halt
        self._trunk = prosody.trunk[:, :, start:]
        source = prosody.source[:, :, start * RATE :]
        self._source0 = np.pad(source, ((0, 0), (0, 0), (3, 3)))  # the padding of noise_convs.0
        self._source1 = source
        self._frames = self._trunk.shape[2]
        self._fed = self._used0 = self._used1 = 0
        self.remaining = self._frames

    def step(self, frames: int) -> Floats:
        first = self._fed == 0
        fed = self._fed + frames + (WARM_UP if first else 0)
        last = fed + TAIL > self._frames
        fed = self._frames if last else fed
        feeds = self._feeds(fed, first, last)
        spectrum, *self._states = self._session.run_values(self._outputs(), feeds, self._halt)
        self._fed = fed
        self.remaining = 0 if last else self._frames - fed + WARM_UP
        return self._inverse.push(spectrum.numpy()[0], last)

    def _feeds(self, fed: int, first: bool, last: bool) -> dict[str, ort.OrtValue]:
        trunk = self._trunk[:, :, self._fed : fed]
        # How far each stage's upsampled signal reaches after this step (istftnet.py: Streaming).
        reach0 = 10 * fed - (0 if last else 5)
        reach1 = RATE * fed + 1 if last else RATE * fed - LOOKAHEAD + 63
        used0 = 10 * self._frames if last else reach0 + 36
        used1 = RATE * self._frames + 1 if last else reach1 + 60
        source0 = self._source0[:, :, 6 * self._used0 : 6 * used0 + 6]
        source1 = self._source1[:, :, self._used1 : used1]
        self._used0, self._used1 = used0, used1
        arrays = {"trunk": trunk, "source0": source0, "source1": source1}
        arrays |= {"first": np.array([first], np.int64), "last": np.array([last], np.int64)}
        feeds = {name: _value(array) for name, array in arrays.items()}
        states = {f"state{k}": state for k, state in enumerate(self._states)}
        return {**feeds, **states, **self._affine}

    def _outputs(self) -> list[str]:
        return ["spectrum", *(f"state{k}_out" for k in range(len(self._states)))]


def _value(array: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> ort.OrtValue:
    return ort.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(array))


class WholeDecoder(Decoder):
    """Exact decoding behind the same face: everything at the first step."""

    def __init__(self, generator: Generator, prosody: Prosody, start: int, halt: Halt) -> None:
        self._generator, self._prosody, self._halt = generator, prosody, halt
        self._start = start
        self.remaining = prosody.frames - start

    def step(self, frames: int) -> Floats:
        self.remaining = 0
        samples, _ = self._generator.whole(self._prosody, self._halt)
        return samples[self._start * STEP_SAMPLES :]
