"""A document aloud: one paragraph after the other through the daemon, the next ones waiting."""

from collections import deque
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from typing import Any

from onset.cli.progress import tell
from onset.cli.speaking.speakers import REFUSED, ServerSpeaker, Speaker, server_error
from onset.cli.speaking.through_daemon import tell_stalls
from onset.errors import Halted, InvalidRequest
from onset.playback.daemon_client import DaemonClient, DaemonStream
from onset.protocol.playback_frames import Policy
from onset.types import Request

AHEAD = 4
"""Paragraphs that are with the daemon: one is heard, the next is being made while the last samples
of it play, and the others bridge a few very short ones."""

PASSED_OVER = ("skipped", "interrupted")
"""Reasons for which a paragraph ends early and the next is heard all the same."""


class DocumentEvents:
    """What the daemon tells of paragraphs. failures: by stream, until they are asked for."""

    def __init__(self) -> None:
        self.failures: dict[int, dict[str, Any]] = {}
        self.silent = False
        """Whether nothing was audible so far."""

    def __call__(self, event: dict[str, Any]) -> None:
        if event["event"] == "failed":
            self.failures[event["stream"]] = event
        elif event["event"] == "started" and not event.get("audible", True) and not self.silent:
            self.silent = True
            tell("There is no sound device: nobody hears it.")


class Narration:
    """Paragraphs on their way to the listener, AHEAD at most. chapter: of what is heard."""

    def __init__(
        self,
        daemon: DaemonClient,
        events: DocumentEvents,
        speaker: Speaker,
        manner: Request,
        voice: str | None,
        when: Policy,
    ) -> None:
        """manner: voice, speed and language. voice: None means the one kept for the caller."""
        self._daemon, self._events, self._speaker = daemon, events, speaker
        self._manner, self._voice, self._when = manner, voice, when
        self._waiting: deque[tuple[DaemonStream, str, int]] = deque()
        self.chapter = self._begun = 1
        self._stalls, self._stalled = 0, 0.0
        if voice is None and not isinstance(speaker, ServerSpeaker):
            kept = daemon.control("status").get("voice")
            self._manner = replace(manner, voice=kept or manner.voice)

    def speak(self, chapter: int, paragraphs: Iterable[str]) -> int:
        """Have all of them heard; how many there were. Raises Halted if somebody stops it."""
        self._begun, count = chapter, 0
        for text in paragraphs:
            while len(self._waiting) >= AHEAD:
                self._settle()
            self._begin(text)
            self._when = "queue"  # only the first finds something of somebody else
            count += 1
        return count

    def finish(self) -> None:
        """Wait until the last was heard."""
        while self._waiting:
            self._settle()
        tell_stalls(self._stalls, self._stalled)

    def _begin(self, text: str) -> None:
        request = replace(self._manner, text=text)
        if isinstance(self._speaker, ServerSpeaker):
            order = self._speaker.order(request, self._voice, self._when)
            self._waiting.append((self._daemon.say(order), text, self._begun))
        else:
            self._make(request)

    def _make(self, request: Request) -> None:
        """Speak here, and send the samples as the daemon has room for them."""
        with closing(self._speaker.speak(request)) as pieces:
            try:
                first = next(pieces, b"")
            except InvalidRequest:
                if is_readable(request.text):
                    raise
                return
            stream = self._daemon.open(policy=self._when)
            self._waiting.append((stream, request.text, self._begun))
            try:
                stream.feed(first)
                for pcm in pieces:
                    stream.feed(pcm)
                stream.finish()
            except Halted:
                if stream.outcome is None or stream.outcome["reason"] not in PASSED_OVER:
                    raise

    def _settle(self) -> None:
        """Wait until the oldest was heard. Raises what went wrong with it."""
        stream, text, self.chapter = self._waiting.popleft()
        outcome = stream.wait()
        failure = self._events.failures.pop(stream.number, None)
        if failure is not None:
            status = failure.get("status")
            if status not in REFUSED or is_readable(text):
                raise server_error(failure["message"], status)
        elif outcome["event"] == "stopped" and outcome["reason"] not in PASSED_OVER:
            raise Halted(f"The reading was {outcome['reason']}.")
        self._stalls += outcome.get("stalls", 0)
        self._stalled += outcome.get("stalled_s", 0.0)


def is_readable(text: str) -> bool:
    """Whether there is a letter or a digit: a row of stars between two scenes has nothing."""
    return any(character.isalnum() for character in text)
