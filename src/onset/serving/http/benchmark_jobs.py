"""Benchmarks of this server on request: each is a process, `onset bench run`, that is a client.

One at a time, for two would measure each other. Its run folder is kept under the cache folder.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import tomllib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from fastapi import FastAPI
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest

from onset.config import Settings
from onset.errors import InvalidRequest
from onset.serving.http.error_handlers import documented
from onset.serving.http.json_body import documented_json, read_json

PERFORMANCE_PATH = "/performance/benchmark"

SCENARIOS = resources.files("onset") / "data" / "scenarios.toml"
"""Where the names of the scenarios and suites are."""

KEPT = 20
"""Benchmarks that can be asked about; the folders of older ones stay where they are."""


STOP_SECONDS = 10.0
"""How long a benchmark that is told to end may take before it is killed."""

State = Literal["running", "pass", "fail", "inconclusive", "invalid", "broken"]

STATES: dict[int, State] = {0: "pass", 1: "fail", 2: "inconclusive", 3: "invalid"}
"""By the exit code of `onset bench run`; any other code is a benchmark that broke."""


class BenchmarkRequest(BaseModel):
    """Body of POST PERFORMANCE_PATH: a scenario or suite of `onset bench scenarios`."""

    scenario: str = Field(min_length=1, max_length=64)


class Benchmark(BaseModel):
    """A benchmark. progress: while it runs; result: its summary, once it is over.

    detail: the last line that a broken one wrote.
    """

    id: str
    scenario: str
    state: State
    progress: dict[str, Any] | None = None
    result: dict[str, Any] | None = None
    detail: str | None = None


@dataclass(slots=True)
class _Job:
    """One benchmark's process and the folder it writes."""

    scenario: str
    folder: Path
    process: subprocess.Popen[bytes]


@dataclass(slots=True)
class Benchmarks:
    """The benchmarks of this server. program: the command that the scenario is appended to."""

    folder: Path
    key: str | None = None
    program: Sequence[str] = (sys.executable, "-m", "onset", "bench", "run")
    _jobs: dict[str, _Job] = field(default_factory=dict)

    def start(self, scenario: str, url: str) -> Benchmark:
        """Start one that measures `url`. Raises InvalidRequest for an unknown name.

        Raises HTTPException 409 while one is running.
        """
        if scenario not in (choices := scenario_names()):
            listed = ", ".join(choices)
            raise InvalidRequest(f"Unknown scenario {scenario!r}. Choices: {listed}.", "scenario")
        running = [name for name, job in self._jobs.items() if job.process.poll() is None]
        if running:
            raise HTTPException(409, f"Benchmark {running[0]} is running")
        name = uuid.uuid4().hex
        self._jobs[name] = self._start(name, scenario, url)
        for old in list(self._jobs)[:-KEPT]:
            del self._jobs[old]
        return self.look(name)

    def look(self, name: str) -> Benchmark:
        """The state of a benchmark. Raises HTTPException 404 for one that is not known."""
        job = self._jobs.get(name)
        if job is None:
            raise HTTPException(404, "No such benchmark")
        benchmark = Benchmark(id=name, scenario=job.scenario, state="running")
        code = job.process.poll()
        if code is None:
            benchmark.progress = _json(job.folder / "progress.json")
        elif code in STATES and (result := _json(job.folder / "summary.json")) is not None:
            benchmark.state, benchmark.result = STATES[code], result
        else:
            benchmark.state, benchmark.detail = "broken", _last_line(job.folder.with_suffix(".log"))
        return benchmark

    def close(self) -> None:
        """End what is running: the server it measures is going away."""
        for job in self._jobs.values():
            if job.process.poll() is None:
                job.process.terminate()
                try:
                    job.process.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    job.process.kill()
                    job.process.wait()

    def _start(self, name: str, scenario: str, url: str) -> _Job:
        folder = self.folder / name
        self.folder.mkdir(parents=True, exist_ok=True)
        options = ("--url", url, "--pid", str(os.getpid()), "--output", str(folder))
        key = {"ONSET_API_KEY": self.key} if self.key else {}
        with folder.with_suffix(".log").open("wb") as log:
            process = subprocess.Popen(
                [*self.program, scenario, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | key,
                start_new_session=True,
            )
        return _Job(scenario, folder, process)


def add_benchmarks(app: FastAPI, settings: Settings) -> Benchmarks:
    """Add the routes; `close` of what is returned ends a benchmark that runs."""
    secret = settings.api_key.get_secret_value() if settings.api_key else ""
    key = secret.partition(",")[0].strip() or None
    benchmarks = Benchmarks(settings.cache_dir / "benchmarks", key)

    async def start(http: HttpRequest) -> Benchmark:
        """Start a benchmark of this server as a process of its own; one at a time."""
        scenario = (await read_json(http, BenchmarkRequest)).scenario
        host, port = http.scope["server"]
        url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        return await asyncio.to_thread(benchmarks.start, scenario, url)

    async def look(http: HttpRequest) -> Benchmark:
        """How a benchmark is getting on, or what came of it."""
        return await asyncio.to_thread(benchmarks.look, http.path_params["id"])

    app.post(
        PERFORMANCE_PATH,
        responses=documented(400, 401, 403, 408, 409, 413, 415),
        openapi_extra=documented_json(BenchmarkRequest.model_json_schema()),
    )(start)
    app.get(
        PERFORMANCE_PATH + "/{id}",
        responses=documented(401, 403, 404),
        openapi_extra={"parameters": [_ID_PARAMETER]},
    )(look)
    return benchmarks


_ID_PARAMETER = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


def scenario_names() -> list[str]:
    """Every suite and scenario that can be asked for."""
    file = tomllib.loads(SCENARIOS.read_text("utf-8"))
    return [*file["suite"], *(scenario["name"] for scenario in file["scenario"])]


def _json(path: Path) -> dict[str, Any] | None:
    """A JSON object, None while it is not there or not yet whole."""
    try:
        content: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return content
    except (OSError, ValueError):
        return None


def _last_line(path: Path) -> str | None:
    try:
        lines = path.read_text("utf-8", "replace").split("\n")
    except OSError:
        return None
    written = [line.strip() for line in lines if line.strip()]
    return re.sub(r"\s+", " ", written[-1])[:300] if written else None
