"""The fast part of `make attack`: every part for some seconds, on a server without a model.

And what is planted is seen: a check that cannot fail shows nothing.
"""

import random
import select
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
from attack import __main__ as campaign
from attack import clocks, disk, kills, network, protocols, scarcity, soak, suspensions, texts
from attack.daemons import playing
from attack.findings import Finding, table
from attack.machines import machine_runs
from attack.machines.daemon_machine import daemon_machine
from attack.servers import HEALTH, FairClock, Server, not_had, served
from hypothesis import settings as hypothesis_settings

from fakes import fake_engine, serving
from onset.config import load_settings
from onset.playback.cpu_load import competing


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server in this process; its log is not written."""
    log: Path = tmp_path_factory.mktemp("attack") / "log"
    log.touch()
    with socket.create_server(("127.0.0.1", 0)) as free:
        wyoming = int(free.getsockname()[1])
    hasty = load_settings(
        {}, port=0, drain_timeout=0, header_timeout=1.0, idle_timeout=2.0, wyoming_port=wyoming
    )
    with serving(fake_engine, hasty) as running:
        yield Server(running.url, running.port, wyoming, psutil.Process(), log)


@pytest.fixture(autouse=True)
def short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    profile = hypothesis_settings(machine_runs.PROFILE, max_examples=2, stateful_step_count=12)
    monkeypatch.setattr(machine_runs, "PROFILE", profile)


def test_no_abuse_takes_the_server_away(server: Server) -> None:
    found = list(network.turns(server, network.ATTACKS, 2.0, 1))
    assert all(one.tries for one in found) and len(found) == len(network.ATTACKS)
    # It shares the process and the cores with these tests: its times and its memory are theirs too.
    faults = [fault for one in found for fault in one.faults]
    assert not [fault for fault in faults if "connection" in fault or "traceback" in fault]
    assert server.health() is not None


def test_health_overtakes_a_burst() -> None:
    """What came behind 300 others is seen, and answered, before they all are."""
    with served() as server, ExitStack() as stack:
        server.process.suspend()
        crowd = [stack.enter_context(server.connect()) for _ in range(300)]
        for one in crowd:
            one.sendall(b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with server.connect() as last:
            last.sendall(HEALTH)
            server.process.resume()
            assert last.recv(4096).startswith(b"HTTP/1.1 200")
        answered, _, _ = select.select(crowd, [], [], 0)
        assert len(answered) < 200


def test_a_shell_that_allows_few_descriptors_keeps_nobody_out() -> None:
    few = ("prlimit", "--nofile=128:4096")
    with served(wrapper=few) as server, ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(server.connect())
        assert server.health() is not None


def test_protocols_hold(server: Server) -> None:
    found = list(protocols.machines_of(server, 0.0, 1))
    assert [one.attack for one in found] == ["HTTP", "WebSocket", "Wyoming"]
    assert not [fault for one in found for fault in one.faults]


def test_the_daemon_holds() -> None:
    with playing() as daemon:
        found = machine_runs.runs("daemon", daemon_machine(daemon.connect), 0.0, 1)
        stopped = suspensions.the_daemon(daemon, 0.3)
        unread = suspensions.a_caller(daemon, 0.1)
        assert (found.faults, stopped, unread, daemon.tracebacks) == ([], "", "", 0)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_a_daemon_that_is_ended_takes_its_socket_along(number: signal.Signals) -> None:
    with playing() as daemon, daemon.connect(), daemon.connect():
        daemon.process.send_signal(number)
        assert daemon.process.wait(20) == 0
        assert not daemon.path.exists() and daemon.tracebacks == 0


def test_a_server_that_answers_noise_is_seen() -> None:
    assert protocols.control()


def test_texts_are_spoken_or_refused(server: Server) -> None:
    assert not [fault for one in texts.tried(server, 0.5, 1) for fault in one.faults]


def test_a_server_without_the_route_is_seen(server: Server) -> None:
    url = server.url + "/nowhere"
    lost = Server(url, server.port, server.wyoming, server.process, server.log)
    assert all(one.faults for one in texts.tried(lost, 0.0, 1))


def test_a_client_that_stands_still_holds_up_nobody(server: Server) -> None:
    assert "5.00" not in suspensions.a_client(server, 0.5)  # what a refusal counts as


def test_a_clock_that_did_not_jump_is_seen(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "JUMPS", (3600,))
    assert clocks.jumped(server, None).faults == ["the clock did not jump by 3600 s"]


@pytest.mark.parametrize("damage", disk.USER[2:4], ids=lambda damage: damage.name)
def test_what_only_users_can_mend_is_told(damage: disk.Damage, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    place = disk.Place(tmp_path / "cache", disk.SOURCE)
    assert disk.damaged(damage, place, random.Random(1)) == []


def test_programs_that_believe_in_their_files_are_seen() -> None:
    assert disk.control() and kills.control()


def test_a_server_without_memory_says_so_and_goes_on() -> None:
    with served() as server:
        scarcity.ask(server.url)
        assert [scarcity.pressed(server, room).faults for room in scarcity.ROOM[:3]] == [[]] * 3


def test_what_other_programs_take_is_no_time_of_the_server() -> None:
    assert not_had(2.0, waited=0.0, others=0.0, cores=2) == 0.0
    assert not_had(2.0, waited=0.5, others=0.0, cores=2) == 0.5
    assert not_had(2.0, waited=0.5, others=3.0, cores=2) == 1.5
    assert not_had(2.0, waited=0.0, others=-0.1, cores=2) == 0.0  # what it did itself
    assert not_had(2.0, waited=9.0, others=9.0, cores=2) == 2.0


def test_programs_on_all_cores_are_seen() -> None:
    with competing(0.9) as others:
        clock = FairClock(psutil.Process())
        while sum(one.cpu_times().user for one in others) < 0.5:
            time.sleep(0.05)
        assert clock.lost > 0.4 / len(others)


def test_growth_is_told_from_wavering() -> None:
    assert soak.control()


def test_each_promise_of_the_soak_can_be_broken() -> None:
    def broken(leak: float = 0.0, drift: float = 0.0, more: int = 0, tracebacks: int = 0) -> str:
        """The first words of those that are. leak: bytes an hour. drift: share. more: descriptors.

        The last descriptor is one that comes and goes.
        """
        chance = random.Random(1)
        rows = [
            soak.Minute(
                60.0 * n,
                round(6e8 + chance.gauss(0, 1e6) + leak * n / 60),
                20 + (more if n > 30 else 0) + (n == 59),
                chance.gauss(0.1, 0.003) * (1 + (drift if n >= 30 else 0)),
                40,
            )
            for n in range(60)
        ]
        kept = soak.verdicts(rows, 20, tracebacks)
        return ", ".join(promise for promise in kept if not kept[promise])

    assert broken() == ""
    assert broken(leak=2e7).startswith("memory +") and "," not in broken(leak=2e7)
    assert broken(drift=0.08).startswith("first sound +")
    assert broken(more=1) == "+1 descriptors"
    assert broken(tracebacks=2) == "2 tracebacks"


def test_the_table_counts_what_is_unexplained() -> None:
    rows = [("a", Finding("x", 3)), ("b", Finding("y", 2, "z", ["1 | 2", "3"]))]
    told = table(rows, ["b"])
    assert "| b | y | 2 | z | 1 / 2; 3 |" in told
    assert "5 tries, 2 unexplained; planted faults: not seen: b.\nNot run: nothing." in told
    assert "Not run: x." in table([("a", Finding("x"))], [])


def test_the_page_has_the_table_and_where_it_was_made() -> None:
    told = table([("a", Finding("x", 3))], [])
    page = campaign.page(told, 7, 1234.0, [0.5, 2.5])
    assert page.startswith("# ") and page.endswith(f"{told}\n")
    assert "21 minutes, seed 7" in page and "load 0.5 to 2.5" in page
    assert all(len(line) <= 100 or line.startswith("|") for line in page.splitlines())


def test_every_part_has_its_share_of_the_time() -> None:
    assert sum(campaign.SHARES.values()) == pytest.approx(1.0)
