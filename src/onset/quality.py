"""How far streaming audio is from the exact decode of the same segments.

Measures only; knows nothing of thresholds or of who asks.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onset.engine import Engine
from onset.types import SAMPLE_RATE, Floats, Request

WINDOW, HOP, BANDS = 1024, 256, 80
FLOOR = 1e-4
"""Power added in every band before the logarithm (about -76 dBFS): silence equals silence."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Streaming against exact, one request. Everything in dB; seconds is the audio's length.

    log_mel_rmse: root mean square difference of the log-mel spectrograms. level: difference of the
    root mean squares, streaming less exact.
    """

    request: Request
    seconds: float
    log_mel_rmse: float
    level: float


def compare(engine: Engine, request: Request) -> Comparison:
    """Speak a request both ways. The two have the same length: the prosody decides it."""
    streaming, exact = (
        engine.render(
            request.text, voice=request.voice, speed=request.speed, lang=request.lang, exact=whole
        )
        for whole in (False, True)
    )
    return Comparison(
        request,
        len(exact) / SAMPLE_RATE,
        log_mel_rmse(exact, streaming),
        level(streaming) - level(exact),
    )


def level(samples: Floats) -> float:
    """Root mean square in dBFS."""
    return float(10 * np.log10(np.mean(samples.astype(float) ** 2) + 1e-20))


def log_mel_rmse(a: Floats, b: Floats) -> float:
    """Root mean square difference in dB of two log-mel spectrograms; equal lengths."""
    return float(np.sqrt(np.mean((log_mel(a) - log_mel(b)) ** 2)))


def log_mel(samples: Floats) -> npt.NDArray[np.float64]:
    """[frames, 80] in dB: Hann windows of 1024 every 256 samples, HTK mel bands to 12 kHz."""
    padded = np.pad(samples.astype(float), WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP] * np.hanning(WINDOW)
    power = np.abs(np.fft.rfft(frames)) ** 2
    decibels: npt.NDArray[np.float64] = 10 * np.log10(power @ _bands().T + FLOOR)
    return decibels


def _bands() -> npt.NDArray[np.float64]:
    """Triangular mel filters [80, 513]."""
    mel = 2595 * np.log10(1 + np.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE) / 700)
    edges = np.linspace(0, mel[-1], BANDS + 2)
    rising = (mel - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - mel) / np.diff(edges)[1:, None]
    bands: npt.NDArray[np.float64] = np.maximum(0, np.minimum(rising, falling))
    return bands
