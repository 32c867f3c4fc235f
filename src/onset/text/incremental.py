"""Incremental text: one side feeds a text while it is written, the other takes what can be spoken.

No word is spoken before it is whole, and none is lost, whatever the pieces that the text comes in.
There is no clock here: the side that feeds says when to `rest`.
"""

from collections import deque
from threading import Lock
from typing import TypeAlias

from onset.errors import InvalidRequest
from onset.text.g2p.languages import resolve_language
from onset.text.markup.ssml_start import is_document
from onset.text.markup.voice_turns import (
    VoiceLanguage,
    VoiceTurn,
    check_turns,
    half_turn,
    turn_break,
    turn_manner,
)
from onset.text.readings import FlushMarker
from onset.text.sentence_splitter import BLOCK, Break, TextPiece
from onset.text.stable_prefix import prefix_at_pause, stable_prefix, whole_prefix
from onset.types import TURN, Pause

Part: TypeAlias = TextPiece | FlushMarker | VoiceTurn
"""What a text consists of, in its order."""


class TextStream:
    """A text that is still being written. Any thread may use it.

    limit: most characters of the whole text, which also bounds the queue. lang: its language.
    ssml: whether it is a document, which is spoken when it is whole; None: if it begins as one.
    voice_language: the language of a voice that the text turns to. turns: those voices.
    """

    def __init__(
        self,
        limit: int,
        lang: str = "en-us",
        ssml: bool | None = False,
        voice_language: VoiceLanguage = None,
    ) -> None:
        self.characters = 0
        self.turns: list[str] = []
        self.ended = False
        self._lang, self._limit = resolve_language(lang), limit
        self._ssml, self._voice_language = ssml, voice_language
        self._lock = Lock()
        self._parts: deque[Part] = deque()
        self._document: list[str] = []
        self._tail = ""
        self._committed = 0
        self._waiting = True
        self._flushed = False

    @property
    def document(self) -> str | None:
        """The whole text, if it is a document; None if it is none, or is not known to be one."""
        return "".join(self._document) if self._ssml else None

    def ready(self) -> bool:
        """Whether there is work to do; text that was taken and is not yet spoken counts too."""
        return not self._waiting or self.ended or (bool(self._parts) and self._committed > 0)

    def feed(self, text: str) -> None:
        """Append to the text. Raises InvalidRequest if it has ended, becomes too long, or turns to
        a voice that is unknown: then nothing of `text` is taken."""
        with self._lock:
            if self.ended:
                raise InvalidRequest("The text has ended already.", "delta")
            if self.characters + len(text) > self._limit:
                message = f"The text has more than {self._limit} characters."
                raise InvalidRequest(message, "delta")
            if not self._belongs_to_document(text):
                self._append(text)
            self.characters += len(text)
            self._flushed = False

    def flush(self) -> None:
        """Let everything that came be spoken now: it ends with a whole word. Raises InvalidRequest
        for a document."""
        with self._lock:
            if self._ssml:
                message = "A document of SSML is spoken when it is whole: send text.done."
                raise InvalidRequest(message)
            self._ssml = False if self._tail else self._ssml
            self._commit(whole_prefix(self._tail[: half_turn(self._tail)]))
            self._mark_flush()

    def rest(self) -> None:
        """Nothing came for a while: let it be spoken, except what may be half a word."""
        with self._lock:
            if self._ssml is False:
                self._commit(prefix_at_pause(self._tail[: half_turn(self._tail)], self._lang))
                self._mark_flush()

    def end(self) -> None:
        """Complete the text. Calling it again is no error."""
        with self._lock:
            self._ssml = bool(self._ssml)
            self._commit(TextPiece(self._tail, Break.END))
            self.ended = True

    def wait(self) -> None:
        """The side that takes has nothing to do until more text comes."""
        self._waiting = True

    def take(self) -> Part | Pause | None:
        """Remove the next part; NEED_TEXT where there is none yet, None behind the last."""
        with self._lock:
            if self._parts:
                self._waiting = False
                return self._parts.popleft()
            return None if self.ended else Pause.NEED_TEXT

    def _belongs_to_document(self, text: str) -> bool:
        """Keep `text` if the whole is a document, or may be one; not what is known to be none."""
        if self._ssml is False:
            return False
        if self._ssml is None:
            self._ssml = is_document(begun := self._tail + text)
            if self._ssml is None:
                self._tail = begun
            if not self._ssml:
                return self._ssml is None
            self._document, self._tail = [self._tail], ""
        self._document.append(text)
        return True

    def _append(self, text: str) -> None:
        """Add text to the tail, and move what is stable to the parts."""
        inside_word = self._tail[-1:].isalnum() and text.isalnum()
        self._tail = self._behind_turns(text)
        if not inside_word or len(self._tail) > BLOCK:  # letters alone complete no word
            whole = self._tail[: half_turn(self._tail)]
            self._commit(stable_prefix(whole, self._committed, self._lang))

    def _behind_turns(self, text: str) -> str:
        """The tail with `text`, without what ends with a turn, which is moved to the parts."""
        tail = self._tail + text
        if "]" not in text:
            return tail
        before, *turns = TURN.split(tail)
        try:
            check_turns(len(self.turns) + len(turns) // 2)
            manners = [turn_manner(voice, self._voice_language) for voice in turns[::2]]
        except InvalidRequest:
            self._tail = self._tail[: half_turn(self._tail)]  # what is left of a turn is no text
            raise
        for manner, said in zip(manners, turns[1::2], strict=True):
            self._tail = before
            end = turn_break(before)
            self._commit(TextPiece(before, end) if before.strip() else None)
            self._parts.append(VoiceTurn(manner, end))
            self._lang = manner.lang or self._lang
            before = said
        self.turns += turns[::2]
        return before

    def _mark_flush(self) -> None:
        if self._committed and not (self.ended or self._flushed):
            self._parts.append(FlushMarker())
            self._flushed = True

    def _commit(self, portion: TextPiece | None) -> None:
        """Move a portion from the tail to the parts, joined to the last if nobody has taken it."""
        if portion is None:
            return
        self._tail = self._tail[len(portion.text) :]
        self._committed += len(portion.text)
        last = self._parts[-1] if self._parts else None
        if isinstance(last, TextPiece):
            self._parts[-1] = TextPiece(last.text + portion.text, portion.end)
        elif portion.text:
            self._parts.append(portion)
