"""A speech-dispatcher of a test's own, with our module alone, on a PulseAudio of its own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import psutil

from sound_server import SoundServer
from sound_server import missing as sound_missing

PROGRAMS = ("speech-dispatcher", "spd-say")

CONFIGURATION = """
LogLevel 3
LogDir "{folder}"
AudioOutputMethod "pulse"
DefaultLanguage "en-US"
SymbolsPreproc "char"
AddModule "onset" "{module}" ""
DefaultModule onset
"""


def missing() -> str | None:
    """Why there can be none here, None if there can."""
    absent = [program for program in PROGRAMS if shutil.which(program) is None]
    if absent:
        return f"not installed: {', '.join(absent)} (Debian: speech-dispatcher)"
    return sound_missing()


class SpeechDispatcher:
    """A running speech-dispatcher. environment: what its clients need."""

    def __init__(self, process: subprocess.Popen[bytes], environment: Mapping[str, str]) -> None:
        self.process, self.environment = process, dict(environment)

    def say(self, *arguments: str) -> None:
        """Run spd-say to its end."""
        command = ["spd-say", "-o", "onset", *arguments]
        subprocess.run(command, env=self.environment, timeout=30, check=True)

    def module(self) -> psutil.Process:
        """The process of our module."""
        (child,) = psutil.Process(self.process.pid).children()
        return child


@contextmanager
def speech_dispatcher(
    folder: Path, sound: SoundServer, module: list[str], **settings: str
) -> Iterator[SpeechDispatcher]:
    """One that ends with the block. module: the command of our module."""
    program = folder / "sd_onset"
    program.write_text(f'#!/bin/sh\nexec {" ".join(module)} "$@" 2>>{folder}/module.log\n')
    program.chmod(0o755)
    (folder / "speechd.conf").write_text(CONFIGURATION.format(folder=folder, module=program))
    address = folder / "speechd.sock"
    environment = {
        **os.environ,
        **sound.environment,
        "SPEECHD_ADDRESS": f"unix_socket:{address}",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        **settings,
    }
    options = ["--run-single", "-C", str(folder), "-S", str(address), "-P", str(folder / "pid")]
    process = subprocess.Popen(
        ["speech-dispatcher", *options, "-t", "0"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = monotonic() + 180
        while not address.exists():
            assert process.poll() is None, "speech-dispatcher did not start"
            assert monotonic() < deadline, "speech-dispatcher is not there"
            sleep(0.05)
        yield SpeechDispatcher(process, environment)
    finally:
        process.terminate()
        process.wait(20)
