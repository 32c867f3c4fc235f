"""What the replicas of `tests/scale/test_ray.py` run, in processes that Ray starts."""

from functools import partial
from typing import Any

from fastapi import FastAPI

from fakes import fake_engine
from onset.config import load_settings
from onset.scale.ray import drain_on_interrupt, replica_app, speech_app
from onset.scale.replica_limits import ScaleArguments, deployment_options

DELAY = 0.04
"""Seconds of each front, trunk and step: a listener or two keep a replica busy."""


def slow_app() -> FastAPI:
    """The app of a replica whose engine is a fake."""
    return replica_app(partial(fake_engine, DELAY))


def app(arguments: ScaleArguments) -> Any:
    """What `serve run ray_replica:app` runs: one replica, as `onset.scale.ray:app` has them."""
    drain_on_interrupt()
    given = arguments.model_copy(update={"replicas": 1, "cores": 0.1})
    options = deployment_options(given, 4, load_settings({}, drain_timeout=20))
    return speech_app(slow_app, options)
