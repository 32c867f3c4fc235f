"""Languages are loaded before they are needed, while nobody listens."""

import asyncio
import math
from pathlib import Path

import pytest

from fakes import OneStudent, eventually, fake_engine, predictor, scheduling, words
from onset.config import load_settings
from onset.engine.engine import Engine
from onset.errors import Busy, InvalidRequest, Unavailable
from onset.model import voice_styles
from onset.model.backend import SpeechModel
from onset.model.fake_backend import FakeBackend
from onset.model.students import Students
from onset.monitoring.recommendations.live_recommendations import ColdLanguage
from onset.serving import language_preparation
from onset.serving.language_preparation import COMFORT, LanguagePreparation, greeting, languages_of
from onset.serving.scheduling.plan_choice import PlanChoice
from onset.serving.scheduling.scheduler import MOST_HINTS, Scheduler
from onset.text.g2p.languages import GREETINGS, LANGUAGES
from onset.text.g2p.phonemizer import Phonemizer
from onset.trace import Trace
from onset.types import Mode, Request
from speaking import TEXT, listen, soon


class PreparedEngine(Engine):
    """Notes what is prepared, and prepares nothing."""

    def __init__(self) -> None:
        super().__init__(
            load_settings({}), backend=FakeBackend(), words=words, predictor=predictor()
        )
        self.asked = list[str]()

    def prepare(self, request: Request) -> None:
        self.asked.append(self.language(request))


@pytest.fixture
def engine() -> PreparedEngine:
    return PreparedEngine()


def test_languages_of_the_setting_are_loaded_once(engine: PreparedEngine) -> None:
    async def prepare(scheduler: Scheduler) -> None:
        for _ in range(2):
            await LanguagePreparation(scheduler, ["fr", "en-us", "es", "fr"]).load()

    with scheduling(engine) as scheduler:
        soon(prepare(scheduler))
        assert scheduler.languages == ["en-us", "es", "fr"]
    assert engine.asked == ["fr", "es"], "the voice's own is there"


def test_an_answer_in_a_prepared_language_is_not_cold(engine: PreparedEngine) -> None:
    async def first(scheduler: Scheduler) -> tuple[bool, bool]:
        await LanguagePreparation(scheduler, ["fr"]).load()
        streams = [scheduler.open(Request(TEXT, lang=lang), Trace()) for lang in ("fr", "es")]
        for stream in streams:
            await listen(stream)
        return streams[0].cold, streams[1].cold

    with scheduling(engine) as scheduler:
        assert soon(first(scheduler)) == (False, True)


def test_it_waits_while_somebody_listens(
    engine: PreparedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language_preparation, "LOOK_SECONDS", 0.01)

    async def meanwhile(scheduler: Scheduler) -> list[str]:
        stream = scheduler.open(Request(TEXT * 500), Trace())
        preparing = asyncio.create_task(LanguagePreparation(scheduler, ["fr"]).load())
        await asyncio.sleep(0.1)
        before = list(engine.asked)
        stream.close()
        await asyncio.wait_for(preparing, 5)
        return before

    with scheduling(engine) as scheduler:
        assert soon(meanwhile(scheduler)) == []
    assert engine.asked == ["fr"]


async def hinted(scheduler: Scheduler, *hints: tuple[str, str | None]) -> None:
    """What clients said will be asked for was prepared."""
    for voice, lang in hints:
        scheduler.hint(voice, lang)
    preparing = asyncio.create_task(LanguagePreparation(scheduler, []).run())
    while not scheduler.hints.empty() or len(scheduler.languages) < 3:
        await asyncio.sleep(0.01)
    preparing.cancel()


def test_what_clients_will_ask_for_is_prepared(engine: PreparedEngine) -> None:
    with scheduling(engine) as scheduler:
        soon(hinted(scheduler, ("ff_siwis", None), ("af_heart", "es")))
        assert scheduler.languages == ["en-us", "es", "fr"]
    assert engine.asked == ["fr", "es"]


def test_a_hint_waits_while_somebody_listens(
    engine: PreparedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language_preparation, "LOOK_SECONDS", 0.01)

    async def meanwhile(scheduler: Scheduler) -> list[str]:
        stream = scheduler.open(Request(TEXT * 500), Trace())
        preparing = asyncio.create_task(LanguagePreparation(scheduler, []).run())
        scheduler.hint("ff_siwis", None)
        await asyncio.sleep(0.1)
        before = list(engine.asked)
        stream.close()
        while not engine.asked:
            await asyncio.sleep(0.01)
        preparing.cancel()
        return before

    with scheduling(engine) as scheduler:
        assert soon(meanwhile(scheduler)) == []


def test_a_hint_is_followed_while_who_listens_has_enough_ahead(engine: PreparedEngine) -> None:
    async def meanwhile(scheduler: Scheduler) -> float:
        preparing = asyncio.create_task(LanguagePreparation(scheduler, []).run())
        await asyncio.sleep(0)  # until it waits for hints
        stream = scheduler.open(Request(TEXT * 500), Trace())
        assert not scheduler.ahead, "nothing was heard yet"
        while scheduler.ahead < COMFORT + 5:
            await anext(stream)
        scheduler.hint("ff_siwis", None)
        while not engine.asked:
            await asyncio.sleep(0.01)
        preparing.cancel()
        ahead = scheduler.ahead
        stream.close()
        return ahead

    with scheduling(engine) as scheduler:
        assert COMFORT < soon(meanwhile(scheduler)) < math.inf
        eventually(lambda: scheduler.ahead == math.inf)


def test_hints_are_bounded_and_refused_with_the_choices(engine: PreparedEngine) -> None:
    with scheduling(engine) as scheduler:
        for voice, lang in (("nobody", None), ("af_heart", "klingon")):
            with pytest.raises(InvalidRequest, match="Choices|voice"):
                scheduler.hint(voice, lang)
        for _ in range(MOST_HINTS):
            scheduler.hint("af_heart", None)
        with pytest.raises(Busy):
            scheduler.hint("af_heart", None)


@pytest.mark.parametrize(("mode", "fallback"), [("balanced", False), ("auto", False)])
def test_a_student_is_loaded_where_it_may_speak(mode: Mode, fallback: bool) -> None:
    loaded = list[str]()

    class Noting(OneStudent):
        def load_student(self, name: str) -> SpeechModel:
            loaded.append(name)
            return super().load_student(name)

    engine = fake_engine(students=Students(Noting), settings=load_settings({}, fallback=False))
    scheduler = Scheduler(lambda: engine, 8, choice=PlanChoice(mode, fallback))
    scheduler.start()
    eventually(lambda: scheduler.ready)
    scheduler.prepare(Request("Hello.", "af_heart"))
    scheduler.close()
    assert loaded == (["heart"] if mode == "auto" else [])


def test_a_history_that_is_not_there_names_none(engine: PreparedEngine, tmp_path: Path) -> None:
    with scheduling(engine) as scheduler:
        soon(LanguagePreparation(scheduler, [], tmp_path / "none.db").load())
    assert not engine.asked


def test_languages_that_answers_had_to_load_are_loaded(
    engine: PreparedEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remembered = [ColdLanguage("es", 3, 0.9, 0.1)]
    monkeypatch.setattr(language_preparation, "cold_languages", lambda *_: remembered)
    with scheduling(engine) as scheduler:
        soon(LanguagePreparation(scheduler, ["fr"], tmp_path / "any.db").load())
    assert engine.asked == ["fr", "es"]


def test_a_server_that_ends_loads_no_more(
    engine: PreparedEngine, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scheduling(engine) as scheduler:

        def ending(request: Request) -> None:
            engine.asked.append(request.lang or "")
            raise Unavailable("The server is shutting down.", 1)

        monkeypatch.setattr(scheduler, "prepare", ending)
        soon(LanguagePreparation(scheduler, ["fr", "es"]).run())
    assert engine.asked == ["fr"] and not caplog.records


def test_settings_name_languages_or_all() -> None:
    settings = load_settings({"ONSET_LANGUAGES": "fr, pt"})
    assert languages_of(settings.languages) == ["fr", "pt-br"]
    assert languages_of(["all"]) == list(LANGUAGES)
    with pytest.raises(InvalidRequest, match="Choices"):
        languages_of(["klingon"])


def test_every_language_has_a_greeting() -> None:
    assert tuple(GREETINGS) == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_prepared_reads_at_once(language: str) -> None:
    phonemizer, request = Phonemizer(), greeting(language)
    assert voice_styles.language(request.voice) == language
    engine = Engine(
        load_settings({}), backend=FakeBackend(), words=phonemizer.words, predictor=predictor()
    )
    engine.prepare(request)
    assert phonemizer.loaded == (language,)
    hits, misses, kept = phonemizer.cache_info()
    assert list(engine.readings(request)), "it was read whole"
    assert phonemizer.cache_info() == (hits + misses, misses, kept)
