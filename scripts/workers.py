"""One worker with two threads against two with one: `python scripts/workers.py`.

Starts our server with each setting in turn, again and again, and prints the first sound and the
throughput of one and of two who ask at once, each as soon as it is known; then which setting is
best and whether that is the default (exit code 1 if another is), and one line of JSON for machines.
Takes less than a minute a setting and round: about five minutes as it stands.

First sounds of two at once are of two words: two sentences would be more than one worker admits.
Throughput is that of requests in the background, which nobody refuses and nothing paces.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from time import perf_counter

import typer

from onset.bench.analysis.metrics import audio_seconds, ttfa_audible
from onset.bench.commands.signals import orderly_end
from onset.bench.records.plan import Extent
from onset.bench.records.recording import Recording
from onset.bench.run.fingerprint import environment
from onset.bench.run.idle import wait_idle
from onset.bench.run.processes import onset_server
from onset.bench.traffic.http_exchange import Endpoint
from onset.bench.traffic.recorder import AnswerRecorder, listen
from onset.bench.workload.texts import TextClass, workload
from onset.config import load_settings
from onset.protocol.http_api import Priority, SpeechRequest
from onset.stats.quantiles import median

SETTINGS = ((1, 2), (2, 1))
"""(workers, threads of each)."""

ENOUGH = 1.05
"""Seconds of audio a second that one listener needs, with what the scheduler holds back."""

Figures = Mapping[str, float | None]


async def ask(
    url: str, texts: Sequence[str], extent: Extent, priority: Priority
) -> tuple[list[Recording], float]:
    """All texts at once; gives what was heard, and the seconds until the last was."""
    endpoint = await Endpoint.of(url)
    requests = [SpeechRequest(input=t, response_format="pcm", priority=priority) for t in texts]
    begin = perf_counter()
    heard = await asyncio.gather(*(listen(endpoint, r, AnswerRecorder(extent)) for r in requests))
    seconds = perf_counter() - begin
    await wait_idle(endpoint, alone=True)
    return heard, seconds


def first_sounds(url: str, texts: Sequence[str]) -> list[float | None]:
    """Seconds to the first sound of each of so many at once; None for one that was refused."""
    heard, _ = asyncio.run(ask(url, texts, Extent.ONSET, "interactive"))
    return [ttfa_audible(one) for one in heard]


def throughput(url: str, texts: Sequence[str]) -> float | None:
    """Seconds of audio made in a second for so many at once; None if one failed."""
    heard, seconds = asyncio.run(ask(url, texts, Extent.WHOLE, "background"))
    lengths = [audio_seconds(one) for one in heard]
    return None if None in lengths else sum(length or 0.0 for length in lengths) / seconds


def measure(url: str, seed: int, n: int) -> Figures:
    """Medians of n: first sounds in seconds, throughput in seconds of audio a second."""
    texts = {name: iter(found) for name, found in workload(seed).texts.items()}

    def some(name: TextClass, count: int) -> list[str]:
        return [next(texts[name]) for _ in range(count)]

    def one(count: int, name: TextClass) -> Iterator[list[float | None]]:
        for _ in range(n):
            yield first_sounds(url, some(name, count))

    throughput(url, some(TextClass.SENTENCE, 2))  # to warm up
    found: dict[str, float | None] = {}
    for count, short in ((1, TextClass.SENTENCE), (2, TextClass.TWO_WORDS)):
        found[f"ttfa_{count}"] = median([t for asked in one(count, short) for t in asked])
        speeds = [throughput(url, some(TextClass.SENTENCE, count)) for _ in range(n)]
        found[f"speed_{count}"] = median(speeds)
    return found


def verdict(rounds: Sequence[Mapping[str, Figures]], default: str) -> tuple[str | None, str]:
    """Which setting is best, None if it cannot be told; and why, in lines for people.

    rounds: the figures of each setting in each round. One that cannot keep up with one listener is
    out. First sound decides, as it is what is promised; where not all rounds agree about it, how
    much is made for two; where they do not agree either, the default stays.
    """
    names = list(rounds[0])
    whole = {n: _values(rounds, n, "speed_1") for n in names}
    if any(value is None for n in names for key in ("speed_1", "speed_2", "ttfa_1")
           for value in _values(rounds, n, key)):  # fmt: skip
        return None, "No verdict: not every setting could be measured."
    keep_up = [n for n in names if (median(whole[n]) or 0.0) >= ENOUGH]
    told = [
        f"{n} makes {median(whole[n]):.2f} s a second for one listener"
        + ("." if n in keep_up else f", who needs {ENOUGH}: it is out.")
        for n in names
    ]
    if len(keep_up) < 2:
        return (keep_up[0] if keep_up else default), "\n".join(told)
    for key, what, sign in (("ttfa_1", "first sound", 1), ("speed_2", "audio for two", -1)):
        for name in keep_up:
            others = [other for other in keep_up if other != name]
            if all(_better(rounds, name, other, key, sign) for other in others):
                told.append(f"{name} is better in {what} in every round.")
                return name, "\n".join(told)
        told.append(f"No setting is better in {what} in every round.")
    return (default if default in keep_up else keep_up[0]), "\n".join(told)


def _values(rounds: Sequence[Mapping[str, Figures]], name: str, key: str) -> list[float | None]:
    return [figures[name][key] for figures in rounds]


def _better(
    rounds: Sequence[Mapping[str, Figures]], name: str, other: str, key: str, sign: int
) -> bool:
    pairs = zip(_values(rounds, name, key), _values(rounds, other, key), strict=True)
    return all(sign * (mine or 0.0) < sign * (theirs or 0.0) for mine, theirs in pairs)


def main(rounds: int = 3, n: int = 3) -> None:
    """Measure, and say what the default should be."""
    settings = load_settings()
    default = f"{settings.workers}x{settings.threads}"
    found: list[dict[str, Figures]] = []
    with orderly_end():
        for number in range(rounds):
            found.append({})
            for workers, threads in SETTINGS:
                name, begin = f"{workers}x{threads}", perf_counter()
                given = {"ONSET_WORKERS": str(workers), "ONSET_THREADS": str(threads)}
                with onset_server(given) as server:
                    found[-1][name] = measure(server.url, number + 1, n)
                seconds = perf_counter() - begin
                print(f"round {number + 1} of {rounds}, workers x threads {name}, {seconds:.0f} s:")
                print(f"  {_told(found[-1][name])}", flush=True)
    best, why = verdict(found, default)
    print(why)
    print(f"Best: {best or 'unknown'}. The default here is {default}.")
    told = {"bench": "workers", "rounds": found, "best": best, "default": default}
    print(json.dumps(told | {"environment": environment()}))
    if best not in (None, default):
        raise typer.Exit(1)


def _told(figures: Figures) -> str:
    words = {"ttfa_1": "first sound of one", "ttfa_2": "of two", "speed_1": "made for one"}
    words["speed_2"] = "for two"
    parts = []
    for key in ("ttfa_1", "ttfa_2", "speed_1", "speed_2"):
        value = figures[key]
        shown = f"{1e3 * value:.0f} ms" if value and key[0] == "t" else f"{value or 0:.2f} s/s"
        parts.append(f"{words[key]} {'refused' if value is None else shown}")
    return ", ".join(parts)


if __name__ == "__main__":
    typer.run(main)
