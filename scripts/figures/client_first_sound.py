"""How soon each client is heard, and how soon it is silent: the rows of docs/clients.md.

    make first-sound
    python scripts/figures/client_first_sound.py [--rounds N] [--only PART]

Starts a server with the real model, a playback daemon and a speech-dispatcher, on a PulseAudio of
its own with a null sink whose monitor is recorded, and asks for short sentences in turns. Clients
that speak through the daemon or speech-dispatcher are heard at the sink, from the call (or from the
start of the process) to the first loud sample, and from a stop to the last. Clients of the server
are heard where they have the samples. Prints medians and ranges; some five minutes of a quiet
machine. What is not installed is left out and told.
"""

import argparse
import asyncio
import json
import os
import platform
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AsyncExitStack, ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from statistics import median
from threading import Thread
from time import perf_counter_ns, sleep
from typing import Any, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from command_line import process
from fakes import eventually
from onset.bench.run.processes import free_port, onset_server
from onset.playback.daemon_client import connect
from onset.protocol.playback_bodies import Say
from processes import killed_at_the_end
from raycast_extension import Extension, bundled, can_be_bundled
from sound_server import Recording, SoundServer, missing, recording, sound_server
from speechd_server import SpeechDispatcher, speech_dispatcher
from speechd_server import missing as speechd_missing
from timed_clients import LOUD, NODE_CLIENTS, PYTHON_CLIENTS, Server, installed, node_clients

RATE = 48_000
"""Of the sink."""

SPEAKING_SECONDS = 0.4
"""For which it has been heard when it is told to stop."""

SILENT_SECONDS = 0.5
"""Without a loud sample: it is silent."""

THE_SERVER = "the server itself"
RAYCAST = "Raycast, Speak Selection"

MORE_MS, SHORT_MS, LETTER_MS, STOP_MS = 60, 200, 30, 100
"""Promised: through Raycast after the server itself; spd-say; a letter; a stop."""


class SoundClient(NamedTuple):
    """One that is heard at the sink. ask: has a text spoken. stop: silences it, None: has none."""

    ask: Callable[[str], object]
    stop: Callable[[], object] | None = None


class Setting(NamedTuple):
    """What runs. environment: what finds the server, the daemon and the sound server."""

    folder: Path
    server: Server
    sound: SoundServer
    environment: dict[str, str]

    @property
    def socket(self) -> Path:
        return Path(self.environment["ONSET_SOCKET"])

    def onset(self, *arguments: str, given: str = "") -> None:
        """Run a command of ours; it may go on, as onset say does until all is heard."""
        running = process(*arguments, **self.environment)
        assert running.stdin is not None
        running.stdin.write(given.encode())
        running.stdin.close()
        Thread(target=running.wait, daemon=True).start()

    def silence(self) -> None:
        with connect(self.socket) as daemon:
            daemon.control("stop")


@contextmanager
def everything() -> Iterator[Setting]:
    """A server, a daemon and a sound server, which end with the block."""
    wyoming = free_port()
    own = {"ONSET_HISTORY": "false", "ONSET_WYOMING_PORT": str(wyoming)}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="onset-heard-")))
        sound = stack.enter_context(sound_server(folder, RATE))
        server = stack.enter_context(onset_server(own))
        (folder / "run").mkdir(mode=0o700)
        environment = {
            **sound.environment,
            "ONSET_SOCKET": str(folder / "run" / "play.sock"),
            "ONSET_PORT": server.url.rpartition(":")[2],
        }
        setting = Setting(folder, Server(server.url, wyoming), sound, environment)
        running = process("play", "--device", "sound", **environment)
        with killed_at_the_end(running):
            assert running.stderr is not None and b"Playing" in running.stderr.readline()
            yield setting
            running.send_signal(signal.SIGTERM)
            running.wait(20)


class ToolCall(NamedTuple):
    """What an agent is to call, and where its answer goes."""

    tool: str
    arguments: dict[str, object]
    answer: Future[object]


class AgentSession:
    """An agent that stays connected to `onset mcp`, by the official client, in its own thread."""

    def __init__(self, transport: object) -> None:
        self._loop = asyncio.new_event_loop()
        self._calls = asyncio.Queue[ToolCall | None]()
        self._thread = Thread(target=self._loop.run_until_complete, args=(self._live(transport),))
        self._thread.start()

    def speak(self, text: str) -> object:
        return self._call("speak", text=text)

    def stop(self) -> object:
        return self._call("stop")

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._calls.put_nowait, None)
        self._thread.join(20)

    def _call(self, tool: str, **arguments: object) -> object:
        """What a tool answers."""
        answer = Future[object]()
        self._loop.call_soon_threadsafe(self._calls.put_nowait, ToolCall(tool, arguments, answer))
        return answer.result(60)

    async def _live(self, transport: object) -> None:
        async with import_module("mcp").Client(transport) as agent:
            while (call := await self._calls.get()) is not None:
                call.answer.set_result(await agent.call_tool(call.tool, call.arguments))


def listens(port: int) -> bool:
    """Whether anybody does there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def agents(setting: Setting, stack: ExitStack) -> Iterator[tuple[str, SoundClient]]:
    """`onset mcp` over both transports."""
    if not installed("mcp"):
        return
    environment = {**os.environ, **setting.environment}
    command = {"command": sys.executable, "args": ["-m", "onset", "mcp"], "env": environment}
    parameters = import_module("mcp").StdioServerParameters(**command)
    port = free_port()
    serving = process("mcp", "--transport", "http", "--port", str(port), **setting.environment)
    stack.enter_context(killed_at_the_end(serving))
    eventually(lambda: listens(port), 60)
    transports: dict[str, Any] = {
        "MCP, stdio": import_module("mcp.client.stdio").stdio_client(parameters),
        "MCP, HTTP": f"http://127.0.0.1:{port}/mcp",
    }
    for name, transport in transports.items():
        agent = AgentSession(transport)
        stack.callback(agent.close)
        yield name, SoundClient(agent.speak, agent.stop)


def raycast(setting: Setting, stack: ExitStack) -> Iterator[tuple[str, SoundClient]]:
    """The extension's own commands."""
    if can_be_bundled():
        program = bundled(setting.folder)
        extension = Extension(program, setting.socket, setting.server.url)
        stack.callback(extension.close)
        yield (
            RAYCAST,
            SoundClient(
                lambda text: extension.run("speak-selection", selection=text),
                lambda: extension.run("stop"),
            ),
        )


class DispatcherClient:
    """A client of speech-dispatcher that stays connected, as screen readers do (SSIP)."""

    def __init__(self, spd: SpeechDispatcher) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(spd.environment["SPEECHD_ADDRESS"].partition(":")[2])
        self._file = self._socket.makefile("rwb")
        self.order("SET self CLIENT_NAME user:first-sound:main")
        self.order("SET self OUTPUT_MODULE onset")

    def order(self, line: str) -> None:
        """Send a command. Raises AssertionError if it is refused."""
        self._file.write(line.encode() + b"\r\n")
        self._file.flush()
        while (answer := self._file.readline())[3:4] == b"-":
            pass
        assert answer.startswith(b"2"), answer

    def close(self) -> None:
        self._file.close()
        self._socket.close()


def screen_readers(setting: Setting, stack: ExitStack) -> Iterator[tuple[str, SoundClient]]:
    """speech-dispatcher with our module, which uses the server."""
    if speechd_missing() is not None:
        return
    module = [sys.executable, "-m", "onset", "speechd"]
    own = {"ONSET_PORT": setting.environment["ONSET_PORT"]}
    spd = stack.enter_context(speech_dispatcher(setting.folder, setting.sound, module, **own))
    client = DispatcherClient(spd)
    stack.callback(client.close)
    yield "spd-say, a short message", SoundClient(spd.say, lambda: spd.say("-S"))
    letters = iter("abcdefghiklmnoprstuvw" * 20)
    yield (
        "a letter, by speech-dispatcher",
        SoundClient(lambda _: client.order(f"CHAR {next(letters)}")),
    )


def sound_clients(setting: Setting, stack: ExitStack) -> Iterator[tuple[str, SoundClient]]:
    """All that are heard at the sink."""
    daemon = stack.enter_context(connect(setting.socket, "a program"))
    url = setting.server.url
    yield (
        "the daemon, by its protocol",
        SoundClient(
            lambda text: daemon.say(Say(text=text, url=url)), lambda: daemon.control("stop")
        ),
    )
    yield (
        "onset say, onset stop (processes)",
        SoundClient(lambda text: setting.onset("say", text), lambda: setting.onset("stop")),
    )
    book = setting.folder / "book.txt"

    def read(text: str) -> None:
        book.write_text("\n\n".join([text] + ["A page has many words. " * 18] * 3000))
        setting.onset("read", str(book))

    yield "onset read, 500 pages (process)", SoundClient(read)
    yield (
        "onset turn, a hook (process)",
        SoundClient(
            lambda text: setting.onset(
                "turn",
                given=json.dumps({"hook_event_name": "Stop", "last_assistant_message": text}),
            )
        ),
    )
    yield from agents(setting, stack)
    yield from raycast(setting, stack)
    yield from screen_readers(setting, stack)


def loud(made: Recording) -> Any:
    """Indices of the loud samples so far."""
    return np.flatnonzero(np.abs(made.samples.astype(np.int32)) > LOUD)


def heard(setting: Setting, client: SoundClient, text: str) -> tuple[float, float | None]:
    """(milliseconds to the first loud sample, milliseconds from the stop to the last).

    When they came from the sink's monitor: some milliseconds late rather than early.
    """
    with recording(setting.sound) as made:
        asked = perf_counter_ns()
        client.ask(text)
        eventually(lambda: len(loud(made)) > 0, 30)
        sleep(SPEAKING_SECONDS)
        first = (made.arrival_of(int(loud(made)[0])) - asked) / 1e6
        stopped = perf_counter_ns()
        (client.stop or setting.silence)()
        eventually(lambda: len(made.samples) - loud(made)[-1] > SILENT_SECONDS * RATE, 30)
        silent = (made.arrival_of(int(loud(made)[-1])) - stopped) / 1e6
    return first, silent if client.stop is not None else None


class Figures(NamedTuple):
    """Milliseconds of one client."""

    first: list[float]
    silent: list[float]

    def row(self, name: str) -> str:
        return f"| {name} | {shown(self.first)} | {shown(self.silent)} |"


def shown(values: list[float]) -> str:
    """Median and range."""
    return f"{median(values):.0f} ({min(values):.0f} to {max(values):.0f})" if values else ""


def sentence(number: int, client: int) -> str:
    """One that nobody has asked for yet."""
    return f"Message {number} of client {client} is heard for a little while."


def measured(setting: Setting, rounds: int, only: str) -> dict[str, Figures]:
    """All clients in turns whose name has `only` in it. The first round, in which they connect, is
    not counted.
    """
    told = dict[str, Figures]()
    with asyncio.Runner() as runner, ExitStack() as stack:
        contexts = AsyncExitStack()
        stack.callback(lambda: runner.run(contexts.aclose()))
        served = {
            name: runner.run(contexts.enter_async_context(client(setting.server)))
            for name, (module, client) in PYTHON_CLIENTS.items()
            if installed(module)
        }
        in_node = stack.enter_context(node_clients(setting.server))
        at_sink = dict(sound_clients(setting, stack))
        names = [name for name in [*served, *in_node, *at_sink] if only in name]
        for number in range(rounds + 1):
            for index, name in enumerate(names):
                print(f"round {number} of {rounds}: {name}", file=sys.stderr)
                text, silent = sentence(number, index), None
                if name in served:
                    first = runner.run(_awaited(served[name], text))
                elif name in in_node:
                    first = in_node[name](text)
                else:
                    first, silent = heard(setting, at_sink[name], text)
                if number:
                    figures = told.setdefault(name, Figures([], []))
                    figures.first.append(first)
                    figures.silent.extend([] if silent is None else [silent])
    return told


async def _awaited(ask: Callable[[str], Any], text: str) -> float:
    return float(await ask(text))


def processor() -> str:
    """Its name, as the machine tells it."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def promises(told: dict[str, Figures]) -> Iterator[str]:
    """What was promised, and whether it was kept in the median."""
    if RAYCAST in told and THE_SERVER in told:
        more = median(told[RAYCAST].first) - median(told[THE_SERVER].first)
        yield verdict(f"{RAYCAST}: after the server itself", more, MORE_MS)
    for name, most in (
        ("spd-say, a short message", SHORT_MS),
        ("a letter, by speech-dispatcher", LETTER_MS),
    ):
        if name in told:
            yield verdict(name, median(told[name].first), most)
    for name, figures in told.items():
        if figures.silent:
            yield verdict(f"{name}: silent", median(figures.silent), STOP_MS)


def verdict(what: str, value: float, most: float) -> str:
    return f"{'kept' if value <= most else 'MISSED'}: {what} {value:.0f} ms, at most {most:.0f}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="How soon each client is heard")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument(
        "--only", default="", metavar="PART", help="clients with this in their name"
    )
    arguments = parser.parse_args()
    if missing() is not None:
        sys.exit(missing())
    # A shell that starts this in the background makes it, and all that it starts, ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing is left behind
    with everything() as setting:
        told = measured(setting, arguments.rounds, arguments.only)
    load = os.getloadavg()[0]
    print(f"{processor()}, {os.cpu_count()} cores, load {load:.1f}, {arguments.rounds} rounds")
    print("| client | first sound, ms | silent after a stop, ms |\n|---|---|---|")
    for name, figures in told.items():
        print(figures.row(name))
    wanted = [*PYTHON_CLIENTS, *NODE_CLIENTS.values(), RAYCAST, "MCP, stdio"]
    absent = [name for name in wanted if arguments.only in name and name not in told]
    print(f"not installed: {', '.join(absent) or 'nothing'}")
    print("\n".join(promises(told)))


if __name__ == "__main__":
    main()
