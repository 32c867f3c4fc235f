"""What the cache of first sentences gains, and what other caches would.

    scripts/figures/cache_gain.py

Starts two servers of this tree, one with the cache and one without. Asks both for the same new
sentences of 40 characters in turns, then again those that keep it, and prints a line of JSON.
Milliseconds are the server's own (`total` of Server-Timing), medians. hit, hit_p95: of what was
made before; miss, off: of what was not, with the cache and without; miss_over_off: median ratio of
the same sentence. equal: sentences whose hit has the bytes of its miss, and of the other server.
stages: medians of the stages of misses: what keeping phonemes, or front and trunk, would save.
told: what Cache-Status said; on a machine that is slower than --pace little is kept, since it is
not what was asked for. bytes_per_second: of a second of speech, its samples as they are kept
(float32), and its trunk and harmonic source, which a cache of front and trunk would have to keep.
"""

import argparse
import json
from collections import Counter
from statistics import median
from typing import Any

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


def asked(url: str, text: str) -> tuple[bytes, dict[str, float], str]:
    """The samples, milliseconds of each stage, and what is said of the cache."""
    answer = httpx.post(
        url + SPEECH_PATH, json={"input": text, "response_format": "pcm"}, timeout=60
    )
    answer.raise_for_status()
    stages = parse_server_timing(answer.headers[SERVER_TIMING])
    in_ms = {name: 1e3 * seconds for name, seconds in stages.items()}
    return answer.content, in_ms, answer.headers.get(CACHE_STATUS, "")


def rounds(url: str, other: str, texts: list[str]) -> dict[str, Any]:
    """The figures. url: of the server with the cache."""
    hits, misses, offs, equal, told = [], [], [], 0, Counter[str]()
    for number, text in enumerate(texts):
        order = (url, other) if number % 2 else (other, url)
        answers = {server: asked(server, text) for server in order}
        (made, miss, first), (plain, off, _) = answers[url], answers[other]
        again, hit, second = asked(url, text)
        told.update((first, second))
        if not first.endswith("miss") or not second.endswith("hit"):
            continue  # a number in it, or too long to be read whole
        hits.append(hit["total"])
        misses.append(miss)
        offs.append(off["total"])
        equal += made == again == plain
    if not hits:
        return {"sentences": 0, "told": dict(told)}
    ratios = [miss["total"] / off for miss, off in zip(misses, offs, strict=True)]
    names = [name for name in misses[0] if name != "total"]
    return {
        "sentences": len(hits),
        "told": dict(told),
        "equal": equal,
        "hit": round(median(hits), 1),
        "hit_p95": quantile(hits, 0.95),
        "miss": round(median(miss["total"] for miss in misses), 1),
        "off": round(median(offs), 1),
        "miss_over_off": round(median(ratios), 3),
        "stages": {
            name: round(median(miss.get(name, 0.0) for miss in misses), 1) for name in names
        },
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Gain of the cache")
    parser.add_argument("--count", type=int, default=40, help="Sentences.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pace", default="0.25", help="Of both servers, so that they do the same.")
    options = parser.parse_args()
    texts = list(TextSupply(options.seed).texts("cache", TextClass.FORTY, options.count))
    settings = SETTINGS | {"ONSET_PACE": options.pace}
    with onset_server(settings | {"ONSET_CACHE_MB": "16"}) as on, onset_server(settings) as off:
        for server in (on, off):
            asked(server.url, "Once to nobody.")
        figures = rounds(on.url, off.url, texts)
    print(json.dumps(figures | {"bytes_per_second": KEPT_PER_SECOND}))


if __name__ == "__main__":
    main()
