"""Every kind of scenario leaves in a run's folder what it says it varies."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter_ns

import pytest

from fakes import fake_engine, serving
from onset.bench.analysis.metrics import cancel_latency, cold_ready, ftts
from onset.bench.analysis.validity import NULL
from onset.bench.records.plan import Arm, Extent, LoadShape, Phase, Temperature, TextCut
from onset.bench.records.recording import RequestOutcome
from onset.bench.records.run_folder import Run, read
from onset.bench.records.scenarios import Scenario, ScenarioKind
from onset.bench.run import scenario_kinds
from onset.bench.run.processes import StartedServer
from onset.bench.run.runner import record_run
from onset.bench.workload.texts import WARM_UP, TextClass
from onset.errors import ServerError
from scripted_server import talking


def scenario(kind: ScenarioKind, **fields: object) -> Scenario:
    """A small scenario of a kind."""
    base = {"name": kind.value, "title": "", "kind": kind, "requests": 2}
    return Scenario.model_validate(base | {"classes": ["two_words"]} | fields)


SMALL = (
    scenario(ScenarioKind.TEXTS, classes=["two_words", "forty"], extent="onset"),
    scenario(ScenarioKind.PROSE, seconds=1, requests=1),
    scenario(ScenarioKind.VOICES, voices=["af_heart", "am_michael"], requests=1),
    scenario(ScenarioKind.SPEEDS, speeds=[0.5, 2.0], requests=1),
    scenario(ScenarioKind.FORMATS, formats=["wav", "flac"], requests=1),
    scenario(ScenarioKind.REPEAT),
    scenario(ScenarioKind.CLOSED, concurrency=[1, 2]),
    scenario(ScenarioKind.BURSTS, sizes=[2], every=0.1),
    scenario(
        ScenarioKind.CAPACITY,
        shares=[0.5],
        targets=[{"metric": "ttfa_audible", "most": 60, "share": 1.0}],
    ),
    scenario(ScenarioKind.POISSON, shares=[0.5]),
    scenario(ScenarioKind.CANCEL, cancel_after=[0.1]),
    scenario(ScenarioKind.DICTATED, tokens_per_second=[100], requests=1),
    scenario(ScenarioKind.SOAK),
    scenario(ScenarioKind.SERVERS, settings={"x": {"ONSET_THREADS": "1"}}),
    scenario(ScenarioKind.COLD),
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """One run of every kind against a server with a fake engine."""
    folder = tmp_path_factory.mktemp("bench") / "run"
    with serving(fake_engine) as server:
        record_run(folder, "all", [Arm("onset", server.url)], SMALL, tell=lambda text: None)
    yield read(folder)


def cases(run: Run, name: str) -> list[str]:
    """Names of a scenario's cases."""
    return [c.name for s in run.manifest.scenarios if s.name == name for c in s.cases]


def test_the_run_came_to_its_end(whole: Run) -> None:
    assert whole.manifest.complete, whole.manifest.stopped
    assert {trial.recording.detail for trial in whole.trials} == {""}
    assert [s.name for s in whole.manifest.scenarios] == ["floor", *(s.name for s in SMALL)]


def test_every_planned_request_was_made(whole: Run) -> None:
    assert [ask.id for ask in whole.planned] == [trial.ask.id for trial in whole.trials]
    assert len({ask.id for ask in whole.planned}) == len(whole.planned)


def test_no_text_is_asked_twice_but_on_purpose(whole: Run) -> None:
    texts = [
        ask.text
        for ask in whole.planned
        if ask.phase is Phase.MEASURED and ask.scenario != ScenarioKind.REPEAT
    ]
    assert len(set(texts)) == len(texts)


def test_warm_up_and_floor_are_kept_apart(whole: Run) -> None:
    warm = [ask.text for ask in whole.planned if ask.phase is Phase.WARM_UP]
    assert warm == list(WARM_UP)
    floor = [ask for ask in whole.planned if ask.arm == NULL]
    assert {ask.scenario for ask in floor} == {"floor"}
    assert len(floor) == 40


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("texts", ["two_words", "forty"]),
        ("prose", ["prose"]),
        ("voices", ["voice=af_heart", "voice=am_michael"]),
        ("speeds", ["speed=0.5", "speed=2"]),
        ("formats", ["format=wav", "format=flac"]),
        ("closed", ["c=1", "c=2"]),
        ("bursts", ["burst=2"]),
        ("poisson", ["50 %"]),
        ("dictated", ["100 tokens/s"]),
        ("soak", ["soak"]),
        ("cancel", ["after 0.1 s"]),
    ],
)
def test_cases_are_what_is_varied(whole: Run, name: str, expected: list[str]) -> None:
    assert cases(whole, name) == expected


def test_capacity_offers_rates_and_poisson_takes_shares_of_what_held(whole: Run) -> None:
    (capacity,) = (s for s in whole.manifest.scenarios if s.name == "capacity")
    (poisson,) = (s for s in whole.manifest.scenarios if s.name == "poisson")
    saturated, *rates = capacity.cases
    assert (saturated.shape, rates[0].shape) == (LoadShape.CLOSED, LoadShape.OPEN)
    found = max(case.rate or 0.0 for case in rates)
    assert poisson.cases[0].rate == pytest.approx(0.5 * found)


@pytest.mark.parametrize("name", ["servers", "cold"])
def test_what_was_not_measured_says_why(whole: Run, name: str) -> None:
    (found,) = (s for s in whole.manifest.scenarios if s.name == name)
    assert found.not_measured
    assert not found.cases


def test_a_cancelled_request_is_followed_until_the_server_rests(whole: Run) -> None:
    found = [t.recording for t in whole.trials if t.ask.scenario == "cancel"]
    assert {recording.outcome for recording in found} == {RequestOutcome.STOPPED}
    for recording in found:
        latency = cancel_latency(recording)
        assert latency is not None and 0 <= latency < 10


def test_a_dictated_text_is_timed_from_its_first_token(whole: Run) -> None:
    (recording,) = (t.recording for t in whole.trials if t.ask.scenario == "dictated")
    seconds = ftts(recording)
    assert seconds is not None and 0 < seconds < 30
    assert recording.marks["last_token"] > recording.marks["first_token"]


def test_the_same_request_gives_the_same_audio(whole: Run) -> None:
    digests: dict[str, set[str]] = {}
    for trial in whole.trials:
        if trial.ask.scenario == "repeat":
            digests.setdefault(trial.ask.text, set()).add(trial.recording.sha256)
    assert {len(found) for found in digests.values()} == {1}


def test_the_machine_was_watched(whole: Run) -> None:
    inside = [sample for sample in whole.system if sample.case]
    assert {sample.scenario for sample in inside} >= {"texts", "closed", "soak"}
    assert any(sample.loop_lags_us for sample in inside)
    assert any(sample.probe_seconds for sample in whole.system)
    assert all(sample.own_cpu_seconds is not None for sample in whole.system)


def test_arms_take_turns_and_are_given_what_is_theirs(tmp_path: Path) -> None:
    with talking() as url:
        arms = [
            Arm("onset", url),
            Arm("clause", url, said=TextCut.FIRST_CLAUSE, few_long=True),
        ]
        wanted = scenario(
            ScenarioKind.TEXTS, classes=["sentence", "long"], requests=4, extent="onset"
        )
        record_run(tmp_path / "run", "two", arms, [wanted], tell=lambda text: None)
    run = read(tmp_path / "run")
    asked = [trial.ask for trial in run.trials if trial.ask.scenario == "texts"]
    sentences = [ask.arm for ask in asked if ask.text_class == TextClass.SENTENCE]
    assert sentences == ["onset", "clause", "clause", "onset"] * 2
    assert all(ask.text.endswith(",") for ask in asked if ask.arm == "clause")
    assert sum(ask.text_class == TextClass.LONG and ask.arm == "clause" for ask in asked) == 3
    assert {ask.extent for ask in asked} == {Extent.ONSET}


STARTED: list[Mapping[str, str]] = []
"""Settings of the servers that were started."""


@contextmanager
def talker(settings: Mapping[str, str]) -> Iterator[StartedServer]:
    """A server that starts at once, but not with three threads."""
    if settings.get("ONSET_THREADS") == "3":
        raise ServerError("no such device")
    STARTED.append(settings)
    with talking() as url:
        yield StartedServer(url, 0, perf_counter_ns(), perf_counter_ns() + 1_000_000)


def measured(folder: Path, kind: ScenarioKind, **fields: object) -> Run:
    """A run of one scenario of this kind, against servers that compute nothing."""
    base = {"name": "s", "title": "", "kind": kind, "classes": ["two_words"], "requests": 2}
    scenario = Scenario.model_validate(base | fields)
    with pytest.MonkeyPatch.context() as patch, talking() as url:
        patch.setattr(scenario_kinds, "onset_server", talker)
        arms = [Arm("onset", url)]
        record_run(folder / "run", "s", arms, [scenario], tell=lambda text: None, own=True)
    return read(folder / "run")


def test_a_case_is_a_set_of_settings_and_a_number_of_listeners(tmp_path: Path) -> None:
    settings = {"one": {"ONSET_THREADS": "1"}, "two": {"ONSET_THREADS": "2"}}
    run = measured(tmp_path, ScenarioKind.SERVERS, settings=settings, concurrency=[1, 2])
    cases = run.manifest.scenarios[1].cases
    assert [case.name for case in cases] == ["one, c=1", "one, c=2", "two, c=1", "two, c=2"]
    assert [case.concurrency for case in cases] == [1, 2, 1, 2]
    assert {case.shape for case in cases} == {LoadShape.CLOSED}
    assert [case.settings for case in cases[::2]] == list(settings.values()) == STARTED[-2:]


def test_what_does_not_start_is_not_measured_and_says_why(tmp_path: Path) -> None:
    settings = {"a": {"ONSET_THREADS": "3"}, "b": {"ONSET_THREADS": "x"}, "c": {}}
    run = measured(tmp_path, ScenarioKind.SERVERS, settings=settings)
    broken, refused, good = run.manifest.scenarios[1].cases
    assert broken.not_measured == "no such device"
    assert "ONSET_THREADS" in refused.not_measured
    assert (good.not_measured, good.shape) == ("", LoadShape.SERIAL)


def test_a_cold_request_is_the_first_of_its_server(tmp_path: Path) -> None:
    before = len(STARTED)
    run = measured(tmp_path, ScenarioKind.COLD)
    trials = [trial for trial in run.trials if trial.ask.scenario == "s"]
    assert [trial.ask.temperature for trial in trials] == [Temperature.COLD] * 2
    assert len(STARTED) - before == 2
    assert [cold_ready(trial.recording) for trial in trials] == pytest.approx([0.001] * 2, abs=1e-3)
