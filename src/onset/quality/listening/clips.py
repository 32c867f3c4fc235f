"""Clips: renditions of one sentence made alike in what is not to be judged.

- *Length*: a clip begins LEAD seconds before its first audible frame and ends TRAIL seconds behind
  its last one (at most 45 dB below the loudest), with a fade of FADE seconds at both ends.
- *Loudness*: all clips have the same root mean square over their speech frames (20 ms, at most
  20 dB below the loudest one), LOUDNESS dB below full scale, so that pauses do not count. If one
  clip of a sentence would clip, all of that sentence are turned down by the same factor.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from onset.errors import AssetError
from onset.protocol.wav import wav_header
from onset.types import SAMPLE_RATE, Floats

FRAME = SAMPLE_RATE // 50
"""Samples of a frame: 20 ms, some two pitch periods of a deep voice at least."""

SPEECH_BELOW, AUDIBLE_BELOW = 20.0, 45.0
"""dB below the loudest frame down to which a frame is speech, and audible."""

LOUDNESS = -23.0
"""dB of full scale, root mean square of speech frames: as loud as broadcasts (EBU R 128), with
room for the peaks of a voice."""

PEAK = 0.98
"""Largest sample of a clip, of full scale."""

LEAD, TRAIL, FADE = 0.1, 0.2, 0.01
"""Seconds."""


def alike(renditions: Mapping[str, Floats]) -> dict[str, Floats]:
    """Clips of one sentence, by condition. Raises AssetError for a rendition without a sound."""
    clips = {name: level(trimmed(samples)) for name, samples in renditions.items()}
    most = max(float(np.abs(clip).max()) for clip in clips.values())
    gain = np.float32(min(1.0, PEAK / most))
    return {name: clip * gain for name, clip in clips.items()}


def trimmed(samples: Floats) -> Floats:
    """From just before the first audible frame to just behind the last one, faded."""
    (audible,) = np.nonzero(_levels(samples) > -AUDIBLE_BELOW)
    begin = int(audible[0]) * FRAME - round(LEAD * SAMPLE_RATE)
    end = (int(audible[-1]) + 1) * FRAME + round(TRAIL * SAMPLE_RATE)
    clip = np.zeros(end - begin, np.float32)
    kept = samples[max(0, begin) : end]
    clip[max(0, -begin) : max(0, -begin) + len(kept)] = kept
    ramp = np.linspace(0, 1, round(FADE * SAMPLE_RATE), dtype=np.float32)
    clip[: len(ramp)] *= ramp
    clip[-len(ramp) :] *= ramp[::-1]
    return clip


def level(clip: Floats) -> Floats:
    """The clip at LOUDNESS."""
    return clip * np.float32(10 ** (LOUDNESS / 20) / speech_rms(clip))


def speech_rms(samples: Floats) -> float:
    """Root mean square over the speech frames, of full scale."""
    speech = _frames(samples)[_levels(samples) >= -SPEECH_BELOW]
    return float(np.sqrt(np.mean(speech**2)))


def wav(clip: Floats) -> bytes:
    """A WAV file of 16-bit samples."""
    pcm = np.round(np.clip(clip, -1, 1) * 32767).astype("<i2").tobytes()
    return wav_header(SAMPLE_RATE, len(pcm)) + pcm


def _frames(samples: Floats) -> npt.NDArray[np.float64]:
    """[frames, FRAME]; the last one filled up with silence."""
    padded = np.zeros(-(-len(samples) // FRAME) * FRAME)
    padded[: len(samples)] = samples
    return padded.reshape(-1, FRAME)


def _levels(samples: Floats) -> npt.NDArray[np.float64]:
    """Of each frame, in dB of the loudest one. Raises AssetError if there is no sound."""
    power: npt.NDArray[np.float64] = np.square(_frames(samples)).mean(axis=1)
    most = float(power.max(initial=0.0))
    if not 0 < most < np.inf:
        raise AssetError("A condition gave no sound, or samples that are no numbers.")
    decibels: npt.NDArray[np.float64] = 10 * np.log10(power / most + 1e-12)
    return decibels
