"""The native decoder against ONNX Runtime's, with listeners: `burner` or `listeners`.

Servers of this tree, alike but for ONSET_GENERATOR, take turns; a listener plays with 200 ms of
prebuffer and asks again when they have heard all (plans_under_load.py). Prints a line of JSON for
each run. Nobody is given to the fast voice.

burner: one listener of prose beside processes that compute for nothing, one for each core.
listeners: how many at once never ran dry and were all admitted. More are tried from what the server
says that it holds on; if those are too many, fewer.
"""

import argparse
import asyncio
import json
import os
from typing import Any

import httpx
from plans_under_load import Heard, burning, crowd
from verdicts import conclude

from onset.bench.run.processes import StartedServer, onset_server
from onset.protocol.http_api import HEALTH_PATH

SIDES = ("onnx", "native")
TIMES_AS_MANY = 3.0

KNOWN_AFTER = 20.0
"""Seconds with one listener after which a server knows what it holds."""


def settings(side: str, most: int) -> dict[str, str]:
    """Of a server."""
    return {
        "ONSET_GENERATOR": side,
        "ONSET_FALLBACK": "false",
        "ONSET_MAX_STREAMS": str(most),
        "ONSET_HISTORY": "false",
        "ONSET_PROBE_INTERVAL": "0",
    }


def told(what: str, side: str, count: int, heard: Heard) -> None:
    """Print a run."""
    print(json.dumps({"what": what, "side": side, "listeners": count, **heard.told()}), flush=True)


def burner(seconds: float, rounds: int) -> dict[str, bool]:
    """Stalls of one listener on a machine that is taken, in turns."""
    stalls = dict.fromkeys(SIDES, 0)
    for _ in range(rounds):
        for side in SIDES:
            with onset_server(settings(side, 8)) as server, burning(os.cpu_count() or 1):
                heard = asyncio.run(crowd(server, 1, seconds))
            told("burner", side, 1, heard)
            stalls[side] += heard.stalls
    return {f"underruns native {stalls['native']}, onnx {stalls['onnx']}": not stalls["native"]}


def served(server: StartedServer, side: str, count: int, seconds: float) -> bool:
    """Whether so many were admitted, and heard all without a break."""
    heard = asyncio.run(crowd(server, count, seconds))
    told("listeners", side, count, heard)
    return not heard.stalls and not heard.refused


def holds(side: str, seconds: float) -> int:
    """The most who are served without a break."""
    with onset_server(settings(side, 64)) as server:
        asyncio.run(crowd(server, 1, KNOWN_AFTER))
        known: dict[str, Any] = httpx.get(server.url + HEALTH_PATH).json()
        count = int(known["listeners"] or 1)
        if served(server, side, count, seconds):
            while served(server, side, count + 1, seconds):
                count += 1
            return count
        while count > 1 and not served(server, side, count - 1, seconds):
            count -= 1
        return count - 1


def listeners(seconds: float) -> dict[str, bool]:
    """How many each side serves."""
    counts = {side: holds(side, seconds) for side in SIDES}
    enough = counts["native"] >= TIMES_AS_MANY * max(1, counts["onnx"])
    return {f"listeners native {counts['native']}, onnx {counts['onnx']}": enough}


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description="Native and ONNX Runtime under load")
    parser.add_argument("what", choices=["burner", "listeners"])
    parser.add_argument("--seconds", type=float, default=None, help="60 for burner, else 300.")
    parser.add_argument("--rounds", type=int, default=3, help="Of burner.")
    options = parser.parse_args()
    if options.what == "burner":
        conclude(burner(options.seconds or 60.0, options.rounds))
    else:
        conclude(listeners(options.seconds or 300.0))


if __name__ == "__main__":
    main()
