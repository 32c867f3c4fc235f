"""The first answer in each language against the second.

    scripts/figures/first_answers.py [--cold] [--starts N]

Starts servers with ONSET_LANGUAGES=all, one after the other. Of each it waits until /health tells
that all are loaded and asks for two sentences in each language; which is first changes with every
start, or their lengths would be in the figure. Prints a line of JSON: the medians of the
milliseconds until the first audio, their ratio, and the ratio of each start; the resident memory
before and after loading; and of one more server the first answers of the process, asked for as
soon as it is ready, while languages are loaded. --cold: without the setting.
"""

import argparse
import asyncio
import json
from statistics import median
from time import monotonic, sleep
from typing import Any

import httpx
import psutil

from onset.bench.run.processes import StartedServer, onset_server
from onset.protocol.http_api import HEALTH_PATH, SPEECH_PATH

ASKED = {
    "en-us": ("af_heart", "The door is open now.", "The light is off again."),
    "en-gb": ("bf_emma", "The door is open now.", "The light is off again."),
    "es": ("ef_dora", "La puerta está abierta.", "La luz está apagada."),
    "fr": ("ff_siwis", "La porte est ouverte.", "La lampe est cassée."),
    "hi": ("hf_alpha", "दरवाज़ा खुला है।", "बत्ती बंद है अब।"),
    "it": ("if_sara", "La porta è aperta ora.", "La luce è spenta ora."),
    "ja": ("jf_alpha", "ドアが開いています。", "電気が消えています。"),
    "pt-br": ("pf_dora", "A porta está aberta.", "A luz está apagada."),
    "zh": ("zf_xiaobei", "门现在是开着的。", "灯现在是关着的。"),
}

LONGEST = 60.0
"""Seconds that loading all languages may take."""


async def first_bytes(url: str, voice: str, text: str) -> float:
    """Milliseconds until the first audio."""
    body = {"input": text, "voice": voice, "response_format": "pcm", "exact": False}
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        await client.get(HEALTH_PATH)  # what a client does for the first time is not the server's
        begin = monotonic()
        async with client.stream("POST", SPEECH_PATH, json=body) as answer:
            answer.raise_for_status()
            async for _ in answer.aiter_bytes():
                waited = 1e3 * (monotonic() - begin)
                break
            await answer.aclose()
    return waited


def wait_for(url: str, languages: int) -> float:
    """Seconds until so many are loaded."""
    begin = monotonic()
    while len(httpx.get(url + HEALTH_PATH).json()["languages"]) < languages:
        assert monotonic() - begin < LONGEST, "not all are loaded"
        sleep(0.1)
    return monotonic() - begin


def first_and_second(server: StartedServer, start: int) -> dict[str, tuple[float, float]]:
    """Milliseconds of both answers in each language."""
    waits = dict[str, tuple[float, float]]()
    for language, (voice, *texts) in ASKED.items():
        one, two = texts if start % 2 == 0 else reversed(texts)
        first = asyncio.run(first_bytes(server.url, voice, one))
        waits[language] = (first, asyncio.run(first_bytes(server.url, voice, two)))
    return waits


def ratios(waits: list[tuple[float, float]]) -> dict[str, Any]:
    """Of the answers in one language, one pair a start."""
    first, second = (median(each) for each in zip(*waits, strict=True))
    return {
        "first_ms": round(first, 1),
        "second_ms": round(second, 1),
        "ratio": round(first / second, 2),
        "of_each_start": [round(one / two, 2) for one, two in waits],
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="First answers")
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("--starts", type=int, default=5)
    asked = parser.parse_args()
    settings = {"ONSET_HISTORY": "false"}
    settings |= {} if asked.cold else {"ONSET_LANGUAGES": "all"}
    with onset_server(settings) as server:
        voice, *texts = ASKED["en-us"]
        soon = [round(asyncio.run(first_bytes(server.url, voice, text)), 1) for text in texts]
    loading, memory, answers = list[float](), list[list[int]](), list[dict[str, Any]]()
    for start in range(asked.starts):
        with onset_server(settings) as server:
            before = _megabytes(server)
            if not asked.cold:
                loading.append(round(wait_for(server.url, len(ASKED)), 1))
            memory.append([before, _megabytes(server)])
            answers.append(first_and_second(server, start))
    told = {"cold": asked.cold, "at_once_ms": soon, "loading_s": loading, "rss_mb": memory}
    found = {name: ratios([answer[name] for answer in answers]) for name in ASKED}
    print(json.dumps(told | {"languages": found}))


def _megabytes(server: StartedServer) -> int:
    return round(psutil.Process(server.pid).memory_info().rss / 1e6)


if __name__ == "__main__":
    main()
