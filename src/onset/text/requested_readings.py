"""The readings of a request: its text by its reading mode or as SSML, with the user's words."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby, zip_longest
from pathlib import Path

from onset.errors import InvalidRequest
from onset.text.incremental import TextStream
from onset.text.lexicon.lexicon import Lexicon
from onset.text.lexicon.lexicon_entry import lexicon_entry
from onset.text.lexicon.lexicon_file import LexiconFile
from onset.text.markup.reading_modes import as_prose
from onset.text.markup.speech_script import Manner, Script, ScriptMark, ScriptPart, ScriptText
from onset.text.markup.ssml import parse_ssml
from onset.text.markup.voice_turns import voice_turns
from onset.text.normalize import MOST_SILENCE, PAUSE_TAG, continued, spoken_pieces
from onset.text.readings import ReadingQueue, ReadingSource, WordsOf
from onset.text.sentence_splitter import TextPiece
from onset.text.streamed_readings import StreamedReadings
from onset.types import (
    FASTEST,
    MAX_PHONEMES,
    SLOWEST,
    Pause,
    Reading,
    ReadingManner,
    Request,
    Silence,
    Word,
)

MOST_PRONUNCIATIONS = 200
"""Words of one request."""

SHORTEST = 0.02
"""Seconds of silence behind the last word, in which the marks behind it are reached."""


def request_lexicon(pronunciations: Sequence[tuple[str, str]]) -> Lexicon:
    """The words of a request. Raises InvalidRequest."""
    if len(pronunciations) > MOST_PRONUNCIATIONS:
        message = f"A request has at most {MOST_PRONUNCIATIONS} pronunciations."
        raise InvalidRequest(message, "pronunciations")
    try:
        return Lexicon(lexicon_entry(word, said) for word, said in pronunciations)
    except InvalidRequest as error:
        raise InvalidRequest(error.message, "pronunciations") from None


def rewriter(lexicons: Sequence[Lexicon], lang: str) -> Callable[[str], str]:
    """Puts the words of lexicons into a raw text; an earlier one goes before a later one."""

    def rewritten(text: str) -> str:
        for lexicon in lexicons:
            text = lexicon.rewritten(text, lang)
        return text

    return rewritten


def check_silences(text: str, script: Script = ()) -> None:
    """Refuse more silence than is made, in a text and in the parts of its script. Raises
    InvalidRequest."""
    seconds = sum(float(match[1]) for match in PAUSE_TAG.finditer(text))
    seconds += sum(part.seconds for part in script if isinstance(part, Silence))
    if seconds > MOST_SILENCE:
        message = f"The silences are longer than {MOST_SILENCE:g} seconds together."
        raise InvalidRequest(message, "input")


def request_script(
    request: Request, lang: str, voice_language: Callable[[str], str] | None = None
) -> Script:
    """The parts of a request that says how it is spoken. Raises InvalidRequest, also for a speed
    out of range."""
    if request.is_document:
        script = parse_ssml(request.text, lang, voice_language)
    else:
        script = voice_turns(_prose(request, lang), voice_language)
    texts = [part for part in script if isinstance(part, ScriptText)]
    if not texts:
        raise InvalidRequest("There is no text to speak.", "input")
    for rate in {part.manner.rate for part in texts}:
        if not SLOWEST <= request.speed * rate <= FASTEST:
            speed = f"{request.speed * rate:.3g}"
            message = f"prosody: speed {speed} is not between {SLOWEST} and {FASTEST}."
            raise InvalidRequest(message, "input")
    return script


def _prose(request: Request, lang: str) -> str:
    return as_prose(request.text, request.reading, lang, request.code_blocks)


def requested_readings(
    request: Request,
    lang: str,
    words: WordsOf,
    lexicons: Sequence[Lexicon] = (),
    voice_language: Callable[[str], str] | None = None,
) -> ReadingSource:
    """The readings of a request whose text is all there. lang: of the request. voice_language: the
    language of a voice."""
    if request.is_directed:
        script = request_script(request, lang, voice_language)
        return ScriptReadings(script, request, lang, words, lexicons)
    pieces = spoken_pieces(_prose(request, lang), lang, rewritten=rewriter(lexicons, lang))
    return ReadingQueue(pieces, lambda piece: words(piece, lang))


class RequestReader:
    """The readings of requests, with the words of the user's file `lexicon` as it is at the time.

    Raises InvalidRequest at once for a wrong file. voice_language: the language of a voice.
    """

    def __init__(
        self, words: WordsOf, lexicon: Path | None, voice_language: Callable[[str], str]
    ) -> None:
        self._words, self._voice_language = words, voice_language
        self._file = None if lexicon is None else LexiconFile(lexicon)
        if self._file is not None:
            self._file.load()

    def check(self, request: Request, lang: str) -> None:
        """Refuse a text before any work. Raises InvalidRequest."""
        request_lexicon(request.pronunciations)
        script = self._script(request, lang)
        check_silences(request.text, script)
        if request.plan == "fast" and _voices(request, script) != {request.voice}:
            raise InvalidRequest("The plan fast speaks in one voice.", "plan")

    def voices(self, request: Request, lang: str) -> set[str]:
        """The voices and mixes that a request is spoken in."""
        return _voices(request, self._script(request, lang))

    def _script(self, request: Request, lang: str) -> Script:
        """The parts of a request that says how it is spoken; none of another."""
        return request_script(request, lang, self._voice_language) if request.is_directed else ()

    def spoken(self, request: Request, lang: str) -> list[Word]:
        """The words of a request as they are spoken, with their phonemes. Raises InvalidRequest."""
        self.check(request, lang)
        source, words = self.source(request, lang), list[Word]()
        while (reading := source.next(MAX_PHONEMES)) is not None:
            if isinstance(reading, Reading):
                words += reading.words[reading.begin : reading.end]
        if not words:
            raise InvalidRequest("There is nothing in the text that can be spoken.", "input")
        return words

    @property
    def lexicon(self) -> Lexicon:
        """The user's words as they are now."""
        return Lexicon() if self._file is None else self._file.current()

    @property
    def problem(self) -> str | None:
        """Why the newest words of the user's file are not in use."""
        return None if self._file is None else self._file.problem

    def source(
        self, request: Request, lang: str, text_stream: TextStream | None = None
    ) -> ReadingSource:
        """The readings of a request, or of a text that is still being written."""
        lexicons = [request_lexicon(request.pronunciations)] if request.pronunciations else []
        if self._file is not None:
            lexicons.append(self._file.current())
        if text_stream is None or request.is_document:
            return requested_readings(request, lang, self._words, lexicons, self._voice_language)
        rewriting = partial(rewriter, lexicons)
        return StreamedReadings(text_stream, request, lang, self._words, rewriting)

    def read(self, request: Request, lang: str) -> None:
        """Read a request and keep nothing: what is done for the first time is done."""
        source = self.source(request, lang)
        while source.next(MAX_PHONEMES) is not None:
            pass


class ScriptReadings:
    """A ReadingSource on a script: readings in the voice, language and speed of each part."""

    def __init__(
        self,
        script: Script,
        request: Request,
        lang: str,
        words: WordsOf,
        lexicons: Sequence[Lexicon] = (),
    ) -> None:
        self._request, self._lang = request, lang
        self._words, self._lexicons = words, lexicons
        self._runs = iter(_runs(script))
        self._queue: ReadingQueue | None = None
        self._manner = ReadingManner(request.voice, request.speed)
        self._marks: tuple[str, ...] = ()

    def next(self, most: int) -> Reading | Silence | Pause | None:
        """As ReadingSource; a part ends its utterance where the next has another manner."""
        while True:
            if self._queue is None and not self._begin():
                return self._last_marks()
            assert self._queue is not None
            reading = self._queue.next(most)
            if isinstance(reading, Reading):
                return replace(reading, manner=self._manner)
            if reading is not None:
                return reading
            self._queue = None

    def _last_marks(self) -> Silence | None:
        """The marks behind the last word, with a silence of their own."""
        marks, self._marks = self._marks, ()
        return Silence(SHORTEST, marks) if marks else None

    def _begin(self) -> bool:
        """Begin the next run; False behind the last."""
        run = next(self._runs, None)
        if run is None:
            return False
        manner, parts = run
        lang = manner.lang or self._lang
        voice = manner.voice or self._request.voice
        speed = self._request.speed * manner.rate
        self._manner = ReadingManner(voice, speed, manner.volume)
        self._queue = ReadingQueue(self._pieces(parts, lang), partial(self._marked, lang=lang))
        return True

    def _pieces(self, parts: Sequence[ScriptPart], lang: str) -> Iterator[TextPiece | Silence]:
        """The pieces of a run. A mark is kept for the words that come next: those of the pieces
        before it were asked for already."""
        rewritten = rewriter(self._lexicons, lang)
        for part, following in zip_longest(parts, parts[1:]):
            if isinstance(part, ScriptText):
                text = continued(part.text) if isinstance(following, Silence) else part.text
                yield from spoken_pieces(text, lang, part.end, rewritten)
            elif isinstance(part, ScriptMark):
                self._marks += (part.name,)
            else:
                yield part

    def _marked(self, text: str, lang: str) -> tuple[Word, ...]:
        """The words of a piece, the first with the marks that stand before it."""
        first, *rest = self._words(text, lang)
        marks, self._marks = self._marks, ()
        return replace(first, marks=marks) if marks else first, *rest


def _voices(request: Request, script: Script) -> set[str]:
    texts = [part for part in script if isinstance(part, ScriptText)]
    return {part.manner.voice or request.voice for part in texts} or {request.voice}


def _runs(script: Script) -> list[tuple[Manner, list[ScriptPart]]]:
    """The parts in groups of one manner; a silence or a mark belongs to what is before it."""
    manner = next((part.manner for part in script if isinstance(part, ScriptText)), Manner())
    manners: list[Manner] = []
    for part in script:
        manner = part.manner if isinstance(part, ScriptText) else manner
        manners.append(manner)
    pairs = zip(manners, script, strict=True)
    return [(key, [part for _, part in group]) for key, group in groupby(pairs, lambda p: p[0])]
