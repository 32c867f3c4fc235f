"""Calibration: measure the generator's true statistics on a corpus, and fit the predictor.

Every measured segment is a small file, so that a run that was stopped goes on where it was. Knows
nothing of how predictions are used.
"""

import hashlib
import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib import resources
from itertools import repeat
from pathlib import Path

import numpy as np
import numpy.typing as npt

from onset.config import Settings
from onset.engine import Engine
from onset.errors import AssetError
from onset.istftnet import norms, slot_channels
from onset.kokoro import KokoroBackend
from onset.statistics import Predictor, features
from onset.types import Floats, Halt, Request
from onset.voices import language

RANK = 96
"""Directions kept of the slopes: beyond, the held-out error hardly falls (docs/log.md)."""

RIDGE = 0.1
"""Ridge penalty, in units of the number of features: the flat bottom of the held-out error."""


def corpus(name: str = "corpus", language: str = "en-us") -> list[str]:
    """Lines in a language of "corpus" (for fitting) or "heldout" (never used for fitting)."""
    base = language.partition("-")[0]
    file = f"{name}.txt" if base == "en" else f"{name}-{base}.txt"
    text = (resources.files("onset") / "data" / file).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


SOURCE_WEIGHT = 0.25
"""How much an error at the source's blocks counts against one elsewhere, in choosing directions.

With all others true, predicting theirs costs 0.16 dB of 1.34 although their error is twice as
large (docs/log.md).
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """One measured segment: features [2248], true mean and std at each AdaIN [8448]."""

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
    _engine = Engine(settings)


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


Matrix = npt.NDArray[np.float64]


def fit(
    samples: Mapping[str, Sequence[Sample]], digest: str, ridge: float = RIDGE, rank: int = RANK
) -> Predictor:
    """Ridge regression on what differs from each voice's own centre, cut to `rank` directions.

    Means are counted in the mean standard deviation of their channel and deviations as
    logarithms, so that one unit of error weighs the same everywhere. Raises AssetError without
    samples.
    """
    if not samples:
        raise AssetError("There are no samples to fit.")
    every = [sample for group in samples.values() for sample in group]
    unit = np.exp(np.mean([np.log(s.std) for s in every], axis=0))
    inputs = {v: np.array([s.features for s in group], float) for v, group in samples.items()}
    targets = {v: np.array([_target(s, unit) for s in group]) for v, group in samples.items()}
    inner = {voice: x.mean(0) for voice, x in inputs.items()}
    outer = {voice: y.mean(0) for voice, y in targets.items()}
    x = np.concatenate([inputs[voice] - inner[voice] for voice in inputs])
    y = np.concatenate([targets[voice] - outer[voice] for voice in inputs])
    weight = _weights(len(unit))
    inward, outward = _low_rank(x, y * weight, ridge, rank)
    centres = {v: (_single(inner[v]), _single(outer[v])) for v in inputs}
    return Predictor(digest, centres, _single(inward), _single(outward / weight), _single(unit))


def _weights(channels: int) -> Matrix:
    """The weight of each target, [2 * channels]: means, then deviations."""
    blocks = {norm.slot: norm.key.startswith("noise_res") for norm in norms()}
    sizes = slot_channels()
    source = np.repeat([blocks[slot] for slot in range(len(sizes))], sizes)
    one = np.where(source, SOURCE_WEIGHT, 1.0)
    return np.tile(one, 2) if channels == len(one) else np.ones(2 * channels)


def _target(sample: Sample, unit: npt.NDArray[np.floating]) -> Matrix:
    return np.concatenate([sample.mean / unit, np.log(sample.std)]).astype(float)


def _low_rank(x: Matrix, y: Matrix, ridge: float, rank: int) -> tuple[Matrix, Matrix]:
    """Slopes [D, r] and [r, T] of ridge regression, solved in the smaller space of the samples."""
    scale = x.std(0) + 1e-6
    z = x / scale
    dual = np.linalg.solve(z @ z.T + ridge * z.shape[1] * np.eye(len(z)), y)
    slopes = z.T @ dual
    _, _, directions = np.linalg.svd(z @ slopes, full_matrices=False)
    kept = directions[: min(rank, len(directions))]
    return (slopes @ kept.T) / scale[:, None], kept


def _single(array: npt.NDArray[np.floating]) -> Floats:
    return array.astype(np.float32)
