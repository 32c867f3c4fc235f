"""One worker with two threads against two with one: `python scripts/workers.py`.

Starts our server with each setting in turn, again and again, and prints the first sound and the
throughput of one and of two who ask at once. Ends with one line of JSON for machines.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from time import perf_counter

import typer

from onset.bench.exchange import Endpoint
from onset.bench.idle import wait_idle
from onset.bench.machine import environment
from onset.bench.measures import audio_seconds, ttfa_audible
from onset.bench.plan import Extent
from onset.bench.processes import onset_server
from onset.bench.quantiles import median
from onset.bench.recorder import Recorder, listen
from onset.bench.recording import Recording
from onset.bench.texts import TextClass, workload
from onset.wire import Priority, SpeechRequest

SETTINGS = ((1, 2), (2, 1), (2, 2))
"""(workers, threads of each)."""


async def ask(
    url: str, texts: Sequence[str], extent: Extent, priority: Priority
) -> tuple[list[Recording], float]:
    """All texts at once; gives what was heard, and the seconds until the last was."""
    endpoint = await Endpoint.of(url)
    requests = [SpeechRequest(input=t, response_format="pcm", priority=priority) for t in texts]
    begin = perf_counter()
    heard = await asyncio.gather(*(listen(endpoint, r, Recorder(extent)) for r in requests))
    seconds = perf_counter() - begin
    await wait_idle(endpoint)
    return heard, seconds


def measure(url: str, texts: list[str], count: int, n: int) -> dict[str, list[float | None]]:
    """First sounds, and seconds of audio a second, of `count` at once, n times."""
    first: list[float | None] = []
    speed: list[float | None] = []
    for _ in range(n):
        said = [texts.pop() for _ in range(count)]
        heard, _ = asyncio.run(ask(url, said, Extent.ONSET, "interactive"))
        first += [ttfa_audible(one) for one in heard]
        said = [" ".join(texts.pop() for _ in range(3)) for _ in range(count)]
        heard, seconds = asyncio.run(ask(url, said, Extent.WHOLE, "background"))
        lengths = [audio_seconds(one) for one in heard]
        whole = all(length is not None for length in lengths)
        speed.append(sum(length or 0 for length in lengths) / seconds if whole else None)
    return {f"ttfa_{count}": first, f"speed_{count}": speed}


def verdict(medians: Mapping[str, Mapping[str, float | None]]) -> str:
    """Which setting is best for most audio made for two, and which for the first sound of one."""
    speed = {name: value for name, found in medians.items() if (value := found["speed_2"])}
    first = {name: value for name, found in medians.items() if (value := found["ttfa_1"])}
    if not len(speed) == len(first) == len(medians):
        return "No verdict: not every setting could be measured."
    fastest, soonest = max(speed, key=speed.__getitem__), min(first, key=first.__getitem__)
    told = [
        f"Most audio for two at once: workers x threads {fastest}, {speed[fastest]:.2f} s a second",
        *(f"  {name}: {speed[name] / speed[fastest]:.2f} of that" for name in speed),
        f"First sound of one alone: {soonest}, {1e3 * first[soonest]:.0f} ms",
        *(f"  {name}: {first[name] / first[soonest]:.2f} times that" for name in first),
        f"Best: {soonest}"
        + ("" if soonest == fastest else f" for one, {fastest} for two")
        + " (first sound decides: it is what is promised).",
    ]
    return "\n".join(told)


def main(rounds: int = 3, n: int = 3) -> None:
    """Print medians: TTFA in ms, and seconds of audio made in a second, for 1 and 2 at once."""
    found: dict[str, dict[str, list[float | None]]] = {}
    for number in range(rounds):
        for workers, threads in SETTINGS:
            texts = list(workload(number + 1).texts[TextClass.SENTENCE])
            settings = {"ONSET_WORKERS": str(workers), "ONSET_THREADS": str(threads)}
            with onset_server(settings) as server:
                for count in (1, 2):
                    measure(server.url, texts, count, 1)  # to warm up
                    got = measure(server.url, texts, count, n)
                    here = found.setdefault(f"{workers}x{threads}", {})
                    for name, values in got.items():
                        here.setdefault(name, []).extend(values)
    medians = {name: {k: median(v) for k, v in values.items()} for name, values in found.items()}
    for name, figures in medians.items():
        print(f"workers x threads {name}: {figures}")
    print(verdict(medians))
    print(json.dumps({"bench": "workers", "medians": medians, "environment": environment()}))


if __name__ == "__main__":
    typer.run(main)
