"""Calibration: measure the generator's true statistics on a corpus.

Every measured segment is a small file, so that a run that was stopped goes on where it was. Knows
nothing of how predictions are used.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import resources
from itertools import repeat
from pathlib import Path
from random import Random

import numpy as np

from onset.calibration.regression import SegmentSample
from onset.config import Settings
from onset.engine.engine import Engine
from onset.engine.process_pool import process_pool
from onset.errors import AssetError
from onset.model.adain_predictor import features
from onset.model.kokoro import KokoroBackend
from onset.model.voice_styles import language
from onset.types import Halt, Request


def corpus(name: str = "corpus", language: str = "en-us") -> list[str]:
    """Lines in a language of "corpus" (for fitting) or "heldout" (never used for fitting)."""
    base = language.partition("-")[0]
    file = f"{name}.txt" if base == "en" else f"{name}-{base}.txt"
    text = (resources.files("onset") / "data" / file).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


SPEEDS = (0.5, 0.7, 0.85, 1.2, 1.5, 2.0)
"""What every second line is spoken at; the others at 1, where most listening happens."""


def plan(
    voices: Sequence[str],
    lines: Mapping[str, Sequence[str]],
    count: int,
    speeds: Sequence[float] = SPEEDS,
) -> list[Request]:
    """`count` requests a voice, the voices in turn, each with lines of its own as far as they go.

    lines: by language. No voice reads a line twice before it has read all of its language. Every
    second request is at speed 1, the others at `speeds` in turn.
    """
    orders = {voice: _order(voice, voices, len(lines[language(voice)])) for voice in voices}
    requests = []
    for i in range(count):
        for k, voice in enumerate(voices):
            own = lines[language(voice)]
            speed = speeds[(i // 2 + k) % len(speeds)] if i % 2 and speeds else 1.0
            requests.append(Request(own[orders[voice][i % len(own)]], voice, speed))
    return requests


def _order(voice: str, voices: Sequence[str], count: int) -> list[int]:
    """The places of `count` lines: first what no other voice of the language begins with."""
    group = [other for other in voices if language(other) == language(voice)]
    own = group.index(voice)
    return sorted(range(count), key=lambda place: ((place - own) % len(group), place))


def blends(voices: Sequence[str], lines: Mapping[str, Sequence[str]], count: int) -> list[Request]:
    """`count` requests in mixes of two or three of the voices, drawn by chance but always alike.

    A mix reads the language of its largest share, as it does for everybody.
    """
    requests = []
    for i in range(count if len(voices) > 1 else 0):
        chance = Random(i)
        parts = chance.sample(list(voices), min(len(voices), 2 + (i % 4 == 3)))
        mix = "+".join(f"{name}({chance.randint(1, 4)})" for name in parts)
        requests.append(Request(chance.choice(lines[language(mix)]), mix))
    return requests


def collect(
    requests: Sequence[Request],
    folder: Path,
    settings: Settings,
    workers: int,
    done: Callable[[], None],
) -> None:
    """Measure each request's segments into `folder`, skipping those measured before.

    `workers` processes with an engine of one thread each, which never wait for each other, as
    threads of one engine do at every operator. `done` is called after each request.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = [request for request in requests if not _place(request, folder).exists()]
    for _ in range(len(requests) - len(missing)):
        done()
    if not missing:
        return
    single = settings.model_copy(update={"threads": 1})
    with process_pool(workers, _begin, single) as pool:
        for _ in pool.map(_measured, missing, repeat(folder)):
            done()


_engine: Engine
"""The engine of a worker process."""


def _begin(settings: Settings) -> None:
    global _engine
    _engine = Engine(settings)


def _measured(request: Request, folder: Path) -> None:
    _write(list(measure(_engine, request)), _place(request, folder))


def measure(engine: Engine, request: Request) -> Iterator[SegmentSample]:
    """The true statistics of each segment of a request."""
    if not isinstance(engine.backend, KokoroBackend):
        raise AssetError("Only a real model can be calibrated.")
    for segment in engine.segments(request):
        prosody = engine.backend.trunk(engine.front(segment, request, Halt()), Halt())
        _, true = engine.backend.generator.decode(prosody, Halt())
        yield SegmentSample(features(prosody), true.mean, true.std)


def _place(request: Request, folder: Path) -> Path:
    return folder / f"{request.voice}-{_key(request)}.npz"


def _key(request: Request) -> str:
    return hashlib.sha256(f"{request.speed:g} {request.text}".encode()).hexdigest()[:16]


def _write(samples: list[SegmentSample], path: Path) -> None:
    scratch = path.with_suffix(".part")
    stacked = {name: [getattr(s, name) for s in samples] for name in ("features", "mean", "std")}
    with scratch.open("wb") as file:
        np.savez(file, allow_pickle=False, **{k: np.array(v) for k, v in stacked.items()})
    scratch.rename(path)


def read(folder: Path) -> dict[str, list[SegmentSample]]:
    """All samples of `folder` by voice."""
    found: dict[str, list[SegmentSample]] = {}
    for path in sorted(folder.glob("*.npz")):
        with np.load(path, allow_pickle=False) as file:
            rows = zip(file["features"], file["mean"], file["std"], strict=True)
            found.setdefault(path.name.split("-")[0], []).extend(
                SegmentSample(*row) for row in rows
            )
    return found
