"""An output module of speech-dispatcher: obeys the commands that it is given line by line.

Commands are obeyed in the thread that reads them, so that STOP is heard at once; one other thread
speaks, and prepares letters while nobody waits.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from queue import Empty, Queue
from threading import Lock, Thread

from onset.errors import OnsetError
from onset.screen_reader.letter_cache import LetterCache
from onset.screen_reader.marked_text import marked_texts
from onset.screen_reader.module_output import END, PAUSE, STOP, MessageEvents, ModuleOutput
from onset.screen_reader.speech_settings import SpeechSettings, spoken_manner, voice_lines
from onset.screen_reader.speech_source import SpeechSource
from onset.screen_reader.spoken_message import MessagePart, SpokenMessage, kept_speech
from onset.screen_reader.spoken_signs import (
    PREPARED,
    PREPARED_KEYS,
    said_character,
    said_key,
    spelled,
    with_capitals,
    with_signs,
)
from onset.serving.error_codes import whereabouts
from onset.types import Halt

IDLE_SECONDS = 0.5
"""Seconds without a message after which letters are prepared."""

LAST_SECONDS = 0.5
"""Longest wait for the thread that speaks, at the end."""

MOST_WAITING = 16
"""Messages that wait to be ended: all but the newest were told to stop before it came."""

LONGEST_MESSAGE = 1 << 20
"""Characters of a message; longer ones are refused."""

_log = logging.getLogger("onset.speechd")


class SpeakingThread:
    """Speaks one message after the other, and prepares letters while there is none."""

    def __init__(self, source: SpeechSource, prepared: Callable[[], Sequence[MessagePart]]) -> None:
        """prepared: the letters that may be wanted next, as they would be spoken now."""
        self._source, self._prepared = source, prepared
        self._letters = LetterCache()
        self._messages: Queue[SpokenMessage | None] = Queue(MOST_WAITING)
        self._lock, self._idle = Lock(), Halt()
        self._refused: set[MessagePart] = set()
        self._thread = Thread(target=self._run, name="onset-speak", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it; the message that is being spoken must have been ended."""
        self.put(None)
        self._thread.join(LAST_SECONDS)

    def put(self, message: SpokenMessage | None) -> None:
        """Speak a message next; whatever is being prepared is left. None: no more will come."""
        self._messages.put(message)
        with self._lock:
            self._idle.set()

    def _run(self) -> None:
        while True:
            message = self._next()
            if message is None:
                return
            failure: Exception | None = None
            try:
                failure = message.speak(self._source, self._letters)
            except OSError:
                return  # the server is gone; the thread that reads is told so too
            except Exception as error:  # whatever it is, the next message must be heard
                failure = error
                message.events.finish(END)
            if failure is not None:
                _log.error("A message could not be spoken: %s", whereabouts(failure))

    def _next(self) -> SpokenMessage | None:
        """The next message; letters are prepared until it comes."""
        try:
            return self._messages.get(timeout=IDLE_SECONDS)
        except Empty:
            pass
        for part in self._prepared():
            with self._lock:
                halt = self._idle = Halt()
            try:
                return self._messages.get_nowait()
            except Empty:
                self._prepare(part, halt)
        return self._messages.get()

    def _prepare(self, part: MessagePart, halt: Halt) -> None:
        request = part.manner.request(part.text)
        if self._letters.get(request) is not None or part in self._refused:
            return
        try:
            for _ in kept_speech(request, self._source, self._letters, halt, idle=True):
                pass
        except OnsetError:
            if not halt.is_set:  # it will not go better the next time
                self._refused.add(part)


class SpeechdModule:
    """The commands of one server. lines: what it says, each with its newline."""

    def __init__(
        self, lines: Iterator[bytes], output: ModuleOutput, source: SpeechSource, voice: str
    ) -> None:
        self._lines, self._output, self._voice = lines, output, voice
        self._settings = SpeechSettings()
        self._current: SpokenMessage | None = None
        self._speaking = SpeakingThread(source, self._prepared)

    def run(self) -> None:
        """Obey until QUIT, or the server is gone."""
        try:
            for line in self._lines:
                command = line.decode("utf-8", "replace").strip()
                if command == "QUIT":
                    self._end(STOP)
                    return self._output.answer("210 OK QUIT")
                self._obey(command)
        except OSError:
            pass  # nobody reads what we say
        finally:
            if self._current is not None:
                self._current.halt.set()
            self._speaking.close()

    def _obey(self, command: str) -> None:
        match command.partition(" ")[0]:
            case "INIT":
                self._output.answer("299-Onset speaks.", "299 OK LOADED SUCCESSFULLY")
            case "AUDIO":
                self._take_parameters("207", "AUDIO ", self._set_audio, "AUDIO INITIALIZED")
            case "LOGLEVEL":
                self._take_parameters("207", "LOGLEVEL ", self._ignore, "LOGLEVEL SET")
            case "SET":
                self._take_parameters("203", "", self._set, "SETTINGS RECEIVED")
            case "SPEAK" | "CHAR" | "KEY" | "SOUND_ICON":
                self._take_message(command)
            case "STOP":
                self._end(STOP)
            case "PAUSE":
                self._end(PAUSE)
            case "LIST":
                voices = [f"200-{line}" for line in voice_lines()]
                self._output.answer(*voices, "200 OK VOICE LIST SENT")
            case "DEBUG":
                self._output.answer("200 OK DEBUGGING " + command.split()[-1][:3])
            case _:
                self._output.answer("300 ERR UNKNOWN COMMAND")

    def _end(self, event: bytes) -> None:
        """End what is being spoken by an event; without a message there is none."""
        if self._current is not None:
            self._current.stop(event)
            self._current = None

    def _block(self) -> Iterator[str]:
        """The lines of a block, up to the line that is a single dot."""
        for line in self._lines:
            text = line.decode("utf-8", "replace").removesuffix("\n")
            if text == ".":
                return
            yield text[1:] if text.startswith(".") else text

    def _take_parameters(
        self, code: str, kind: str, take: Callable[[str, str], None], done: str
    ) -> None:
        self._output.answer(f"{code} OK RECEIVING {kind}SETTINGS")
        refused = None
        for line in self._block():
            name, sign, value = line.partition("=")
            try:
                take(name, value)
            except ValueError:
                refused = "303 ERROR INVALID PARAMETER OR VALUE"
            if not sign:
                refused = "302 ERROR BAD SYNTAX"
        self._output.answer(refused or f"203 OK {done}")

    def _set(self, name: str, value: str) -> None:
        self._settings = self._settings.updated(name, value)

    def _set_audio(self, name: str, value: str) -> None:
        """Only audio that the server plays."""
        if (name, value) != ("audio_output_method", "server"):
            raise ValueError(name)

    def _ignore(self, name: str, value: str) -> None:
        """The log level is that of ONSET_LOG_LEVEL."""

    def _take_message(self, command: str) -> None:
        self._output.answer("202 OK RECEIVING MESSAGE")
        lines = list(self._block())
        while lines and not lines[-1]:
            lines.pop()
        text = "\n".join(lines)
        if not text or len(text) > LONGEST_MESSAGE:
            return self._output.answer("301 ERROR CANT SPEAK")
        if command != "SPEAK" and len(lines) > 1:
            return self._output.answer("305 DATA MORE THAN ONE LINE")
        parts = self._text_parts(text) if command == "SPEAK" else [self._short(command, text)]
        self._end(STOP)  # a server waits for the end of a message before it sends the next
        self._current = SpokenMessage(parts, MessageEvents(self._output))
        self._output.answer("200 OK SPEAKING")
        self._speaking.put(self._current)

    def _short(self, command: str, text: str) -> MessagePart:
        """A character, a key, or the name of an icon."""
        if len(text) > 1:
            text = " ".join(part.text for part in marked_texts(text))
        if command == "CHAR":
            said = said_character(" " if text == "space" else text, self._settings.capitals)
        else:
            said = said_key(text) if command == "KEY" else text.replace("-", " ")
        return MessagePart(said, spoken_manner(self._settings, self._voice), kept=True)

    def _text_parts(self, message: str) -> list[MessagePart]:
        settings = self._settings
        parts = []
        for marked in marked_texts(message):
            wanted = replace(settings, language=marked.lang or settings.language)
            manner = spoken_manner(wanted, self._voice, marked.faster)
            text = marked.text
            if settings.spelling:
                text = spelled(text, settings.capitals)
            else:
                text = with_signs(text, settings.punctuation)
                text = with_capitals(text) if settings.capitals == "spell" else text
            parts.append(MessagePart(text, manner, marked.text, marked.marks, marked.silence))
        return parts

    def _prepared(self) -> list[MessagePart]:
        manner = spoken_manner(self._settings, self._voice)
        said = [*map(said_character, PREPARED), *map(said_key, PREPARED_KEYS)]
        return [MessagePart(text, manner, kept=True) for text in said]
