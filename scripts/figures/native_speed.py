"""What the native library gains over ONNX Runtime, and how near its samples are.

CPU time of one thread, the sides in turn at every step, medians: so other work on the machine
counts for little. The last column is what ONNX Runtime takes over what the other takes. It takes
two minutes.

    python scripts/figures/native_speed.py [KIND ...]      kinds of kernels; by default the fastest
"""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from time import process_time, thread_time

import numpy as np

from onset import Engine
from onset.config import Settings, load_settings
from onset.engine.engine import load_backend
from onset.model.backend import AdainStatistics, FrontOutput, Prosody
from onset.model.decoding.generator import Generator
from onset.model.decoding.runtimes import Runtime, native_runtime
from onset.model.kokoro import KokoroBackend
from onset.model.streaming_decoder import StreamingDecoder
from onset.native.library import kinds
from onset.types import Floats, Halt, Request

SENTENCE = "The old train station at the end of the valley had been closed for almost thirty years."
TEXTS = {
    "two words": "Hello there.",
    "a sentence": SENTENCE,
    "a paragraph": "We waited under the bridge for an hour, and then the rain was over, so we "
    "walked home along the river. Nobody said a word. The lamps were lit already, and somewhere a "
    "dog barked at the boats that came in late from the sea.",
}
STEPS = (4, 16, 64)
"""Decoder frames: 50, 200 and 800 ms."""

PART = 58
"""Decoder frames of the first part of a trunk, with what it looks behind and ahead."""

TURNS = 9

Seconds = dict[str, dict[str, list[float]]]
"""By what was done and by side."""


def decibels(reference: Floats, found: Floats) -> float:
    """Signal to noise ratio."""
    return float(10 * np.log10(np.sum(reference**2.0) / np.sum((found - reference) ** 2.0)))


def timed(seconds: Seconds, what: str, side: str, work: Callable[[], object]) -> None:
    begin = thread_time()
    work()
    seconds[what][side].append(thread_time() - begin)


def decoders(
    sides: dict[str, Runtime], p: Prosody, s: AdainStatistics
) -> dict[str, StreamingDecoder]:
    return {name: StreamingDecoder(side.generator, p, s, 0, Halt()) for name, side in sides.items()}


def time_steps(
    seconds: Seconds, sides: dict[str, Runtime], p: Prosody, statistics: AdainStatistics
) -> None:
    """Steps of each size, and the first of an answer."""
    for frames in STEPS:
        for _ in range(TURNS):
            streams, what = decoders(sides, p, statistics), "first step"
            while all(decoder.remaining > 2 * frames for decoder in streams.values()):
                for side, decoder in streams.items():
                    if what == "first step" and frames != STEPS[0]:
                        decoder.step(frames)
                    else:
                        timed(seconds, what, side, partial(decoder.step, frames))
                what = f"steps of {frames * 12.5:.0f} ms"


def time_trunks(
    seconds: Seconds, sides: dict[str, Runtime], front: FrontOutput, given: AdainStatistics
) -> None:
    """The trunk of a whole sentence, and of its first part."""
    for _ in range(TURNS):
        for side, runtime in sides.items():
            whole, part = len(front.f0), min(PART, len(front.f0))
            run = partial(runtime.trunk.run, front, 0)
            timed(seconds, "whole trunk", side, partial(run, whole, None, Halt()))
            timed(seconds, "part of it", side, partial(run, part, given, Halt()))


def time_wholes(seconds: Seconds, sides: dict[str, Runtime], p: Prosody) -> None:
    """The generator over the whole reading, with its own statistics."""
    for _ in range(TURNS):
        for side, runtime in sides.items():
            decode = partial(runtime.generator.decode, p, Halt())
            timed(seconds, "whole, own stat.", side, decode)


def streamed(generator: Generator, p: Prosody, statistics: AdainStatistics) -> Floats:
    decoder, pieces = StreamingDecoder(generator, p, statistics, 0, Halt()), []
    while decoder.remaining:
        pieces.append(decoder.step(16))
    return np.concatenate(pieces)


def answers(settings: Settings, sides: dict[str, KokoroBackend]) -> Iterator[str]:
    """CPU seconds of whole answers, and until their first sound."""
    for pace in (0.12, 0.4):
        own = settings.model_copy(update={"pace": pace})
        engines = {name: Engine(own, backend=backend) for name, backend in sides.items()}
        for text_name, text in TEXTS.items():
            taken: dict[str, list[tuple[float, float]]] = defaultdict(list)
            for _ in range(3):
                for name, engine in engines.items():
                    begin, first = process_time(), None
                    for _ in engine.speak(text):
                        first = first or process_time() - begin
                    taken[name].append((process_time() - begin, first or 0.0))
            middle = {name: np.median(rows, axis=0) for name, rows in taken.items()}
            base = middle["onnx"]
            for name, (whole, sound) in middle.items():
                yield (
                    f"pace {pace:g}, {text_name:12} {name:22} whole {whole:.2f} s "
                    f"({base[0] / whole:.2f}), first sound {1e3 * sound:.0f} ms "
                    f"({base[1] / sound:.2f})"
                )


def main() -> None:
    settings = load_settings(threads=1)
    onnx = load_backend(settings.model_copy(update={"generator": "onnx"}))
    backends = {"onnx": onnx}
    for kind in sys.argv[1:] or kinds()[:1]:
        for integer in (True, False):
            runtime = native_runtime(onnx.folder, kind, 1, integer)
            backends[runtime.name] = KokoroBackend(onnx.folder, onnx.digest, 1, runtime)
    sides = {name: backend.runtime for name, backend in backends.items()}
    engine = Engine(settings, backend=onnx)
    request = Request(SENTENCE)
    front = engine.front(next(engine.readings(request)), request, Halt())
    prosody = onnx.trunk(front, Halt())
    _, statistics = onnx.generator.decode(prosody, Halt())
    trunk, given = onnx.trunk_statistics(front, Halt())
    seconds: Seconds = defaultdict(lambda: defaultdict(list))
    time_steps(seconds, sides, prosody, statistics)
    time_wholes(seconds, sides, prosody)
    time_trunks(seconds, sides, front, given)
    for what, by_side in seconds.items():
        base = median(by_side["onnx"])
        for name, values in by_side.items():
            middle = median(values)
            print(f"{what:16} {name:26} {1e3 * middle:7.1f} ms {base / middle:5.2f}")
    reference = streamed(onnx.generator, prosody, statistics)
    for name, side in sides.items():
        if name != "onnx":
            near = decibels(reference, streamed(side.generator, prosody, statistics))
            found, _ = side.trunk.run(front, 0, len(front.f0), None, Halt())
            print(f"{name}: samples {near:.1f} dB, trunk {decibels(trunk, found):.1f} dB")
    for line in answers(settings, backends):
        print(line, flush=True)


if __name__ == "__main__":
    main()
