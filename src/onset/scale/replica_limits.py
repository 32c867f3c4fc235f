"""How many listeners a replica takes, and what follows of it for Ray Serve."""

from math import ceil
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from onset.config import Count, Settings
from onset.errors import InvalidRequest

BESIDE = 8
"""Requests that a replica takes beside its listeners: health, voices, and those it refuses.

A refusal takes milliseconds, and only the replica knows when it is worth asking again: Serve, which
counts requests and not what they cost, must not keep one in a queue instead.
"""

QUEUED = 100
"""Requests that wait at one proxy at most, while every replica has as many as it takes."""

BUSY = 0.75
"""Share of its listeners that a replica has on average: with more, another replica is started.

The rest is for those who come while it starts, which takes a minute with Ray's own loading.
"""

UPSCALE_SECONDS, DOWNSCALE_SECONDS = 5.0, 300.0
"""Seconds for which it is busy, or idle, before replicas are started, or ended: who comes meanwhile
is refused, but a replica that is kept for nothing only costs its cores."""

COMPARED = 16
"""Replicas whose requests are compared for each request; the least busy gets it.

Serve compares two, and thus refuses while others have room: a replica holds few listeners.
"""

DRAIN_LOOK = 0.2
"""Seconds between two looks at whether the last listener of a replica has all they asked for."""


class ScaleArguments(BaseModel):
    """What follows `serve run onset.scale.ray:app`, as `replicas=4`.

    replicas: so many always; else min_replicas to max_replicas, as they are needed. listeners: of
    one replica; measured at the start if unset. cores: of one replica; ONSET_THREADS if unset.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    replicas: Count | None = None
    min_replicas: Count = 1
    max_replicas: Count = 8
    listeners: Count | None = None
    cores: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min_replicas > self.max_replicas:
            raise ValueError("min_replicas is more than max_replicas")
        return self


def replica_settings(settings: Settings) -> Settings:
    """The settings of a replica: one engine, and no history, as the replicas share a cache folder.

    Raises InvalidRequest for what a replica cannot do.
    """
    if settings.workers != 1:
        raise InvalidRequest("ONSET_WORKERS: a replica has one engine; ask for more replicas.")
    if settings.wyoming_port is not None:
        raise InvalidRequest("ONSET_WYOMING_PORT: Ray Serve carries HTTP and WebSockets only.")
    return settings.model_copy(update={"history": False})


def deployment_options(
    arguments: ScaleArguments, listeners: int, settings: Settings
) -> dict[str, object]:
    """The options of `serve.deployment`. listeners: whom one replica keeps up with."""
    listeners = min(listeners, settings.max_streams)
    scaling: dict[str, object] = (
        {"autoscaling_config": autoscaling(arguments, listeners)}
        if arguments.replicas is None
        else {"num_replicas": arguments.replicas}
    )
    return scaling | {
        "name": "speech",
        "max_ongoing_requests": listeners + BESIDE,
        "max_queued_requests": QUEUED,
        "backpressure_config": {"status_code": 503, "retry_after_s": 1.0},
        "graceful_shutdown_timeout_s": settings.drain_timeout,
        "graceful_shutdown_wait_loop_s": DRAIN_LOOK,
        "ray_actor_options": {"num_cpus": arguments.cores or settings.threads},
    }


def autoscaling(arguments: ScaleArguments, listeners: int) -> dict[str, float]:
    """When replicas are started and ended."""
    return {
        "min_replicas": arguments.min_replicas,
        "max_replicas": arguments.max_replicas,
        "target_ongoing_requests": max(1, ceil(BUSY * listeners)),
        "upscale_delay_s": UPSCALE_SECONDS,
        "downscale_delay_s": DOWNSCALE_SECONDS,
    }
