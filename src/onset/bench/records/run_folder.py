"""The folder of a run: what was planned, what was recorded, and what it was made on.

    manifest.json     what was run, how, when; digests of the files below; see Manifest
    fingerprint.json  the machine and the software; see Fingerprint
    plan.jsonl        a line a request that was to be made; see plan.PlannedRequest
    requests.jsonl    a line a request that was made: its moments and how it ended
    chunks.jsonl      a line a piece of audio received
    system.jsonl      a line a second: load of the generator, the servers and the machine
    progress.json     which scenario is being run; gone when the run is over
    summary.json report.md report.html junit.xml    derived, by analysis alone

Reading checks the digests, so that what is analysed is what was recorded.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import TypeAdapter

from onset.bench.records.plan import Arm, PlannedRequest, ScenarioRun
from onset.bench.records.recording import Recording
from onset.errors import InvalidRequest

MANIFEST = "manifest.json"
FINGERPRINT = "fingerprint.json"
PLAN = "plan.jsonl"
REQUESTS = "requests.jsonl"
CHUNKS = "chunks.jsonl"
SYSTEM = "system.jsonl"
SUMMARY = "summary.json"
REPORT_MARKDOWN = "report.md"
REPORT_HTML = "report.html"
JUNIT = "junit.xml"
HISTORY = "history.jsonl"
PROGRESS = "progress.json"

RECORDED = (FINGERPRINT, PLAN, REQUESTS, CHUNKS, SYSTEM)
"""The files whose digests are in the manifest."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a run was. complete: whether it came to its end; stopped: why not, if it did not.

    name: suite or scenario. command: the command line. files: SHA-256 of each in RECORDED.
    """

    schema: Literal[1]
    name: str
    seed: int
    command: str
    version: str
    started_utc: str
    ended_utc: str
    complete: bool
    stopped: str
    arms: tuple[Arm, ...]
    scenarios: tuple[ScenarioRun, ...]
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What decides whether two runs may be compared (`comparable`), and what may differ (`other`).

    hash: SHA-256 of `comparable`; equal hashes are equal machines and software.
    """

    schema: Literal[1]
    hash: str
    comparable: Mapping[str, object]
    other: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ServerSample:
    """A server's process, all its threads and children. cpu_seconds: used since it began."""

    rss_bytes: int | None = None
    cpu_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class MachineSample:
    """The machine at one moment; None is not known.

    scenario, case: what was being run. own_cpu_seconds: used by the generator since it began.
    loop_lags_us: how late each tick of its event loop was since the last sample, microseconds.
    probe_seconds: time of a computation that is always the same; only between cases.
    """

    at_ns: int
    scenario: str = ""
    case: str = ""
    own_cpu_seconds: float | None = None
    loop_lags_us: tuple[int, ...] = ()
    in_flight: int = 0
    servers: Mapping[str, ServerSample] = field(default_factory=dict)
    system_cpu_ratio: float | None = None
    load_average: float | None = None
    cpu_mhz: float | None = None
    probe_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """A request as planned and as it went."""

    ask: PlannedRequest
    recording: Recording


@dataclass(frozen=True, slots=True)
class Run:
    """A folder's content. trials are in the order of their ids; planned holds every request.

    A request that was planned and never made is in `planned` alone.
    """

    manifest: Manifest
    fingerprint: Fingerprint
    planned: tuple[PlannedRequest, ...]
    trials: tuple[Trial, ...]
    system: tuple[MachineSample, ...]


@dataclass(frozen=True, slots=True)
class _ChunkLine:
    request: int
    i: int
    at_ns: int
    samples: int


_T = TypeVar("_T")
_RECORDED_TYPES = (Manifest, Fingerprint, PlannedRequest, Recording, _ChunkLine, MachineSample)
_ADAPTERS: dict[type, TypeAdapter[Any]] = {kind: TypeAdapter(kind) for kind in _RECORDED_TYPES}


class RunWriter:
    """Writes a folder while its run goes on; what was written survives a crash of the run.

    Leaving the block closes the files; without `finish` before that, the folder is not a run.
    """

    def __init__(self, path: Path, fingerprint: Fingerprint) -> None:
        """Make the folder. Raises InvalidRequest when it already holds a run."""
        if (path / MANIFEST).exists():
            raise InvalidRequest(f"{path} already holds a run. Choose another folder.", "output")
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        (path / FINGERPRINT).write_bytes(_ADAPTERS[Fingerprint].dump_json(fingerprint, indent=1))
        self._open = {name: (path / name).open("wb") for name in (PLAN, REQUESTS, CHUNKS, SYSTEM)}

    def __enter__(self) -> "RunWriter":
        return self

    def __exit__(self, *error: object) -> None:
        for file in self._open.values():
            file.close()

    def plan(self, asks: Iterable[PlannedRequest]) -> None:
        """Note what is to be asked, before it is."""
        for ask in asks:
            self._line(PLAN, ask)
        self._open[PLAN].flush()

    def record(self, trial: Trial) -> None:
        """Note how a request went."""
        number = trial.ask.id
        for i, (at_ns, samples) in enumerate(trial.recording.arrivals):
            self._line(CHUNKS, _ChunkLine(number, i, at_ns, samples))
        fields = _ADAPTERS[Recording].dump_python(trial.recording, exclude={"arrivals"})
        line = json.dumps({"id": number} | fields, ensure_ascii=False, separators=(",", ":"))
        self._open[REQUESTS].write(line.encode() + b"\n")

    def sample(self, sample: MachineSample) -> None:
        """Note how the machine is."""
        self._line(SYSTEM, sample)

    def progress(self, scenario: str, done: int, of: int) -> None:
        """Tell whoever looks into the folder how far the run is."""
        progress = {"scenario": scenario, "scenarios_done": done, "scenarios": of}
        (self.path / PROGRESS).write_text(json.dumps(progress))

    def finish(self, manifest: Manifest) -> None:
        """Close the files and write the manifest with their digests."""
        (self.path / PROGRESS).unlink(missing_ok=True)
        self.__exit__()
        digests = {name: _digest(self.path / name) for name in RECORDED}
        whole = _ADAPTERS[Manifest].dump_json(replace(manifest, files=digests), indent=1)
        (self.path / MANIFEST).write_bytes(whole)

    def _line(self, name: str, value: object) -> None:
        self._open[name].write(_ADAPTERS[type(value)].dump_json(value) + b"\n")


def read(path: Path) -> Run:
    """Read a folder. Raises InvalidRequest when it holds no run, or its files were changed."""
    try:
        manifest: Manifest = _ADAPTERS[Manifest].validate_json((path / MANIFEST).read_bytes())
        changed = [name for name in RECORDED if _digest(path / name) != manifest.files.get(name)]
        if changed:
            raise InvalidRequest(f"{path}: changed since it was recorded: {', '.join(changed)}.")
        fingerprint = _ADAPTERS[Fingerprint].validate_json((path / FINGERPRINT).read_bytes())
        planned = tuple(_read_lines(path / PLAN, PlannedRequest))
        system = tuple(_read_lines(path / SYSTEM, MachineSample))
        return Run(manifest, fingerprint, planned, tuple(_trials(path, planned)), system)
    except (OSError, KeyError, ValueError) as error:
        raise InvalidRequest(f"{path} holds no run of `onset bench`: {error}") from error


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read_lines(path: Path, kind: type[_T]) -> Iterator[_T]:
    with path.open("rb") as file:
        yield from map(_ADAPTERS[kind].validate_json, file)


def _trials(path: Path, planned: Iterable[PlannedRequest]) -> Iterator[Trial]:
    asks = {ask.id: ask for ask in planned}
    arrivals: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for chunk in _read_lines(path / CHUNKS, _ChunkLine):
        arrivals[chunk.request].append((chunk.at_ns, chunk.samples))
    with (path / REQUESTS).open("rb") as file:
        lines = sorted(map(json.loads, file), key=lambda line: int(line["id"]))
    for line in lines:
        number = line.pop("id")
        if number not in asks:
            raise InvalidRequest(f"{path}: request {number} was never planned.")
        recording = _ADAPTERS[Recording].validate_python(line | {"arrivals": arrivals[number]})
        yield Trial(asks[number], recording)
