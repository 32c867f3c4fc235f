"""What a listener does about the track that is on: pause, go back, hear it faster or softer."""

from onset.errors import InvalidRequest
from onset.playback.player.player import Player
from onset.playback.player.playlist import Playlist
from onset.protocol.playback_frames import SPEEDS, VOLUMES


async def pause(playlist: Playlist) -> None:
    """Fall silent, keeping the place to the sample. Does nothing while nothing plays."""
    async with playlist.lock:
        player = playlist.player
        if player.track is not None and not player.paused:
            await player.pause()
            player.track.tell("paused", position=player.position)


async def resume(playlist: Playlist) -> None:
    """Go on where it was paused."""
    async with playlist.lock:
        player = playlist.player
        if player.track is not None and player.paused:
            player.resume()
            player.track.tell("resumed", position=player.position)


async def go_back(playlist: Playlist, *, to_begin: bool) -> None:
    """Go to the beginning of all, or of the sentence; just after it to that of the one before.

    Of the track that is on; if none is, play the one that was on last again from there.
    """
    async with playlist.lock:
        player = playlist.player
        track = player.track or playlist.last
        if track is None:
            return
        position = track.played_to if player.track is None else player.position
        target = track.buffer.begin if to_begin else track.buffer.sentence(position)
        if player.track is None:
            await playlist.repeat_last(target)
        else:
            await player.seek(target)
            track.tell("moved", position=target)


def set_speed(player: Player, value: float | None) -> None:
    """Set the speed of everything from now on. Raises InvalidRequest."""
    player.set_speed(_checked(value, SPEEDS, "speed"))


def set_volume(player: Player, value: float | None) -> None:
    """Set the volume of everything from now on. Raises InvalidRequest."""
    player.sink.set_volume(_checked(value, VOLUMES, "volume"))


def _checked(value: float | None, limits: tuple[float, float], name: str) -> float:
    low, high = limits
    if value is None or not low <= value <= high:
        raise InvalidRequest(f"The {name} must be within {low:g} and {high:g}.", "value")
    return value
