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


@pytest.fixture(scope="module")
def spoken() -> Iterator[Running]:
    with serving(fake_engine) as running:
        yield running


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"input":"Good fox \\ud83e"}', "application/json"),
        (b'\xef\xbb\xbf{"input":"Hi"}', "application/json"),
        ('{"input":"caf\u00e9"}'.encode("latin-1"), "application/json; charset=iso-8859-1"),
        ('{"input":"caf\u00e9"}'.encode("latin-1"), 'application/json;charset="ISO-8859-1"'),
        ('{"input":"caf\u00e9"}'.encode(), "application/json; charset=UTF-8"),
        (b'{"input":"Hi","speed":null,"model":null,"exact":null,"voice":null}', "application/json"),
        (b'{"input":"Hi","response_format":"MP3"}', "application/json"),
        (b'{"input":"Hi","response_format":"ogg","voice":"Alloy"}', "application/json"),
        (b'{"input":"Hi","voice":"NOVA"}', "application/json"),
    ],
)
def test_what_clients_write_is_spoken(spoken: Running, body: bytes, kind: str) -> None:
    answer = http.post(spoken.url + SPEECH_PATH, content=body, headers={"Content-Type": kind})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("body", "kind", "status", "words"),
    [
        (b'{"input":null}', "application/json", 400, "input"),
        (b'{"input":"Hi"}', "application/json; charset=utf-16", 415, "charset"),
        (b'{"input":"caf\xe9"}', "application/json; charset=us-ascii", 400, "us-ascii"),
        (b'{"input":"Hi","voice":"af_bella:0.7+af_sky:0.3"}', "application/json", 400, "(2)+"),
        (b'{"input":"Hi","voice":"af_bella,af_sky"}', "application/json", 400, "(2)+"),
    ],
)
def test_what_cannot_be_spoken_is_said(
    spoken: Running, body: bytes, kind: str, status: int, words: str
) -> None:
    answer = http.post(spoken.url + SPEECH_PATH, content=body, headers={"Content-Type": kind})
    assert (answer.status_code, words in str(error_of(answer)["message"])) == (status, True)


@pytest.mark.parametrize("path", ["/performance/heard", "/performance/benchmark"])
def test_a_path_with_two_routes_allows_both_methods(spoken: Running, path: str) -> None:
    answer = http.put(spoken.url + path)
    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(answer.headers["allow"].split(", "))
