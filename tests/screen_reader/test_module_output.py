"""What is said to speech-dispatcher: escaped samples, and events in their order."""

import os
from threading import Thread

import numpy as np

from onset.audio.encoders import PcmEncoder
from onset.screen_reader.module_output import (
    END,
    STOP,
    MessageEvents,
    ModuleOutput,
    audio_event,
    mark_event,
)
from onset.types import Floats


def unescaped(event: bytes) -> bytes:
    """The samples of an audio event, as the server reads them (0.11, output.c)."""
    data = event.partition(b"705-AUDIO\0")[2].partition(b"\n")[0]
    out, escape = bytearray(), False
    for byte in data:
        if byte == 0x7D and not escape:
            escape = True
            continue
        out.append(byte ^ 0x20 if escape else byte)
        escape = False
    return bytes(out)


def test_samples_come_back_as_they_were_and_hold_no_newline() -> None:
    samples: Floats = np.arange(-32000, 32000, 3, dtype=np.float32) / np.float32(32767)
    event = audio_event(samples, 22_050)
    pcm = PcmEncoder().feed(samples)
    assert b"\n" in pcm and b"\x7d" in pcm
    assert unescaped(event) == pcm
    lines = event.partition(b"705-AUDIO")[0].decode().splitlines()
    assert lines == [
        "705-bits=16",
        "705-num_channels=1",
        "705-sample_rate=22050",
        f"705-num_samples={len(samples)}",
        "705-big_endian=0",
    ]
    assert event.endswith(b"\n705 AUDIO\n")


def written(*events: bytes, then: bytes) -> bytes:
    reader, writer = os.pipe()
    message = MessageEvents(ModuleOutput(writer))
    message.begin()
    for event in events:
        message.finish(event)
    message.marks(["late"])
    message.audio(np.ones(4, np.float32), 24_000)
    message.finish(then)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        return file.read()


def test_nothing_comes_after_the_last_event() -> None:
    assert written(STOP, END, then=END) == b"701 BEGIN\n703 STOP\n"
    late = written(then=END)
    assert mark_event("late") in late and late.endswith(b"702 END\n")


def test_answers_of_two_threads_do_not_mix() -> None:
    reader, writer = os.pipe()
    output = ModuleOutput(writer)

    def answer(word: str) -> None:
        for _ in range(300):
            output.answer(f"200-{word * 40}", f"200 {word}")

    threads = [Thread(target=answer, args=(word,)) for word in "ab"]
    for thread in threads:
        thread.start()
    with os.fdopen(reader, "rb") as file:
        lines = [file.readline() for _ in range(1200)]
    for thread in threads:
        thread.join()
    os.close(writer)
    for first, second in zip(lines[::2], lines[1::2], strict=True):
        assert first[4:5] == second[4:5]
