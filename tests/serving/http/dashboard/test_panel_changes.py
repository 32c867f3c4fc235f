"""Only what changed in a panel is sent, and the page makes the panel of it again."""

import json
from time import time

import pytest

from answers import record
from onset.monitoring.answer_record import AnswerRecord
from onset.monitoring.live_window import LiveWindow
from onset.serving.http.dashboard.panel_changes import changed, in_lines, panel_change
from onset.serving.http.dashboard.panel_pictures import last_hour

OLD = "<ul>\n<li>one</li>\n<li>two</li>\n<li>three</li>\n</ul>"


@pytest.mark.parametrize(
    "new",
    [
        OLD,
        OLD.replace("two", "2"),
        OLD.replace("<li>one</li>\n", ""),
        OLD.replace("<li>one", "<li>zero</li>\n<li>one").replace("<li>three</li>\n", ""),
        "something else",
        "",
    ],
)
def test_a_panel_is_made_again_of_what_changed(new: str) -> None:
    assert changed(OLD, panel_change(OLD, new)) == new


def test_what_stayed_is_not_sent_again() -> None:
    new = OLD.replace("<li>one", "<li>zero</li>\n<li>one").replace("<li>three</li>\n", "")
    assert panel_change(OLD, new) == [(0, 1), "<li>zero</li>", (1, 3), (4, 5)]


def test_a_picture_has_a_line_for_each_mark() -> None:
    now = time()
    answers = [record(at=now - n, ttfa=0.1 + n / 1000) for n in range(150)]
    before, after = (in_lines(svg(answers[1:], now)), in_lines(svg(answers, now)))
    assert before.replace("\n", "") == svg(answers[1:], now).replace("\n", "")
    sent = json.dumps(panel_change(before, after))
    assert changed(before, panel_change(before, after)) == after
    assert len(sent) < 1500 < len(json.dumps(after)) / 8


def svg(answers: list[AnswerRecord], now: float) -> str:
    window = LiveWindow(lambda: now)
    for answer in answers:
        window.add(answer)
    figure = last_hour(window.records(), now)
    assert figure is not None
    return figure.svg
