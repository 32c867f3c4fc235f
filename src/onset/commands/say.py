"""`onset say`: a text to speech, heard or written.

Knows nothing of who speaks, nor of how the audio is put where it goes.
"""

import sys
from contextlib import closing
from dataclasses import dataclass
from time import perf_counter
from typing import Annotated, BinaryIO

import typer

from onset.commands.destination import STANDARD_OUTPUT, Write, destination
from onset.commands.speech import Speaker, speaker
from onset.commands.terminal import Seconds, counting, preparing, tell
from onset.config import load_settings
from onset.errors import InvalidRequest
from onset.player import SAMPLE_BYTES
from onset.types import FASTEST, SAMPLE_RATE, SLOWEST, Request
from onset.voices import parse

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
) -> None:
    """Speak a text, or write it to a WAV file.

    Sounds on the default device as it is made. If a server of ours is running it speaks, at once;
    otherwise the model is loaded first.
    """
    settings = load_settings(voice=voice, model=model)
    parse(settings.voice)
    request = Request(_text(text), settings.voice, speed, lang, exact)
    with destination(output) as write:
        with preparing() as progress:
            speaking = speaker(settings, alone=model is not None, progress=progress)
        with counting(len(request.text) > LONG_TEXT) as seconds:
            told = deliver(speaking, request, write, seconds)
    if output not in (None, STANDARD_OUTPUT):
        tell(f"{output}: {told}")


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
