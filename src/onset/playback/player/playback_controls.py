"""What a listener does about the track that is on: pause, go back, hear it faster or softer."""

from onset.errors import InvalidRequest
from onset.playback.player.playlist import Playlist
from onset.protocol.playback_frames import SPEEDS, VOLUMES


class PlaybackControls:
    """The controls of a playlist's player. Each event tells the position that it led to."""

    def __init__(self, playlist: Playlist) -> None:
        self._playlist = playlist
        self._player = playlist.player

    async def pause(self) -> None:
        """Fall silent, keeping the place to the sample. Does nothing while nothing plays."""
        async with self._playlist.lock:
            track, player = self._player.track, self._player
            if track is not None and not player.paused:
                await player.pause()
                track.tell("paused", position=player.position)

    async def resume(self) -> None:
        """Go on where it was paused."""
        async with self._playlist.lock:
            track, player = self._player.track, self._player
            if track is not None and player.paused:
                player.resume()
                track.tell("resumed", position=player.position)

    async def back(self) -> None:
        """Go to the beginning of the sentence, or just after it to that of the one before."""
        async with self._playlist.lock:
            track, last = self._player.track, self._playlist.last
            if track is not None:
                await self._seek(track.buffer.sentence(self._player.position))
            elif last is not None:
                await self._playlist.repeat_last(last.buffer.sentence(last.played_to))

    async def replay(self) -> None:
        """Go to the beginning of the track that is on, or play the one that was on last again."""
        async with self._playlist.lock:
            track, last = self._player.track, self._playlist.last
            if track is not None:
                await self._seek(track.buffer.begin)
            elif last is not None:
                await self._playlist.repeat_last(last.buffer.begin)

    def set_speed(self, value: float | None) -> None:
        """Set the speed of everything from now on. Raises InvalidRequest."""
        self._player.set_speed(_checked(value, SPEEDS, "speed"))

    def set_volume(self, value: float | None) -> None:
        """Set the volume of everything from now on. Raises InvalidRequest."""
        self._player.sink.set_volume(_checked(value, VOLUMES, "volume"))

    async def _seek(self, position: int) -> None:
        await self._player.seek(position)
        if self._player.track is not None:
            self._player.track.tell("moved", position=position)


def _checked(value: float | None, limits: tuple[float, float], name: str) -> float:
    low, high = limits
    if value is None or not low <= value <= high:
        raise InvalidRequest(f"The {name} must be within {low:g} and {high:g}.", "value")
    return value
