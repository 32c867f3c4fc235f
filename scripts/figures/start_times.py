"""Seconds from the command `onset serve` until it is ready, by part.

First starts, with an empty cache but for the model file, and second ones, in turns; medians. A part
is told by when it ended and by what it took; parts overlap, so they add up to more than the whole.
Exits with 1 if a second start takes longer than `--most`.

    python scripts/figures/start_times.py [--rounds 3] [--most 3.0]
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Annotated, Any

import typer
from verdicts import conclude

PARTS = {
    "phonemizer": ("onset.text.g2p.phonemizer", "Phonemizer", "load"),
    "statistics": ("onset.engine.engine", None, "kept_predictor"),
    "files compared": ("onset.engine.engine", None, "is_intact"),
    "graphs built": ("onset.engine.engine", None, "export"),
    "native or ONNX decoder": ("onset.engine.engine", None, "make_runtime"),
    "model, in all": ("onset.engine.engine", None, "load_backend"),
    "pace": ("onset.engine.engine", None, "MachinePace"),
    "engine, in all": ("onset.engine.engine", "Engine", "__init__"),
    "first words to nobody": ("onset.serving.scheduling.worker", None, "_spoken"),
}
"""Where each part is done: a module, a class of it, a function."""

CHILD = "--child"
"""What this script is called with in the process that serves, and when it was called."""

Times = dict[str, tuple[float, float]]
"""Seconds since the start at which a part ended, and that it took."""


def begun() -> float:
    """When the parent started this process, by the same clock."""
    return float(sys.argv[2])


def note(times: Times, name: str, since: float) -> None:
    now = monotonic()
    times[name] = now - begun(), now - since


def noting(times: Times, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    """`work`, whose time is noted."""

    def noted(*values: Any, **named: Any) -> Any:
        since = monotonic()
        try:
            return work(*values, **named)
        finally:
            note(times, name, since)

    return noted


def child() -> None:
    """Serve until ready; then print the times to standard output and end."""
    times: Times = {}
    command: Any = import_module("onset.cli.serve")
    note(times, "engine imported", begun())
    for name, (module, owner, function) in PARTS.items():
        place = import_module(module)
        place = getattr(place, owner) if owner else place
        setattr(place, function, noting(times, name, getattr(place, function)))
    loading = command._loading

    def loading_then_watching(settings: Any) -> Any:
        scheduler, since = loading(settings), monotonic()
        server = import_module("onset.serving.http.app").HttpServer
        note(times, "server imported", since)
        say = server._say

        def said(self: Any, line: str) -> None:
            note(times, "ready" if line.startswith("Ready") else "listening", begun())
            if line.startswith("Ready"):
                print(json.dumps(times), flush=True)
                os.kill(os.getpid(), signal.SIGTERM)
            say(self, line)

        server._say = said
        return scheduler

    command._loading = loading_then_watching
    command.serve(port=0)


def start(cache: Path) -> Times:
    """The times of one start."""
    environment = os.environ | {"ONSET_CACHE_DIR": str(cache), "ONSET_PORT": "0"}
    run = subprocess.run(
        [sys.executable, __file__, CHILD, str(monotonic())],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    times: Times = json.loads(run.stdout)
    return times


def emptied(cache: Path) -> None:
    """Remove all but the assembled model."""
    for path in cache.iterdir():
        if path.is_dir():
            shutil.rmtree(path)


def show(name: str, runs: list[Times]) -> float:
    """Print the medians of some starts; that of the whole."""
    columns: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for times in runs:
        for part, both in times.items():
            columns[part].append(both)
    rows = {
        part: (median(end for end, _ in both), median(took for _, took in both))
        for part, both in columns.items()
    }
    print(f"{name} start ({len(runs)} runs)      ended  took")
    for part, (end, took) in sorted(rows.items(), key=lambda row: row[1]):
        print(f"  {part:28} {end:6.2f} {took:6.2f}")
    return rows["ready"][0]


def main(
    rounds: Annotated[int, typer.Option(help="Of a first and a second start each.")] = 3,
    most: Annotated[float, typer.Option(help="Seconds that a second start may take.")] = 3.0,
) -> None:
    """Print the tables and a verdict."""
    firsts, seconds = list[Times](), list[Times]()
    with TemporaryDirectory() as folder:
        start(cache := Path(folder))  # assembles the model and compiles Python
        for _ in range(rounds):
            emptied(cache)
            firsts.append(start(cache))
            seconds.append(start(cache))
    show("first", firsts)
    ready = show("second", seconds)
    conclude({f"a second start is ready in {ready:.2f} s, at most {most:g}": ready <= most})


if __name__ == "__main__":
    child() if sys.argv[1:2] == [CHILD] else typer.run(main)
