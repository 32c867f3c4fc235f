"""The listening test of `onset quality`: `--listen` writes it, `--tally` counts what came back."""

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from onset.bench.report.terminal import console, print_json
from onset.calibration.collect import corpus
from onset.cli.lists import voice_names
from onset.cli.progress import advancing, preparing, tell
from onset.config import load_settings
from onset.engine.engine import Engine
from onset.errors import InvalidRequest
from onset.model.voice_styles import language
from onset.quality.listening import listening_test
from onset.quality.listening.answer_files import read_answers
from onset.quality.listening.conditions import conditions
from onset.quality.listening.listening_items import VOICES_HEARD, plan_listening
from onset.quality.listening.tally import TallyRow, needed, tally

MOST_SENTENCES = 100
"""Of a test: a round of them takes over an hour."""

Listen = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Write a blind listening test there instead.")
]
Sentences = Annotated[
    int, typer.Option(min=1, max=MOST_SENTENCES, help="Of the listening test, the voices in turn.")
]
Tally = Annotated[
    bool, typer.Option("--tally", help="Count the FILEs that listeners exported instead.")
]
Files = Annotated[list[Path] | None, typer.Argument(metavar="FILE", help="Answers, with --tally.")]


def write_test(folder: Path, voices: str | None, sentences: int, pace: float) -> None:
    """Write a listening test. voices: with commas; VOICES_HEARD if None."""
    names = voice_names(voices) if voices else list(VOICES_HEARD)
    lines = {code: corpus("heldout", code) for code in map(language, names)}
    items = plan_listening(names, sentences, lines)
    listening_test.check_folder(folder)
    with preparing() as bytes_done:
        engine = Engine(load_settings(pace=pace), progress=bytes_done)
    ways = conditions(engine)
    with advancing("Speaking", len(items) * len(ways)) as advance:
        page = listening_test.write(folder, items, ways, secrets.randbits(64), advance)
    tell(f"{page}: written. Open it in a browser; each listener exports a file at its end.")


def print_tally(files: Sequence[Path]) -> None:
    """Print the tally of exported files. Raises InvalidRequest for files it cannot count."""
    if not files:
        raise InvalidRequest("--tally needs the files that listeners exported.", "tally")
    answers = read_answers(files)
    rows = tally(answers)
    columns = "test", "condition", "answers", "right or chosen", "95 % interval", "so"
    title = f"Each condition against {answers[0].reference!r}; sessions: {len(answers)}"
    table = Table(*columns, title=title, caption=f"To tell 75 % from chance: {needed()} answers")
    for row in rows:
        table.add_row(*_cells(row))
    console().print(table)
    print_json({"schema": 1, "bench": "listening", "rows": [_facts(row) for row in rows]})


def _cells(row: TallyRow) -> tuple[str, ...]:
    share = f"{row.successes} ({100 * row.successes / row.n:.0f} %)"
    interval = f"{100 * row.low:.0f} % to {100 * row.high:.0f} %"
    return row.test, row.condition, str(row.n), share, interval, row.finding


def _facts(row: TallyRow) -> dict[str, object]:
    return {
        "test": row.test,
        "condition": row.condition,
        "answers": row.n,
        "successes": row.successes,
        "low": round(row.low, 4),
        "high": round(row.high, 4),
        "finding": row.finding,
    }
