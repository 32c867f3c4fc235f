"""`onset read`: reads a document aloud, paragraph by paragraph, or makes an audiobook of it."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from onset.cli.progress import tell
from onset.cli.reading.chapter_selection import chapter_lines, name, selected
from onset.cli.reading.narration import DocumentEvents, Narration
from onset.cli.speaking.options import (
    CallerOption,
    DaemonOption,
    SpeedOption,
    VoiceOption,
    WhenOption,
)
from onset.cli.speaking.speakers import choose_speaker
from onset.cli.speaking.through_daemon import connected_daemon
from onset.config import Settings, load_settings
from onset.documents.document import NO_TEXT, Chapter
from onset.documents.document_kinds import Kind, open_document
from onset.documents.retrieval import retrieve
from onset.errors import InvalidRequest, ServerError
from onset.model.voice_styles import VOICES, language, parse
from onset.protocol.playback_frames import Policy
from onset.types import Request

READ_CALLER = "onset read"
"""The caller that `onset read` is for the daemon, unless another is given."""


def read(
    source: Annotated[str, typer.Argument(help="A file, an http(s) address, or - for stdin.")],
    chapters: Annotated[
        str | None, typer.Option(help="Only these, as 2 or 1,3-5 or 7-; numbers as --list has.")
    ] = None,
    list_chapters: Annotated[
        bool, typer.Option("--list", help="List the chapters and read nothing.")
    ] = False,
    kind: Annotated[
        Kind | None, typer.Option("--as", help="What it is, if that is not found by itself.")
    ] = None,
    voice: VoiceOption = None,
    speed: SpeedOption = 1.0,
    lang: Annotated[
        str | None, typer.Option(help="Its language; the voice's own if not given.")
    ] = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="An audiobook: .m4b, .mp3, .opus, .wav ...")
    ] = None,
    subtitles: Annotated[
        Path | None, typer.Option(help="With --output: a file of subtitles, .srt or .vtt.")
    ] = None,
    when: WhenOption = "queue",
    caller: CallerOption = READ_CALLER,
    start_daemon: DaemonOption = False,
) -> None:
    """Read a document aloud, or make an audiobook of it.

    Text, Markdown, HTML, EPUB or PDF. It begins with the first paragraph, however long the
    document is. onset pause, resume, back, skip (to the next paragraph) and stop control it.
    """
    settings = load_settings(voice=voice, daemon=start_daemon or None)
    parse(settings.voice)
    if subtitles is not None and output is None:
        raise InvalidRequest("Subtitles need an audiobook: add --output book.m4b", "subtitles")
    if output is not None:
        _audiobooks().check_audiobook(output, subtitles)
    document = open_document(retrieve(source), kind, _announcing(lang, settings.voice))
    if list_chapters:
        typer.echo("\n".join(chapter_lines(document.chapters)))
        return
    wanted = selected(document.chapters, chapters)
    own = settings.voice if "voice" in settings.model_fields_set else None
    manner = Request("", settings.voice, speed, lang)
    if output is not None:
        named = [(number, name(number, chapter), chapter) for number, chapter in wanted]
        made = Path(output).resolve()
        _audiobooks().make_audiobook(settings, made, subtitles, document, named, manner)
        return
    _read_aloud(settings, wanted, manner, own, when, caller)


def _audiobooks() -> Any:
    """The module that makes them: FFmpeg takes longer to load than a first sound may."""
    return import_module("onset.cli.audiobook.audiobook")


def _announcing(lang: str | None, voice: str) -> str:
    """The language of what is said besides the text; what `lang` may be is the engine's to say."""
    known = {told.language for told in VOICES.values()}
    return lang.lower() if lang is not None and lang.lower() in known else language(voice)


def _read_aloud(
    settings: Settings,
    chapters: Sequence[tuple[int, Chapter]],
    manner: Request,
    voice: str | None,
    when: Policy,
    caller: str,
) -> None:
    events, count = DocumentEvents(), 0
    with connected_daemon(settings, caller, events) as daemon:
        speaker = choose_speaker(settings, alone=False)
        narration = Narration(daemon, events, speaker, manner, voice, when)
        try:
            for number, chapter in chapters:
                if len(chapters) > 1:
                    tell(f"{number}. {name(number, chapter)}")
                count += narration.speak(number, chapter.paragraphs())
            narration.finish()
        except ServerError as error:
            hint = f"Then go on where it was: --chapters {narration.chapter}-"
            told = str(error).rstrip(".")
            raise ServerError(f"{told}. Start it again. {hint}", error.status) from error
    if not count:
        raise InvalidRequest(NO_TEXT, "source")
