"""The command `onset`: runs what was typed, and shows errors to a person."""

import os
import sys
from importlib import import_module

from onset.cli.playing.control import IMMEDIATE
from onset.errors import InvalidRequest, OnsetError, OutOfMemory, lacks_memory

FAILURE, USAGE, INTERRUPTED = 1, 2, 130
"""Exit codes: something went wrong; the command was asked for what cannot be; Ctrl-C."""


def main() -> None:
    """Run the command line and exit: 0, FAILURE, USAGE or INTERRUPTED."""
    os.environ.setdefault("PYTHONSAFEPATH", "1")  # for the processes that commands start
    try:
        _run(sys.argv[1:])
    except Exception as error:
        fault = OutOfMemory() if lacks_memory(error) else error
        if not isinstance(fault, OnsetError):
            raise
        print(f"onset: {' '.join(str(fault).split())}", file=sys.stderr)
        sys.exit(USAGE if isinstance(fault, InvalidRequest) else FAILURE)


def _run(words: list[str]) -> None:
    """Do what was typed. Typer takes 40 ms to load, so a lone word that is a command is done."""
    if len(words) != 1 or words[0] not in IMMEDIATE:
        import_module("onset.cli.command_group").run()
        return
    try:
        IMMEDIATE[words[0]]()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
