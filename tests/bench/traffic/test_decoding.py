"""Compressed answers: all samples, each when its packet was there."""

import io
from typing import cast

import av
import numpy as np
import pytest

from onset.bench.analysis.metrics import audio_seconds, leading_silence, ttfa_audible
from onset.bench.records.recording import RequestOutcome
from onset.bench.traffic.decoding import decode
from onset.bench.traffic.recorder import record
from onset.errors import ServerError
from onset.protocol.http_api import SpeechRequest
from scripted_server import Finish, Head, Sound, Wait, scripted, silence, tone

CODECS = {"mp3": "libmp3lame", "flac": "flac", "ogg": "libopus", "adts": "aac"}

OPTIONS = {"page_duration": "20000", "metadata_header_padding": "0"}
"""Of Ogg and of FLAC: little that is not sound."""


def encoded(container: str, pcm: bytes) -> bytes:
    """16-bit mono at 24 kHz, compressed in one piece."""
    sink = io.BytesIO()
    with av.open(sink, "w", format=container, container_options=OPTIONS) as output:
        stream = cast(av.AudioStream, output.add_stream(CODECS[container], rate=24_000))
        samples = np.frombuffer(pcm, "<i2").reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = 24_000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            output.mux(packet)
    return sink.getvalue()


@pytest.mark.parametrize("container", CODECS)
def test_every_sample_is_counted_when_its_packet_is_there(container: str) -> None:
    data = encoded(container, tone(2.0))
    pieces = [(i, data[at : at + 500]) for i, at in enumerate(range(0, len(data), 500))]
    found = decode(pieces)
    counted = sum(samples for _, samples in found.arrivals)
    assert counted == len(found.pcm) // 2
    assert counted / found.sample_rate == pytest.approx(2.0, abs=0.1)
    assert len(found.arrivals) > 3
    assert [at for at, _ in found.arrivals] == sorted(at for at, _ in found.arrivals)


@pytest.mark.parametrize("container", CODECS)
def test_half_of_the_bytes_are_about_half_of_the_sound(container: str) -> None:
    data = encoded(container, tone(2.0))
    half = decode([(1, data[: len(data) // 2]), (2, data[len(data) // 2 :])])
    first = half.arrivals[0][1] / half.sample_rate
    assert first == pytest.approx(1.0, abs=0.35)


def test_what_is_no_audio_is_a_failure() -> None:
    with pytest.raises(ServerError, match="decoded"):
        decode([(1, b"nothing of the kind")])


def test_onset_of_a_compressed_answer() -> None:
    data = encoded("flac", silence(0.3) + tone(0.7))
    script = (Head(), Sound(data[:200]), Wait(0.1), Sound(data[200:]), Finish())
    with scripted(script) as server:
        recording = record(server.url, SpeechRequest(input="Hello.", response_format="flac"))
    assert recording.outcome is RequestOutcome.COMPLETE
    assert leading_silence(recording) == pytest.approx(0.3, abs=0.01)
    assert audio_seconds(recording) == pytest.approx(1.0, abs=0.01)
    audible = ttfa_audible(recording)
    assert audible is not None and audible >= 0.1
