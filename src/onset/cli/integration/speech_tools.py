"""What an agent may do with speech: say something, stop it, ask how it is.

Through the playback daemon, which keeps the queue of all callers and a voice for each; the speech
is made by the server that runs.
"""

from collections.abc import Callable
from typing import Any

import httpx

from onset.cli.integration.turn_text import shortened
from onset.cli.local_server import PortOccupant, port_occupant, server_key, server_url
from onset.cli.speaking.through_daemon import start_daemon
from onset.client.http_client import PROBE_TIMEOUT
from onset.config import Settings
from onset.errors import InvalidRequest, ServerError, Unavailable
from onset.model.voice_styles import VOICES, language, parse
from onset.playback.daemon_client import DaemonClient, connect
from onset.protocol.performance_api import TTFA_PATH
from onset.protocol.playback_bodies import Say
from onset.protocol.playback_frames import Action, Policy
from onset.text.g2p.languages import resolve_language
from onset.text.markup.markdown_reading import spoken_markdown
from onset.types import FASTEST, SLOWEST

NO_SERVER = "No speech server of ours runs at {}. Start it in a terminal: onset serve"

LONGEST_SPOKEN = 100_000
"""Characters of one thing to say."""


class SpeechTools:
    """The tools for one caller, by whose name the daemon keeps a voice.

    start: sees to it that there is a daemon.
    """

    def __init__(
        self, settings: Settings, caller: str, start: Callable[[Settings], None] = start_daemon
    ) -> None:
        self._settings, self._caller, self._start = settings, caller, start

    def speak(
        self,
        text: str,
        when: Policy = "queue",
        voice: str | None = None,
        speed: float = 1.0,
        lang: str | None = None,
        most: int | None = None,
    ) -> dict[str, Any]:
        """Say a text, which may be Markdown; answers when it is in the queue.

        most: characters after which it is cut at a sentence's end. Raises InvalidRequest for what
        cannot be said, Unavailable without a server or a daemon.
        """
        if voice is not None:
            parse(voice)
        if not SLOWEST <= speed <= FASTEST:
            raise InvalidRequest(
                f"Speed {speed:g} is not between {SLOWEST} and {FASTEST}.", "speed"
            )
        spoken = self._spoken(text, lang or language(voice or self._settings.voice), most)
        if port_occupant(self._settings) is not PortOccupant.READY:
            raise Unavailable(NO_SERVER.format(server_url(self._settings)), 1.0)
        order = Say(
            text=spoken,
            url=server_url(self._settings),
            key=server_key(self._settings),
            voice=voice,
            speed=speed,
            lang=lang,
            policy=when,
        )
        events = list[dict[str, Any]]()
        with self._daemon(events) as daemon:
            daemon.say(order)
        ahead = next((event.get("ahead", 0) for event in events if event["event"] == "queued"), 0)
        return {"queued": True, "ahead": ahead, "characters": len(spoken)}

    def control(self, action: Action) -> dict[str, Any]:
        """Stop, pause, resume or skip what is heard; the state after it."""
        with self._daemon() as daemon:
            return self._summary(daemon.control(action))

    def status(self) -> dict[str, Any]:
        """What is playing and what waits, and whether there is a server."""
        server = port_occupant(self._settings).value
        try:
            with connect(self._settings.socket, self._caller) as daemon:
                return self._summary(daemon.control("status")) | {"server": server}
        except Unavailable:
            return {"state": "idle", "waiting": 0, "voice": None, "server": server}

    def keep_voice(self, voice: str | None) -> dict[str, Any]:
        """Keep a voice for this caller; None forgets it. Raises InvalidRequest."""
        if voice is not None:
            parse(voice)
        with self._daemon() as daemon:
            kept = daemon.control("voice", voice=voice).get("voice")
        return {"caller": self._caller, "voice": kept}

    def voices(self, lang: str | None = None) -> list[dict[str, Any]]:
        """All voices, or those of a language, the graded ones with their grade."""
        code = None if lang is None else resolve_language(lang)
        return [
            {"id": v.name, "language": v.language, "gender": v.gender, "grade": v.grade}
            for v in VOICES.values()
            if code in (None, v.language)
        ]

    def performance(self) -> dict[str, Any]:
        """How soon answers are heard, and what to do about it. Raises Unavailable, ServerError."""
        url, key = server_url(self._settings), server_key(self._settings)
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        try:
            with httpx.Client(timeout=PROBE_TIMEOUT, trust_env=False, verify=False) as client:
                answer = client.get(url + TTFA_PATH, headers=headers)
        except httpx.TransportError as error:
            raise Unavailable(NO_SERVER.format(url), 1.0) from error
        if not answer.is_success:
            raise ServerError(f"{url} answers {answer.status_code}.", answer.status_code)
        told: dict[str, Any] = answer.json()
        return {name: told.get(name) for name in ("ready", "ttfa", "alerts", "recommendations")}

    def _spoken(self, text: str, lang: str, most: int | None) -> str:
        """Markdown as it is read aloud. Raises InvalidRequest if nothing is left, or too much."""
        if len(text) > LONGEST_SPOKEN:
            message = f"The text has {len(text)} characters; at most {LONGEST_SPOKEN}."
            raise InvalidRequest(message, "text")
        spoken = spoken_markdown(text, resolve_language(lang)).strip()
        if not spoken:
            raise InvalidRequest("There is no text to speak.", "text")
        return spoken if most is None else shortened(spoken, most)

    def _daemon(self, events: list[dict[str, Any]] | None = None) -> DaemonClient:
        self._start(self._settings)
        on_event = None if events is None else events.append
        return connect(self._settings.socket, self._caller, on_event)

    def _summary(self, report: dict[str, Any]) -> dict[str, Any]:
        names = ("state", "playing", "speed", "volume", "voice")
        told = {name: report.get(name) for name in names}
        return told | {"waiting": len(report.get("waiting", ()))}
