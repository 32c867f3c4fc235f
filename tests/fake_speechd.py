"""Our module of speech-dispatcher around a fake model, as a program that tests start.

The argument is the seconds of each of the model's steps.
"""

import os
import sys

from fakes import HaltableBackend, fake_engine
from onset.screen_reader.module_output import ModuleOutput
from onset.screen_reader.speech_source import EngineSource
from onset.screen_reader.speechd_module import SpeechdModule


def main() -> None:
    delay = float(sys.argv[1]) if len(sys.argv) > 1 else 0.002
    source = EngineSource(lambda: fake_engine(backend=HaltableBackend(delay)))
    lines = iter(sys.stdin.buffer.readline, b"")
    SpeechdModule(lines, ModuleOutput(1), source, "af_heart").run()
    os._exit(0)


if __name__ == "__main__":
    main()
