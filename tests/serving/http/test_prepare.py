"""What clients will ask for can be told before they ask."""

from collections.abc import Iterator

import pytest

from asking import error_of, http
from fakes import Running, eventually, fake_engine, serving
from onset.protocol.http_api import HEALTH_PATH
from onset.protocol.preparation import PREPARE_PATH


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with serving(fake_engine) as running:
        yield running


def test_a_language_is_there_soon_after_it_was_told(server: Running) -> None:
    answer = http.post(server.url + PREPARE_PATH, json={"voice": "ff_siwis"})
    assert answer.status_code == 200 and "en-us" in answer.json()["languages"]
    eventually(lambda: "fr" in http.get(server.url + HEALTH_PATH).json()["languages"])


def test_the_language_may_be_another_than_the_voices_own(server: Running) -> None:
    http.post(server.url + PREPARE_PATH, json={"lang": "es"}).raise_for_status()
    eventually(lambda: "es" in http.get(server.url + HEALTH_PATH).json()["languages"])


@pytest.mark.parametrize(
    ("body", "param"), [({"voice": "nobody"}, "voice"), ({"lang": "klingon"}, "lang")]
)
def test_what_cannot_be_spoken_is_refused_with_the_choices(
    server: Running, body: dict[str, str], param: str
) -> None:
    error = error_of(http.post(server.url + PREPARE_PATH, json=body))
    assert error["param"] == param
