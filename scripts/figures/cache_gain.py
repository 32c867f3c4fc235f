"""What the cache of first sentences gains, and what other caches would.

    scripts/figures/cache_gain.py

Starts two servers of this tree, one with the cache and one without, several times, for one process
of two equal ones may be slower by chance. Asks both for the same new sentences of 40 characters in
turns, and when all were made the one with the cache again. Prints a line of JSON.
Milliseconds are the server's own (`total` of Server-Timing), medians. hit, hit_p95: of what was
made before; miss, off: of what was not, with the cache and without; miss_over_off: median ratio of
the same sentence, and of each start. equal: sentences whose hit has the bytes of its miss, and of
the other server. stages: medians of the stages of misses: what keeping phonemes, or front and
trunk, would save. told: what Cache-Status said; on a machine that is slower than --pace little is
kept, since it is not what was asked for. bytes_per_second: of a second of speech, its samples as
they are kept (float32), and its trunk and harmonic source, which a cache of front and trunk would
have to keep.
"""

import argparse
import json
from collections import Counter
from statistics import median
from typing import Any, NamedTuple

import httpx

from onset.bench.run.processes import onset_server
from onset.bench.workload.texts import TextClass, TextSupply
from onset.protocol.http_api import CACHE_STATUS, SERVER_TIMING, SPEECH_PATH, parse_server_timing
from onset.stats.quantiles import quantile
from onset.types import SAMPLE_RATE

SETTINGS = {"ONSET_HISTORY": "false", "ONSET_PROBE_INTERVAL": "0"}

FLOAT_BYTES = 4

KEPT_PER_SECOND = {
    "samples": FLOAT_BYTES * SAMPLE_RATE,
    "trunk_and_source": FLOAT_BYTES * (512 * 80 + 22 * 4800),
}
"""Shapes as docs/streaming.md has them."""


class Answer(NamedTuple):
    """Its samples, milliseconds of each stage, and what is said of the cache."""

    samples: bytes
    ms: dict[str, float]
    told: str


def asked(url: str, text: str) -> Answer:
    """A sentence, spoken."""
    answer = httpx.post(
        url + SPEECH_PATH, json={"input": text, "response_format": "pcm"}, timeout=60
    )
    answer.raise_for_status()
    stages = parse_server_timing(answer.headers[SERVER_TIMING])
    in_ms = {name: 1e3 * seconds for name, seconds in stages.items()}
    return Answer(answer.content, in_ms, answer.headers.get(CACHE_STATUS, ""))


class Sentence(NamedTuple):
    """One sentence that was kept: milliseconds of the stages of each answer."""

    hit: float
    miss: dict[str, float]
    off: float
    equal: bool


def sentences(url: str, other: str, texts: list[str], told: Counter[str]) -> list[Sentence]:
    """All that were kept. url: of the server with the cache. told: of what it says of it."""
    made = dict[str, tuple[Answer, Answer]]()
    for number, text in enumerate(texts):
        order = (url, other) if number % 2 else (other, url)
        answers = {server: asked(server, text) for server in order}
        made[text] = answers[url], answers[other]
    kept = list[Sentence]()
    for text, (first, plain) in made.items():
        again = asked(url, text)
        told.update((first.told, again.told))
        if first.told.endswith("miss") and again.told.endswith("hit"):
            # Others have a number in them, or are too long to be read whole.
            equal = first.samples == again.samples == plain.samples
            kept.append(Sentence(again.ms["total"], first.ms, plain.ms["total"], equal))
    return kept


def figures(starts: list[list[Sentence]]) -> dict[str, Any]:
    """Of all sentences, a list for each start of both servers."""
    every = [sentence for start in starts for sentence in start]
    if not every:
        return {"sentences": 0}
    hits, names = [each.hit for each in every], [name for name in every[0].miss if name != "total"]
    return {
        "sentences": len(every),
        "equal": sum(each.equal for each in every),
        "hit": round(median(hits), 1),
        "hit_p95": quantile(hits, 0.95),
        "miss": round(median(each.miss["total"] for each in every), 1),
        "off": round(median(each.off for each in every), 1),
        "miss_over_off": _ratio(every),
        "of_each_start": [_ratio(start) for start in starts if start],
        "stages": {
            name: round(median(each.miss.get(name, 0.0) for each in every), 1) for name in names
        },
    }


def _ratio(every: list[Sentence]) -> float:
    return round(median(each.miss["total"] / each.off for each in every), 3)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Gain of the cache")
    parser.add_argument("--count", type=int, default=120, help="Sentences.")
    parser.add_argument("--starts", type=int, default=6, help="Of both servers.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pace", default="0.25", help="Of both servers, so that they do the same.")
    options = parser.parse_args()
    texts = list(TextSupply(options.seed).texts("cache", TextClass.FORTY, options.count))
    settings = SETTINGS | {"ONSET_PACE": options.pace}
    both = settings | {"ONSET_CACHE_MB": "16"}, settings
    starts, told = list[list[Sentence]](), Counter[str]()
    for start in range(options.starts):
        sides = both if start % 2 == 0 else both[::-1]
        with onset_server(sides[0]) as one, onset_server(sides[1]) as two:
            on, off = (one, two) if start % 2 == 0 else (two, one)
            for server in (on, off):
                asked(server.url, "Once to nobody.")
            own = texts[start :: options.starts]
            starts.append(sentences(on.url, off.url, own, told))
    kept = {"told": dict(told), "bytes_per_second": KEPT_PER_SECOND}
    print(json.dumps(figures(starts) | kept))


if __name__ == "__main__":
    main()
