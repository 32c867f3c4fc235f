"""A playback daemon that is started in the background and stays when its starter ends."""

import os
import subprocess
import sys
from contextlib import suppress
from time import monotonic, sleep

from onset.config import Settings
from onset.errors import Unavailable
from onset.playback.daemon_client import connect

START_SECONDS = 10.0
"""Longest wait for a daemon that was started."""

IDLE_SECONDS = 1800.0
"""Seconds without callers after which a daemon that was started in the background ends."""


def start_daemon(settings: Settings) -> None:
    """Have a daemon run in the background. Raises Unavailable if none can be reached in time."""
    if _answers(settings):
        return
    subprocess.Popen(
        [sys.executable, "-m", "onset", "play", "--idle-exit", str(IDLE_SECONDS)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
        env=os.environ | {"ONSET_SOCKET": str(settings.socket), "ONSET_DEVICE": settings.device},
    )
    deadline = monotonic() + START_SECONDS
    while monotonic() < deadline:
        if _answers(settings):
            return
        sleep(0.02)
    raise Unavailable("The playback daemon did not start. Try: onset play", 1.0)


def _answers(settings: Settings) -> bool:
    with suppress(Unavailable):
        connect(settings.socket).close()
        return True
    return False
