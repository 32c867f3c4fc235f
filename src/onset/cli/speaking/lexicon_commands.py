"""`onset lexicon`: the words that a user says how to say, in the file of ONSET_LEXICON."""

from pathlib import Path
from typing import Annotated

import typer
from platformdirs import user_config_path

from onset.cli.progress import tell
from onset.cli.speaking.spoken_phonemes import show_phonemes
from onset.config import load_settings
from onset.errors import InvalidRequest
from onset.text.g2p.languages import resolve_language
from onset.text.lexicon.lexicon_entry import lexicon_entry
from onset.text.lexicon.lexicon_file import LexiconFile, written
from onset.text.lexicon.pls_import import pls_entries
from onset.types import Request

app = typer.Typer(no_args_is_help=True, help="Say how words are said.")

FileOption = Annotated[
    Path | None, typer.Option("--file", help="The file; ONSET_LEXICON if not given.")
]
LangOption = Annotated[str, typer.Option(help="A language, en, or * for all.")]


def _file(path: Path | None) -> LexiconFile:
    """The file that is meant, else one in the folder of the user's settings."""
    configured = path or load_settings().lexicon
    return LexiconFile(configured or user_config_path("onset") / "lexicon.txt")


@app.command()
def add(
    word: Annotated[str, typer.Argument(help="The word, or several.")],
    said: Annotated[str, typer.Argument(help="/phonemes/ in IPA or Kokoro's, or other words.")],
    lang: LangOption = "*",
    exact: Annotated[bool, typer.Option("--exact", help="Only with these capitals.")] = False,
    file: FileOption = None,
) -> None:
    """Add a word, in place of an entry for the same."""
    entry = lexicon_entry(word, said, lang, "exact" if exact else "any")
    lexicon = _file(file)
    lexicon.add(entry)
    tell(f"{written(entry)}: in {lexicon.path}")
    if load_settings().lexicon is None and file is None:
        tell(f"A server reads it if it is started with ONSET_LEXICON={lexicon.path}")


@app.command("list")
def list_entries(file: FileOption = None) -> None:
    """List the words."""
    for entry in _file(file).load().entries:
        typer.echo(written(entry))


@app.command()
def check(file: FileOption = None) -> None:
    """Tell whether the file is right, or the line that is not."""
    lexicon = _file(file)
    typer.echo(f"{lexicon.path}: {len(lexicon.load().entries)} entries")


@app.command()
def remove(
    word: Annotated[str, typer.Argument(help="The word as it stands in the file.")],
    lang: LangOption = "*",
    file: FileOption = None,
) -> None:
    """Take out a word."""
    if not _file(file).remove(word, lang):
        raise InvalidRequest(f"There is no entry for {word!r}.", "word")


@app.command("import")
def import_pls(
    document: Annotated[Path, typer.Argument(help="A PLS file of the W3C.", exists=True)],
    file: FileOption = None,
) -> None:
    """Add the words of a W3C Pronunciation Lexicon."""
    try:
        entries = pls_entries(document.read_text("utf-8"))
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"{document.name} is not UTF-8.", "document") from error
    lexicon = _file(file)
    lexicon.add(*entries)
    tell(f"{len(entries)} entries: in {lexicon.path}")


@app.command()
def test(
    text: Annotated[str, typer.Argument(help="A text with the words in it.")],
    lang: Annotated[str, typer.Option(help="The language of the text.")] = "en-us",
    file: FileOption = None,
) -> None:
    """Show what a text is read as: its words and phonemes, with the lexicon."""
    show_phonemes(Request(text, lang=resolve_language(lang)), _file(file).path)
