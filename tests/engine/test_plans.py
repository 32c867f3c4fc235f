"""Plans: how an answer is made, which is fixed before it begins."""

import time
from pathlib import Path

import numpy as np
import pytest

from fakes import eventually, fake_engine, predictor, words
from onset.config import load_settings
from onset.engine.engine import Engine
from onset.engine.plans import PLANS
from onset.errors import InvalidRequest
from onset.model.backend import ONNX_SHARES, Decoder, FrontOutput, SpeechModel
from onset.model.fake_backend import FakeBackend
from onset.model.students import Students
from onset.model.voice_styles import language
from onset.text.incremental import TextStream
from onset.text.readings import SMALLEST
from onset.trace import Trace
from onset.types import Chunk, Floats, Halt, PlanName, Request

SENTENCE = "The results of the election will be announced tomorrow at noon."
LONG = "Please remember that " + "the delivery of vegetables depends on the road, " * 6 + "as ever."


class FakeStudent(FakeBackend):
    """Counts what it reads."""

    most_phonemes = 400

    def __init__(self) -> None:
        super().__init__()
        self.read = list[int]()

    def front(
        self, tokens: tuple[int, ...], style: Floats, speed: float, halt: Halt
    ) -> FrontOutput:
        self.read.append(len(tokens))
        return super().front(tokens, style, speed, halt)


class FakeLibrary:
    """Has one student, of af_heart."""

    def __init__(self) -> None:
        self.student, self.loaded = FakeStudent(), 0

    def student_names(self) -> dict[str, str]:
        return {"af_heart": "heart"}

    def student_file(self, name: str) -> Path:
        return Path(name)

    def load_student(self, name: str) -> SpeechModel:
        self.loaded += 1
        return self.student


@pytest.fixture
def library() -> FakeLibrary:
    """What the engine's students come from."""
    return FakeLibrary()


def engine_of(library: FakeLibrary, **settings: object) -> Engine:
    """An engine with a student."""
    return Engine(
        load_settings({}, **settings),
        backend=FakeBackend(),
        words=words,
        predictor=predictor(),
        students=Students(lambda: library),
    )


@pytest.fixture
def engine(library: FakeLibrary) -> Engine:
    """The same with the usual settings."""
    return engine_of(library)


def test_every_plan_has_its_name() -> None:
    assert all(plan.name == name for name, plan in PLANS.items())


@pytest.mark.parametrize("name", PLANS)
def test_the_same_request_and_plan_are_the_same_samples(engine: Engine, name: PlanName) -> None:
    first, again = (engine.render(LONG, plan=name) for _ in range(2))
    assert len(first) and np.array_equal(first, again)


def test_the_student_speaks_fast_answers_and_no_others(
    engine: Engine, library: FakeLibrary
) -> None:
    engine.render(LONG)
    assert not library.student.read
    engine.render(LONG, plan="fast")
    assert len(library.student.read) == 1, "a sentence is read whole"


@pytest.mark.parametrize("settings", [{}, {"mode": "auto", "fallback": False}])
def test_a_student_that_may_be_needed_unasked_is_loaded_before_anybody_asks(
    library: FakeLibrary, settings: dict[str, object]
) -> None:
    engine_of(library, **settings).prepare_student()
    eventually(lambda: library.loaded == 1)


def test_which_students_there_are_is_known_before_anybody_asks(library: FakeLibrary) -> None:
    asked: list[str] = []
    students = Students(lambda: asked.append("") or library)  # type: ignore[func-returns-value]
    Engine(load_settings({}, fallback=False), backend=FakeBackend(), words=words, students=students)
    assert asked


def test_no_other_student_is_loaded(library: FakeLibrary) -> None:
    engine_of(library, fallback=False).prepare_student()
    time.sleep(0.1)
    assert not library.loaded


def test_a_student_tells_when_words_are_heard(engine: Engine) -> None:
    chunks = list(engine.speak(SENTENCE, plan="fast"))
    times = [word for chunk in chunks for word in chunk.words]
    assert "".join(w.text + w.space for w in times) == SENTENCE
    end = chunks[-1].position + len(chunks[-1].samples)
    assert 0 == times[0].start < times[1].start < times[-1].end <= end
    assert not chunks[0].exact


def test_long_sentences_begin_with_a_window_unless_the_plan_is_exact(engine: Engine) -> None:
    read = {name: first_reading(engine, name) for name in PLANS}
    assert read["balanced"] == read["quality"] < read["exact"]
    assert read["fast"] == read["exact"]
    assert read["quality"] >= SMALLEST


def first_reading(engine: Engine, name: PlanName) -> int:
    """Phonemes that are read before the first sound."""
    found = list[int]()
    request = Request(LONG, plan=name)
    turns = engine.turns(
        request, Trace(), Halt(), observer=lambda part: found.append(len(part.reading.phonemes))
    )
    next(turn for turn in turns if isinstance(turn, Chunk))
    turns.close()
    return found[0]


def test_only_exact_is_told_to_be_exact(engine: Engine) -> None:
    for name, plan in PLANS.items():
        assert all(chunk.exact == plan.exact for chunk in engine.speak(SENTENCE, plan=name))
    assert [name for name, plan in PLANS.items() if plan.exact] == ["exact"]


def test_quality_computes_the_whole_trunk_before_its_first_sound(engine: Engine) -> None:
    begun = {name: stages(engine, name) for name in ("balanced", "quality", "exact")}
    assert begun["balanced"].index("statistics") < begun["balanced"].index("trunk")
    assert begun["quality"].index("trunk") < begun["quality"].index("statistics")
    assert begun["quality"] == begun["exact"]


def stages(engine: Engine, name: PlanName) -> list[str]:
    """The stages up to the first sound, in their order."""
    trace = Trace()
    turns = engine.turns(Request(SENTENCE, plan=name), trace, Halt())
    next(turn for turn in turns if isinstance(turn, Chunk))
    turns.close()
    return list(trace.stages() or ())


def test_a_voice_without_statistics_is_exact_in_every_plan_of_kokoro(engine: Engine) -> None:
    assert engine.plan(Request("", "bf_emma")).name == "exact"
    assert engine.plan(Request("", "bf_emma", plan="balanced")).name == "exact"
    assert engine.plan(Request("", "af_heart")).name == "balanced"
    assert engine.plan(Request("", "af_heart", exact=True)).name == "exact"


def heard_after_a_turn(engine: Engine, voice: str, plan: PlanName) -> Floats:
    """The audio of a text that turns to a voice while it is spoken."""
    stream = TextStream(1000, voice_language=language)
    stream.feed("Hello there, my friend. ")
    stream.flush()
    turns = engine.turns(Request("", plan=plan), Trace(), Halt(), stream)
    chunks = [turn for turn in [next(turns) for _ in range(3)] if isinstance(turn, Chunk)]
    stream.feed(f"[voice:{voice}] Hello to you too.")
    stream.end()
    chunks += [turn for turn in turns if isinstance(turn, Chunk)]
    return np.concatenate([chunk.samples for chunk in chunks])


def test_a_text_that_is_written_may_turn_to_a_voice_without_statistics(engine: Engine) -> None:
    assert engine.plan(Request("", turns=("af_heart", "bf_emma"))).name == "exact"
    text = "Hello there, my friend. [voice:bf_emma] Hello to you too."
    assert len(heard_after_a_turn(engine, "bf_emma", "balanced")) == len(engine.render(text))


def test_fast_does_not_turn_to_another_voice(engine: Engine) -> None:
    assert len(heard_after_a_turn(engine, "af_heart", "fast"))
    with pytest.raises(InvalidRequest, match="one voice. Ask for balanced"):
        heard_after_a_turn(engine, "bf_emma", "fast")


def test_fast_without_a_student_is_refused_with_the_choices(engine: Engine) -> None:
    with pytest.raises(InvalidRequest, match="af_heart"):
        engine.check(Request("Hello.", "am_michael", plan="fast"))
    with pytest.raises(InvalidRequest, match="An exact answer"):
        engine.check(Request("Hello.", exact=True, plan="fast"))


def test_a_kokoro_can_be_used_as_any_other_model() -> None:
    backend = FakeBackend()
    front = backend.front((1, 2, 3), np.zeros((1, 256), np.float32), 1.0, Halt())
    decoder: Decoder = backend.decoder_from(front, 4, Halt())
    assert decoder.remaining == len(front.f0) - 4
    assert len(decoder.step(5)) == 1500


def test_less_is_predicted_the_later_the_first_sound() -> None:
    fast, balanced, quality, exact = (
        PLANS[name].first_seconds(0.25, 200, ONNX_SHARES)
        for name in ("fast", "balanced", "quality", "exact")
    )
    assert balanced < quality < exact
    assert fast < exact
    assert 0.05 < balanced < 0.15, "62 to 78 ms were measured on such a machine"


def test_a_slower_machine_is_predicted_to_be_later() -> None:
    plan = fake_engine().plan(Request(""))
    slow, fast = plan.first_seconds(0.7, 50, ONNX_SHARES), plan.first_seconds(0.25, 50, ONNX_SHARES)
    assert plan is PLANS["balanced"] and slow > fast
