"""`onset speechd`: an output module of speech-dispatcher, which starts it."""

import fcntl
import os
import sys
from contextlib import suppress
from functools import partial
from threading import Thread
from time import sleep
from typing import Annotated

import typer

from onset.cli.local_server import PortOccupant, port_occupant, server_key, server_url
from onset.config import Settings, load_settings
from onset.engine.engine import Engine
from onset.screen_reader.module_output import ModuleOutput
from onset.screen_reader.speech_source import EngineSource, ServerSource, WarmSource
from onset.screen_reader.speechd_module import SpeechdModule
from onset.serving.speech_log import start_logging

PIPE_BYTES = 1 << 14
"""Of the pipe to the server: a third of a second of audio, which it reads and throws away when a
message is stopped. A pipe holds 64 KiB if left alone."""

SWITCH = 0.0005
"""Seconds for which the engine's Python may keep the thread waiting that hears STOP."""

LOOK_SECONDS = 1.0
"""Seconds between two looks whether the server that started us is still there."""


def speechd(
    configuration: Annotated[
        str, typer.Argument(help="What speech-dispatcher hands over; not read.")
    ] = "",
) -> None:
    """Speak for speech-dispatcher, which starts this.

    So speak Orca, Firefox, spd-say and others. Install it: onset service install --speechd. Uses
    the running server, else loads the model.
    """
    settings = load_settings()
    start_logging(settings)
    sys.setswitchinterval(SWITCH)
    with suppress(OSError, AttributeError):  # where standard output is no pipe, or no Linux
        fcntl.fcntl(sys.stdout.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    Thread(target=end_with, args=(os.getppid(),), name="onset-parent", daemon=True).start()
    output = ModuleOutput(os.dup(sys.stdout.fileno()))
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nothing else may write among the answers
    lines = iter(sys.stdin.buffer.readline, b"")
    SpeechdModule(lines, output, speech_source(settings), settings.voice).run()
    os._exit(0)  # without waiting for a model that is being loaded: the server waits for a second


def speech_source(settings: Settings) -> WarmSource:
    """The server of the settings if it is ready, else an engine that begins to load."""
    server = None
    if port_occupant(settings) is PortOccupant.READY:
        server = ServerSource(server_url(settings), server_key(settings))
    return WarmSource(server, EngineSource(partial(warm_engine, settings)))


def warm_engine(settings: Settings) -> Engine:
    """An engine that has spoken to nobody, so that the first listener pays for no first times."""
    engine = Engine(settings)
    for _ in engine.speak("Ready, and a little sooner than anybody would have thought."):
        pass
    return engine


def end_with(parent: int) -> None:
    """End this process when its parent has ended, also if others keep our input open."""
    while os.getppid() == parent:
        sleep(LOOK_SECONDS)
    os._exit(0)
