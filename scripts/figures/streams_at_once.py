"""What computing the steps of several streams together gives: streams held, first sound, equality.

Everybody asks at once and reads as fast as they can; both ways of computing in turn, in one
process. Prints JSON; what is not installed is null, and so is all of it.

    python scripts/figures/streams_at_once.py  # a GPU: CUDA
    python scripts/figures/streams_at_once.py --provider cpu --streams 2,4,8 --steps  # short

steps: for each number of streams, ms that a step of 200 ms of each takes, "alone" one after
another and "together": medians, in turn. streams: for each number of them, both ways: seconds of
audio made in a second, which is how many listeners are kept up with, and the first sound in ms, its
median and 95th percentile. nodes: what share of the steps' nodes the provider ran. decibels: the
samples of four streams together against the CPU's alone.
"""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Sequence
from statistics import median
from typing import Annotated, Any

import numpy as np
import typer

from onset import Engine
from onset.config import Settings, load_settings
from onset.engine.engine import load_backend
from onset.errors import ModelError
from onset.model.backend import SOURCE_CHANNELS, AdainStatistics, Decoder, Prosody
from onset.model.decoding.generator import neutral_statistics
from onset.model.decoding.onnx_generator import OnnxGenerator
from onset.model.decoding.providers import PROVIDERS, Provider
from onset.model.kokoro import KokoroBackend
from onset.model.streaming_decoder import SPECTRUM_FRAMES, TAIL
from onset.model.streaming_decoder import WARM_UP as WARM_UP_FRAMES
from onset.model.voice_styles import STYLE
from onset.serving.scheduling.scheduler import WARM_UP, Scheduler
from onset.trace import Trace
from onset.types import SAMPLE_RATE, Floats, Halt, Request

TEXT = "We waited under the bridge for an hour, and then the rain was over, so we walked home."
FRAMES, TIMED = 16, 5
"""Decoder frames of a step, and how many are timed."""

VOICES = ("af_heart", "am_michael", "bf_emma", "bm_george")


def decibels(reference: Floats, found: Floats) -> float:
    """Signal to noise ratio; at most 300."""
    error = np.sum((found - reference) ** 2.0) + 1e-30 * np.sum(reference**2.0)
    return float(10 * np.log10(np.sum(reference**2.0) / error))


def one_step(decoders: Sequence[Decoder]) -> list[Floats]:
    """The next samples of each, whose steps wait for each other."""
    tasks = dict(enumerate(decoder.stepping(FRAMES) for decoder in decoders))
    made: dict[int, Floats] = {}
    while tasks:
        for k, task in list(tasks.items()):
            try:
                next(task)
            except StopIteration as end:
                made[k] = end.value
                del tasks[k]
    return [made[k] for k in range(len(decoders))]


def together(decoders: Sequence[Decoder]) -> list[Floats]:
    """All samples of each."""
    pieces: dict[Decoder, list[Floats]] = {decoder: [] for decoder in decoders}
    while left := [decoder for decoder in decoders if decoder.remaining]:
        for decoder, samples in zip(left, one_step(left), strict=True):
            pieces[decoder].append(samples)
    return [np.concatenate(own) for own in pieces.values()]


def equality(cpu: KokoroBackend, other: KokoroBackend) -> float:
    """The worst of some streams."""
    engine = Engine(load_settings(), backend=cpu)
    cases: list[tuple[Prosody, AdainStatistics]] = []
    for voice in VOICES:
        request = Request(WARM_UP.text, voice)
        front = engine.front(next(engine.readings(request)), request, Halt())
        prosody = cpu.trunk(front, Halt())
        cases.append((prosody, cpu.generator.decode(prosody, Halt())[1]))
    found = together([other.decoder(*case, 0, Halt()) for case in cases])
    alone = [together([cpu.decoder(*case, 0, Halt())])[0] for case in cases]
    return min(map(decibels, alone, found))


def timed_steps(backends: dict[str, KokoroBackend], count: int) -> dict[str, float]:
    """By way: ms of a step of so many streams, on silence."""
    frames = WARM_UP_FRAMES + (TIMED + 1) * FRAMES + TAIL
    curve, trunk = np.zeros(frames, np.float32), np.zeros((1, 512, frames), np.float32)
    source = np.zeros((1, SOURCE_CHANNELS, SPECTRUM_FRAMES * frames + 1), np.float32)
    style = np.zeros((1, STYLE), np.float32)
    silence = Prosody(np.array([frames // 2]), curve, curve, trunk, source, style)
    decoders = {
        name: [backend.decoder(silence, neutral_statistics(), 0, Halt()) for _ in range(count)]
        for name, backend in backends.items()
    }
    seconds = defaultdict[str, list[float]](list)
    for _ in range(TIMED + 1):
        for name, own in decoders.items():
            begin = time.perf_counter()
            one_step(own)
            seconds[name].append(time.perf_counter() - begin)
    # The first also fills the lookahead.
    return {name: round(1e3 * median(values[1:]), 1) for name, values in seconds.items()}


async def crowd(engine: Engine, count: int) -> tuple[float, list[float]]:
    """Seconds of audio made in a second for so many who ask at once, and each first sound in s."""
    scheduler = Scheduler(lambda: engine, count)  # no warm-up: who does not know refuses nobody
    scheduler.start()
    while not scheduler.ready:
        await asyncio.sleep(0.01)

    async def listen(number: int) -> tuple[float, float]:
        begin, first, samples = time.perf_counter(), 0.0, 0
        stream = scheduler.open(Request(TEXT, VOICES[number % len(VOICES)]), Trace())
        async for chunk in stream:
            first = first or time.perf_counter() - begin
            samples += len(chunk.samples)
        return first, samples / SAMPLE_RATE

    begin = time.perf_counter()
    try:
        heard = await asyncio.gather(*map(listen, range(count)))
    finally:
        await asyncio.to_thread(scheduler.close)
    audio = sum(seconds for _, seconds in heard)
    return audio / (time.perf_counter() - begin), [first for first, _ in heard]


def measured(engines: dict[str, Engine], counts: Sequence[int], rounds: int) -> dict[str, Any]:
    """By number of streams and way: medians over rounds of both ways in turn."""
    found: dict[str, Any] = {}
    for count in counts:
        rates, firsts = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
        for _ in range(rounds):
            for name, engine in engines.items():
                rate, sounds = asyncio.run(crowd(engine, count))
                rates[name].append(rate)
                firsts[name] += sounds
        found[str(count)] = {
            name: {
                "audio_s_per_s": round(median(rates[name]), 2),
                "first_sound_ms": round(1e3 * median(firsts[name])),
                "first_sound_p95_ms": round(1e3 * float(np.percentile(firsts[name], 95))),
            }
            for name in engines
        }
    return found


def share(backend: KokoroBackend, provider: Provider) -> float:
    """Share of the steps' nodes that the provider ran."""
    assert isinstance(backend.generator, OnnxGenerator)
    name = PROVIDERS[provider].place.name
    counts = [session.placed(name) for session in backend.generator.step_sessions]
    placed, nodes = (sum(column) for column in zip(*counts, strict=True))
    return float(placed / nodes)


def answers(
    settings: Settings, backends: dict[str, KokoroBackend], counts: Sequence[int], rounds: int
) -> dict[str, Any]:
    """Equality, and what many listeners hear."""
    cpu = load_backend(settings.model_copy(update={"provider": "cpu"}))
    engines = {name: Engine(settings, backend=backend) for name, backend in backends.items()}
    for engine in engines.values():
        engine.render(WARM_UP.text)
    decibels_found = round(equality(cpu, backends["together"]), 1)
    return {"decibels": decibels_found, "streams": measured(engines, counts, rounds)}


def main(
    provider: Annotated[str, typer.Option(help="cuda, or cpu to try it.")] = "cuda",
    streams: Annotated[str, typer.Option(help="Numbers with commas between.")] = "1,16,64,256",
    rounds: int = 3,
    steps: Annotated[bool, typer.Option("--steps", help="Steps only, no answers.")] = False,
) -> None:
    """Measure, and print what was found as JSON."""
    counts = [int(count) for count in streams.split(",")]
    result: dict[str, Any] = {"provider": provider, "nodes": None, "decibels": None}
    result["steps"] = dict.fromkeys(map(str, counts))
    result["streams"] = dict.fromkeys(map(str, counts))
    settings = load_settings(provider=provider, generator="onnx", pace=0.25)
    batch = min(256, max(2, *counts))
    try:
        backends = {
            "alone": load_backend(settings),
            "together": load_backend(settings.model_copy(update={"batch": batch})),
        }
    except ModelError as error:
        result["why"] = str(error)
    else:
        result["nodes"] = share(backends["together"], settings.provider)
        result["steps"] = {str(count): timed_steps(backends, count) for count in counts}
        if not steps:
            result |= answers(settings, backends, counts, rounds)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    typer.run(main)
