"""Every client we are tested with, as it is: `make test-clients` installs them and runs this.

    python scripts/release/client_check.py [--rounds N]

Runs the tests of each client in the environment that it is installed in, then starts a server with
the real model and asks it through each for short sentences, and prints one table: client, what was
tested, first sound, verdict. Who is not installed is in it, with what is missing. The first sound
is where the client has the samples, the median and range of `--rounds`; "whole answer" reads to its
end before it plays. Fails if a test did.
"""

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from statistics import median
from time import perf_counter_ns
from typing import NamedTuple
from xml.etree import ElementTree

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from onset.bench.run.processes import free_port, onset_server
from timed_clients import NODE_CLIENTS, PYTHON_CLIENTS, Ask, Server, installed, node_clients

ROOT = Path(__file__).parents[2]

HEADERS = {"portaudio19-dev": "portaudio.h", "libasound2-dev": "alsa/asoundlib.h"}
"""What is compiled for RealtimeTTS and VoiceMode, by Debian's package."""

SOUND = ("RealtimeTTS", "VoiceMode, whole answer")
SERVED = tuple({*PYTHON_CLIENTS, *NODE_CLIENTS.values()} - set(SOUND))
"""Those that are timed in the one environment, and in the other."""

HTTP, OWN = "tests/serving/http/", "tests/clients/"
ENVIRONMENTS = {
    "clients": (OWN, f"{HTTP}test_openai.py", f"{HTTP}test_replayed_clients.py"),
    "sound-clients": (f"{OWN}test_realtimetts.py", f"{OWN}test_voicemode.py"),
}
"""Of the Makefile, and the tests that are run there."""


class Client(NamedTuple):
    """A row. tested: in words. tests: where its name begins so. timed: as in timed_clients, if not
    its name; "" for none."""

    name: str
    tested: str
    tests: str
    timed: str | None = None


CLIENTS = (
    Client("OpenAI, Python", "formats, events, refusals, leaving", f"{HTTP}test_openai.py"),
    Client(
        "OpenAI, JavaScript", "formats, events, a refusal", f"{OWN}test_javascript.py::test_java"
    ),
    Client(
        "Vercel's AI SDK",
        "formats, a refusal",
        f"{OWN}test_javascript.py::test_vercel",
        "Vercel's AI SDK, whole answer",
    ),
    Client("LiveKit, Node", "both kinds of answer", f"{OWN}test_javascript.py::test_livekit"),
    Client("LiveKit, Python", "formats, a failure", f"{OWN}test_livekit.py"),
    Client("pipecat", "its pipeline, every voice", f"{OWN}test_pipecat.py"),
    Client("OpenAI agents", "a voice pipeline", f"{OWN}test_openai_agents.py"),
    Client("Home Assistant (Wyoming)", "wyoming-bench, both ways", f"{OWN}test_wyoming_bench.py"),
    Client("MCP", "all tools, both transports", f"{OWN}test_mcp.py", ""),
    Client("RealtimeTTS", "its engine, byte for byte", f"{OWN}test_realtimetts.py"),
    Client("VoiceMode", "unconfigured", f"{OWN}test_voicemode.py", SOUND[1]),
    Client(
        "Open WebUI",
        "its requests, replayed",
        f"{HTTP}test_replayed_clients.py::test_open_webui",
        "Open WebUI, replayed, whole answer",
    ),
    Client(
        "SillyTavern",
        "its requests, replayed",
        f"{HTTP}test_replayed_clients.py::test_silly",
        "SillyTavern, replayed, whole answer",
    ),
    Client(
        "Read Aloud", "its requests, replayed", f"{HTTP}test_replayed_clients.py::test_read", ""
    ),
    Client("Raycast", "its own commands", f"{OWN}test_raycast.py", ""),
)


class Outcome(NamedTuple):
    """Of one test. why: it was left out for, else None."""

    test: str
    failed: bool
    why: str | None


def python_of(environment: str) -> Path:
    """The interpreter of an environment of the Makefile."""
    return Path(sys.executable).absolute().parents[2] / environment / "bin" / "python"


def outcomes(python: Path, environment: str) -> list[Outcome]:
    """What becomes of the tests there; their output is printed as it comes."""
    with tempfile.TemporaryDirectory(prefix="onset-clients-") as folder:
        report = Path(folder) / "report.xml"
        command = [str(python), "-m", "pytest", "-W", "default", f"--junitxml={report}"]
        command += ENVIRONMENTS[environment]
        subprocess.run(command, cwd=ROOT, check=False)
        cases = ElementTree.parse(report).iter("testcase")
        return [_outcome(case) for case in cases]


def _outcome(case: ElementTree.Element) -> Outcome:
    where = (case.get("classname") or case.get("name") or "").replace(".", "/")
    skipped = case.find("skipped")
    failed = case.find("failure") is not None or case.find("error") is not None
    why = None if skipped is None else skipped.get("message", "")
    return Outcome(f"{where}.py::{case.get('name')}", failed, why)


def missing() -> str:
    """Why the environment of RealtimeTTS and VoiceMode is not there."""
    packages = [package for package, header in HEADERS.items() if not _compiles(header)]
    return f"needs Debian's {', '.join(packages)}" if packages else "could not be installed"


def _compiles(header: str) -> bool:
    if shutil.which("cc") is None:
        return False
    command = ["cc", "-E", "-x", "c", "-", "-o", os.devnull]
    source = f"#include <{header}>\n".encode()
    return not subprocess.run(command, input=source, capture_output=True, check=False).returncode


def verdict(client: Client, found: Sequence[Outcome], absent: bool) -> str:
    """What is told of a client's tests. absent: whether its environment is."""
    own = [outcome for outcome in found if outcome.test.startswith(client.tests)]
    ran = [outcome for outcome in own if outcome.why is None]
    if failed := [outcome for outcome in ran if outcome.failed]:
        return f"FAILED: {len(failed)} of {len(ran)}"
    if ran:
        return f"passed: {len(ran)}"
    return f"not run: {missing() if absent else own[0].why if own else 'no test was found'}"


def first_sounds(server: Server, names: Sequence[str], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of `rounds` sentences by each of these clients that is installed here.

    The first sentence, with which it connects, is not counted.
    """
    told = dict[str, list[float]]()
    for name, (module, client) in PYTHON_CLIENTS.items():
        if name in names and installed(module):
            told[name] = asyncio.run(_awaited(client(server), rounds))
    if set(names).intersection(NODE_CLIENTS.values()) and shutil.which("node"):
        with node_clients(server) as in_node:
            for name, ask in in_node.items():
                told[name] = [ask(_sentence(number)) for number in range(rounds + 1)][1:]
    return told


async def _awaited(opened: AbstractAsyncContextManager[Ask], rounds: int) -> list[float]:
    async with opened as ask:
        return [await ask(_sentence(number)) for number in range(rounds + 1)][1:]


def _sentence(number: int) -> str:
    """One that nobody has asked for yet."""
    return f"Message {number} of {perf_counter_ns() % 9973} is heard for a little while."


def measured(environments: Sequence[str], rounds: int) -> dict[str, list[float]]:
    """The first sounds of all clients, each in its environment, of a server with the real model."""
    told, wyoming = dict[str, list[float]](), free_port()
    own = {"ONSET_HISTORY": "false", "ONSET_WYOMING_PORT": str(wyoming)}
    with onset_server(own) as server:
        for environment in environments:
            command = [str(python_of(environment)), __file__, "--rounds", str(rounds)]
            command += ["--timed", environment, "--at", server.url, str(wyoming)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
            lines = done.stdout.splitlines()
            told |= json.loads(lines[-1]) if done.returncode == 0 and lines else {}
    return told


def check(rounds: int) -> bool:
    """Test, measure and print; whether nothing failed."""
    environments = [name for name in ENVIRONMENTS if python_of(name).exists()]
    found = [outcome for name in environments for outcome in outcomes(python_of(name), name)]
    told = measured(environments, rounds)
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {rounds} rounds")
    print("| client | tested | first sound, ms | verdict |\n|---|---|---|---|")
    print(f"| the server itself | | {shown(told.get('the server itself'))} | |")
    for client in CLIENTS:
        timed = client.name if client.timed is None else client.timed
        heard = shown(told.get(timed)) + ", whole answer" * timed.endswith("whole answer")
        absent = (
            client.tests in ENVIRONMENTS["sound-clients"] and "sound-clients" not in environments
        )
        print(f"| {client.name} | {client.tested} | {heard} | {verdict(client, found, absent)} |")
    return not any(outcome.failed for outcome in found)


def shown(values: Sequence[float] | None) -> str:
    """Median and range."""
    return f"{median(values):.0f} ({min(values):.0f} to {max(values):.0f})" if values else ""


def main() -> None:
    """Test, measure and print, or only measure."""
    parser = argparse.ArgumentParser(description="Every client we are tested with")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--timed", choices=ENVIRONMENTS, help="only measure the clients there")
    parser.add_argument("--at", nargs=2, metavar=("URL", "PORT"), help="the server to be timed")
    asked = parser.parse_args()
    if asked.timed is None:
        sys.exit(not check(asked.rounds))
    url, wyoming = asked.at
    names = SOUND if asked.timed == "sound-clients" else SERVED
    print(json.dumps(first_sounds(Server(url, int(wyoming)), names, asked.rounds)))


if __name__ == "__main__":
    main()
