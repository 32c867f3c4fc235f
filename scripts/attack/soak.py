"""`make soak`: an hour of ordinary use, and whether anything grows: memory, latency, descriptors.

    python -P -m attack.soak --seconds 3600

Listeners come, hear an answer and go; some leave early, some ask for nonsense. Every minute, or
sixtieth of the time if that is less, a row: memory, descriptors, the median first sound. The slope
of memory must be within its noise, the medians of the two halves within 5 % or the noise of their
difference; no traceback, no descriptor more. The control: a series that grows is told from one that
only wavers.
"""

import argparse
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import linregress
from verdicts import conclude

from attack.network import POST, warm
from attack.servers import Server, served
from onset.stats.quantiles import median

ROWS = 60
DRIFT = 0.05
GROWN_BYTES = 10_000_000
"""Less than this in all is no growth, whatever its noise: windows of the newest answers fill."""

LEAST_P = 0.01
LAST = 5
"""Rows at the end of which one must have no descriptor more."""

TEXTS = (
    "Hello.",
    "The quiet harbor was full of lanterns.",
    "Twenty ships left on 3 May 2024. " * 4,
)


@dataclass(frozen=True)
class Minute:
    """at: seconds. memory: bytes. first_sound: median seconds of those in it."""

    at: float
    memory: int
    descriptors: int
    first_sound: float
    answers: int


def first_sound(server: Server, text: str, read: float) -> float:
    """Seconds to the first audio of an answer, of which a share is read. Raises OSError."""
    body = json.dumps({"input": text, "response_format": "pcm"}).encode()
    begun = time.monotonic()
    with server.connect() as one:
        one.sendall(POST + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        head = b""
        while head.partition(b"\r\n\r\n")[2] == b"":
            part = one.recv(4096)
            if not part:
                raise ConnectionError(f"no audio: {head[:40]!r}")
            head += part
        heard = time.monotonic() - begun
        if not head.startswith(b"HTTP/1.1 200"):
            raise ConnectionError(f"refused: {head[:40]!r}")
        while read == 1.0 and one.recv(1 << 16):
            pass
    return heard


def nonsense(server: Server, chance: random.Random) -> None:
    """A request that is none."""
    with server.connect() as one:
        one.sendall(POST + b"Content-Length: 9\r\n\r\n" + chance.randbytes(9))
        one.recv(4096)


def minute(server: Server, seconds: float, begun: float, chance: random.Random) -> Minute:
    """One row of use."""
    times, end = list[float](), time.monotonic() + seconds
    while time.monotonic() < end or not times:
        text = TEXTS[len(times) % len(TEXTS)]
        times.append(first_sound(server, text, chance.choice([1.0, 1.0, 0.1])))
        if chance.random() < 0.1:
            nonsense(server, chance)
    time.sleep(0.5)
    process = server.process
    now = time.monotonic() - begun
    # A text at a time: a median over different texts would waver with their number.
    return Minute(now, server.memory, process.num_fds(), _middle(times[:: len(TEXTS)]), len(times))


def _middle(times: Sequence[float]) -> float:
    found = median(list(times))
    assert found is not None
    return found


def grows(at: npt.ArrayLike, memory: npt.ArrayLike) -> tuple[float, bool]:
    """Bytes an hour, and whether that is more than noise."""
    hours = np.asarray(at, float) / 3600
    fitted = linregress(hours, np.asarray(memory, float))
    slope, spread = float(fitted.slope), float(fitted.stderr)
    grown = slope * float(np.ptp(hours))
    return slope, grown > GROWN_BYTES and slope > 3 * spread and fitted.pvalue < LEAST_P


def drifts(times: Sequence[float]) -> tuple[float, bool]:
    """How much slower the second half is than the first, and whether that is more than noise."""
    half = len(times) // 2
    first, second = np.asarray(times[:half]), np.asarray(times[half:])
    drift = float(np.median(second) / np.median(first)) - 1
    # The deviation of a median of n is 1.25 deviations of one over the root of n.
    spread = 1.25 * np.hypot(*(one.std(ddof=1) / np.sqrt(len(one)) for one in (first, second)))
    return drift, drift > max(DRIFT, 3 * float(spread) / float(np.median(first)))


def control() -> bool:
    """A leak of 20 MB an hour and a drift of 10 % are seen, wavering of the same size is not."""
    chance, at = np.random.default_rng(1), np.arange(ROWS) * 60.0
    waver = chance.normal(0, 2e6, ROWS)
    times = chance.normal(0.1, 0.004, ROWS)
    slower = np.where(at > at[-1] / 2, 0.01, 0.0)
    seen = grows(at, waver + 20e6 * at / 3600)[1] and drifts(list(times + slower))[1]
    return seen and not grows(at, waver)[1] and not drifts(list(times))[1]


def verdicts(rows: Sequence[Minute], before: int, tracebacks: int) -> dict[str, bool]:
    """Each promise with its figure, and whether it was kept. before: descriptors at the begin."""
    at = [row.at for row in rows]
    slope, growing = grows(at, [row.memory for row in rows])
    drift, slower = drifts([row.first_sound for row in rows])
    more = min(row.descriptors for row in rows[-LAST:]) - before  # one comes and goes
    return {
        f"memory {slope / 1e6:+.1f} MB an hour (within noise)": not growing,
        f"first sound {100 * drift:+.1f} % in the second half (<= 5 %, or noise)": not slower,
        f"{tracebacks} tracebacks": tracebacks == 0,
        f"{more:+d} descriptors": more <= 0,
        "a leak and a drift that were planted are seen": control(),
    }


def main() -> None:
    """Use a server, print the rows and the verdict, and end with 1 if a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fake", action="store_true", help="a server without the model")
    asked = parser.parse_args()
    chance, rows = random.Random(asked.seed), list[Minute]()
    with served(real=not asked.fake, ONSET_HISTORY="off") as server:
        warm(server, "fast")  # what a machine that slows down loads later is no growth
        warm(server)
        minute(server, asked.seconds / ROWS, 0.0, chance)
        begun, before = time.monotonic(), server.process.num_fds()
        while time.monotonic() - begun < asked.seconds:
            rows.append(minute(server, asked.seconds / ROWS, begun, chance))
            row = rows[-1]
            print(
                f"{row.at:7.0f} s  {row.memory / 1e6:7.1f} MB  {row.descriptors} descriptors  "
                f"{1e3 * row.first_sound:6.1f} ms  {row.answers} answers",
                flush=True,
            )
        told = verdicts(rows, before, server.tracebacks)
    conclude(told)


if __name__ == "__main__":
    main()
