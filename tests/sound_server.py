"""A PulseAudio of a test's own, with a null sink, and a recorder on its monitor."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from time import monotonic, perf_counter_ns, sleep

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]

PROGRAMS = ("pulseaudio", "parec", "pactl")


def missing() -> str | None:
    """Why there can be none here, None if there can."""
    absent = [program for program in PROGRAMS if shutil.which(program) is None]
    return f"not installed: {', '.join(absent)} (Debian: pulseaudio)" if absent else None


class SoundServer:
    """A running PulseAudio. environment: what its clients need."""

    def __init__(self, folder: Path, rate: int) -> None:
        self.rate = rate
        self.path = folder / "native"
        self.environment = {
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder),
            "PULSE_SERVER": f"unix:{self.path}",
            "PULSE_COOKIE": str(folder / "cookie"),
        }
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Begin, or begin again."""
        # A sink that could rewind would hold back its monitor by all it could.
        sink = f"rate={self.rate} channels=1 format=s16le norewinds=1"
        self._process = subprocess.Popen(
            [
                *("pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--system=no"),
                *("--exit-idle-time=-1", "--realtime=no", "--high-priority=no"),
                *("-L", f"module-null-sink sink_name=test {sink}"),
                *("-L", f"module-native-protocol-unix auth-anonymous=1 socket={self.path}"),
            ],
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = monotonic() + 30
        while not _listens(self.path):
            assert monotonic() < deadline, "PulseAudio did not start"
            sleep(0.05)

    def kill(self) -> None:
        """End it as a crash would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self.path.unlink(missing_ok=True)


class Recording:
    """What the sink's monitor gives, with when it came."""

    def __init__(self, server: SoundServer) -> None:
        self.rate = server.rate
        self._blocks: list[tuple[int, bytes]] = []
        self._process = subprocess.Popen(
            [
                *("parec", "--raw", "--format=s16le", f"--rate={server.rate}", "--channels=1"),
                *("--device=test.monitor", "--latency-msec=5", "--process-time-msec=5"),
            ],
            env={**os.environ, **server.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._thread = Thread(target=self._read)
        self._thread.start()
        deadline = monotonic() + 30
        while not self._blocks:
            assert monotonic() < deadline, "parec gives nothing"
            sleep(0.01)

    @property
    def samples(self) -> Samples:
        """All of it so far."""
        data = b"".join(block for _, block in list(self._blocks))
        return np.frombuffer(data[: len(data) // 2 * 2], "<i2")

    def time_of(self, sample: int) -> int:
        """When that sample was recorded, `perf_counter_ns`: by the least delayed block near it."""
        arrived, end = [], 0
        for at, block in list(self._blocks):
            end += len(block) // 2
            if abs(end - sample) < self.rate:
                arrived.append(at - round((end - sample) / self.rate * 1e9))
        return min(arrived)

    def arrival_of(self, sample: int) -> int:
        """When the block with that sample came, `perf_counter_ns`: never earlier than it sounded.

        `time_of` takes the sink for one that plays sample by sample. It renders a block at once: so
        what begins a block may seem to sound before it was asked for.
        """
        end = 0
        for at, block in list(self._blocks):
            end += len(block) // 2
            if end > sample:
                return at
        raise IndexError(sample)

    def close(self) -> None:
        """Stop recording."""
        self._process.terminate()
        self._process.wait()
        self._thread.join()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        while block := os.read(self._process.stdout.fileno(), 1 << 16):
            self._blocks.append((perf_counter_ns(), block))


@contextmanager
def sound_server(folder: Path, rate: int = 24_000) -> Iterator[SoundServer]:
    """A PulseAudio that ends with the block."""
    server = SoundServer(folder, rate)
    try:
        yield server
    finally:
        server.kill()


@contextmanager
def recording(server: SoundServer) -> Iterator[Recording]:
    """A recording of the sink for the block."""
    made = Recording(server)
    try:
        yield made
    finally:
        made.close()


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
