"""Whose a local socket is: both ends look before a word is said.

In a folder that everybody may write to, as the temporary one, another user can make the socket
first, or a link to a folder of ours.
"""

import os
import socket
import stat
import struct
from pathlib import Path

from onset.errors import AssetError

REMEDY = "Remove it, or set ONSET_SOCKET to a path in a folder of your own."


def check_folder(folder: Path) -> None:
    """Raise AssetError unless the folder, and a link to it, is ours and closed to others.

    Raises OSError if there is none.
    """
    name, status = folder.lstat(), folder.stat()
    if {name.st_uid, status.st_uid} != {os.getuid()} or not stat.S_ISDIR(status.st_mode):
        raise AssetError(f"{folder} is no folder of yours: somebody else made it. {REMEDY}")
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise AssetError(f"{folder} must be closed to others: chmod 700 {folder}")


def check_peer(end: socket.socket) -> None:
    """Raise AssetError if the other end of a connected Unix socket belongs to somebody else."""
    if hasattr(socket, "SO_PEERCRED"):
        credentials = end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        owner = struct.unpack("3i", credentials)[1]
    elif hasattr(socket, "LOCAL_PEERCRED"):  # macOS, BSD: struct xucred, version and user first
        owner = struct.unpack("2I", end.getsockopt(0, socket.LOCAL_PEERCRED, 76)[:8])[1]
    else:
        return
    if owner != os.getuid():
        raise AssetError(f"The socket of the playback daemon is another user's. {REMEDY}")
