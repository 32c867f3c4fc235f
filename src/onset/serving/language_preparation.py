"""Loads languages before they are needed, while nobody listens.

Which: those of the settings, those that answers of the last days had to load, and those that
clients say they will ask for; these also while all who listen have enough ahead, as the next one in
a queue is asked for as soon as the one before it is made.
"""

import asyncio
import contextlib
import logging
import math
from collections.abc import Sequence
from pathlib import Path

from onset.errors import OnsetError, Unavailable
from onset.model.voice_styles import VOICES
from onset.monitoring.history.history_reader import cold_languages
from onset.monitoring.recommendations.live_recommendations import COLD_DAYS
from onset.serving.scheduling.scheduler import Scheduler
from onset.text.g2p.languages import GREETINGS, LANGUAGES, resolve_language
from onset.types import Request

LOOK_SECONDS = 0.2
"""Between two looks whether the server is ready and nobody listens."""

COMFORT = 8.0
"""Seconds of audio that all who listen must have ahead for a hint to be followed meanwhile. What is
loaded takes at most 0.7 s of one core, and Python's time from whoever speaks."""

ALL = "all"

_log = logging.getLogger("onset.server")


def languages_of(names: Sequence[str]) -> list[str]:
    """The languages that a setting names. Raises InvalidRequest for an unknown one."""
    if ALL in names:
        return list(LANGUAGES)
    return [resolve_language(name) for name in names]


def greeting(language: str) -> Request:
    """A few words in a language of LANGUAGES, in a voice of its own."""
    voice = next(voice.name for voice in VOICES.values() if voice.language == language)
    return Request(GREETINGS[language], voice, lang=language)


class LanguagePreparation:
    """Loads `languages`, and those that `history` tells of; None: there is none."""

    def __init__(
        self, scheduler: Scheduler, languages: Sequence[str], history: Path | None = None
    ) -> None:
        self._scheduler, self._languages, self._history = scheduler, languages, history

    async def run(self) -> None:
        """Until the server ends, or it is cancelled."""
        with contextlib.suppress(Unavailable):  # the server ends
            await self.load()
            while True:
                await self._prepare(await self._scheduler.hints.get(), COMFORT)

    async def load(self) -> None:
        """Load what is known to be needed. Raises Unavailable where the server ends."""
        await self._rest(math.inf)
        for language in dict.fromkeys([*self._languages, *await self._remembered()]):
            if language not in self._scheduler.languages:
                await self._prepare(greeting(language))

    async def _prepare(self, request: Request, ahead: float = math.inf) -> None:
        await self._rest(ahead)
        try:
            await asyncio.to_thread(self._scheduler.prepare, request)
        except Unavailable:
            raise
        except OnsetError as error:  # a package is missing, a file damaged
            _log.warning("There is no preparing for what may be asked: %s", error)

    async def _remembered(self) -> list[str]:
        if self._history is None:
            return []
        found = await asyncio.to_thread(cold_languages, self._history, COLD_DAYS)
        return [one.language for one in found]

    async def _rest(self, ahead: float) -> None:
        """Wait until the server is ready, and nobody is there who has less audio ahead."""
        while not self._scheduler.ready or self._scheduler.ahead < ahead:
            await asyncio.sleep(LOOK_SECONDS)
