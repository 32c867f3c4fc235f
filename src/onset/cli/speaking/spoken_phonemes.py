"""What is read of a text, as words and phonemes, without any audio."""

from pathlib import Path

import typer

from onset.model import voice_styles
from onset.text.g2p.languages import resolve_language
from onset.text.g2p.phonemizer import Phonemizer
from onset.text.requested_readings import RequestReader
from onset.types import Request


def show_phonemes(request: Request, lexicon: Path | None) -> None:
    """Print the words that are spoken and, in a line of their own, their phonemes.

    lexicon: a file of the user's words. Raises InvalidRequest.
    """
    lang = resolve_language(request.lang or voice_styles.language(request.voice))
    reader = RequestReader(Phonemizer().words, lexicon, voice_styles.language)
    words = reader.spoken(request, lang)
    typer.echo("".join(word.text + word.space for word in words).strip())
    typer.echo("".join(word.phonemes.strip() + " " * bool(word.space) for word in words).strip())
