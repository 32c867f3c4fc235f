"""Where log lines go: for people in a terminal, JSON elsewhere, and never the text."""

import asyncio
import io
import json
import logging

import pytest

from onset.config import load_settings
from onset.serving.speech_log import start_logging

QUIET = load_settings({})


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_lines_for_people(log_output: io.StringIO) -> None:
    terminal = Terminal()
    start_logging(QUIET, terminal)
    logging.getLogger("onset.request").info("request", extra={"status": 200})
    (line,) = terminal.getvalue().splitlines()
    assert "request" in line and "status" in line and not line.startswith("{")


@pytest.mark.parametrize("terminal", [False, True])
def test_no_variable_of_a_traceback_is_shown(terminal: bool, log_output: io.StringIO) -> None:
    stream = Terminal() if terminal else log_output
    start_logging(QUIET, stream)

    def fail(text: str) -> None:
        raise RuntimeError("a bug")

    try:
        fail("".join(["zeb", "ra"]))
    except RuntimeError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    assert "a bug" in stream.getvalue() and "zebra" not in stream.getvalue()


def test_lines_from_several_threads_stay_whole(log_output: io.StringIO) -> None:
    start_logging(QUIET, log_output)

    async def tell() -> None:
        log = logging.getLogger("onset.request")
        await asyncio.gather(*(asyncio.to_thread(log.info, "line %d", n) for n in range(50)))

    asyncio.run(tell())
    lines = map(json.loads, log_output.getvalue().splitlines())
    assert {line["event"] for line in lines} == {f"line {n}" for n in range(50)}
