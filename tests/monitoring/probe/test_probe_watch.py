"""When an idle server is measured: soon after its start, rarely later, anew after a slow moment."""

from dataclasses import replace
from time import process_time

import pytest

from answers import record
from onset.monitoring.probe.host_probe import host_seconds
from onset.monitoring.probe.probe_record import ProbeRecord
from onset.monitoring.probe.probe_watch import FIRST_PROBES, ProbeWatch
from onset.monitoring.server_state import ProcessFigures, ProcessWatch
from speaking import Clock

PLAIN = ProbeRecord(1.0, 0.17, 0.05, 0.22, 0.02, 400_000_000)
HOUR = 3600.0


class Host(ProcessWatch):
    """Other programs take `others` of all cores."""

    def __init__(self) -> None:
        super().__init__()
        self.others: float | None = 0.0

    def look(self) -> ProcessFigures:
        return ProcessFigures(1, 1.0, 1.0, others_ratio=self.others)


class Machine:
    """A server on a made-up machine that is looked at every five seconds."""

    def __init__(self, interval: float = HOUR, battery: bool | None = None) -> None:
        self.clock, self.host, self.battery = Clock(), Host(), battery
        self.watch = ProbeWatch(interval, self.clock, lambda: self.battery, self.host)
        self.pace = 0.22

    def idle(self, seconds: float, active: int = 0) -> list[float]:
        """When probes were made in so many seconds."""
        made = []
        for _ in range(round(seconds / 5)):
            self.clock.now += 5
            if self.watch.look(active):
                self.watch.add(replace(PLAIN, pace=self.pace))
                made.append(self.clock.now)
        return made


def test_the_first_come_soon_and_the_others_every_hour() -> None:
    made = Machine().idle(4 * HOUR)
    assert made[:FIRST_PROBES] == [20.0 * n for n in range(1, FIRST_PROBES + 1)]
    gaps = [b - a for a, b in zip(made[FIRST_PROBES - 1 :], made[FIRST_PROBES:], strict=False)]
    assert len(gaps) >= 3 and set(gaps) == {HOUR}


def test_nobody_is_disturbed() -> None:
    machine = Machine()
    assert machine.idle(HOUR, active=1) == []
    assert machine.idle(15) == []
    machine.watch.add_answer(record())
    assert machine.idle(15) == [], "a short answer between two looks"
    machine.watch.add_answer(record(purpose="probe"))
    assert len(machine.idle(10)) == 1, "a probe of its own is nobody"


@pytest.mark.parametrize(
    ("interval", "battery", "why"),
    [(0.0, None, "ONSET_PROBE_INTERVAL is 0"), (HOUR, True, "on battery")],
)
def test_off_by_setting_and_on_battery(interval: float, battery: bool | None, why: str) -> None:
    machine = Machine(interval, battery)
    assert machine.idle(2 * HOUR) == []
    assert machine.watch.status().off == why
    machine.battery = False
    assert bool(machine.idle(60)) == (interval > 0)


def test_what_was_slow_while_others_worked_is_measured_anew_once_they_are_done() -> None:
    machine = Machine()
    machine.idle(200)
    machine.host.others, machine.pace = 0.5, 0.9
    assert len(machine.idle(HOUR)) >= 1
    machine.host.others, machine.pace = 0.0, 0.22
    assert len(machine.idle(30)) == 1
    assert machine.idle(1800) == [], "and that is believed"


def test_a_machine_that_stays_slow_is_asked_ever_less_often() -> None:
    machine = Machine()
    machine.idle(200)
    machine.pace = 0.4
    made = machine.idle(24 * HOUR)
    gaps = [b - a for a, b in zip(made, made[1:], strict=False)]
    assert gaps[0] == 40 and gaps == sorted(gaps) and gaps[-1] == HOUR
    assert len(made) < 35


def test_status_tells_the_newest() -> None:
    machine = Machine()
    before = machine.watch.status()
    assert (before.off, before.n, before.pace, before.host_ms) == (None, 0, None, None)
    machine.idle(20)
    after = machine.watch.status()
    assert (after.n, after.pace, after.first_audio_ms, after.host_ms) == (1, 0.22, 170.0, 20.0)


def test_the_work_for_the_host_takes_its_processor() -> None:
    spent = min(host_seconds(process_time) for _ in range(5))
    assert 0.002 < spent < 0.2
