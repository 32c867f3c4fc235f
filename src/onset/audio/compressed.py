"""All encoders: samples to PCM and WAV, and by FFmpeg to MP3, Opus, AAC and FLAC."""

import tomllib
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial
from importlib import resources
from typing import cast

import av
import numpy as np
from pydantic import BaseModel, ConfigDict, TypeAdapter

from onset.audio.encoders import Encoder, PcmEncoder, WavEncoder
from onset.audio.free_memory import require_memory
from onset.protocol.http_api import ResponseFormat
from onset.types import SAMPLE_RATE, Floats

DEFAULT_FORMAT: ResponseFormat = "mp3"
"""What an absent `response_format` means, as with OpenAI."""


class Codec(BaseModel):
    """FFmpeg's settings for a format. bit_rate: bits a second; None: it follows from the audio."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    muxer: str
    name: str
    rate: int = SAMPLE_RATE
    bit_rate: int | None = None
    container: dict[str, str] = {}
    options: dict[str, str] = {}


CODECS = TypeAdapter(dict[ResponseFormat, Codec]).validate_python(
    tomllib.loads((resources.files("onset") / "data" / "codecs.toml").read_text("utf-8"))
)
"""Every compressed format."""


class CompressedEncoder(Encoder):
    """One continuous stream of a codec in its container; the same samples give the same bytes.

    Raises OutOfMemory where the codec might not get what it takes.
    """

    computes = True

    def __init__(self, codec: Codec) -> None:
        require_memory()
        self._sink = _Sink()
        container = {"flush_packets": "1", "fflags": "+bitexact", **codec.container}
        self._container = av.open(self._sink, "w", format=codec.muxer, container_options=container)
        stream = self._container.add_stream(
            codec.name,
            rate=codec.rate,
            layout="mono",
            options={"flags": "+bitexact", **codec.options},
        )
        self._stream = cast(av.AudioStream, stream)
        if codec.bit_rate is not None:
            self._stream.bit_rate = codec.bit_rate
        self._pcm, self._position = PcmEncoder(), 0

    def feed(self, samples: Floats) -> bytes:
        """The frames that are whole now, in their container, the first behind its header."""
        if len(samples):
            require_memory()
            pcm = np.frombuffer(self._pcm.feed(samples), np.int16)[np.newaxis]
            frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
            frame.sample_rate, frame.time_base = SAMPLE_RATE, Fraction(1, SAMPLE_RATE)
            frame.pts, self._position = self._position, self._position + len(samples)
            self._container.mux(self._stream.encode(frame))
        return self._sink.take()

    def finish(self) -> bytes:
        """What the codec still holds, filled up with silence where its frames must be whole."""
        require_memory()
        self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._sink.take()


class _Sink:
    """A file for FFmpeg to write to that cannot seek."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def take(self) -> bytes:
        taken, self._written = bytes(self._written), bytearray()
        return taken


ENCODERS: Mapping[ResponseFormat, Callable[[], Encoder]] = {
    "wav": WavEncoder,
    "pcm": PcmEncoder,
    **{name: partial(CompressedEncoder, codec) for name, codec in CODECS.items()},
}
"""A new encoder of every format."""


def encoder(name: ResponseFormat | None) -> Encoder:
    """A new encoder of a format, DEFAULT_FORMAT if None."""
    return ENCODERS[name or DEFAULT_FORMAT]()
