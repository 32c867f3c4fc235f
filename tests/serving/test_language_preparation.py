"""Languages are loaded before they are needed, while nobody listens."""

import asyncio
from pathlib import Path

import pytest

from fakes import fake_engine, scheduling
from onset.config import load_settings
from onset.engine.engine import Engine
from onset.errors import InvalidRequest, Unavailable
from onset.monitoring.recommendations.live_recommendations import ColdLanguage
from onset.serving import language_preparation
from onset.serving.language_preparation import LanguagePreparation, languages_of
from onset.serving.scheduling.scheduler import Scheduler
from onset.text.g2p.phonemizer import GREETINGS, LANGUAGES, Phonemizer
from onset.trace import Trace
from onset.types import Request
from speaking import TEXT, listen, soon


class Loaded(Phonemizer):
    """Notes what is loaded, and loads nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = list[str]()

    def prepare(self, lang: str) -> None:
        self.asked.append(lang)


@pytest.fixture
def engine() -> Engine:
    """An engine that only notes what is loaded."""
    made = fake_engine()
    made.phonemizer = Loaded()
    return made


def asked(engine: Engine) -> list[str]:
    assert isinstance(engine.phonemizer, Loaded)
    return engine.phonemizer.asked


def test_languages_of_the_setting_are_loaded_once(engine: Engine) -> None:
    async def prepare(scheduler: Scheduler) -> None:
        for _ in range(2):
            await LanguagePreparation(scheduler, ["fr", "en-us", "es", "fr"]).run()

    with scheduling(engine) as scheduler:
        soon(prepare(scheduler))
        assert scheduler.languages == ["en-us", "es", "fr"]
    assert asked(engine) == ["fr", "es"], "the voice's own is there"


def test_an_answer_in_a_prepared_language_is_not_cold(engine: Engine) -> None:
    async def first(scheduler: Scheduler) -> tuple[bool, bool]:
        await LanguagePreparation(scheduler, ["fr"]).run()
        streams = [scheduler.open(Request(TEXT, lang=lang), Trace()) for lang in ("fr", "es")]
        for stream in streams:
            await listen(stream)
        return streams[0].cold, streams[1].cold

    with scheduling(engine) as scheduler:
        assert soon(first(scheduler)) == (False, True)


def test_it_waits_while_somebody_listens(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language_preparation, "LOOK_SECONDS", 0.01)

    async def meanwhile(scheduler: Scheduler) -> list[str]:
        stream = scheduler.open(Request(TEXT * 500), Trace())
        preparing = asyncio.create_task(LanguagePreparation(scheduler, ["fr"]).run())
        await asyncio.sleep(0.1)
        before = list(asked(engine))
        stream.close()
        await asyncio.wait_for(preparing, 5)
        return before

    with scheduling(engine) as scheduler:
        assert soon(meanwhile(scheduler)) == []
    assert asked(engine) == ["fr"]


def test_a_history_that_is_not_there_names_none(engine: Engine, tmp_path: Path) -> None:
    with scheduling(engine) as scheduler:
        soon(LanguagePreparation(scheduler, [], tmp_path / "none.db").run())
    assert not asked(engine)


def test_languages_that_answers_had_to_load_are_loaded(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remembered = [ColdLanguage("es", 3, 0.9, 0.1)]
    monkeypatch.setattr(language_preparation, "cold_languages", lambda *_: remembered)
    with scheduling(engine) as scheduler:
        soon(LanguagePreparation(scheduler, ["fr"], tmp_path / "any.db").run())
    assert asked(engine) == ["fr", "es"]


def test_a_server_that_ends_loads_no_more(
    engine: Engine, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scheduling(engine) as scheduler:

        def ending(language: str) -> None:
            asked(engine).append(language)
            raise Unavailable("The server is shutting down.", 1)

        monkeypatch.setattr(scheduler, "prepare", ending)
        soon(LanguagePreparation(scheduler, ["fr", "es"]).run())
    assert asked(engine) == ["fr"] and not caplog.records


def test_settings_name_languages_or_all() -> None:
    settings = load_settings({"ONSET_LANGUAGES": "fr, pt"})
    assert languages_of(settings.languages) == ["fr", "pt-br"]
    assert languages_of(["all"]) == list(LANGUAGES)
    with pytest.raises(InvalidRequest, match="Choices"):
        languages_of(["klingon"])


def test_every_language_has_a_greeting() -> None:
    assert tuple(GREETINGS) == LANGUAGES


def test_what_was_prepared_reads_at_once() -> None:
    phonemizer = Phonemizer()
    phonemizer.prepare("es")
    assert phonemizer.loaded == ("es",)
    hits, misses, kept = phonemizer.cache_info()
    phonemizer.words(GREETINGS["es"], "es")
    assert phonemizer.cache_info() == (hits + 1, misses, kept)
