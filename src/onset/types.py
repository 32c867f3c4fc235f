"""The values passed between the stages, all frozen, and the stop button of a request."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from threading import Lock
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

if TYPE_CHECKING:  # 50 ms that a reader of text does not need
    import numpy as np
    import numpy.typing as npt

    Floats: TypeAlias = npt.NDArray[np.float32]
    """A float32 array; the shape is in the field's description."""


def __getattr__(name: str) -> Any:
    """`Floats`, for those who work with samples."""
    if name != "Floats":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import numpy as np  # noqa: PLC0415
    import numpy.typing as npt  # noqa: PLC0415

    return npt.NDArray[np.float32]


SAMPLE_RATE = 24_000
"""Samples a second of everything the model speaks (Kokoro-82M, config.json)."""

SAMPLE_BYTES = 2
"""Bytes of a sample wherever audio is sent or stored: signed 16-bit little-endian, mono."""

FRAME_SAMPLES = 600
"""Samples of one duration frame: 25 ms (hexgrad/kokoro, pipeline.py `join_timestamps`)."""

MAX_PHONEMES = 510
"""Phoneme tokens the model takes at once: ALBERT's 512 positions less the two pads."""

SLOWEST, FASTEST = 0.5, 2.0
"""Speeds the model's durations are made for; beyond, they are no longer speech."""

ReadingMode: TypeAlias = Literal["prose", "literal", "markdown", "code", "mail", "latex"]
"""What a text is. prose: as people write, with some Markdown and HTML, whose marks are not said.
literal: nothing is markup, and no word is lost. markdown: a document. code: sign by sign. mail:
with quoted levels. latex: a formula."""

CodeBlocks: TypeAlias = Literal["announce", "read"]
"""What is said of a block of code: that it is there, or all that stands in it."""

DOCUMENT = re.compile(r"[\ufeff\s]{0,100}(?:<\?xml[^<>]{0,200}\?>\s{0,100})?<speak(?=[\s>])")
"""How a document of SSML begins."""

TURN = re.compile(r"(?i)\[voice:[ \t]{0,10}([^\[\]\s]{1,200})[ \t]{0,10}\]")
"""Another voice or mix from here on, in plain text: `[voice:am_adam]`."""

LITERAL_MODES: tuple[ReadingMode, ...] = ("literal", "code", "latex")
"""What tells nothing of how it is to be spoken."""


PlanName: TypeAlias = Literal["fast", "balanced", "quality", "exact"]
"""In which way an answer is made (engine/plans.py)."""

PLAN_NAMES: tuple[PlanName, ...] = get_args(PlanName)

Mode: TypeAlias = Literal["fast", "balanced", "quality", "exact", "auto"]
"""What can be asked for: a plan, or the best one that keeps the promise now."""

MODES: tuple[Mode, ...] = get_args(Mode)


@dataclass(frozen=True, slots=True)
class Request:
    """What a caller asks for. lang: None means the voice's own language. exact: the same as the
    plan of that name. plan: None means the usual one; "auto" is for a server to decide. ssml:
    whether the text is a document of SSML; None: if it begins as one. reading: what the text is,
    else. code_blocks: what is said of code in Markdown. pronunciations: words, and `/phonemes/` or
    what else to say. turns: voices and mixes that a text which is still being written, and so not
    here, turns to as far as it came.
    """

    text: str
    voice: str = "af_heart"
    speed: float = 1.0
    lang: str | None = None
    exact: bool = False
    plan: Mode | None = None
    ssml: bool | None = None
    reading: ReadingMode = "prose"
    code_blocks: CodeBlocks = "announce"
    pronunciations: tuple[tuple[str, str], ...] = ()
    turns: tuple[str, ...] = ()

    @property
    def is_document(self) -> bool:
        """Whether the text is a document of SSML."""
        if self.ssml is None and self.reading not in LITERAL_MODES:
            return DOCUMENT.match(self.text) is not None
        return bool(self.ssml)

    @property
    def is_directed(self) -> bool:
        """Whether the text says how it is spoken: a document, or one with turns of voices."""
        if self.is_document:
            return True
        return self.reading not in LITERAL_MODES and TURN.search(self.text) is not None


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of text with its phonemes (Kokoro's alphabet; empty if there is nothing to hear).

    Joining `text + space` of all words gives the text they are of. marks: names of the marks that
    stand before it.
    """

    text: str
    phonemes: str
    space: str
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadingManner:
    """The voice or mix of a reading, its speed, and how many times as loud it is."""

    voice: str
    speed: float
    volume: float = 1.0


@dataclass(frozen=True, slots=True)
class Reading:
    """Words that the model reads as one utterance, and which of them are decoded from it.

    words: their phonemes, joined and stripped, are 1 to MAX_PHONEMES. words[begin:end] are decoded:
    those before them were decoded from an earlier reading, those behind them will be from a later
    one, and both are read for the melody. pause: seconds of silence the text asks for behind `end`.
    known: phonemes of the whole utterance, as far as it is known; more than there are here where
    it is longer than what is read. first: whether nothing of the utterance was decoded before.
    manner: None where it is the request's.
    """

    words: tuple[Word, ...]
    begin: int
    end: int
    pause: float
    known: int
    first: bool = True
    manner: ReadingManner | None = None

    @property
    def phonemes(self) -> str:
        """What the model reads."""
        return joined_phonemes(self.words)

    @property
    def text(self) -> str:
        """The text that is decoded."""
        return "".join(word.text + word.space for word in self.words[self.begin : self.end])

    @property
    def last(self) -> bool:
        """Whether it is decoded to its end, so that nothing of the utterance follows."""
        return self.end == len(self.words)


def joined_phonemes(words: Sequence[Word]) -> str:
    """The phonemes of words as one string, without the space at its ends."""
    return "".join(word.phonemes for word in words).strip()


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word of the answer and when it is heard. start, end: samples of the whole answer.

    space: what stands behind it in the text. Signs that stand alone belong to the word before.
    marks: names of the marks of SSML that are reached with it. Marks behind the last word have one
    of their own, without text.
    """

    text: str
    space: str
    start: int
    end: int
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of the answer. samples: float32 [n], 24 kHz, within [-1, 1].

    position: index of samples[0] in the whole answer. reading: which reading it is decoded from.
    exact: whether it was decoded with its own statistics rather than predicted ones.
    words: all words decoded from the reading, with its first chunk of speech; others have none.
    more: whether the next chunk is there already and costs nothing to take.
    """

    samples: "Floats"
    position: int
    reading: int
    exact: bool
    words: tuple[SpokenWord, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class Silence:
    """A silence that the text asks for, instead of the pause that would be there.

    marks: names of marks that are reached with it: those behind the last word.
    """

    seconds: float
    marks: tuple[str, ...] = ()


class Pause(Enum):
    """What a generator of the engine yields where it has nothing to give yet."""

    TURN = "work is left, and another request may have its turn"
    STEP = "a step waits to be computed with those of other requests"
    NEED_TEXT = "the text that came so far is too little to go on"


class Halt:
    """A stop button that may be pressed from another thread while the engine computes."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.is_set = False
        self._set_ns: int | None = None
        self._listeners: list[Callable[[], None]] = []

    @property
    def seconds(self) -> float:
        """Since it was first pressed; 0 before."""
        return 0.0 if self._set_ns is None else (perf_counter_ns() - self._set_ns) / 1e9

    def set(self) -> None:
        """Press it: each listener is called once, and a listener attached later at once."""
        with self._lock:
            self._set_ns = self._set_ns or perf_counter_ns()
            self.is_set = True
            listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener()

    def attach(self, listener: Callable[[], None]) -> None:
        """Call `listener` when the button is pressed, or now if it was."""
        with self._lock:
            if not self.is_set:
                self._listeners.append(listener)
                return
        listener()

    def detach(self, listener: Callable[[], None]) -> None:
        """Forget a listener; one that was never attached or already called is no error."""
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)
