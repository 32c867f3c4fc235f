"""Speech and the times of its words, from a server that sends both as events (ours).

OpenAI's events have no words; those of a server that sends none are audio alone.
"""

import base64
from collections.abc import Generator, Mapping
from typing import TypeAlias

from pydantic import TypeAdapter, ValidationError

from onset.client.http_client import speak
from onset.errors import ServerError
from onset.protocol.http_api import (
    AudioDelta,
    AudioDone,
    ErrorEvent,
    SpeechRequest,
    WordsEvent,
    WordTime,
)

_Event: TypeAlias = AudioDelta | AudioDone | ErrorEvent | WordsEvent
_EVENTS: TypeAdapter[_Event] = TypeAdapter(_Event)


def timed_speech(
    url: str,
    request: SpeechRequest,
    *,
    headers: Mapping[str, str] | None = None,
    patience: float = 0.0,
) -> Generator[bytes | list[WordTime]]:
    """Samples as they arrive, each word's time before its samples; closing stops the server.

    request: must ask for `sse` and `pcm`. patience: as of `speak`. Raises ServerError, also where
    the answer ends before it is whole.
    """
    with speak(url, request, headers=headers, patience=patience) as speech:
        for line in speech.lines():
            match _event(url, line):
                case AudioDelta(audio=audio):
                    yield base64.b64decode(audio)
                case WordsEvent(words=words):
                    yield words
                case ErrorEvent(error=error):
                    raise ServerError(error.message)
                case AudioDone():
                    return
    raise ServerError(f"{url}: the answer broke off.")


def _event(url: str, line: str) -> _Event | None:
    """The event on a line, None if there is none."""
    data = line.removeprefix("data:")
    if data == line:
        return None
    try:
        return _EVENTS.validate_json(data)
    except ValidationError as error:
        raise ServerError(f"{url} sent an event that is not known.") from error
