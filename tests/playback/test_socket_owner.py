"""Whose a socket is: nothing is said to, and nothing is taken from, another user."""

import asyncio
import os
import socket
from pathlib import Path

import pytest

from onset.errors import AssetError, Unavailable
from onset.playback import socket_owner
from onset.playback.daemon import Daemon, alone
from onset.playback.daemon_client import connect
from onset.playback.device import NullDevice
from onset.playback.player.player import Player
from onset.playback.socket_owner import check_folder, check_peer

STRANGER = 65534
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can make another user's files")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "onset"
    path.mkdir(mode=0o700)
    return path


def listening(path: Path) -> socket.socket:
    """Somebody at the socket who would take what is said."""
    end = socket.socket(socket.AF_UNIX)
    end.bind(str(path))
    end.listen()
    return end


def heard(end: socket.socket) -> bytes:
    """What was said to them."""
    end.settimeout(0.3)
    try:
        return end.accept()[0].recv(9999)
    except TimeoutError:
        return b""


@as_root
@pytest.mark.parametrize("mode", [0o700, 0o755])
def test_nothing_is_said_in_a_strangers_folder(folder: Path, mode: int) -> None:
    end = listening(folder / "play.sock")
    os.chown(folder, STRANGER, STRANGER)
    folder.chmod(mode)
    with pytest.raises(AssetError, match="ONSET_SOCKET"):
        connect(folder / "play.sock")
    assert heard(end) == b""
    end.close()


def test_nothing_is_said_in_a_folder_that_is_open(folder: Path) -> None:
    end = listening(folder / "play.sock")
    folder.chmod(0o777)
    with pytest.raises(AssetError, match="chmod 700"):
        connect(folder / "play.sock")
    assert heard(end) == b""
    end.close()


def test_nothing_is_said_to_a_strangers_socket(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = listening(folder / "play.sock")
    mine = os.getuid()
    monkeypatch.setattr(socket_owner, "check_folder", lambda folder: None)
    monkeypatch.setattr("onset.playback.remote_control.check_folder", lambda folder: None)
    monkeypatch.setattr(os, "getuid", lambda: mine + 1)
    with pytest.raises(AssetError, match="another user"):
        connect(folder / "play.sock")
    accepted, _ = end.accept()
    assert accepted.recv(9999) == b""
    accepted.close()
    end.close()


def test_no_folder_is_no_daemon(folder: Path) -> None:
    with pytest.raises(Unavailable):
        connect(folder / "nothing" / "play.sock")


@as_root
def test_a_strangers_link_to_our_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(folder)
    os.lchown(link, STRANGER, STRANGER)
    with pytest.raises(AssetError), alone(link / "play.sock"):
        pass
    assert not list(folder.iterdir())
    with pytest.raises(AssetError):
        connect(link / "play.sock")


def test_our_own_link_is_as_good_as_the_folder(folder: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(folder)
    check_folder(link)
    with alone(link / "play.sock"):
        pass


def test_ends_of_our_own_are_taken() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    check_peer(ours)
    ours.close()
    theirs.close()


def test_a_stranger_who_calls_is_not_heard(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(end: socket.socket) -> None:
        raise AssetError("Another user's.")

    async def call() -> bytes:
        daemon = Daemon(Player(NullDevice))
        async with await daemon.listen(folder / "play.sock"):
            reader, writer = await asyncio.open_unix_connection(folder / "play.sock")
            received = await asyncio.wait_for(reader.read(), 5)
            writer.close()
            return received

    monkeypatch.setattr("onset.playback.daemon.check_peer", refuse)
    assert asyncio.run(call()) == b""
