"""Routes that start a benchmark of this server and tell what came of it.

A benchmark is a process, `onset bench run`, that is a client; two would measure each other.
"""

import asyncio
import json
import os
import subprocess
import sys
import tomllib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from fastapi import FastAPI
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from onset.config import Settings
from onset.errors import InvalidRequest
from onset.serving.http.json_body import read_json
from onset.serving.http.openapi import (
    Responses,
    documented,
    documented_json,
    documented_parameter,
)
from onset.serving.leashed_process import command_line

BENCHMARK_PATH = "/performance/benchmark"

KEPT_BENCHMARKS = 20
"""Benchmarks that can be asked about; the folders of older ones stay where they are."""

STOP_SECONDS = 10.0
"""How long a benchmark that is told to end may take before it is killed."""

REPORT_HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""A report is one file with its style in it; it has names of peers, which others made up."""

_HTML: Responses = {
    200: {"description": "The report.", "content": {"text/html": {"schema": {"type": "string"}}}}
}

State = Literal["running", "pass", "fail", "inconclusive", "invalid", "broken"]

STATES: dict[int, State] = {0: "pass", 1: "fail", 2: "inconclusive", 3: "invalid"}
"""By the exit code of `onset bench run`; any other code is a benchmark that broke."""


class BenchmarkRequest(BaseModel):
    """Body of POST /performance/benchmark: a scenario or suite of `onset bench scenarios`."""

    scenario: str = Field(min_length=1, max_length=64)


class BenchmarkName(BaseModel):
    """A benchmark that can be asked about."""

    id: str
    scenario: str


class BenchmarkList(BaseModel):
    """The benchmarks that can be asked about, the newest last."""

    benchmarks: list[BenchmarkName]


class Benchmark(BaseModel):
    """A benchmark. progress: while it runs; result: its summary; detail: why it is broken."""

    id: str
    scenario: str
    state: State
    progress: dict[str, Any] | None = None
    result: dict[str, Any] | None = None
    detail: str | None = None


@dataclass(slots=True)
class Benchmarks:
    """The benchmarks of this server. program: the command that the scenario is appended to."""

    folder: Path
    key: str | None = None
    program: Sequence[str] = (sys.executable, "-P", "-m", "onset", "bench", "run")
    _jobs: dict[str, tuple[str, subprocess.Popen[bytes]]] = field(default_factory=dict)
    _starting: Lock = field(default_factory=Lock)
    _closed: bool = False

    def start(self, scenario: str, url: str) -> Benchmark:
        """Start one of `url`. Raises InvalidRequest, or HTTPException: 409 while one runs, 503."""
        if scenario not in (choices := scenario_titles()):
            listed = ", ".join(choices)
            raise InvalidRequest(f"Unknown scenario {scenario!r}. Choices: {listed}.", "scenario")
        with self._starting:
            for name, (_, process) in self._jobs.items():
                if _exit_code(process) is None:
                    raise HTTPException(409, f"Benchmark {name} is running")
            if self._closed:
                raise HTTPException(503, "The server is shutting down")
            name = uuid.uuid4().hex
            try:
                self._jobs[name] = scenario, self._process(self.folder / name, scenario, url)
            except OSError as error:
                reason = f"A benchmark cannot be written to {self.folder}: {error.strerror}"
                raise HTTPException(503, f"{reason}. Set ONSET_CACHE_DIR.") from error
            for old in list(self._jobs)[:-KEPT_BENCHMARKS]:
                del self._jobs[old]
        return self.look(name)

    def look(self, name: str) -> Benchmark:
        """The state of a benchmark. Raises HTTPException 404 for one that is not known."""
        if name not in self._jobs:
            raise HTTPException(404, "No such benchmark")
        (scenario, process), folder = self._jobs[name], self.folder / name
        benchmark = Benchmark(id=name, scenario=scenario, state="running")
        code = _exit_code(process)
        if code is None:
            benchmark.progress = _json(folder / "progress.json")
        elif code in STATES and (result := _json(folder / "summary.json")) is not None:
            benchmark.state, benchmark.result = STATES[code], result
        else:
            benchmark.state, benchmark.detail = "broken", _last_line(folder.with_suffix(".log"))
        return benchmark

    def names(self) -> list[BenchmarkName]:
        """Those that can be asked about, the newest last."""
        jobs = self._jobs.items()
        return [BenchmarkName(id=name, scenario=scenario) for name, (scenario, _) in jobs]

    def report(self, name: str) -> bytes:
        """The report of one that is over, as HTML. Raises HTTPException 404 if there is none."""
        if name not in self._jobs:
            raise HTTPException(404, "No such benchmark")
        try:
            return (self.folder / name / "report.html").read_bytes()
        except OSError:
            raise HTTPException(404, "It has no report yet") from None

    def close(self) -> None:
        """End what is running: the server it measures is going away."""
        with self._starting:
            self._closed = True
        for _, process in self._jobs.values():
            if process.stdin is not None:
                process.stdin.close()  # the leash
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _process(self, folder: Path, scenario: str, url: str) -> subprocess.Popen[bytes]:
        self.folder.mkdir(parents=True, exist_ok=True)
        options = ("--url", url, "--pid", str(os.getpid()), "--output", str(folder))
        key = {"ONSET_API_KEY": self.key} if self.key else {}
        with folder.with_suffix(".log").open("wb") as log:
            return subprocess.Popen(
                command_line([*self.program, scenario, *options]),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=os.environ | key,
                start_new_session=True,
            )


def add_benchmarks(app: FastAPI, settings: Settings) -> Benchmarks:
    """Add the routes; `close` of what is returned ends a benchmark that runs."""
    secret = settings.api_key.get_secret_value() if settings.api_key else ""
    key = secret.partition(",")[0].strip() or None
    benchmarks = Benchmarks(settings.cache_dir / "benchmarks", key)

    async def start(http: HttpRequest) -> Benchmark:
        """Start a benchmark of this server as a process of its own; one at a time."""
        scenario = (await read_json(http, BenchmarkRequest, settings)).scenario
        host, port = http.scope["server"]
        url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        return await asyncio.to_thread(benchmarks.start, scenario, url)

    async def look(http: HttpRequest) -> Benchmark:
        """How a benchmark is getting on, or what came of it."""
        return await asyncio.to_thread(benchmarks.look, http.path_params["id"])

    async def names() -> BenchmarkList:
        """The benchmarks that can be asked about, the newest last."""
        return BenchmarkList(benchmarks=benchmarks.names())

    async def report(http: HttpRequest) -> Response:
        """The report of one, as a page that may run and load nothing."""
        page = await asyncio.to_thread(benchmarks.report, http.path_params["id"])
        return Response(page, media_type="text/html", headers=REPORT_HEADERS)

    app.get(BENCHMARK_PATH, responses=documented(401, 403))(names)
    app.get(
        BENCHMARK_PATH + "/{id}/report",
        response_class=Response,
        responses=_HTML | documented(401, 403, 404),
        openapi_extra=documented_parameter("id"),
    )(report)
    app.post(
        BENCHMARK_PATH,
        responses=documented(400, 401, 403, 408, 409, 413, 415, 503),
        openapi_extra=documented_json(BenchmarkRequest),
    )(start)
    app.get(
        BENCHMARK_PATH + "/{id}",
        responses=documented(401, 403, 404),
        openapi_extra=documented_parameter("id"),
    )(look)
    return benchmarks


def scenario_titles() -> dict[str, str]:
    """Every suite and scenario that can be asked for, and its title."""
    path = resources.files("onset") / "data" / "scenarios.toml"
    file = tomllib.loads(path.read_text("utf-8"))
    titles = {name: str(suite["title"]) for name, suite in file["suite"].items()}
    for scenario in file["scenario"]:
        titles.setdefault(scenario["name"], str(scenario["title"]))  # a suite goes before
    return titles


def _exit_code(process: subprocess.Popen[bytes]) -> int | None:
    """None while it runs; after that its leash is let go."""
    if (code := process.poll()) is not None and process.stdin is not None:
        process.stdin.close()
    return code


def _json(path: Path) -> dict[str, Any] | None:
    """A JSON object, None while it is not there or not yet whole."""
    try:
        content: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return content
    except (OSError, ValueError):
        return None


def _last_line(path: Path) -> str | None:
    if not path.exists():
        return None
    lines = [" ".join(line.split()) for line in path.read_text("utf-8", "replace").split("\n")]
    return next((line[:300] for line in reversed(lines) if line), None)
