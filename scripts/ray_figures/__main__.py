"""The command `python -m ray_figures`."""

import json
import os
from typing import Annotated

import ray
import typer
from ray import serve
from verdicts import conclude

from onset.bench.run.fingerprint import environment
from onset.bench.run.processes import free_port
from onset.scale.replica_capacity import listeners_of
from ray_figures.crowds import measure_streams
from ray_figures.failover import measure_failover
from ray_figures.fake_replicas import Measured, fake_engine
from ray_figures.first_sound import measure_first

PARTS = ("first", "streams", "failover")


def main(
    parts: Annotated[list[str] | None, typer.Argument(help="first, streams, failover; all")] = None,
    replicas: Annotated[str, typer.Option(help="Numbers with commas between.")] = "1,2,4,8",
    seconds: Annotated[float, typer.Option(help="Of listening, each.")] = 15,
    answers: Annotated[int, typer.Option(help="Of the failover.")] = 1000,
) -> None:
    """Measure, print, and tell by the exit code."""
    if unknown := set(parts or ()) - set(PARTS):
        raise typer.BadParameter(f"{', '.join(unknown)} is none of {', '.join(PARTS)}")
    # Replicas inherit it: whom they cannot serve they refuse, else the fast voice would, a model.
    os.environ["ONSET_FALLBACK"] = "false"
    listeners, port = listeners_of(fake_engine), free_port()
    counts = sorted(int(count) for count in replicas.split(","))
    measured = Measured(f"http://127.0.0.1:{port}", listeners, counts)
    ray.init(num_cpus=os.cpu_count(), include_dashboard=False, log_to_driver=False)
    try:
        serve.start(http_options={"port": port})
        print(f"one replica keeps up with {listeners} listeners", flush=True)
        if not parts or "first" in parts:
            measure_first(measured)
        if not parts or "streams" in parts:
            measure_streams(measured, seconds)
        if not parts or "failover" in parts:
            measure_failover(measured, answers)
    finally:
        serve.shutdown()
        ray.shutdown()
    haproxy = os.environ.get("RAY_SERVE_ENABLE_HA_PROXY") == "1"
    proxy = {"proxy": "haproxy" if haproxy else "python", "listeners_of_one": listeners}
    print(json.dumps(proxy | measured.figures | {"environment": environment()}))
    conclude(measured.verdicts)


if __name__ == "__main__":
    typer.run(main)
