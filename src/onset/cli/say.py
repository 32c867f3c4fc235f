"""`onset say`: a text to speech, heard or written.

Knows nothing of who speaks, nor of how the audio is put where it goes.
"""

import sys
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter, perf_counter_ns
from typing import Annotated, BinaryIO

import typer
from rich.console import Console

from onset.audio.subtitles import subtitles
from onset.cli.control import CALLER
from onset.cli.progress import Seconds, counting, preparing, tell
from onset.cli.speaking.outputs import (
    STANDARD_OUTPUT,
    Write,
    check_writable,
    destination,
    text_file,
)
from onset.cli.speaking.speakers import ServerSpeaker, Speaker, speaker
from onset.cli.speaking.through_daemon import UtteranceEvents, daemon, fetched, heard
from onset.cli.speaking.timing_bar import bar, stages
from onset.config import Settings, load_settings
from onset.errors import InvalidRequest
from onset.model.voice_styles import parse
from onset.protocol.playback_frames import Policy
from onset.types import FASTEST, SAMPLE_BYTES, SAMPLE_RATE, SLOWEST, Request

LONG_TEXT = 200
"""Characters from which on a person wants to see that something happens."""


def say(
    text: Annotated[str, typer.Argument(help="What to say, or - to read standard input.")],
    voice: Annotated[
        str | None, typer.Option(help="A voice, or a mix as af_heart(2)+am_michael(1).")
    ] = None,
    speed: Annotated[
        float, typer.Option(min=SLOWEST, max=FASTEST, help="1 is the voice's own pace.")
    ] = 1.0,
    lang: Annotated[
        str | None, typer.Option(help="en-us or en-gb; the voice's own if not given.")
    ] = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="Decode each segment whole: later, and exactly.")
    ] = False,
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="A WAV file, or - for a WAV stream.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Another Kokoro ONNX file or Hugging Face repository.")
    ] = None,
    when: Annotated[
        Policy, typer.Option(help="If something is playing: wait, stop it, or give up.")
    ] = "queue",
    caller: Annotated[str, typer.Option(help="Whose voice, as the daemon keeps it.")] = CALLER,
    start_daemon: Annotated[
        bool, typer.Option("--daemon", help="Start the playback daemon if it does not run.")
    ] = False,
    srt: Annotated[
        Path | None, typer.Option(help="Also write subtitles; the speech is then made here.")
    ] = None,
    timing: Annotated[
        bool, typer.Option("--timing", help="Show what the time to the first sound went to.")
    ] = False,
) -> None:
    """Speak a text, or write it to a WAV file.

    Sounds as it is made, through the playback daemon if it runs. If a server of ours is running
    it speaks, at once; otherwise the model is loaded first.
    """
    settings = load_settings(voice=voice, model=model, daemon=start_daemon or None)
    parse(settings.voice)
    request = Request(_text(text), settings.voice, speed, lang, exact)
    if srt is not None:
        check_writable(srt)
    alone = model is not None or srt is not None  # a server's words would not come with its audio
    if output is None:
        set_for_us = caller == CALLER and "voice" in settings.model_fields_set
        own = settings.voice if voice is not None or set_for_us else None
        speaking = _aloud(settings, request, PlaybackOptions(own, when, caller, timing, alone))
        _subtitle(srt, speaking)
        return
    with destination(output) as write:
        with preparing() as progress:
            speaking = speaker(settings, alone=alone, progress=progress)
        with counting(len(request.text) > LONG_TEXT) as seconds:
            told = deliver(speaking, request, write, seconds)
    if output != STANDARD_OUTPUT:
        tell(f"{output}: {told}")
    _subtitle(srt, speaking)


def _subtitle(path: Path | None, speaking: Speaker) -> None:
    """Write what was spoken as subtitles, if they were asked for."""
    if path is not None:
        with text_file(path) as write:
            write(subtitles(speaking.words))


@dataclass(frozen=True, slots=True)
class PlaybackOptions:
    """How it is to be heard. voice: None means the one that the daemon keeps for the caller."""

    voice: str | None
    when: Policy
    caller: str
    timing: bool
    alone: bool


def _aloud(settings: Settings, request: Request, manner: PlaybackOptions) -> Speaker:
    """Through the daemon: from the server if there is one, else from an engine here."""
    begun_ns, listening = perf_counter_ns(), UtteranceEvents()
    with daemon(settings, listening, manner.caller, settings.daemon) as remote:
        with preparing() as progress:
            speaking = speaker(settings, alone=manner.alone, progress=progress)
        if isinstance(speaking, ServerSpeaker):
            playing = fetched(remote, speaking, request, manner.voice, manner.when)
        else:
            playing = remote.open(policy=manner.when)
            if manner.voice is None and (kept := remote.control("status").get("voice")):
                request = replace(request, voice=kept)
            with counting(len(request.text) > LONG_TEXT) as seconds:
                deliver(speaking, request, playing.feed, seconds)
            playing.finish()
        heard(playing, listening)
    if manner.timing and listening.started is not None:
        Console().print(bar(stages(listening.started, begun_ns)), soft_wrap=True)
    return speaking


@dataclass(frozen=True, slots=True)
class Delivery:
    """How it went, in seconds. first: from the request to the first samples. took: to the last."""

    audio: float
    first: float
    took: float
    decode: str | None
    loaded: float | None

    def __str__(self) -> str:
        parts = [
            f"{self.audio:.2f} s of audio",
            f"first after {1e3 * self.first:.0f} ms",
            f"RTF {self.took / self.audio:.2f}",
            self.decode,
            None if self.loaded is None else f"model loaded in {self.loaded:.1f} s",
        ]
        return ", ".join(part for part in parts if part is not None)


def deliver(speaking: Speaker, request: Request, write: Write, seconds: Seconds) -> Delivery:
    """Write the whole answer as it is made. Raises OnsetError, also if there is no audio."""
    begun, first, size = perf_counter(), None, 0
    with closing(speaking.speak(request)) as pieces:
        for pcm in pieces:
            first = first or perf_counter()
            write(pcm)
            size += len(pcm)
            seconds(_duration(size))
    if first is None:
        raise InvalidRequest("There is nothing in the text that can be spoken.", "input")
    return Delivery(
        audio=_duration(size),
        first=first - begun,
        took=perf_counter() - begun,
        decode=speaking.decode,
        loaded=speaking.loaded,
    )


def _duration(size: int) -> float:
    return size / SAMPLE_BYTES / SAMPLE_RATE


def _text(argument: str) -> str:
    text = read(sys.stdin.buffer) if argument == "-" else argument
    try:
        text.encode()
    except UnicodeEncodeError as error:  # the shell gave bytes that are no text
        raise InvalidRequest(f"The text is not UTF-8: {error.reason}.", "input") from error
    if not text.strip():
        raise InvalidRequest("There is no text to speak.", "input")
    return text


def read(file: BinaryIO) -> str:
    """All of a file of UTF-8, with or without the mark that some editors begin it with."""
    data = file.read()
    try:
        return data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        byte, offset = data[error.start], error.start
        message = f"The text is not UTF-8: byte 0x{byte:02x} at offset {offset}."
        raise InvalidRequest(message, "input") from error
