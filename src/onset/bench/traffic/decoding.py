"""What a compressed answer held, and when a player could have played it.

Decoded after the answer is over, so that decoding delays no arrival: each packet counts as there
when the bytes up to the next one were.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import av
import numpy as np

from onset.errors import ServerError

MOST_BYTES = 64 << 20
"""Of one compressed answer; hours of speech."""


@dataclass(frozen=True, slots=True)
class DecodedAnswer:
    """arrivals: (perf_counter_ns, samples) of each piece that made something playable.

    pcm: 16-bit mono at `sample_rate`.
    """

    arrivals: tuple[tuple[int, int], ...]
    pcm: bytes
    sample_rate: int


def decode(received: Sequence[tuple[int, bytes]]) -> DecodedAnswer:
    """Decode an answer given in pieces with their times. Raises ServerError when it is no audio."""
    data = b"".join(piece for _, piece in received)
    try:
        packets, rate = _packets(data)
    except (av.FFmpegError, ValueError, IndexError) as error:
        raise ServerError(f"The audio cannot be decoded: {error}") from error
    arrivals, at, samples = [], 0, 0
    waiting = iter([*packets, (len(data) + 1, b"")])
    end, pcm = next(waiting)
    for at_ns, piece in received:
        at, samples = at + len(piece), 0
        while end <= at:
            samples += len(pcm) // 2
            end, pcm = next(waiting)
        if samples:
            arrivals.append((at_ns, samples))
    return DecodedAnswer(tuple(arrivals), b"".join(pcm for _, pcm in packets), rate)


def _packets(data: bytes) -> tuple[list[tuple[int, bytes]], int]:
    """(offset of the first byte that a packet does not need, its samples) of each, and the rate."""
    with av.open(io.BytesIO(data), "r") as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="s16", layout="mono", rate=stream.rate)
        places, sounds = [], []
        for packet in container.demux(stream):
            frames = [again for frame in packet.decode() for again in resampler.resample(frame)]
            places.append((packet.pos, packet.size))
            sounds.append(b"".join(map(_mono, frames)))
        paged = "ogg" in container.format.name
    if paged:
        ends = _page_ends(places, len(data))
    else:  # frames lie one behind the other up to the end; what is left over is a header
        sizes = [size for _, size in places]
        ends = [*accumulate(sizes, initial=len(data) - sum(sizes))][1:]
    return list(zip(ends, sounds, strict=True)), int(stream.rate)


def _mono(frame: av.AudioFrame) -> bytes:
    array = np.ascontiguousarray(frame.to_ndarray(), dtype="<i2")
    return array.reshape(-1)[: frame.samples].tobytes()


def _page_ends(places: Sequence[tuple[int | None, int]], size: int) -> list[int]:
    """A packet is there with its page, which ends where the next one begins."""
    ends: list[int] = []
    end, begin = size, size
    for pos, _ in reversed(places):
        if pos is not None and pos < begin:
            end, begin = begin, pos
        ends.append(end)
    return ends[::-1]
