"""Measures the generator's true AdaIN statistics on a corpus.

Each request's samples are a file of their own, so that a run that was stopped continues.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import resources
from itertools import repeat
from pathlib import Path
from random import Random
from typing import TypeAlias

import numpy as np

from onset.calibration.regression import ReadingSample
from onset.config import Settings
from onset.engine.engine import Engine
from onset.engine.process_pool import process_pool
from onset.engine.reading_limits import FIRST_READING
from onset.errors import AssetError
from onset.model.adain_predictor import features, generator_inputs
from onset.model.backend import Prosody
from onset.model.kokoro import KokoroBackend
from onset.model.opening_predictor import measured, opening_features
from onset.model.voice_styles import language
from onset.types import Halt, Request


def corpus(name: str = "corpus", language: str = "en-us") -> list[str]:
    """Lines in a language of "corpus" (for fitting) or "heldout" (never used for fitting)."""
    base = language.partition("-")[0]
    file = f"{name}.txt" if base == "en" else f"{name}-{base}.txt"
    text = (resources.files("onset") / "data" / file).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


SPEEDS = (0.5, 0.7, 0.85, 1.2, 1.5, 2.0)
"""Speeds of every second line; the others are at 1, where most listening happens."""


def plan(
    voices: Sequence[str],
    lines: Mapping[str, Sequence[str]],
    count: int,
    speeds: Sequence[float] = SPEEDS,
) -> list[Request]:
    """`count` requests for each voice, the voices in turn, with different lines where possible.

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
    """The order in which `voice` reads `count` lines: each voice of a language begins elsewhere."""
    group = [other for other in voices if language(other) == language(voice)]
    own = group.index(voice)
    return sorted(range(count), key=lambda place: ((place - own) % len(group), place))


def blends(voices: Sequence[str], lines: Mapping[str, Sequence[str]], count: int) -> list[Request]:
    """`count` requests in mixes of two or three of the voices, random but the same every time.

    A mix reads the language of its largest share.
    """
    requests = []
    for i in range(count if len(voices) > 1 else 0):
        chance = Random(i)
        parts = chance.sample(list(voices), min(len(voices), 2 + (i % 4 == 3)))
        mix = "+".join(f"{name}({chance.randint(1, 4)})" for name in parts)
        requests.append(Request(chance.choice(lines[language(mix)]), mix))
    return requests


Measure: TypeAlias = Callable[[Engine, Request], Iterator[ReadingSample]]
"""What is measured of a request: `generator_samples` or `opening_samples`."""


def collect(
    requests: Sequence[Request],
    folder: Path,
    settings: Settings,
    workers: int,
    measure: Measure,
    done: Callable[[], None],
) -> None:
    """Measure each request's readings into `folder`, skipping requests measured before.

    workers: processes, each with an engine of one thread. `done` is called after each request.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pending = [request for request in requests if not _file(request, folder).exists()]
    for _ in range(len(requests) - len(pending)):
        done()
    if not pending:
        return
    single = settings.model_copy(update={"threads": 1})
    with process_pool(workers, _begin, single) as pool:
        for _ in pool.map(_measure_to_file, pending, repeat(folder), repeat(measure)):
            done()


_engine: Engine
"""The engine of a worker process."""


def _begin(settings: Settings) -> None:
    global _engine
    _engine = Engine(settings)


def _measure_to_file(request: Request, folder: Path, measure: Measure) -> None:
    samples, path = list(measure(_engine, request)), _file(request, folder)
    stacked = {name: [getattr(s, name) for s in samples] for name in ("features", "mean", "std")}
    scratch = path.with_suffix(".part")
    with scratch.open("wb") as file:
        np.savez(file, allow_pickle=False, **{k: np.array(v) for k, v in stacked.items()})
    scratch.rename(path)


def generator_samples(engine: Engine, request: Request) -> Iterator[ReadingSample]:
    """The true statistics of the generator, of each reading of a request."""
    backend = _real(engine)
    for reading in engine.readings(request):
        prosody = backend.trunk(engine.front(reading, request, Halt()), Halt())
        _, true = backend.generator.decode(prosody, Halt())
        yield ReadingSample(features(prosody), true.mean, true.std)


def opening_samples(engine: Engine, request: Request) -> Iterator[ReadingSample]:
    """What is predicted of each reading before its trunk is run.

    The first reading of a long sentence is measured besides as an answer begins with it, a part.
    """
    backend, halt = _real(engine), Halt()
    whole = list(engine.readings(request))
    begun = next(iter(engine.readings(request, FIRST_READING)))
    for reading in [*whole, *([] if begun.last else [begun])]:
        front = engine.front(reading, request, halt)
        trunk, true = backend.trunk_statistics(front, halt)
        source = backend.source(front.f0)
        prosody = Prosody(front.durations, front.f0, front.energy, trunk, source, front.style)
        mean, std = measured(true, generator_inputs(prosody))
        yield ReadingSample(opening_features(front, backend.trunk_entrance(front, halt)), mean, std)


def _real(engine: Engine) -> KokoroBackend:
    if not isinstance(engine.backend, KokoroBackend):
        raise AssetError("Only a real model can be calibrated.")
    return engine.backend


def _file(request: Request, folder: Path) -> Path:
    key = hashlib.sha256(f"{request.speed:g} {request.text}".encode()).hexdigest()[:16]
    return folder / f"{request.voice}-{key}.npz"


def read(folder: Path) -> dict[str, list[ReadingSample]]:
    """All samples of `folder` by voice."""
    samples: dict[str, list[ReadingSample]] = {}
    for path in sorted(folder.glob("*.npz")):
        with np.load(path, allow_pickle=False) as file:
            rows = zip(file["features"], file["mean"], file["std"], strict=True)
            group = samples.setdefault(path.name.split("-")[0], [])
            group += [ReadingSample(*row) for row in rows]
    return samples
