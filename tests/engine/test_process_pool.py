"""Worker processes: started with what they need, and gone when who started them is gone."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import pytest

from onset.engine.process_pool import process_pool

_greeting = ""


def _keep(greeting: str) -> None:
    global _greeting
    _greeting = greeting


def _greet(name: str) -> str:
    return f"{_greeting}, {name}, from {os.getpid()}"


def test_each_worker_starts_before_its_first_task() -> None:
    with process_pool(1, _keep, "Hello") as pool:
        answer = pool.submit(_greet, "Ann").result()
    assert answer.startswith("Hello, Ann, from ") and not answer.endswith(str(os.getpid()))


def _pid() -> int:
    return os.getpid()


PARENT = """
from test_process_pool import _keep, _pid
from onset.engine.process_pool import process_pool
from time import sleep
if __name__ == "__main__":
    pool = process_pool(1, _keep, "")
    print(pool.submit(_pid).result(), flush=True)
    sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_worker_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    with subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    ) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    deadline = monotonic() + 10
    while _runs(worker) and monotonic() < deadline:
        sleep(0.01)
    assert not _runs(worker)


def _runs(pid: int) -> bool:
    """Whether the process is there and no zombie, which it may stay for whoever adopted it."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
