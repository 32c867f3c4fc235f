"""Benchmarks on request: one at a time, as a process of its own, told from what it leaves."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest
from starlette.exceptions import HTTPException

from fakes import eventually, fake_engine, serving
from onset.bench.records.scenarios import scenarios, suites
from onset.config import load_settings
from onset.errors import InvalidRequest
from onset.serving.http.performance import (
    BENCHMARK_PATH,
    Benchmarks,
    scenario_titles,
)
from onset.serving.leashed_process import command_line

FAKE = """
import pathlib, sys, time
folder = pathlib.Path(sys.argv[sys.argv.index("--output") + 1])
folder.mkdir()
(folder / "progress.json").write_text('{"scenarios_done": 0}')
(folder / "summary.json").write_text('{"state": "fail"}')
(folder / "report.html").write_text("<h1>A run</h1>")
time.sleep(float(SECONDS))
sys.exit(CODE)
"""


def benchmarks(folder: Path, code: int = 1, seconds: float = 0.0) -> Benchmarks:
    """Benchmarks whose process only pretends."""
    program = FAKE.replace("SECONDS", str(seconds)).replace("CODE", str(code))
    return Benchmarks(folder, program=(sys.executable, "-c", program))


def over(jobs: Benchmarks, name: str) -> None:
    """Wait until it is over."""
    eventually(lambda: jobs.look(name).state != "running", 20)


def test_names_are_those_of_the_benchmark() -> None:
    assert list(scenario_titles()) == list(dict.fromkeys([*suites(), *scenarios()]))


def test_the_result_is_the_summary(tmp_path: Path) -> None:
    jobs = benchmarks(tmp_path)
    name = jobs.start("smoke", "http://127.0.0.1:1").id
    over(jobs, name)
    assert jobs.look(name).state == "fail"
    assert jobs.look(name).result == {"state": "fail"}
    assert [(one.id, one.scenario) for one in jobs.names()] == [(name, "smoke")]
    assert jobs.report(name) == b"<h1>A run</h1>"


def test_one_at_a_time_and_none_is_left_behind(tmp_path: Path) -> None:
    jobs = benchmarks(tmp_path, seconds=60)
    name = jobs.start("smoke", "http://127.0.0.1:1").id
    eventually(lambda: jobs.look(name).progress is not None, 20)
    with pytest.raises(HTTPException) as refused:
        jobs.start("smoke", "http://127.0.0.1:1")
    assert refused.value.status_code == 409
    began = time.monotonic()
    jobs.close()
    assert time.monotonic() - began < 10
    assert jobs.look(name).state == "broken"


def test_a_benchmark_that_breaks_says_its_last_words(tmp_path: Path) -> None:
    jobs = Benchmarks(tmp_path, program=(sys.executable, "-c", "raise ValueError('no luck')"))
    name = jobs.start("smoke", "http://127.0.0.1:1").id
    over(jobs, name)
    assert jobs.look(name).detail == "ValueError: no luck"


def test_unknown_scenarios_are_refused_with_the_choices(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"Choices: .*standard"):
        benchmarks(tmp_path).start("nonsense", "http://127.0.0.1:1")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with a key."""
    cache = tmp_path_factory.mktemp("cache")
    settings = load_settings({}, port=0, api_key="secret", cache_dir=cache)
    with serving(fake_engine, settings) as server:
        yield server.url


KEY = {"Authorization": "Bearer secret"}


def test_routes_need_the_key(url: str) -> None:
    assert httpx.post(url + BENCHMARK_PATH, json={"scenario": "smoke"}).status_code == 401
    for path in ("", "/x", "/x/report"):
        assert httpx.get(f"{url}{BENCHMARK_PATH}{path}").status_code == 401


def test_routes_refuse_what_is_not_there(url: str) -> None:
    for path in ("/x", "/x/report", "/../x/report", "/%2e%2e/report"):
        assert httpx.get(f"{url}{BENCHMARK_PATH}{path}", headers=KEY).status_code == 404
    assert httpx.get(url + BENCHMARK_PATH, headers=KEY).json() == {"benchmarks": []}
    nothing = httpx.post(url + BENCHMARK_PATH, json={"scenario": "nonsense"}, headers=KEY)
    assert nothing.status_code == 400
    assert "standard" in nothing.json()["error"]["message"]


def test_of_many_at_once_one_is_started(tmp_path: Path) -> None:
    jobs = benchmarks(tmp_path, seconds=60)

    def start(_: int) -> int:
        try:
            jobs.start("smoke", "http://127.0.0.1:1")
        except HTTPException as refused:
            return refused.status_code
        return 200

    with ThreadPoolExecutor(24) as pool:
        statuses = sorted(pool.map(start, range(24)))
    jobs.close()
    assert statuses == [200] + [409] * 23


def said(program: list[str], folder: Path) -> bytes:
    """What a program on a leash prints that is started in a folder."""
    pipe = subprocess.PIPE
    environment = {name: v for name, v in os.environ.items() if name != "PYTHONSAFEPATH"}
    with subprocess.Popen(
        program, cwd=folder, env=environment, stdin=pipe, stdout=pipe, stderr=pipe
    ) as process:
        assert process.stdout is not None
        return process.stdout.read()


def test_what_is_in_the_working_folder_is_not_run(tmp_path: Path) -> None:
    for name in ("typer", "onset", "tomllib", "httpx", "rich", "numpy", "signal", "subprocess"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'EXECUTED')!r}, 'w')")
    program = [*command_line(Benchmarks(tmp_path).program), "--help"]
    assert b"--help" in said(program, tmp_path)
    assert not (tmp_path / "EXECUTED").exists()
    unsafe = [part for part in program if part != "-P"]
    said(unsafe, tmp_path)
    assert (tmp_path / "EXECUTED").exists()  # the trap is one


OWNER = """
import signal, sys, time
from pathlib import Path
from onset.serving.http.performance import Benchmarks
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup ignores it for all that it starts
code = "import os, sys, time; print(os.getpid(), flush=True); time.sleep(60)"
program = (sys.executable, "-c", code)
Benchmarks(Path(sys.argv[1]), program=program).start("smoke", "http://127.0.0.1:1")
time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP, signal.SIGTERM])
def test_a_benchmark_does_not_outlive_its_server(tmp_path: Path, number: signal.Signals) -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path)])

    def told() -> str:
        return next((path.read_text() for path in tmp_path.glob("*.log")), "")

    eventually(lambda: told().endswith("\n"), 30)
    child = psutil.Process(int(told()))
    os.kill(owner.pid, number)
    owner.wait()
    child.wait(15)
    assert not child.is_running()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HTTPException, match="ONSET_CACHE_DIR") as refused:
        benchmarks(tmp_path / "file").start("smoke", "http://127.0.0.1:1")
    assert refused.value.status_code == 503
