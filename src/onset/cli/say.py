"""`onset say`: speaks a text, through the playback daemon or to a WAV file."""

import sys
from dataclasses import replace
from pathlib import Path
from time import perf_counter_ns
from typing import Annotated, Any

import typer
from rich.console import Console

from onset.audio.subtitles import subtitles
from onset.cli.playing.adjustment import SAY_CALLER
from onset.cli.progress import tell
from onset.cli.speaking.options import (
    CallerOption,
    DaemonOption,
    PlanOption,
    SpeedOption,
    VoiceOption,
    WhenOption,
)
from onset.cli.speaking.outputs import STANDARD_OUTPUT, check_writable, open_output, write_text
from onset.cli.speaking.speakers import ServerSpeaker, Speaker, choose_speaker, deliver
from onset.cli.speaking.spoken_phonemes import show_phonemes
from onset.cli.speaking.through_daemon import bar, connected_daemon, stages, wait_until_heard
from onset.config import Settings, load_settings
from onset.errors import InvalidRequest
from onset.model.voice_styles import parse
from onset.protocol.playback_frames import Policy
from onset.types import Request


def say(
    text: Annotated[str, typer.Argument(help="What to say, or - to read standard input.")],
    voice: VoiceOption = None,
    speed: SpeedOption = 1.0,
    lang: Annotated[
        str | None, typer.Option(help="en-us or en-gb; the voice's own if not given.")
    ] = None,
    exact: Annotated[
        bool,
        typer.Option("--exact", help="Read and decode sentences whole: later, and exactly."),
    ] = False,
    plan: PlanOption = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="A WAV file, or - for a WAV stream.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Another Kokoro ONNX file or Hugging Face repository.")
    ] = None,
    when: WhenOption = "queue",
    caller: CallerOption = SAY_CALLER,
    start_daemon: DaemonOption = False,
    srt: Annotated[
        Path | None, typer.Option(help="Also write subtitles; the speech is then made here.")
    ] = None,
    timing: Annotated[
        bool, typer.Option("--timing", help="Show what the time to the first sound went to.")
    ] = False,
    phonemes: Annotated[
        bool, typer.Option("--phonemes", help="Show what is read, words and phonemes; no sound.")
    ] = False,
) -> None:
    """Speak a text, or write it to a WAV file.

    Sounds as it is made, through the playback daemon if it runs. If a server of ours is running
    it speaks, at once; otherwise the model is loaded first.
    """
    settings = load_settings(voice=voice, model=model, daemon=start_daemon or None)
    parse(settings.voice)
    request = Request(_text(text), settings.voice, speed, lang, exact, plan)
    if phonemes:
        show_phonemes(replace(request, reading=settings.reading), settings.lexicon)
        return
    if srt is not None:
        check_writable(srt)
    alone = model is not None or srt is not None  # a server's words would not come with its audio
    if output is None:
        set_for_us = caller == SAY_CALLER and "voice" in settings.model_fields_set
        own = settings.voice if voice is not None or set_for_us else None
        speaker = _play(settings, request, own, when, caller, timing, alone)
    else:
        speaker = _write(settings, request, output, alone)
    if srt is not None:
        write_text(srt, subtitles(speaker.words))


def _play(
    settings: Settings,
    request: Request,
    voice: str | None,
    when: Policy,
    caller: str,
    timing: bool,
    alone: bool,
) -> Speaker:
    """Speak through the daemon. voice: None means the one that it keeps for the caller."""
    begun_ns, events = perf_counter_ns(), list[dict[str, Any]]()
    with connected_daemon(settings, caller, events.append) as daemon:
        speaker = choose_speaker(settings, alone=alone)
        if isinstance(speaker, ServerSpeaker):
            stream = daemon.say(speaker.order(request, voice, when))
        else:
            stream = daemon.open(policy=when)
            if voice is None and (kept := daemon.control("status").get("voice")):
                request = replace(request, voice=kept)
            deliver(speaker, request, stream.feed)
            stream.finish()
        started = wait_until_heard(stream, events)
    if timing and started:
        Console().print(bar(stages(started, begun_ns)), soft_wrap=True)
    return speaker


def _write(settings: Settings, request: Request, output: str, alone: bool) -> Speaker:
    """Speak to a file or standard output, and tell how long it took."""
    with open_output(output) as write:
        speaker = choose_speaker(settings, alone=alone)
        delivery = deliver(speaker, request, write)
    if output != STANDARD_OUTPUT:
        tell(f"{output}: {delivery}")
    return speaker


def _text(argument: str) -> str:
    """The text to speak. Raises InvalidRequest for what is no text, or only white space."""
    text = argument
    try:
        if argument == "-":  # some editors put a byte order mark first
            text = sys.stdin.buffer.read().decode().removeprefix("\ufeff")
        text.encode()
    except UnicodeDecodeError as error:
        byte = f"byte 0x{error.object[error.start]:02x} at offset {error.start}"
        raise InvalidRequest(f"The text is not UTF-8: {byte}.", "input") from error
    except UnicodeEncodeError as error:  # the shell gave bytes that are no text
        raise InvalidRequest(f"The text is not UTF-8: {error.reason}.", "input") from error
    if not text.strip():
        raise InvalidRequest("There is no text to speak.", "input")
    return text
