"""The server without Serve, on the engine of the replicas: `-m ray_figures.plain_server PORT`."""

import sys

from onset.config import load_settings
from onset.serving.http.app import run
from onset.serving.scheduling.scheduler import scheduler_of
from ray_figures.fake_replicas import fake_engine

if __name__ == "__main__":
    settings = load_settings({}, port=int(sys.argv[1]), history=False, fallback=False)
    run(settings, scheduler_of(settings, fake_engine))
