"""What is shown where standard error is no terminal: lines, and no bars."""

from itertools import count

import pytest

from onset.cli.progress import LINES, advancing, counting, preparing, tell


def test_a_line_is_neither_wrapped_nor_marked_up(capsys: pytest.CaptureFixture[str]) -> None:
    line = "[bold] " + "word " * 100
    tell(line)
    assert capsys.readouterr().err == f"{line}\n"


def test_without_a_terminal_no_bar_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    with preparing() as bytes_done, counting(True) as seconds:
        bytes_done(5, 9)
        seconds(1.5)
    assert capsys.readouterr() == ("", "")


def test_a_long_run_tells_now_and_then_how_long_it_will_take(
    capsys: pytest.CaptureFixture[str],
) -> None:
    total = 2 * LINES
    clock = count(0, 60).__next__
    with advancing("Comparing", total, clock) as advance:
        for _ in range(total):
            advance()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == LINES
    assert lines[0] == f"2 of {total} requests, about {total - 2} minutes left"
    assert lines[-1] == f"{total} of {total} requests, about 0 minutes left"


def test_what_an_earlier_run_measured_does_not_count_into_the_time_left(
    capsys: pytest.CaptureFixture[str],
) -> None:
    times = iter([0.0, *[0.5] * 6, 60.0, 120.0, 180.0, 240.0])
    with advancing("Comparing", 10, times.__next__) as advance:
        for _ in range(10):
            advance()
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "7 of 10 requests, about 3 minutes left" and len(lines) == 4
