"""Alerts of a real server on a machine that is really slow.

    python scripts/figures/alerts_for_real.py

A server with one thread makes its idle probes; then programs that only burn time take the cores,
and answers are asked for until `ttfa-fast` and `slower-machine` fire; then they end, and answers
are asked for until both have cleared. Every wait of the server is shortened (probes and judgements
every second or two, an alert kept for 20 s); the limits are its own. Prints when what happened and
a verdict for each promise; exit code 1 if one is broken. Takes some four minutes of an idle
machine.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from socket import create_server
from time import monotonic, sleep
from typing import Annotated

import httpx
import typer
from figures_agree import audible_ns
from verdicts import conclude
from watching_cost import machine, own_cache

from onset.cli.main import main as onset
from onset.client.http_client import speak, wait_ready
from onset.monitoring import server_monitor
from onset.monitoring.alerts import alert_engine
from onset.monitoring.probe import probe_watch
from onset.monitoring.probe.probe_comparison import NEWEST_PROBES, OF_A_START
from onset.protocol.http_api import PURPOSE, SpeechRequest
from onset.protocol.performance_api import TTFA_PATH, PerformanceSnapshot
from onset.serving import idle_probe

WATCHED = ("ttfa-fast", "slower-machine")

WITHIN = 25
"""Answers after which both must fire."""

BURNERS = 6
"""Programs that burn time, for each core."""

TEXT = "The quiet harbor was full of lanterns, and nobody wanted to be the first to leave."

PATIENCE = 600.0
"""Seconds in which each part must come to its end."""

FIRING = ("firing", "clearing")


def serve() -> None:
    """`onset serve` that waits shortly."""
    idle_probe.CHECK_SECONDS = 1.0
    probe_watch.IDLE_SECONDS = 2.0
    server_monitor.JUDGED = 1
    alert_engine.KEEP_SECONDS = 20.0
    sys.argv = ["onset", "serve"]
    onset()


@contextmanager
def served(cache: Path) -> Iterator[str]:
    """The URL of that server."""
    with create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    told = {"ONSET_PORT": str(port), "ONSET_CACHE_DIR": str(cache), "ONSET_THREADS": "1",
            "ONSET_PROBE_INTERVAL": "2", "ONSET_LOG_LEVEL": "error"}  # fmt: skip
    server = subprocess.Popen([sys.executable, __file__, "serve"], env=os.environ | told)
    try:
        wait_ready(url := f"http://127.0.0.1:{port}", 300.0)
        yield url
    finally:
        server.terminate()
        server.wait(30)


@contextmanager
def burning(count: int) -> Iterator[None]:
    """So many programs that only take time."""
    with ExitStack() as stack:
        for _ in range(count):
            process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            stack.callback(process.wait)
            stack.callback(process.kill)
        yield


class Watch:
    """What the server says of itself, told with the time as it changes."""

    def __init__(self, url: str) -> None:
        self._url, self._begun, self._said = url, monotonic(), ""
        self.asked = 0

    def states(self) -> dict[str, str]:
        """The alerts that are watched."""
        watched = [one for one in self._look().alerts if one.name in WATCHED]
        found = {one.name: one.state for one in watched}
        evidence = [f"{one.name}: {one.evidence}" for one in watched]
        if str(found) != self._said:
            self._said = str(found)
            self.tell(f"{found}; {'; '.join(evidence)}")
        return found

    def probes(self) -> int:
        """How many were made."""
        return self._look().probe.n

    def ask(self) -> None:
        """One more answer, left when it is heard."""
        request = SpeechRequest(input=TEXT, response_format="pcm")
        with speak(self._url, request, headers={PURPOSE: "user"}) as speech:
            audible_ns(speech)
        self.asked += 1

    def tell(self, words: str) -> None:
        """A line with the time."""
        print(f"{monotonic() - self._begun:6.1f} s, {self.asked} answers: {words}", flush=True)

    def until(self, condition: Callable[[], bool], asking: Callable[[], bool]) -> bool:
        """Wait for it, and ask for answers meanwhile as long as `asking`; whether it came true."""
        end = monotonic() + PATIENCE
        while not condition():
            if monotonic() > end:
                return False
            if asking():
                self.ask()
            sleep(1.2)  # a judgement and a snapshot
        return True

    def _look(self) -> PerformanceSnapshot:
        told = httpx.get(self._url + TTFA_PATH, timeout=60).raise_for_status()
        return PerformanceSnapshot.model_validate_json(told.content)


def main(part: Annotated[str, typer.Argument(hidden=True)] = "all") -> None:
    """Let both fire, and clear."""
    if part == "serve":
        serve()
        return
    print(machine())
    with tempfile.TemporaryDirectory() as folder, served(own_cache(Path(folder))) as url:
        watch = Watch(url)
        usual = watch.until(lambda: watch.probes() >= OF_A_START + NEWEST_PROBES, lambda: False)
        watch.tell(f"{watch.probes()} probes of a quiet machine")
        with burning(BURNERS * (os.cpu_count() or 1)):
            begun = watch.asked
            fired = watch.until(
                lambda: all(state in FIRING for state in watch.states().values()),
                lambda: watch.states()["ttfa-fast"] not in FIRING,
            )
            within = watch.asked - begun
        watch.tell("the other programs ended")
        cleared = watch.until(
            lambda: all(state == "ok" for state in watch.states().values()),
            lambda: watch.states()["ttfa-fast"] == "firing",
        )
    verdicts = {
        f"both fire within {WITHIN} answers": usual and fired and within <= WITHIN,
        "both clear when the machine is quiet again": cleared,
    }
    conclude(verdicts)


if __name__ == "__main__":
    typer.run(main)
