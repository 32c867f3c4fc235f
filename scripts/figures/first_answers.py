"""The first answer in each language against the second.

    scripts/figures/first_answers.py [--cold]

Starts a server with ONSET_LANGUAGES=all, waits until /health tells that all are loaded, asks for
two sentences in each language and prints a line of JSON: milliseconds until the first audio, their
ratio, and the resident memory before and after loading; and of another such server the first answer
of the process, asked for as soon as it is ready, while languages are loaded. --cold: without the
setting.
"""

import argparse
import asyncio
import json
from time import monotonic, sleep

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


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="First answers")
    parser.add_argument("--cold", action="store_true")
    cold = parser.parse_args().cold
    settings = {"ONSET_HISTORY": "false"} | ({} if cold else {"ONSET_LANGUAGES": "all"})
    with onset_server(settings) as server:
        voice, *texts = ASKED["en-us"]
        soon = [round(asyncio.run(first_bytes(server.url, voice, text)), 1) for text in texts]
    with onset_server(settings) as server:
        before = _megabytes(server)
        loading = None if cold else round(wait_for(server.url, len(ASKED)), 1)
        after, answers = _megabytes(server), {}
        for language, (voice, *texts) in ASKED.items():
            waits = [asyncio.run(first_bytes(server.url, voice, text)) for text in texts]
            answers[language] = [*(round(w, 1) for w in waits), round(waits[0] / waits[1], 2)]
    told = {"cold": cold, "at_once_ms": soon, "loading_s": loading, "rss_mb": [before, after]}
    print(json.dumps(told | {"first_second_ratio": answers}))


def _megabytes(server: StartedServer) -> int:
    return round(psutil.Process(server.pid).memory_info().rss / 1e6)


if __name__ == "__main__":
    main()
