"""`onset voices`: who can speak, and how they are decoded."""

import json

import pytest

from command_line import Command
from fakes import STREAMING, predictor
from onset.cli.voices import decodes


def test_voices_stream_if_they_were_fitted() -> None:
    decode = decodes(predictor())
    assert len(decode) == 54
    assert {name for name, how in decode.items() if how == "streaming"} == set(STREAMING)


def test_voices_are_listed_for_people_and_machines(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("voices", "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows[3] | {"decode": ""} == {
        "name": "af_heart",
        "language": "en-us",
        "language_name": "American English",
        "gender": "female",
        "grade": "A",
        "decode": "",
    }
    assert command("voices") == 0
    table = capsys.readouterr().out
    assert all(row["name"] in table and row["decode"] in table for row in rows)
