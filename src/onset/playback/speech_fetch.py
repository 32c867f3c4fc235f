"""The speech of a SAY: fetched from its server into a track."""

import asyncio
from contextlib import suppress

from pydantic import ValidationError

from onset.client.http_client import (
    AsyncSpeech,
    bearer,
    prepare_async,
    speak_async,
    tell_heard_async,
    tell_played_async,
)
from onset.errors import OnsetError, ServerError
from onset.playback.daemon_state import DaemonState
from onset.playback.player.track import PLAYING_AHEAD, Event, Track
from onset.protocol.http_api import (
    DECODE,
    REQUEST_ID,
    SERVER_TIMING,
    PlaybackEnd,
    PlaybackReport,
    SpeechRequest,
    parse_server_timing,
)
from onset.protocol.playback_bodies import Say
from onset.protocol.preparation import PrepareRequest

LONGEST_ID = 200
"""Characters of a request's id that are told back to its server."""

FULL_POLL = 0.25
"""Seconds between looks for room while there is none."""

LONGEST_AHEAD = 1800.0
"""Most seconds of audio that the trickle lets lie before what is heard: 86 MB, nearly two hours of
a pause."""

UNKNOWN = (404, 405)
"""HTTP status of servers that cannot be told what they will be asked for."""

PATIENCE = 2.0
"""Seconds that a server which is full is asked again: the stream that was interrupted may still be
leaving."""


class SpeechFetch:
    """One request to a server, whose answer goes into `track` as it arrives."""

    def __init__(self, state: DaemonState, track: Track, say: Say, voice: str | None) -> None:
        """voice: where `say` names none."""
        self._state, self._track, self._url = state, track, say.url
        self._manner = say.voice or voice, say.lang
        spoken = say.model_dump(include={"speed", "lang", "exact", "plan"})
        self._request = SpeechRequest(
            input=say.text, voice=self._manner[0], response_format="pcm", **spoken
        )
        self._key, self._headers = say.key, dict[bytes, bytes]()

    async def run(self) -> None:
        """Fetch all of it; what goes wrong is an event of the track, and ends it."""
        track = self._track
        self._state.asked.note(self._url, self._manner)
        try:
            self._headers = bearer(self._key)
            async with speak_async(
                self._url, self._request, headers=self._headers, patience=PATIENCE
            ) as speech:
                self._note_headers(speech)
                await self.receive(speech)
            track.buffer.complete = True
        except OnsetError as error:
            track.on_stop = None  # this is its end
            track.fail(str(error), error.status if isinstance(error, ServerError) else None)
        except Exception as error:  # of a library: the track must have its end all the same
            track.on_stop = None
            track.fail(f"{self._url}: unexpected {type(error).__name__}.", None)
        self._state.wake()

    async def prepare(self) -> None:
        """Tell the server that it will be asked for this, once for a voice and a language; that it
        does not know what that means, or has no time, is no fault here."""
        asked, (voice, lang) = self._state.asked, self._manner
        if not asked.note(self._url, self._manner):
            return
        with suppress(OnsetError, ValidationError):
            wanted = PrepareRequest(voice=voice, lang=lang)
            try:
                await prepare_async(self._url, wanted, headers=bearer(self._key))
            except ServerError as error:
                if error.status in UNKNOWN:
                    asked.leave_alone(self._url)
                raise

    async def receive(self, speech: AsyncSpeech) -> None:
        """Read no faster than there is room in the track; where there is none, by a trickle."""
        track, beyond = self._track, 0.0
        async for arrival in speech:
            if not track.buffer.end:
                track.set_rate(speech.sample_rate)  # of a WAV it is known only now
            track.append(arrival.pcm)
            self._state.samples_arrived(track)
            rate = track.buffer.rate
            if track.buffer.end <= track.limit:
                beyond = 0.0
            while track.buffer.end > track.limit + beyond:
                await asyncio.sleep(FULL_POLL)
                more = self._state.trickle * FULL_POLL * rate
                beyond = min(beyond + more, (LONGEST_AHEAD - PLAYING_AHEAD) * rate)

    def _note_headers(self, speech: AsyncSpeech) -> None:
        track, timing = self._track, speech.headers.get(SERVER_TIMING, "")
        track.set_rate(speech.sample_rate)
        headers_seconds = (speech.headers_ns - track.asked_ns) / 1e9
        track.stages = {"headers": headers_seconds} | parse_server_timing(timing)
        if DECODE in speech.headers:  # a server of ours: it wants to know
            name = speech.headers.get(REQUEST_ID, "")[:LONGEST_ID] or None
            told = {"request": name, "reporter": "daemon"}
            network = {"network_ms": _network_ms(speech, timing)}
            start, end = self._state.start, self._report_end
            track.on_started = lambda event: start(self._report(event | told | network))
            track.on_over = lambda event: start(end(event | told))

    async def _report(self, start: Event) -> None:
        """Tell the server when it was heard; that it does not listen is no fault here."""
        with suppress(OnsetError, ValidationError):
            report = PlaybackReport.model_validate(start)
            await tell_heard_async(self._url, report, headers=self._headers)

    async def _report_end(self, end: Event) -> None:
        """Tell the server what became of it."""
        with suppress(OnsetError, ValidationError):
            report = PlaybackEnd.model_validate(end)
            await tell_played_async(self._url, report, headers=self._headers)


def _network_ms(speech: AsyncSpeech, timing: str) -> float | None:
    """Between request and head, without what the server says it took; None if it does not say."""
    total = parse_server_timing(timing).get("total")
    if total is None:
        return None
    milliseconds = (speech.headers_ns - speech.sent_ns) / 1e6 - 1e3 * total
    return round(milliseconds, 2) if milliseconds >= 0 else None
