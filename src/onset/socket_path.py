"""Where the playback daemon's socket is.

Imports the standard library only: whoever types `onset stop` waits for it.
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from onset.errors import InvalidRequest

VARIABLE = "ONSET_SOCKET"


def socket_path(environ: Mapping[str, str] = os.environ) -> Path:
    """The path that `environ` sets, whatever else is set there, or the usual one.

    Raises InvalidRequest where it names a home that is not known.
    """
    given = [value for name, value in environ.items() if name.upper() == VARIABLE]
    if not given:
        return usual_socket_path()
    try:
        return at_home(Path(given[-1]))
    except ValueError as error:
        raise InvalidRequest(f"Setting {VARIABLE}: {error}", "socket") from error


def usual_socket_path() -> Path:
    """In the user's folder that is removed when they log out, or in one among temporary files.

    platformdirs offers one too, but in a folder that any other user could have made before.
    """
    session = os.environ.get("XDG_RUNTIME_DIR")
    folder = Path(session) if session else Path(tempfile.gettempdir())
    return folder / ("onset" if session else f"onset-{os.getuid()}") / "play.sock"


def at_home(path: Path) -> Path:
    """A path in which ~ is the user's home. Raises ValueError if that is not known."""
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError(f"{error}".rstrip(".")) from error
