"""Log-mel distance: how far streaming is from the exact decode of the same readings.

- *RMSE*: root mean square difference of log-mel spectrograms, over all bands and frames: Hann
  windows of 1024 samples every 256 at 24 kHz, the first centred on the first sample; 80 triangular
  HTK mel bands to 12 kHz; power in dB with 1e-4 added (about -76 dBFS): silence equals silence.
- *Control*: the RMSE of the exact audio resynthesised with its magnitudes and random phases: how
  far noise of the same spectrum is, which is unmistakably worse, for scale.
- *Level*: root mean square of streaming less that of exact, over the answer, in dB.
- *Clipping*: runs of four samples or more that are flat against the limiter's ceiling, 0.002 below
  full scale. One to three are a peak that touches.
- *DC offset*: the larger mean of the two, of full scale. NaN and infinity are counted too.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onset.engine.dsp import CEILING
from onset.quality.renditions.renditions import Renditions
from onset.types import SAMPLE_RATE, Floats

WINDOW, HOP, BANDS = 1024, 256, 80
FLOOR = 1e-4
"""Power added in every band before the logarithm."""

FLAT = 0.999 * CEILING
"""Above it the limiter has no room left to bend anything: what is there is flat, as if cut."""

RUN = 3
"""Most samples in a row at FLAT that are a peak that touches it."""


@dataclass(frozen=True, slots=True)
class StreamingDistance:
    """Streaming against exact, one request, in dB. seconds: the audio's length.

    clipped: flat runs in streaming and in exact. finite: neither has NaN or infinity. offset: DC.
    """

    seconds: float
    samples: int
    log_mel_rmse: float
    control: float
    level: float
    clipped: tuple[int, int]
    finite: bool
    offset: float

    @property
    def clipped_more(self) -> int:
        """Flat runs that streaming has more than exact."""
        return max(0, self.clipped[0] - self.clipped[1])

    @property
    def broken(self) -> bool:
        return not self.finite


def streaming_distance(pair: Renditions) -> StreamingDistance:
    """Measure a pair."""
    streaming, exact = pair.streaming, pair.exact
    control = with_random_phases(exact, np.random.default_rng(pair.seed))
    return StreamingDistance(
        seconds=len(exact) / SAMPLE_RATE,
        samples=len(streaming),
        log_mel_rmse=log_mel_rmse(exact, streaming),
        control=log_mel_rmse(exact, control),
        level=level(streaming) - level(exact),
        clipped=(clipped(streaming), clipped(exact)),
        finite=bool(np.isfinite(streaming).all() and np.isfinite(exact).all()),
        offset=max(abs(float(np.mean(x, dtype=np.float64))) for x in (streaming, exact)),
    )


def level(samples: Floats) -> float:
    """Root mean square in dBFS."""
    return float(10 * np.log10(np.mean(samples.astype(float) ** 2) + 1e-20))


def clipped(samples: Floats) -> int:
    """How many runs of more than RUN samples are flat against the ceiling."""
    (edges,) = np.nonzero(np.diff(np.pad(np.abs(samples) >= FLAT, 1)))
    return int(np.sum(edges[1::2] - edges[::2] > RUN))


def log_mel_rmse(a: Floats, b: Floats) -> float:
    """Root mean square difference in dB of two log-mel spectrograms; equal lengths."""
    return float(np.sqrt(np.mean((log_mel(a) - log_mel(b)) ** 2)))


def log_mel(samples: Floats) -> npt.NDArray[np.float64]:
    """The log-mel spectrogram in dB, [frames, 80]."""
    power = np.abs(np.fft.rfft(_frames(samples) * np.hanning(WINDOW))) ** 2
    return 10 * np.log10(power @ _bands().T + FLOOR)


def with_random_phases(samples: Floats, random: np.random.Generator) -> Floats:
    """The control: magnitudes and level kept, phases drawn, windows overlapped and added."""
    window = np.hanning(WINDOW + 1)[:-1]
    spectra = np.abs(np.fft.rfft(_frames(samples) * window))
    phases = np.exp(2j * np.pi * random.random(spectra.shape))
    parts = np.fft.irfft(spectra * phases, WINDOW) * window
    total = np.zeros(len(parts) * HOP + WINDOW)
    for k in range(WINDOW // HOP):  # the k-th quarter of every window
        total[k * HOP : k * HOP + len(parts) * HOP] += parts[:, k * HOP : (k + 1) * HOP].ravel()
    power = np.sum(window[::HOP] ** 2)  # what squared windows a hop apart sum to, everywhere
    out: Floats = (total[WINDOW // 2 :][: len(samples)] / power).astype(np.float32)
    # Phases that disagree between windows cancel part of the power: the same level is given back.
    gain = 10 ** ((level(samples) - level(out)) / 20)
    return (out * np.float32(gain)).astype(np.float32)


def _frames(samples: Floats) -> npt.NDArray[np.float64]:
    """[frames, WINDOW], the first centred on the first sample."""
    padded = np.pad(samples.astype(float), WINDOW // 2)
    return np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]


def _bands() -> npt.NDArray[np.float64]:
    """Triangular mel filters [80, 513]."""
    mel = 2595 * np.log10(1 + np.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE) / 700)
    edges = np.linspace(0, mel[-1], BANDS + 2)
    rising = (mel - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - mel) / np.diff(edges)[1:, None]
    bands: npt.NDArray[np.float64] = np.maximum(0, np.minimum(rising, falling))
    return bands
