"""A server talks to nobody but those who ask it: seen in a network namespace that records.

ONNX Runtime would report its use, unless it is told not to; where a user wants that, it is seen.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from onnx import TensorProto, helper, save
from package_check import ASKING, SERVED

from onset.config import Settings

RECORDER = Path(__file__).parents[1] / "packet_recorder.py"
SEPARATE = ("unshare", "--net", "--map-root-user")

OURS = ("ORT_DISABLE_TELEMETRY", "CI", "XDG_CACHE_HOME")
"""What says otherwise in the environment of whoever runs the tests: in CI it is off by itself."""

SECONDS = float(os.environ.get("TEST_OUTGOING_SECONDS", "0"))
"""How long the recorder waits for a report after the last word: 30 by `make test-outgoing`, since
ONNX Runtime sends its first 9 s after a model is loaded. None is waited for by `make test`, where
the files it makes at once for its reports are looked for."""

SESSION = """
import sys, time
from pathlib import Path
from onset.model.onnx_session import OnnxSession
OnnxSession(Path(sys.argv[1]), 1)
time.sleep(float(sys.argv[2]))
"""

CONNECTION = """
import socket, sys
for family, address in (socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"):
    print(socket.socket(family).connect_ex((address, 443)))
"""


def _can_separate() -> bool:
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return False
    return subprocess.run([*SEPARATE, "true"], capture_output=True, check=False).returncode == 0


pytestmark = pytest.mark.skipif(not _can_separate(), reason="no network namespace can be made")


def sent(home: Path, *command: str, **environment: str) -> tuple[list[str], list[str]]:
    """(lines that a command printed, addresses that it tried to reach)."""
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    done = subprocess.run(
        [*SEPARATE, sys.executable, str(RECORDER), sys.executable, "-c", *command],
        env=kept | {"HOME": str(home)} | environment,
        stdout=subprocess.PIPE,
        text=True,
        timeout=600,
        check=True,
    )
    *lines, seen = done.stdout.splitlines()
    return lines, json.loads(seen)


def test_a_server_that_starts_and_answers_reaches_for_nobody(
    tmp_path: Path, settings: Settings, model_path: Path
) -> None:
    onset = str(Path(sys.executable).parent / "onset")
    cache = str(settings.cache_dir)
    environment = SERVED | {"ONSET_CACHE_DIR": cache, "LINGER": str(SECONDS)}
    lines, seen = sent(tmp_path, ASKING, onset, "serve", **environment)
    assert int(lines[-1]) > 24_000
    assert seen == []
    assert not [*tmp_path.rglob("deviceid"), *tmp_path.rglob("onnxruntime.db")]


def test_whoever_connects_is_seen(tmp_path: Path) -> None:
    lines, seen = sent(tmp_path, CONNECTION)
    assert seen == ["192.0.2.1", "2001:db8::1"]
    assert "0" not in lines


@pytest.mark.skipif(not SECONDS, reason="make test-outgoing: it takes 10 s to report")
def test_the_runtime_is_seen_where_it_may_report(tmp_path: Path) -> None:
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    same = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [value], [same])
    opsets = [helper.make_opsetid("", 17)]
    save(helper.make_model(graph, opset_imports=opsets, ir_version=8), tmp_path / "m.onnx")
    command = SESSION, str(tmp_path / "m.onnx"), str(SECONDS)
    _, seen = sent(tmp_path, *command, ORT_DISABLE_TELEMETRY="0")
    assert seen
    assert list(tmp_path.rglob("deviceid"))
