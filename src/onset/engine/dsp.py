"""Signal processing of finished samples: fades and a limiter."""

import numpy as np

from onset.types import Floats

FADE_IN = int(0.010 * 24_000)
FADE_OUT = int(0.020 * 24_000)
"""Samples faded at the two ends of an utterance, so that none clicks."""

KNEE, CEILING = 0.8, 0.998
"""Louder samples are bent, as a limiter does, so that none of what the model overdoes is cut flat:
some voices exceed full scale by a fifth, one by two fifths."""


def fade(
    samples: Floats, position: int, total: int, fade_in: int = FADE_IN, fade_out: int = FADE_OUT
) -> Floats:
    """A copy of samples[position : ...] of a decode of `total`, with the fades that fall there.

    Where one fades out as another fades in, at the same length, their shares add up to 1.
    """
    out = samples.copy()
    if position < fade_in:
        out *= _ramp(position, len(out), fade_in)
    if total - position - len(out) < fade_out:
        out *= _ramp(total - position - len(out), len(out), fade_out)[::-1]
    return out


def limit(samples: Floats) -> Floats:
    """Bend samples louder than KNEE smoothly to below CEILING; all others stay as they are."""
    excess = np.abs(samples) - np.float32(KNEE)
    if not (excess > 0).any():
        return samples
    room = np.float32(CEILING - KNEE)
    bent = np.copysign(KNEE + room * np.tanh(excess / room), samples)
    out: Floats = np.where(excess > 0, bent, samples).astype(np.float32)
    return out


def _ramp(position: int, count: int, length: int) -> Floats:
    """A raised cosine, level at both ends: a straight ramp left a click of -40 dBFS where an
    affricate begins."""
    rising = (np.arange(position, position + count) + 0.5) / length
    ramp: Floats = (np.sin(np.pi / 2 * np.minimum(rising, 1.0)) ** 2).astype(np.float32)
    return ramp
