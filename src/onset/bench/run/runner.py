"""One run from its first request to its manifest: the floor, the warm-up, every scenario."""

import asyncio
import gc
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from onset import __version__
from onset.bench.analysis.validity import NULL
from onset.bench.records.plan import Arm, Case, Extent
from onset.bench.records.run_folder import Manifest, RunWriter
from onset.bench.records.scenarios import Scenario, ScenarioKind
from onset.bench.run.fingerprint import fingerprint
from onset.bench.run.monitor import ResourceMonitor
from onset.bench.run.processes import peer
from onset.bench.run.request_sender import RequestSender
from onset.bench.run.scenario_kinds import KINDS
from onset.bench.run.session import BenchSession, Tell
from onset.bench.workload.texts import TextClass, TextSupply
from onset.errors import OnsetError

FLOOR = Scenario(
    name="floor",
    title="The ruler itself: a server that has its sound ready",
    kind=ScenarioKind.TEXTS,
    classes=(TextClass.FORTY,),
    extent=Extent.WHOLE,
)

FLOOR_REQUESTS = 20
"""Before the scenarios, and once more after them."""

WARMING = "warm-up"
"""Scenario of what is said first, and kept out of every figure."""


def record_run(
    folder: Path,
    name: str,
    arms: Sequence[Arm],
    scenarios: Sequence[Scenario],
    *,
    tell: Tell,
    seed: int = 1,
    command: str = "",
    own: bool = False,
) -> None:
    """Run the scenarios and record everything into the folder, which must not hold a run yet.

    arms: the measured server and those it is compared with. own: whether it was started for this
    run. What goes wrong with a server ends the run, and the manifest says so; only what is wrong
    with the request or the folder is raised, as InvalidRequest.
    """
    started = _now()
    with RunWriter(folder, fingerprint(arms)) as writer:
        monitor = ResourceMonitor(writer.sample)
        session = BenchSession(
            writer, RequestSender(arms, monitor), monitor, TextSupply(seed), tell, own
        )
        stopped = "interrupted"
        try:
            asyncio.run(_play(session, scenarios))
            stopped = ""
        except OnsetError as error:
            stopped = " ".join(str(error).split())
            tell(f"Stopped: {stopped}")
        finally:
            writer.finish(
                Manifest(
                    schema=1,
                    name=name,
                    seed=seed,
                    command=command,
                    version=__version__,
                    started_utc=started,
                    ended_utc=_now(),
                    complete=not stopped,
                    stopped=stopped,
                    arms=tuple(arms),
                    scenarios=tuple(session.done),
                )
            )


async def _play(session: BenchSession, scenarios: Sequence[Scenario]) -> None:
    with peer("onset.bench.peers.null_server") as null:
        null_arm = Arm(NULL, null.url, pid=null.pid)
        # Objects made until now stay: the collector need not visit them between two arrivals.
        gc.collect()
        gc.freeze()
        session.monitor.follow(session.sender.arms)
        async with session.monitor:
            async with session.scenario(FLOOR):
                with session.sender.only(null_arm):
                    await session.mixed_case(Case("null"), FLOOR_REQUESTS)
                for arm in session.sender.arms:
                    await session.warm_up(arm, WARMING)
            for done, scenario in enumerate(scenarios):
                session.writer.progress(scenario.name, done, len(scenarios))
                async with session.scenario(scenario):
                    reason = await KINDS[scenario.kind](session, scenario)
                if reason:
                    session.absent(reason)
            session.current = FLOOR
            with session.sender.only(null_arm):
                await session.mixed_case(Case("null"), FLOOR_REQUESTS, FLOOR_REQUESTS)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
