"""The engine: a request in, chunks of audio out, each as soon as it exists.

One synchronous generator, `turns`, is the core; `render` joins what it yields. The order of work is
fixed by the request and the machine's pace, never by a clock, so the same request gives the same
samples unless a listener would run dry.
"""

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial

import numpy as np

from onset.config import Settings, load_settings
from onset.engine.answer import Answer, Observer, ReadingSamples
from onset.engine.decoded_parts import DirectParts, KokoroParts, PartSource
from onset.engine.dsp import limit
from onset.engine.first_utterances import FirstUtterances, KeptBeginning
from onset.engine.plans import PLANS, Plan, may_be_fast
from onset.engine.playout_budget import MachinePace, PlayoutBudget
from onset.engine.word_timings import shift_words
from onset.errors import InvalidRequest
from onset.model import voice_styles
from onset.model.address_space import require_address_space
from onset.model.assets import (
    Progress,
    forget_sha256,
    known_sha256,
    model_file,
    sha256_of,
)
from onset.model.backend import Backend, FrontOutput, SpeechModel
from onset.model.decoding.runtimes import make_runtime
from onset.model.graph.export import export, folder_of
from onset.model.graph.graph_folder import is_intact
from onset.model.kokoro import KokoroBackend, load_front
from onset.model.opening_predictor import OpeningPredictor, kept_predictor
from onset.model.students import Students
from onset.text.g2p.languages import resolve_language
from onset.text.g2p.phonemizer import Phonemizer
from onset.text.g2p.vocabulary import encode
from onset.text.incremental import TextStream
from onset.text.readings import ReadingSource, readings
from onset.text.requested_readings import RequestReader
from onset.trace import Trace
from onset.types import (
    FASTEST,
    MAX_PHONEMES,
    SAMPLE_RATE,
    SLOWEST,
    Chunk,
    Floats,
    Halt,
    Mode,
    Pause,
    Reading,
    Request,
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
        predictor: OpeningPredictor | None = None,
        students: Students | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.settings = settings or load_settings()
        voice_styles.parse(self.settings.voice)
        if backend is None:
            require_address_space()
        phonemizer, self.students = Phonemizer(), students or Students()
        with ThreadPoolExecutor(3, "onset-load") as pool:
            lang = voice_styles.language(self.settings.voice)
            loading = pool.submit(phonemizer.load, lang) if words is None else None
            predicting = pool.submit(lambda: predictor or kept_predictor(self.settings.cache_dir))
            pool.submit(lambda: self.students.names)  # it reads their files
            self.backend = backend or load_backend(self.settings, progress)
            statistics = predicting.result()
            if loading is not None:
                loading.result()
        if self.settings.mode in ("fast", "auto"):
            self.students.prepare(self.settings.voice)
        self._words, self.phonemizer = words or phonemizer.words, phonemizer
        self.reader = RequestReader(self._words, self.settings.lexicon, voice_styles.language)
        self._voices = voice_styles.VoiceStyles()
        self.beginnings = FirstUtterances(1_000_000 * self.settings.cache_mb)
        self._pace = MachinePace(self.backend, self.settings.pace)
        self.pace = self._pace.value
        # Statistics of one model are wrong for another: without any, decode exactly.
        self._predictor = statistics if statistics.fits(self.backend.digest) else None

    def prepare_student(self) -> None:
        """Load the student that answers may need unasked, beside: else the first one waits."""
        if may_be_fast(self.settings.mode, self.settings.fallback):
            self.students.prepare_beside(self.settings.voice)

    def speak(
        self,
        text: str,
        *,
        voice: str | None = None,
        speed: float = 1.0,
        lang: str | None = None,
        exact: bool = False,
        plan: Mode | None = None,
    ) -> Generator[Chunk, None, None]:
        """Chunks of at most 50 ms as they are made; closing the iterator stops the work.

        voice: a name or a mix such as "af_heart(2)+am_michael(1)". lang: one of
        phonemizer.LANGUAGES, the voice's own if None. exact: decode each utterance whole, with its
        own statistics. plan: one of `plans.PLANS`. Raises InvalidRequest at once for what cannot be
        spoken.
        """
        request = Request(text, voice or self.settings.voice, speed, lang, exact, plan)
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
        plan: Mode | None = None,
    ) -> Floats:
        """The whole answer at once: float32 [n], 24 kHz. Arguments as `speak`."""
        chunks = self.speak(text, voice=voice, speed=speed, lang=lang, exact=exact, plan=plan)
        return np.concatenate([chunk.samples for chunk in chunks])

    def measure_pace(self, halt: Halt) -> float:
        """Measure the machine anew: `pace` is what counts from the next answer on. Raises Halted.

        Returns the measurement; while an answer is made, it would be of what that leaves.
        """
        measured = self._pace.measure(halt)
        self.pace = self._pace.value
        return measured

    def check(self, request: Request) -> None:
        """Refuse what cannot be spoken, before any work. Raises InvalidRequest with the choices."""
        length, limit = len(request.text), self.settings.max_characters
        if length > limit:
            raise InvalidRequest(f"The text has {length} characters; at most {limit}.", "input")
        if not request.text.strip():
            raise InvalidRequest("There is no text to speak.", "input")
        self.check_manner(request)
        self.reader.check(request, self.language(request))

    def check_manner(self, request: Request) -> None:
        """Refuse a speed, voice or language as `check` does, for a text that is not there yet."""
        if not SLOWEST <= request.speed <= FASTEST:
            message = f"Speed {request.speed:g} is not between {SLOWEST} and {FASTEST}."
            raise InvalidRequest(message, "speed")
        if request.exact and request.plan not in (None, "exact"):
            message = f"An exact answer has the plan exact, not {request.plan}."
            raise InvalidRequest(message, "plan")
        language = self.language(request)
        if request.plan == "fast":
            self.students.check(request.voice, language)

    def language(self, request: Request) -> str:
        """The language the text is read in. Raises InvalidRequest for one we cannot read."""
        return resolve_language(request.lang or voice_styles.language(request.voice))

    def plan(self, request: Request) -> Plan:
        """How a request is carried out: exactly, where no statistics can be predicted."""
        asked = "exact" if request.exact else request.plan or "balanced"
        plan = PLANS["balanced" if asked == "auto" else asked]
        if plan.student or plan.exact:
            return plan
        voices = self.reader.voices(request, self.language(request)) | set(request.turns)
        mixes, predictor = map(voice_styles.parse, voices), self._predictor
        return plan if predictor and all(map(predictor.covers, mixes)) else PLANS["exact"]

    def is_exact(self, request: Request) -> bool:
        """Whether readings are decoded with their own statistics: asked for, or none predicted."""
        return self.plan(request).exact

    def turns(
        self,
        request: Request,
        trace: Trace,
        halt: Halt,
        text_stream: TextStream | None = None,
        spare: Callable[[], float] | None = None,
        observer: Observer | None = None,
        source: ReadingSource | None = None,
        cached: bool = False,
    ) -> Generator[Chunk | Pause, None, None]:
        """`speak` for a scheduler: yields a Pause where another request may have its turn.

        text_stream: the text, where it is still being written; a turn that finds too little of it
        yields NEED_TEXT. spare: returns the seconds of work that may go before the listener's next
        sound; what does not fit is not refined. observer: told of each part before it is decoded.
        source: readings instead of those of the text. cached: whether the first sentence may be one
        that was made before, of a text that is there. Marks phonemes, front, trunk, statistics,
        refine and step on `trace` as they end. Raises Halted within one operator of the model once
        `halt` is set, InvalidRequest at once if nothing in a text that is all there can be spoken.
        """
        plan, budget = self.plan(request), PlayoutBudget(self.pace, spare, trace)
        model: SpeechModel = self.backend
        if plan.student:
            model = self.students.model(request.voice)
            parts: PartSource = DirectParts(model, request.voice, budget, trace, halt)
        else:
            predictor, mix = self._predictor, voice_styles.parse(request.voice)
            parts = KokoroParts(
                self.backend, predictor, mix, request.speed, budget, trace, halt, plan
            )
        front = partial(self.front, request=request, halt=halt, model=model)
        kept = None
        if cached and text_stream is None and self.beginnings.may_keep(request, plan):
            kept = KeptBeginning(self.beginnings, request, plan, self.pace)
        answer = Answer(front, parts, budget, trace, observer, kept)
        language = self.language(request)
        source = source or self.reader.source(request, language, text_stream)
        results = answer.samples(source)
        spoken = yield from _chunked(results, plan.exact)
        if not spoken and text_stream is None:
            raise InvalidRequest("There is nothing in the text that can be spoken.", "input")

    def prepare(self, request: Request) -> None:
        """Read a text in this thread, so that its language is loaded. Raises InvalidRequest."""
        self.reader.read(request, self.language(request))

    def readings(self, request: Request, most: int = MAX_PHONEMES) -> Iterator[Reading]:
        """The utterances of a text, one at a time, of at most `most` phonemes."""
        language = self.language(request)
        return readings(request.text, lambda piece: self._words(piece, language), most, language)

    def front(
        self, reading: Reading, request: Request, halt: Halt, model: SpeechModel | None = None
    ) -> FrontOutput:
        """Durations, F0 and energy of a reading in the request's voice and speed.

        The style is the one for the length of the whole utterance, of which there may be more.
        model: Kokoro if None.
        """
        tokens = encode(reading.phonemes)
        more = max(0, reading.known - len(reading.phonemes))
        manner = reading.manner or request
        style = self._voices.style(manner.voice, min(MAX_PHONEMES, len(tokens) + more))
        return (model or self.backend).front(tokens, style, manner.speed, halt)


def _chunked(
    results: Iterator[ReadingSamples | Pause], exact: bool
) -> Generator[Chunk | Pause, None, bool]:
    """Samples as chunks of at most CHUNK_SAMPLES; returns whether anything was spoken."""
    position, spoken = 0, False
    for result in results:
        if isinstance(result, Pause):
            yield result
            continue
        spoken = spoken or result.reading >= 0
        samples, words = limit(result.samples), shift_words(result.words, position)
        for begin in range(0, len(samples), CHUNK_SAMPLES):
            piece = samples[begin : begin + CHUNK_SAMPLES]
            more = begin + len(piece) < len(samples)
            yield Chunk(piece, position + begin, result.reading, exact, words, more)
            words = ()
        position += len(samples)
    return spoken


def load_backend(settings: Settings, progress: Progress | None = None) -> KokoroBackend:
    """The model that the settings name; its graphs are built if this is the first time."""
    path = model_file(settings, progress)
    digest = known_sha256(path, settings.cache_dir)
    if not is_intact(folder := folder_of(digest, settings.cache_dir)):
        if sha256_of(path) != digest:
            forget_sha256(path, settings.cache_dir)  # it was damaged under its old size and time
            path = model_file(settings, progress)
            digest = known_sha256(path, settings.cache_dir)
        folder = export(path, digest, settings.cache_dir)
    with ThreadPoolExecutor(1, "onset-front") as pool:  # ONNX Runtime needs no Python meanwhile
        front = pool.submit(load_front, folder, settings.threads)
        runtime = make_runtime(
            folder, settings.generator, settings.threads, settings.provider, settings.batch
        )
        return KokoroBackend(folder, digest, settings.threads, runtime, front.result())
