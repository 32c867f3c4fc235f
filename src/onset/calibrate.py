"""Calibration: measure the generator's true statistics on a corpus, and fit the predictor.

Every measured segment is a small file, so that a run that was stopped goes on where it was. Knows
nothing of how predictions are used.
"""

import hashlib
import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib import resources
from itertools import repeat
from pathlib import Path
from random import Random
from threading import Thread

import numpy as np

from onset.config import Settings
from onset.engine import Engine
from onset.errors import AssetError
from onset.istftnet import norms, slot_channels
from onset.kokoro import KokoroBackend
from onset.statistics import STYLE, Centre, Predictor, blend, features
from onset.types import Floats, Halt, Request
from onset.voices import language, parse

RANK = 350
"""Directions kept of the slopes: more would lower the held-out error, and fill more than 8 MB."""

DIRECTIONS = 12
"""Directions between voices along which the slopes change (docs/log.md)."""

RIDGE = 0.2
"""Ridge penalty, in units of the number of features: the flat bottom of the held-out error."""


def corpus(name: str = "corpus", language: str = "en-us") -> list[str]:
    """Lines in a language of "corpus" (for fitting) or "heldout" (never used for fitting)."""
    base = language.partition("-")[0]
    file = f"{name}.txt" if base == "en" else f"{name}-{base}.txt"
    text = (resources.files("onset") / "data" / file).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


APART = 2.0
"""How freely a mix may differ from the mean of its voices, against the slopes (docs/log.md)."""

SOURCE_WEIGHT = 0.25
"""How much an error at the source's blocks counts against one elsewhere, in choosing directions.

With all others true, predicting theirs costs 0.16 dB of 1.34 although their error is twice as
large (docs/log.md).
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """One measured segment: features [1224], true mean and std at each AdaIN [8448]."""

    features: Floats
    mean: Floats
    std: Floats


SPEEDS = (0.5, 0.7, 0.85, 1.2, 1.5, 2.0)
"""What every second line is spoken at; the others at 1, where most listening happens."""


def plan(
    voices: Sequence[str],
    lines: Mapping[str, Sequence[str]],
    count: int,
    speeds: Sequence[float] = SPEEDS,
) -> list[Request]:
    """`count` requests a voice, the voices in turn, each with lines of its own as far as they go.

    lines: by language. Every second request is at speed 1, the others at `speeds` in turn.
    """
    requests = []
    for i in range(count):
        for k, voice in enumerate(voices):
            own = lines[language(voice)]
            speed = speeds[(i // 2 + k) % len(speeds)] if i % 2 and speeds else 1.0
            requests.append(Request(own[(i * len(voices) + k) % len(own)], voice, speed))
    return requests


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
    spawn = multiprocessing.get_context("spawn")  # ONNX Runtime's threads do not survive a fork
    with ProcessPoolExecutor(workers, spawn, _begin, (single,)) as pool:
        for _ in pool.map(_measured, missing, repeat(folder)):
            done()


_engine: Engine
"""The engine of a worker process."""


def _begin(settings: Settings) -> None:
    global _engine
    Thread(target=_leave_with_parent, daemon=True).start()
    _engine = Engine(settings)


def _leave_with_parent() -> None:
    """A worker whose parent was killed would wait for work forever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _measured(request: Request, folder: Path) -> None:
    _write(list(measure(_engine, request)), _place(request, folder))


def measure(engine: Engine, request: Request) -> Iterator[Sample]:
    """The true statistics of each segment of a request."""
    if not isinstance(engine.backend, KokoroBackend):
        raise AssetError("Only a real model can be calibrated.")
    for segment in engine.segments(request):
        prosody = engine.backend.trunk(engine.front(segment, request, Halt()), Halt())
        _, true = engine.backend.generator.whole(prosody, Halt())
        yield Sample(features(prosody), true.mean, true.std)


def _place(request: Request, folder: Path) -> Path:
    return folder / f"{request.voice}-{_key(request)}.npz"


def _key(request: Request) -> str:
    return hashlib.sha256(f"{request.speed:g} {request.text}".encode()).hexdigest()[:16]


def _write(samples: list[Sample], path: Path) -> None:
    scratch = path.with_suffix(".part")
    stacked = {name: [getattr(s, name) for s in samples] for name in ("features", "mean", "std")}
    with scratch.open("wb") as file:
        np.savez(file, allow_pickle=False, **{k: np.array(v) for k, v in stacked.items()})
    scratch.rename(path)


def read(folder: Path) -> dict[str, list[Sample]]:
    """All samples of `folder` by voice."""
    found: dict[str, list[Sample]] = {}
    for path in sorted(folder.glob("*.npz")):
        with np.load(path, allow_pickle=False) as file:
            rows = zip(file["features"], file["mean"], file["std"], strict=True)
            found.setdefault(path.name.split("-")[0], []).extend(Sample(*row) for row in rows)
    return found


def fit(
    samples: Mapping[str, Sequence[Sample]], digest: str, ridge: float = RIDGE, rank: int = RANK
) -> Predictor:
    """Ridge regression on what differs from each voice's own centre, cut to `rank` directions.

    samples: by voice or mix; a mix whose voices are not all there is left out. Means are counted
    in the mean standard deviation of their channel and deviations as logarithms, so that one unit
    of error weighs the same everywhere. Raises AssetError without samples of a voice.
    """
    alone = {name: group for name, group in samples.items() if len(parse(name)) == 1}
    if not alone:
        raise AssetError("There are no samples to fit.")
    unit = np.exp(np.mean([np.log(s.std) for group in alone.values() for s in group], axis=0))
    centres = _centres(alone, unit)
    rows = [
        (sample, blend(centres, parse(name)))
        for name, group in samples.items()
        if {voice for voice, _ in parse(name)} <= set(centres)
        for sample in group
    ]
    x = np.array([sample.features - centre.features for sample, centre in rows], np.float32)
    y = np.array([_target(sample, unit) - centre.targets for sample, centre in rows], np.float32)
    scale = x.std(0) + np.float32(1e-6)
    weight = _weights(len(unit))
    inward, apart, outward = _low_rank(
        x / scale,
        np.array([centre.place for _, centre in rows]),
        np.array([centre.spread for _, centre in rows]),
        y * weight,
        ridge,
        rank,
    )
    return Predictor(digest, centres, scale, inward, apart, outward / weight, unit)


def _centres(samples: Mapping[str, Sequence[Sample]], unit: Floats) -> dict[str, Centre]:
    inner = {voice: np.mean([s.features for s in group], 0) for voice, group in samples.items()}
    outer = {v: np.mean([_target(s, unit) for s in g], 0) for v, g in samples.items()}
    places = _places(np.stack([inner[voice][-STYLE:] for voice in samples]))
    sides = places.shape[1] - 1
    none = np.zeros(sides * (sides + 1) // 2, np.float32)
    return {
        voice: Centre(inner[voice], outer[voice], place, none)
        for voice, place in zip(samples, places, strict=True)
    }


def _places(styles: Floats) -> Floats:
    """A one, and coordinates along the directions in which voices differ most: [V, K + 1].

    The mean square distance from the middle is 1, so the slopes' change weighs as they do.
    """
    away = styles - styles.mean(0)
    _, _, axes = np.linalg.svd(away, full_matrices=False)
    found = away @ axes[: min(DIRECTIONS, len(styles) - 1)].T
    size = np.sqrt(np.mean(np.sum(found**2, 1)))
    found = found / (size if size > 0 else 1)
    return np.concatenate([np.ones((len(styles), 1)), found], 1).astype(np.float32)


def _weights(channels: int) -> Floats:
    """The weight of each target, [2 * channels]: means, then deviations."""
    blocks = {norm.slot: norm.key.startswith("noise_res") for norm in norms()}
    sizes = slot_channels()
    source = np.repeat([blocks[slot] for slot in range(len(sizes))], sizes)
    one = np.where(source, SOURCE_WEIGHT, 1.0).astype(np.float32)
    return np.tile(one, 2) if channels == len(one) else np.ones(2 * channels, np.float32)


def _target(sample: Sample, unit: Floats) -> Floats:
    return np.concatenate([sample.mean / unit, np.log(sample.std)]).astype(np.float32)


def _low_rank(
    x: Floats, places: Floats, spreads: Floats, y: Floats, ridge: float, rank: int
) -> tuple[Floats, Floats, Floats]:
    """Slopes [K + 1, D, r], [M, r] and [r, T] of ridge regression, solved in the samples' space.

    x [N, D], places [N, K + 1], spreads [N, M], y [N, T]. The directions kept are those in which
    the fitted values spread most, each scaled to a mean square of 1 over the samples.
    """
    own = (x @ x.T) * (places @ places.T) / x.shape[1]
    kernel = (own + APART * (spreads @ spreads.T)).astype(np.float64)
    dual = np.linalg.solve(kernel + ridge * np.eye(len(x)), y).astype(np.float32)
    fitted = kernel.astype(np.float32) @ dual
    spread, vectors = np.linalg.eigh((fitted @ fitted.T).astype(np.float64))
    kept = np.flatnonzero(spread > spread[-1] * 1e-9)[::-1][:rank]
    size = np.sqrt(spread[kept] / len(x))
    axes = (vectors[:, kept].T @ fitted) / np.sqrt(spread[kept])[:, None]
    inner, outward = dual @ (axes.T / size), axes * size[:, None]
    inward = [(x * places[:, [k]]).T @ inner / x.shape[1] for k in range(places.shape[1])]
    apart = APART * spreads.T @ inner
    return np.stack(inward).astype(np.float32), apart.astype(np.float32), outward.astype(np.float32)
