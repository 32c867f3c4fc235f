"""A server whose model hums, for attacks on everything but the model: settings from ONSET_*."""

import sys
from functools import partial

from onset.config import load_settings
from onset.engine.engine import Engine
from onset.errors import OnsetError
from onset.model.fake_backend import FakeBackend
from onset.serving.http import app
from onset.serving.scheduling.scheduler import scheduler_of
from onset.serving.speech_log import start_logging


def main() -> None:
    """Serve until told to end."""
    settings = load_settings()
    start_logging(settings)
    try:
        engine = partial(Engine, settings, backend=FakeBackend())
        app.run(settings, scheduler_of(settings, engine))
    except OnsetError as error:
        print(error, file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
