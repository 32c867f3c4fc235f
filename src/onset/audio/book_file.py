"""An audiobook as a file, by FFmpeg: one stream of audio, title, author, chapters and cover.

Chapters and title are known before the audio is written: they stand in the header of most formats.
"""

import io
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.container import OutputContainer
from av.error import FFmpegError
from av.stream import Disposition
from pydantic import BaseModel, ConfigDict, TypeAdapter

from onset.types import SAMPLE_RATE

FRAME = 4800
"""Samples given to the encoder at once."""


class BookFormat(BaseModel):
    """FFmpeg's settings for a kind of file. bit_rate: bits a second, None: it follows from the
    audio. cover: whether the format has room for a picture. comments: whether its title and
    chapters are comments in the header of the stream.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    muxer: str
    codec: str
    rate: int = SAMPLE_RATE
    bit_rate: int | None = None
    cover: bool = False
    comments: bool = False
    container: dict[str, str] = {}


BOOK_FORMATS = TypeAdapter(dict[str, BookFormat]).validate_python(
    tomllib.loads((resources.files("onset") / "data" / "audiobooks.toml").read_text("utf-8"))
)
"""Every kind of file, by the ending of its name."""


@dataclass(frozen=True, slots=True)
class BookChapter:
    """A chapter in the audio. start, end: samples."""

    title: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class BookLabel:
    """What a player shows. cover: a JPEG or PNG file; one that is damaged is left out."""

    title: str | None
    author: str | None
    chapters: Sequence[BookChapter]
    cover: bytes | None = None


def write_book(path: Path, form: BookFormat, label: BookLabel, audio: Iterable[bytes]) -> None:
    """Write a whole file. audio: 24 kHz 16-bit mono, whole samples. The same gives the same bytes.

    Raises OSError. In memory there is a block of audio and, of MP4, its index: 6 MB an hour.
    """
    options = {"fflags": "+bitexact", **form.container}
    with av.open(str(path), "w", format=form.muxer, container_options=options) as file:
        stream = cast(
            av.AudioStream,
            file.add_stream(
                form.codec, rate=form.rate, layout="mono", options={"flags": "+bitexact"}
            ),
        )
        if form.bit_rate is not None:
            stream.bit_rate = form.bit_rate
        tags = {"title": label.title, "artist": label.author, "genre": "Audiobook"}
        told = {name: value for name, value in tags.items() if value}
        if form.comments:
            stream.metadata.update(told | _comments(label.chapters))
        else:
            file.metadata.update(told)
            file.set_chapters(
                [
                    {
                        "id": number,
                        "start": chapter.start,
                        "end": chapter.end,
                        "time_base": Fraction(1, SAMPLE_RATE),
                        "metadata": {"title": chapter.title},
                    }
                    for number, chapter in enumerate(label.chapters)
                ]
            )
        if form.cover and label.cover is not None:
            _add_cover(file, label.cover)
        _encode(file, stream, audio)


def _comments(chapters: Sequence[BookChapter]) -> dict[str, str]:
    """Chapters as comments of Vorbis and Opus files (wiki.xiph.org, Chapter Extension).

    FFmpeg would write a chapter that begins in the second half of a second a second too late.
    """
    comments = {}
    for number, chapter in enumerate(chapters):
        seconds, rest = divmod(chapter.start, SAMPLE_RATE)
        at = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        comments[f"CHAPTER{number:03}"] = f"{at}.{1000 * rest // SAMPLE_RATE:03}"
        comments[f"CHAPTER{number:03}NAME"] = chapter.title
    return comments


def _encode(file: OutputContainer, stream: av.AudioStream, audio: Iterable[bytes]) -> None:
    position = 0
    for pcm in audio:
        samples = np.frombuffer(pcm, "<i2")
        for begin in range(0, len(samples), FRAME):
            block = samples[begin : begin + FRAME]
            frame = av.AudioFrame.from_ndarray(block[np.newaxis], format="s16", layout="mono")
            frame.sample_rate, frame.time_base = SAMPLE_RATE, Fraction(1, SAMPLE_RATE)
            frame.pts, position = position, position + len(block)
            file.mux(stream.encode(frame))
    file.mux(stream.encode(None))


def _add_cover(file: OutputContainer, cover: bytes) -> None:
    """Attach a picture, as it is, if FFmpeg knows it."""
    try:
        with av.open(io.BytesIO(cover)) as picture:
            codec = picture.streams.video[0].codec_context
            name, width, height = codec.name, codec.width, codec.height
    except (FFmpegError, IndexError, ValueError):
        return
    if name not in ("mjpeg", "png"):
        return
    stream = file.add_mux_stream(name, width=width, height=height)
    stream.disposition = Disposition.attached_pic
    stream.time_base = Fraction(1, SAMPLE_RATE)
    packet = av.Packet(cover)
    packet.stream, packet.time_base = stream, Fraction(1, SAMPLE_RATE)
    packet.pts = packet.dts = 0
    packet.is_keyframe = True
    file.mux(packet)
