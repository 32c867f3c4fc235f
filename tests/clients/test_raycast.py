"""The Raycast extension's own commands against our server and daemon. `make test-raycast` runs it.

Raycast itself is faked; what is measured begins when a command's function is called.
"""

import asyncio
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from time import perf_counter_ns, time
from typing import Any

import numpy as np
import pytest

from asking import LONG, TEXT, ask, http
from fakes import Running, eventually, fake_engine, serving
from onset.playback.daemon import Daemon
from onset.playback.daemon_client import connect
from onset.playback.device import Device, Fill
from onset.playback.player.player import Player
from onset.protocol.performance_api import TTFA_PATH
from onset.stats.quantiles import median
from onset.types import Floats
from playback_fakes import Recorder
from raycast_extension import Extension, bundled, can_be_bundled

pytestmark = pytest.mark.skipif(
    not can_be_bundled(), reason="make test-raycast installs what it needs"
)

SILENT_MS = 100.0
"""Longest time from a command to silence."""

MORE_MS = 60.0
"""How much later than the server's own first sound it is heard at most, in the median. The silence
that speech begins with has to be played, so it counts as the server's.
"""

ROUNDS = 12
"""Utterances whose first sound is measured."""

URL = os.environ.get("ONSET_TEST_URL")
"""A server with the real model, to measure; if it is not set, the fake one is measured."""


class TimedRecorder(Recorder):
    """Also keeps when each block was given, `perf_counter_ns`."""

    def __init__(self) -> None:
        super().__init__()
        self.moments: list[int] = []

    def start(self, fill: Fill) -> None:
        def note(block: Floats, latency: float) -> None:
            fill(block, latency)
            self.moments.append(perf_counter_ns())

        super().start(note)

    @property
    def last_sound_ns(self) -> int:
        """When the last block that is not silent was given."""
        pairs = zip(self.moments, self.blocks, strict=False)
        return max((moment for moment, block in pairs if np.any(block)), default=0)


@dataclass
class Setting:
    """An extension, the daemon it finds, and the devices that the daemon opened."""

    extension: Extension
    socket: Path
    devices: list[Device]

    @property
    def recorder(self) -> TimedRecorder:
        device = self.devices[-1]
        assert isinstance(device, TimedRecorder)
        return device

    def report(self) -> dict[str, Any]:
        """The daemon's own report."""
        with connect(self.socket) as client:
            return client.control("status")

    def until_idle(self) -> None:
        eventually(lambda: self.report()["state"] == "idle", 60)


@contextmanager
def listening(path: Path, devices: list[Device]) -> Iterator[None]:
    """A daemon in a thread, on devices that record."""
    ready, stop = Event(), Event()

    def opened() -> Device:
        devices.append(TimedRecorder())
        return devices[-1]

    async def run() -> None:
        daemon = Daemon(Player(opened))
        async with await daemon.listen(path):
            running = asyncio.create_task(daemon.run())
            ready.set()
            await asyncio.to_thread(stop.wait)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    thread = Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert ready.wait(10)
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundled(tmp_path_factory.mktemp("raycast"))


@contextmanager
def everything(program: Path, folder: Path, url: str) -> Iterator[Setting]:
    """An extension and a daemon, before a server."""
    devices: list[Device] = []
    socket = folder / "play.sock"
    with listening(socket, devices):
        extension = Extension(program, socket, url)
        try:
            yield Setting(extension, socket, devices)
        finally:
            extension.close()


@pytest.fixture
def server() -> Iterator[Running]:
    with serving(fake_engine) as running:
        yield running


@pytest.fixture
def setting(program: Path, tmp_path: Path, server: Running) -> Iterator[Setting]:
    with everything(program, tmp_path, server.url) as made:
        yield made


def spoken(server: Running, **fields: object) -> Floats:
    """What the server answers, without the silence before and after."""
    pcm = np.frombuffer(ask(server, **fields).content, "<i2").astype(np.float32) / np.float32(32768)
    loud = np.flatnonzero(pcm)
    return pcm[loud[0] : loud[-1] + 1]


def test_a_selection_is_heard_sample_for_sample(setting: Setting, server: Running) -> None:
    told = setting.extension.run("speak-selection", selection=TEXT, clipboard="Something else.")
    assert told["huds"] == ["Speaking, but There Is No Sound Device"]
    setting.until_idle()
    assert np.allclose(setting.recorder.sound, spoken(server), atol=1e-6)
    other = spoken(server, input="Something else.")
    assert len(other) != len(setting.recorder.sound)


def test_the_clipboard_is_spoken_with_the_default_voice(setting: Setting, server: Running) -> None:
    told = setting.extension.run(
        "speak-selection", clipboard=TEXT, voice="af_heart(67)+am_michael(33)"
    )
    assert told["huds"] == ["Speaking: Clipboard, but There Is No Sound Device"]
    setting.until_idle()
    expected = spoken(server, voice="af_heart(67)+am_michael(33)")
    assert np.allclose(setting.recorder.sound, expected, atol=1e-6)


@pytest.mark.parametrize("command", ["stop", "speak-selection", "pause-resume"])
def test_it_is_silent_within_100_ms(setting: Setting, server: Running, command: str) -> None:
    setting.extension.run("speak-selection", selection=LONG)
    eventually(lambda: setting.report()["playing"]["position_s"] > 0.3)
    told = setting.extension.run(command, selection="Never spoken.")
    assert told["huds"] == ["Paused" if command == "pause-resume" else "Stopped"]
    eventually(lambda: perf_counter_ns() > told["end_ns"] + 3e8)
    silent_ms = (setting.recorder.last_sound_ns - told["begin_ns"]) / 1e6
    print(f"{command}: silent after {silent_ms:.0f} ms")
    assert silent_ms <= SILENT_MS
    if command == "pause-resume":
        assert setting.extension.run(command)["huds"] == ["Resumed"]
        eventually(lambda: setting.recorder.last_sound_ns > told["end_ns"] + 3e8)
        setting.extension.run("stop")
    assert setting.report().get("playing") is None
    eventually(lambda: http.get(f"{server.url}/health").json()["active"] == 0)


def test_every_other_command_reaches_the_daemon(setting: Setting) -> None:
    run = setting.extension.run
    run("speak-selection", selection=LONG)
    queued = run("speak-clipboard", clipboard=TEXT, preferences={"when": "queue"})
    assert queued["huds"] == ["Queued: 1 Before It"]
    assert run("faster")["huds"] == ["Speed 1.25×"]
    assert setting.report()["speed"] == 1.25
    assert run("slower")["huds"] == ["Speed 1×"]
    assert run("back")["huds"] == ["Back a Sentence"]
    assert run("skip")["huds"] == ["Skipped to the Next"]
    assert run("skip")["huds"] == ["Skipped: Nothing Waits"]
    assert run("skip")["huds"] == ["Nothing Is Being Spoken"]
    assert len(run("voices")["value"]) == 54
    assert "# First Sound After" in run("performance")["value"]


def test_what_is_missing_or_refused_is_told(
    program: Path, tmp_path: Path, setting: Setting
) -> None:
    run = setting.extension.run
    gone = {"serverUrl": "http://127.0.0.1:9"}
    (toast,) = run("speak-selection", selection=TEXT, preferences=gone)["toasts"]
    assert toast["title"] == "Onset Server Not Running: onset serve"
    alone = {"socketPath": str(tmp_path / "none.sock")}
    (toast,) = run("speak-selection", selection=TEXT, preferences=alone)["toasts"]
    assert toast["title"] == "Playback Daemon Not Running: onset service install"
    (toast,) = run("speak-selection", selection=TEXT, voice="nobody")["toasts"]
    assert toast["title"] == "Server Refused (400)" and "nobody" in toast["message"]
    setting.until_idle()
    (toast,) = run("speak-selection", selection="x" * 200_001)["toasts"]
    assert toast["title"] == "Playback Daemon Refused" and "200000" in toast["message"]


def newest_answer(url: str, since: float) -> dict[str, Any]:
    """What the server tells of the answer that ended after `since`, Unix time."""
    answers: list[dict[str, Any]] = []

    def there() -> bool:
        answers[:] = http.get(url + TTFA_PATH).json()["recent"][-1:]
        return bool(answers) and answers[0]["at"] >= since

    eventually(there)
    return answers[0]


def test_it_is_heard_60_ms_after_the_servers_own_first_sound_at_most(
    program: Path, tmp_path: Path, server: Running
) -> None:
    url = URL or server.url
    more, heard, own, asked = [], [], [], []
    with everything(program, tmp_path, url) as made:
        for index in range(ROUNDS):
            # One that the server has not spoken yet, also where it is measured again.
            text = f"Sentence {index} of {perf_counter_ns() % 100_000} is heard for a while."
            began = time()
            told = made.extension.run("speak-selection", selection=text)
            start = made.report()["starts"][-1]
            made.extension.run("stop")
            answer = newest_answer(url, began)
            heard.append((start["heard_ns"] - told["begin_ns"]) / 1e6)
            own.append(max(answer["first_audio_ms"] + start["lead_ms"], answer["ttfa_ms"] or 0.0))
            more.append(heard[-1] - own[-1])
            asked.append((start["asked_ns"] - told["begin_ns"]) / 1e6)
    sides = {"heard": heard, "server": own, "more": more, "until_the_daemon_was_asked": asked}
    print(json.dumps({"rounds": ROUNDS} | {name: median(side) for name, side in sides.items()}))
    assert np.median(more) <= MORE_MS
