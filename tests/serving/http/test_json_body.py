"""Every route with a body takes JSON that fits its model, and refuses all else alike."""

from collections.abc import Iterator

import pytest

from asking import error_of, http
from fakes import Running, fake_engine, serving
from onset.protocol.http_api import HEARD_PATH, SPEECH_PATH
from onset.serving.http.performance import BENCHMARK_PATH

PATHS = (SPEECH_PATH, HEARD_PATH, BENCHMARK_PATH)


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with serving(fake_engine) as running:
        yield running


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_another_content_type_is_refused(server: Running, path: str, media_type: str) -> None:
    answer = http.post(server.url + path, content=b"{}", headers={"Content-Type": media_type})
    assert answer.status_code == 415
    assert "application/json" in str(error_of(answer)["message"])


@pytest.mark.parametrize("path", PATHS)
def test_a_charset_and_capitals_in_the_content_type_are_fine(server: Running, path: str) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    answer = http.post(server.url + path, content=b"{}", headers=headers)
    assert answer.status_code == 400  # the fields are missing


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"5", b"\xff\xfe", b'{"input": "\\ud800"}', b'{"model": "x"}']
)
def test_what_is_no_json_of_the_model_is_refused(server: Running, path: str, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = http.post(server.url + path, content=body, headers=headers)
    assert answer.status_code == 400
    assert error_of(answer)["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("path", "field"),
    [(SPEECH_PATH, "input"), (HEARD_PATH, "audible"), (BENCHMARK_PATH, "scenario")],
)
def test_a_missing_field_is_named(server: Running, path: str, field: str) -> None:
    answer = http.post(server.url + path, json={})
    assert answer.status_code == 400
    assert error_of(answer)["param"] == field
