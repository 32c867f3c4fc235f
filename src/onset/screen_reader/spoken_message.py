"""One message on its way to the server: its samples as they are made, and its marks between."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from onset.errors import Halted, InvalidRequest, OnsetError
from onset.playback.player.time_stretch import TimeStretch
from onset.screen_reader.letter_cache import LetterCache
from onset.screen_reader.made_ahead import made_ahead
from onset.screen_reader.mark_times import MarkTimes
from onset.screen_reader.marked_text import TextMark
from onset.screen_reader.module_output import END, MessageEvents
from onset.screen_reader.speech_settings import SpokenManner
from onset.screen_reader.speech_source import SpeechPiece, SpeechSource
from onset.types import SAMPLE_RATE, Floats, Halt, Request

LONGEST_LEAD = round(0.15 * SAMPLE_RATE)
"""Samples within which a message's leading silence is left out."""

AUDIBLE = 0.003
"""Samples below it at the beginning are silence: -50 dBFS."""

KEPT = round(0.01 * SAMPLE_RATE)
"""Samples of that silence that stay."""


@dataclass(frozen=True, slots=True)
class MessagePart:
    """A text in one manner. written: as the client wrote it, whose words the marks count.

    silence: seconds before it. kept: whether its speech is to be kept, as that of a letter.
    """

    text: str
    manner: SpokenManner
    written: str = ""
    marks: Sequence[TextMark] = ()
    silence: float = 0.0
    kept: bool = False


class SpokenMessage:
    """A message of some parts. `halt` ends it wherever it is."""

    def __init__(self, parts: Sequence[MessagePart], events: MessageEvents) -> None:
        self.parts, self.events, self.halt = parts, events, Halt()

    def stop(self, event: bytes) -> None:
        """End it by STOP or PAUSE, unless it has ended. Raises OSError."""
        self.events.finish(event)
        self.halt.set()

    def speak(self, source: SpeechSource, letters: LetterCache) -> OnsetError | None:
        """Send all of it, to its END; what went wrong, if anything. Raises OSError."""
        self.events.begin()
        failure: OnsetError | None = None
        for part in self.parts:
            try:
                self._speak_part(part, source, letters)
            except (Halted, InvalidRequest):  # stopped, or there is nothing to hear in it
                pass
            except OnsetError as error:
                failure = error
        self.events.finish(END)
        return failure

    def _speak_part(self, part: MessagePart, source: SpeechSource, letters: LetterCache) -> None:
        manner, times = part.manner, MarkTimes(part.written, part.marks)
        pause = np.zeros(round(part.silence * manner.rate), np.float32)
        self.events.audio(pause, manner.rate)
        try:
            if part.text.strip():
                request = manner.request(part.text)
                if part.kept:
                    pieces = kept_speech(request, source, letters, self.halt)
                else:
                    pieces = made_ahead(source, request, self.halt)
                self._send(pieces, manner, times)
        finally:
            self.events.marks(times.rest())

    def _send(self, pieces: Iterator[SpeechPiece], manner: SpokenManner, times: MarkTimes) -> None:
        stretched: StretchedSamples | None = None
        position = 0
        for piece in pieces:
            times.feed(piece.words)
            samples = piece.samples
            if stretched is None:
                begin = sounding_from(samples, position)
                position += len(samples) if begin is None else begin
                if begin is None:
                    continue
                samples = samples[begin:]
                stretched = StretchedSamples(manner.stretch, position)
            self._send_samples(stretched.feed(samples), manner, times)
        if stretched is not None:
            self._send_samples(stretched.finish(), manner, times)

    def _send_samples(
        self, heard: Iterator[tuple[int, Floats]], manner: SpokenManner, times: MarkTimes
    ) -> None:
        """Samples, each behind the marks that are reached before its end."""
        for end, samples in heard:
            begin, sent = end - len(samples) * manner.stretch, 0
            for at, name in times.until(end):
                until = min(len(samples), max(sent, round((at - begin) / manner.stretch)))
                self.events.audio(samples[sent:until] * np.float32(manner.gain), manner.rate)
                self.events.marks([name])
                sent = until
            self.events.audio(samples[sent:] * np.float32(manner.gain), manner.rate)


def kept_speech(
    request: Request, source: SpeechSource, letters: LetterCache, halt: Halt, *, idle: bool = False
) -> Iterator[SpeechPiece]:
    """Speech that is kept, or made now as a whole, for it is short, and kept."""
    samples = letters.get(request)
    if samples is None:
        pieces = [piece.samples for piece in source.speak(request, halt, idle=idle)]
        samples = letters.put(request, np.concatenate(pieces))
    yield SpeechPiece(samples)


def sounding_from(samples: Floats, position: int) -> int | None:
    """Where in the first samples of a message its sound begins; None: not in them.

    position: of the first of them in the message.
    """
    loud = np.flatnonzero(np.abs(samples) > AUDIBLE)
    if len(loud) and position <= LONGEST_LEAD:
        return max(0, int(loud[0]) - KEPT)
    return None if position + len(samples) <= LONGEST_LEAD else 0


class StretchedSamples:
    """Samples as they come, `factor` times faster at the same pitch.

    begin: position of the first.
    """

    def __init__(self, factor: float, begin: int = 0) -> None:
        self._stretch, self._offset = TimeStretch(SAMPLE_RATE, 0, factor), begin
        self._begin, self._samples = 0, np.zeros(0, np.float32)

    def feed(self, samples: Floats, last: bool = False) -> Iterator[tuple[int, Floats]]:
        """What can be heard now, each with the position behind it among what came."""
        kept = max(self._begin, self._stretch.position - SAMPLE_RATE)
        self._samples = np.concatenate((self._samples[kept - self._begin :], samples))
        self._begin = kept
        end = kept + len(self._samples)
        while len(piece := self._stretch.next(self._read, end, last=last)):
            yield self._offset + self._stretch.position, piece

    def finish(self) -> Iterator[tuple[int, Floats]]:
        """What is left."""
        return self.feed(np.zeros(0, np.float32), last=True)

    def _read(self, position: int, count: int) -> Floats:
        begin = position - self._begin
        return self._samples[begin : begin + count]
