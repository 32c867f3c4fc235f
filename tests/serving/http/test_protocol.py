"""docs/protocol.md says of HTTP what the OpenAPI document and the code say, and nothing else."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route

from fakes import fake_engine
from onset.config import load_settings
from onset.model.voice_styles import ALIASES
from onset.protocol.http_api import (
    EVENT_STREAM,
    MEDIA_TYPES,
    PAGE_PATHS,
    SPEECH_PATH,
    AudioDelta,
    AudioDone,
    ErrorEvent,
    MarksEvent,
    MarkTime,
    Usage,
    WordsEvent,
    WordTime,
)
from onset.serving.http.app import create_app
from onset.serving.http.openapi import ANSWER_HEADERS, REFUSALS
from onset.serving.scheduling.scheduler import scheduler_of

PAGE = (Path(__file__).parents[3] / "docs" / "protocol.md").read_text()
APP = create_app(scheduler_of(load_settings({}), fake_engine), load_settings({}))
DOCUMENT: dict[str, Any] = APP.openapi()
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
SPEECH = OPERATIONS[f"POST {SPEECH_PATH}"]


def section(heading: str) -> str:
    """What stands under a heading, up to the next of its rank."""
    marks = heading.partition(" ")[0]
    match = re.search(rf"^{re.escape(heading)}\n(.*?)(?=^{marks} |\Z)", PAGE, re.M | re.S)
    assert match, f"no {heading!r}"
    return match[1]


def rows(text: str, head: str) -> Iterator[list[str]]:
    """The cells of every row of the table whose first header cell is `head`."""
    match = re.search(rf"^\| {re.escape(head)} \|.*\n\|[-|]+\|\n((?:\|.*\n)*)", text, re.M)
    assert match, f"no table of {head}"
    for line in match[1].splitlines():
        yield [cell.strip() for cell in line.strip("|").split(" |")]


def first_cells(text: str, head: str) -> set[str]:
    return {row[0].strip("` ") for row in rows(text, head)}


def test_every_operation_has_its_section() -> None:
    headings = set(re.findall(r"^## ((?:GET|POST|PUT|DELETE) \S+)$", PAGE, re.M))
    assert headings == set(OPERATIONS)


def test_every_path_of_the_app_is_told() -> None:
    listed = set(re.findall(r"^Also at `(\S+)`\.|(?<=Also at )`(\S+)`", PAGE, re.M))
    aliases = {one or other for one, other in listed}
    served = {re.sub(r":path}", "}", r.path) for r in APP.routes if isinstance(r, Route)}
    ours = served - {"/openapi.json", *PAGE_PATHS}
    assert aliases | set(DOCUMENT["paths"]) == ours


@pytest.mark.parametrize("name", OPERATIONS)
def test_statuses_are_those_of_the_document(name: str) -> None:
    (statuses,) = re.findall(r"Status: ((?:\d{3}\s?)+)", section(f"## {name}"))
    assert statuses.split() == sorted(OPERATIONS[name]["responses"])


def test_every_field_of_speech_is_told_with_its_default_and_choices() -> None:
    schema = SPEECH["requestBody"]["content"]["application/json"]["schema"]
    table = {row[0].strip("`"): row[1:] for row in rows(section(f"## POST {SPEECH_PATH}"), "field")}
    assert set(table) == set(schema["properties"])
    for name, field in schema["properties"].items():
        default, meaning = table[name]
        if field.get("default") is not None:
            written = str(field["default"])
            assert default == f"`{written.lower() if written in ('True', 'False') else written}`"
        choices = [field, *field.get("anyOf", [])]
        for value in [value for choice in choices for value in choice.get("enum", [])]:
            assert f"`{value}`" in default + meaning, f"{name}: {value}"


def test_headers_of_speech_are_told() -> None:
    assert set(SPEECH["responses"]["200"]["headers"]) == set(ANSWER_HEADERS)
    table = {row[0].strip("`"): row[1] for row in rows(section(f"## POST {SPEECH_PATH}"), "header")}
    listed = {name: meaning.partition(", see")[0] for name, meaning in table.items()}
    assert listed == dict(ANSWER_HEADERS)


def test_formats_are_told_with_their_content_types() -> None:
    text = section("### Formats")
    listed = {row[0].strip("`"): row[1].strip("`") for row in rows(text, "`response_format`")}
    assert listed == dict(MEDIA_TYPES)
    assert set(SPEECH["responses"]["200"]["content"]) == {*MEDIA_TYPES.values(), EVENT_STREAM}


def test_events_are_told_with_their_fields() -> None:
    text = section("### Events")
    table = {row[0].strip("`"): row[1].strip("`") for row in rows(text, "`type`")}
    models = (AudioDelta, WordsEvent, MarksEvent, AudioDone, ErrorEvent)
    fields = {model: set(model.model_fields) - {"type"} for model in models}
    assert table == {model.model_fields["type"].default: fields[model].pop() for model in models}
    for name in (*Usage.model_fields, *WordTime.model_fields, *MarkTime.model_fields):
        assert name in text


def test_voices_of_openai_are_told() -> None:
    lines = [line for line in section("### OpenAI's voices").splitlines() if line.startswith("| `")]
    theirs, ours = ([cell.strip("`| ") for cell in line.split(" | ")] for line in lines)
    assert dict(zip(theirs, ours, strict=True)) == dict(ALIASES)


def test_every_error_is_told_in_the_same_words() -> None:
    table = {int(row[0]): row[1] for row in rows(section("## Errors"), "status")}
    assert table == dict(REFUSALS)
    documented = {
        (int(status), answer["description"])
        for operation in OPERATIONS.values()
        for status, answer in operation["responses"].items()
        if status != "200"
    }
    assert documented <= set(table.items())


def test_the_document_knows_the_shape_of_every_error() -> None:
    for name, operation in OPERATIONS.items():
        for status, answer in operation["responses"].items():
            if status != "200":
                schema = answer["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/ErrorBody"}, f"{name} {status}"
