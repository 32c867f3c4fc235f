"""Word errors, with a recogniser that hears what it is told."""

import numpy as np
import pytest

from onset.errors import AssetError
from onset.quality.extra import missing
from onset.quality.renditions.renditions import Renditions
from onset.quality.wer import (
    PACKAGES,
    TranscriptErrors,
    errors,
    resampled,
    transcriber,
    transcript_errors,
)
from onset.types import Floats, Request

installed = pytest.mark.skipif(bool(missing(PACKAGES)), reason="needs the extra `quality`")

SILENT = np.zeros(24_000, np.float32)


@pytest.mark.skipif(not missing(PACKAGES), reason="the extra `quality` is installed")
def test_without_the_extra_the_error_names_it() -> None:
    with pytest.raises(AssetError, match=r"onset-tts\[quality\]"):
        transcriber(1)


@installed
@pytest.mark.parametrize(
    "text, heard, words, wrong",
    [
        ("It is 5 o'clock.", "it is five o'clock", 4, 0),
        ("“Colour,” she said.", "color she said", 3, 0),
        ("I can't go.", "I can not go", 4, 0),
        ("Bread and milk.", "bread milk", 3, 1),
        ("Bread and milk.", "red and milk please", 3, 2),
        ("(Sighs)", "what", 0, 1),
    ],
)
def test_errors_are_counted_after_normalisation(
    text: str, heard: str, words: int, wrong: int
) -> None:
    assert errors(text, heard) == (words, wrong)


@installed
def test_both_renditions_are_transcribed() -> None:
    loud = np.ones(24_000, np.float32)
    pair = Renditions(Request("Go home now."), loud, SILENT, True, (), (), ())

    def transcribe(samples: Floats) -> str:
        return "go home" if samples.any() else "go home now"

    assert transcript_errors(pair, transcribe) == TranscriptErrors(
        3, 1, 0, "go home", "go home now"
    )


def test_resampling_keeps_the_length_in_seconds() -> None:
    assert len(resampled(SILENT)) == 16_000
