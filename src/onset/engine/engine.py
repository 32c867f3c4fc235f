"""The engine: a request in, chunks of audio out, each as soon as it exists.

One synchronous generator, `turns`, is the core; `render` joins what it yields. The order of work is
fixed by the request and the machine's pace, never by a clock, so the same request gives the same
samples unless a listener would run dry.
"""

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from onset.config import Settings, load_settings
from onset.engine.audible_span import FrameSpan, audible_span, pause_samples
from onset.engine.dsp import limit
from onset.engine.playout_budget import PlayoutBudget, measured_pace
from onset.engine.segment_decoder import decode_segment, step_sizes
from onset.engine.tail_mixer import TailMixer
from onset.engine.word_timings import shift_words, word_times
from onset.errors import InvalidRequest
from onset.model import adain_predictor, voice_styles
from onset.model.assets import Progress, known_sha256, model_file
from onset.model.backend import FRONT_SHARE, Backend, FrontOutput
from onset.model.graph.export import export
from onset.model.kokoro import KokoroBackend
from onset.text.g2p.phonemizer import Phonemizer, resolve_language
from onset.text.g2p.vocabulary import encode
from onset.text.incremental import TextStream
from onset.text.segmentation import segments
from onset.trace import Trace
from onset.types import (
    FASTEST,
    SAMPLE_RATE,
    SLOWEST,
    Chunk,
    Floats,
    Halt,
    Pause,
    Request,
    Segment,
    SpokenWord,
    Word,
)

CHUNK_SAMPLES = SAMPLE_RATE // 20
"""Samples of the largest chunk: 50 ms, so that players and senders can go on soon."""


class Engine:
    """Kokoro, ready to speak. Loading takes seconds; one thread at a time may speak.

    Engine() loads the model of `settings`; any part may be given instead, as tests do. words: as
    Phonemizer.words.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        backend: Backend | None = None,
        words: Callable[[str, str], tuple[Word, ...]] | None = None,
        predictor: adain_predictor.AdainPredictor | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.settings = settings or load_settings()
        voice_styles.parse(self.settings.voice)
        phonemizer = Phonemizer()
        with ThreadPoolExecutor(1, "onset-load") as pool:
            lang = voice_styles.language(self.settings.voice)
            loading = pool.submit(phonemizer.load, lang) if words is None else None
            self.backend = backend or load_backend(self.settings, progress)
            # In this thread, while the words still load, which takes longer than the model.
            predictor = predictor or adain_predictor.load(adain_predictor.ASSET)
            if loading is not None:
                loading.result()
        self._words = words or phonemizer.words
        self._voices = voice_styles.VoiceStyles()
        self.pace = self.settings.pace or measured_pace(self.backend)
        # Statistics of one model are wrong for another: without any, decode exactly.
        self._predictor = predictor if predictor.digest == self.backend.digest else None

    def speak(
        self,
        text: str,
        *,
        voice: str | None = None,
        speed: float = 1.0,
        lang: str | None = None,
        exact: bool = False,
    ) -> Generator[Chunk, None, None]:
        """Chunks of at most 50 ms as they are made; closing the iterator stops the work.

        voice: a name or a mix such as "af_heart(2)+am_michael(1)". lang: one of
        phonemizer.LANGUAGES, the voice's own if None. exact: decode each segment whole, with its
        own statistics. Raises InvalidRequest at once for what cannot be spoken.
        """
        request = Request(text, voice or self.settings.voice, speed, lang, exact)
        self.check(request)
        return self._chunks(request)

    def _chunks(self, request: Request) -> Generator[Chunk, None, None]:
        with closing(self.turns(request, Trace(), Halt())) as turns:
            yield from (turn for turn in turns if isinstance(turn, Chunk))

    def render(
        self,
        text: str,
        *,
        voice: str | None = None,
        speed: float = 1.0,
        lang: str | None = None,
        exact: bool = False,
    ) -> Floats:
        """The whole answer at once: float32 [n], 24 kHz. Arguments as `speak`."""
        chunks = self.speak(text, voice=voice, speed=speed, lang=lang, exact=exact)
        return np.concatenate([chunk.samples for chunk in chunks])

    def check(self, request: Request) -> None:
        """Refuse what cannot be spoken, before any work. Raises InvalidRequest with the choices."""
        length, limit = len(request.text), self.settings.max_characters
        if length > limit:
            raise InvalidRequest(f"The text has {length} characters; at most {limit}.", "input")
        if not request.text.strip():
            raise InvalidRequest("There is no text to speak.", "input")
        self.check_manner(request)

    def check_manner(self, request: Request) -> None:
        """Refuse a speed, voice or language as `check` does, for a text that is not there yet."""
        if not SLOWEST <= request.speed <= FASTEST:
            message = f"Speed {request.speed:g} is not between {SLOWEST} and {FASTEST}."
            raise InvalidRequest(message, "speed")
        self.language(request)

    def language(self, request: Request) -> str:
        """The language the text is read in. Raises InvalidRequest for one we cannot read."""
        return resolve_language(request.lang or voice_styles.language(request.voice))

    def is_exact(self, request: Request) -> bool:
        """Whether segments are decoded with their own statistics: asked for, or none predicted."""
        if request.exact or self._predictor is None:
            return True
        return not self._predictor.covers(voice_styles.parse(request.voice))

    def turns(
        self,
        request: Request,
        trace: Trace,
        halt: Halt,
        text_stream: TextStream | None = None,
        spare: Callable[[], float] | None = None,
    ) -> Generator[Chunk | Pause, None, None]:
        """`speak` for a scheduler: yields a Pause where another request may have its turn.

        text_stream: the text, where it is still being written; a turn that finds too little of it
        yields NEED_TEXT. spare: returns the seconds of work that may go before the listener's next
        sound; what does not fit is not refined. Marks phonemes, front, trunk, statistics and
        generator on `trace` as they end. Raises Halted within one operator of the model once `halt`
        is set, InvalidRequest at once if nothing in a text that is all there can be spoken.
        """
        position, exact = 0, self.is_exact(request)
        answer = _AnswerState(request, trace, halt, PlayoutBudget(self.pace, spare), TailMixer())
        for result in self._samples(answer, text_stream):
            if isinstance(result, Pause):
                yield result
                continue
            samples, words = limit(result.samples), shift_words(result.words, position)
            for begin in range(0, len(samples), CHUNK_SAMPLES):
                piece = samples[begin : begin + CHUNK_SAMPLES]
                more = begin + len(piece) < len(samples)
                yield Chunk(piece, position + begin, result.segment, exact, words, more)
                words = ()
            position += len(samples)

    def _samples(
        self, answer: "_AnswerState", text_stream: TextStream | None
    ) -> Iterator["_SegmentSamples | Pause"]:
        index, pause, first, tails = -1, 0, True, answer.tails
        for segment in self._read(answer.request, text_stream):
            if isinstance(segment, Pause):
                first = True  # the listener has had to wait too
                answer.budget.reset()
                tail = tails.flush()
                pause = max(0, pause - len(tail))
                yield _SegmentSamples(index, tail)
                yield segment
                continue
            answer.trace.mark("phonemes")
            if index >= 0:
                answer.budget.produced(pause)
                yield _SegmentSamples(index, tails.mix(np.zeros(pause, np.float32)))
            index += 1
            span = yield from self._segment(index, segment, first, answer)
            pause, first = pause_samples(segment.pause, span), False
        yield _SegmentSamples(index, tails.flush())
        if index < 0 and text_stream is None:
            raise InvalidRequest("There is nothing in the text that can be spoken.", "input")

    def _read(self, request: Request, text_stream: TextStream | None) -> Iterator[Segment | Pause]:
        if text_stream is None:
            return self.segments(request)
        language = self.language(request)
        return text_stream.segments(lambda piece: self._words(piece, language))

    def segments(self, request: Request) -> Iterator[Segment]:
        """The pieces the text is spoken in, one at a time."""
        language = self.language(request)
        return segments(request.text, lambda piece: self._words(piece, language), lang=language)

    def front(self, segment: Segment, request: Request, halt: Halt) -> FrontOutput:
        """Durations, F0 and energy of a segment in the request's voice and speed."""
        tokens = encode(segment.phonemes)
        style = self._voices.style(request.voice, len(tokens))
        return self.backend.front(tokens, style, request.speed, halt)

    def _segment(
        self, index: int, segment: Segment, first: bool, answer: "_AnswerState"
    ) -> Generator["_SegmentSamples | Pause", None, FrameSpan]:
        """The segment's samples; returns which frames of it were kept."""
        request, trace, halt = answer.request, answer.trace, answer.halt
        front = self.front(segment, request, halt)
        trace.mark("front")
        yield Pause.TURN
        prosody = self.backend.trunk(front, halt)
        trace.mark("trunk")
        yield Pause.TURN
        statistics, span = None, audible_span(prosody)
        if self._predictor is not None and not self.is_exact(request):
            statistics = self._predictor.predict(prosody, voice_styles.parse(request.voice))
        words = word_times(segment.words, prosody.durations, span.first, span.length)
        trace.mark("statistics")
        answer.budget.spend(FRONT_SHARE, prosody.frames)
        answer.tails.begin_segment(span.length)
        sizes = step_sizes(first)
        for samples in decode_segment(
            self.backend, prosody, span, statistics, sizes, answer.budget, halt
        ):
            trace.mark("generator")
            if isinstance(samples, Pause):
                yield samples
            else:
                yield _SegmentSamples(index, answer.tails.push(samples), words)
                words = ()
        return span


def load_backend(settings: Settings, progress: Progress | None = None) -> KokoroBackend:
    """The model that the settings name; its graphs are built if this is the first time."""
    path = model_file(settings, progress)
    digest = known_sha256(path, settings.cache_dir)
    return KokoroBackend(export(path, digest, settings.cache_dir), digest, settings.threads)


class _SegmentSamples(NamedTuple):
    """Samples of a segment. words: with its first samples, from which their times count."""

    segment: int
    samples: Floats
    words: tuple[SpokenWord, ...] = ()


@dataclass(frozen=True, slots=True)
class _AnswerState:
    """What belongs to one answer while it is made."""

    request: Request
    trace: Trace
    halt: Halt
    budget: PlayoutBudget
    tails: TailMixer
