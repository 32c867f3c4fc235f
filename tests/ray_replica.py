"""What the replicas of `tests/scale/test_ray.py` run, in processes that Ray starts."""

from functools import partial

from fastapi import FastAPI

from fakes import fake_engine
from onset.scale.ray import replica_app

DELAY = 0.04
"""Seconds of each front, trunk and step: a listener or two keep a replica busy."""


def slow_app() -> FastAPI:
    """The app of a replica whose engine is a fake."""
    return replica_app(partial(fake_engine, DELAY))
