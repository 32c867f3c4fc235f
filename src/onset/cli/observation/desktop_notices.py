"""Notices of alerts on the desktop: by the system's own program, without a shell."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence

from onset.protocol.performance_api import AlertStatus

SECONDS = 5.0
"""Longest wait for the program."""

MOST = 6
"""Notices at once at most: more would be noise."""

FIRING = ("firing", "clearing")

SCRIPT = "on run argv\ndisplay notification (item 2 of argv) with title (item 1 of argv)\nend run"
"""For osascript: the words are arguments of it, and never part of a program."""


def command(title: str, words: str, platform: str = sys.platform) -> list[str] | None:
    """What tells it; None where there is nothing that would."""
    if platform == "darwin" and (program := shutil.which("osascript")):
        return [program, "-e", SCRIPT, title, words]
    if platform != "darwin" and (program := shutil.which("notify-send")):
        return [program, "--app-name=Onset", "--", title, words]
    return None


def tell(title: str, words: str) -> None:
    """Tell it, where that is possible; a desktop that is not there is no fault."""
    arguments = command(title, words)
    if arguments is None:
        return
    try:
        subprocess.run(arguments, capture_output=True, check=False, timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return


class DesktopNotices:
    """Tells of alerts that begin or end while somebody watches; what fired before is shown."""

    def __init__(self, tell: Callable[[str, str], None] = tell) -> None:
        self._tell = tell
        self._firing: set[str] | None = None

    def look(self, alerts: Sequence[AlertStatus]) -> None:
        """Compare with the last look."""
        firing = {alert.name for alert in alerts if alert.state in FIRING}
        before, self._firing = self._firing, firing
        if before is None:
            return
        told = [alert for alert in alerts if (alert.name in firing) != (alert.name in before)]
        for alert in told[:MOST]:
            if alert.name in firing:
                self._tell(f"Onset: {alert.name}", f"{alert.says} ({alert.evidence})")
            else:
                self._tell(f"Onset: {alert.name} is over", alert.evidence)
