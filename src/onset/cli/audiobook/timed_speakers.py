"""Who speaks for an audiobook: in the background, exactly, and with the times of the words."""

import os
import unicodedata
from collections.abc import Generator, Sequence

from onset.cli.speaking.speakers import ServerSpeaker, Speaker, choose_speaker, server_error
from onset.client.timed_speech import timed_speech
from onset.config import Settings
from onset.errors import ServerError
from onset.protocol.http_api import SpeechRequest, WordTime
from onset.types import SAMPLE_RATE, Request, SpokenWord

PATIENCE = 600.0
"""Seconds to go on asking a server that is full: nobody waits for an audiobook."""

NICENESS = 10
"""By how much an engine in this process gives way to others (nice(2))."""


class TimedServerSpeaker(Speaker):
    """A server of ours, asked to give way to listeners and to tell when each word is heard."""

    def __init__(self, address: str, key: str | None = None) -> None:
        self._address, self._key = address, key

    def speak(self, request: Request) -> Generator[bytes]:
        body = SpeechRequest(
            input=request.text,
            voice=request.voice,
            speed=request.speed,
            lang=request.lang,
            exact=request.exact,
            response_format="pcm",
            stream_format="sse",
            timestamps=True,
            priority="background",
        )
        headers = {} if self._key is None else {"Authorization": f"Bearer {self._key}"}
        self.words = words = list[SpokenWord]()
        try:
            for part in timed_speech(self._address, body, headers=headers, patience=PATIENCE):
                if isinstance(part, bytes):
                    yield part
                else:
                    words += spoken_words(part)
        except ServerError as error:
            raise server_error(str(error), error.status) from error


def spoken_words(words: Sequence[WordTime]) -> list[SpokenWord]:
    """Words of a server as the engine gives them. It does not tell what stands behind each."""
    return [
        SpokenWord(
            word.word,
            "" if _unspaced(word.word) else " ",
            round(word.start * SAMPLE_RATE),
            round(word.end * SAMPLE_RATE),
        )
        for word in words
    ]


def _unspaced(word: str) -> bool:
    """Whether a word is written in Chinese or Japanese, which have no spaces."""
    return bool(word) and unicodedata.east_asian_width(word[-1]) in "WF"


def audiobook_speaker(settings: Settings) -> Speaker:
    """Our server, if it is ready where the settings say; else an engine in here that gives way."""
    speaker = choose_speaker(settings, alone=False)
    if isinstance(speaker, ServerSpeaker):
        return TimedServerSpeaker(speaker.address, speaker.key)
    os.nice(NICENESS)
    return speaker
