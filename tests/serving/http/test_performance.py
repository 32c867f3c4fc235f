"""Benchmarks on request: one at a time, as a process of its own, told from what it leaves."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.exceptions import HTTPException

from fakes import eventually, fake_engine, serving
from onset.bench.records.scenarios import scenarios, suites
from onset.config import load_settings
from onset.errors import InvalidRequest
from onset.serving.http.performance import BENCHMARK_PATH, Benchmarks, scenario_titles

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
