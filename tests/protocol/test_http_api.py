"""The words on the wire."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from onset.protocol.http_api import (
    ErrorBody,
    Health,
    SpeechRequest,
    VoiceReference,
    announced_rate,
    is_loopback,
    parse_server_timing,
    server_timing,
)


def test_server_timing_is_in_milliseconds() -> None:
    assert (
        server_timing({"prosody": 0.0615, "trunk": 0.1}) == "prosody;dur=61.500, trunk;dur=100.000"
    )


def test_server_timing_refuses_a_name_that_is_no_token() -> None:
    with pytest.raises(ValueError, match="first sound"):
        server_timing({"first sound": 1.0})


NAMES = st.text(string.ascii_letters + string.digits + "_.-", min_size=1, max_size=12)


@given(st.dictionaries(NAMES, st.floats(0, 1e4)))
def test_server_timing_is_read_back(stages: dict[str, float]) -> None:
    assert parse_server_timing(server_timing(stages)) == pytest.approx(stages, abs=1e-6)


def test_parse_server_timing_when_written_by_others() -> None:
    header = 'miss, db;dur=53, app;desc="a; dur=1, b";dur=47.2 ,cache; desc=hit ;DUR="3",x;dur=soon'
    assert parse_server_timing(header) == pytest.approx(
        {"db": 0.053, "app": 0.0472, "cache": 0.003}
    )


def test_request_ignores_fields_it_does_not_know() -> None:
    request = SpeechRequest.model_validate({"model": "tts-1", "input": "Hi", "store": True})
    assert request == SpeechRequest(model="tts-1", input="Hi")


@pytest.mark.parametrize(
    ("voice", "name"),
    [("af_heart", "af_heart"), (VoiceReference(id="am_adam"), "am_adam"), (None, None)],
)
def test_voice_id_however_it_is_written(voice: str | VoiceReference | None, name: str) -> None:
    assert SpeechRequest(input="Hi", voice=voice).voice_id == name


def test_voice_is_read_from_an_object() -> None:
    body = '{"input": "Hi", "voice": {"id": "bf_emma"}}'
    assert SpeechRequest.model_validate_json(body).voice_id == "bf_emma"


@pytest.mark.parametrize("body", ['{"voice": "af_heart"}', '{"input": "Hi", "speed": NaN}'])
def test_request_is_refused_when_it_makes_no_sense(body: str) -> None:
    with pytest.raises(ValidationError):
        SpeechRequest.model_validate_json(body)


def test_error_body_has_openai_fields() -> None:
    body = ErrorBody.model_validate({"error": {"message": "No such voice", "type": "invalid"}})
    assert body.model_dump()["error"] == {
        "message": "No such voice",
        "type": "invalid",
        "param": None,
        "code": None,
    }


def test_health_of_a_server_that_tells_nothing() -> None:
    assert Health.model_validate({"uptime": 3}).active is None


def test_the_rate_is_the_one_announced_or_ours() -> None:
    assert announced_rate({"x-sample-rate": "22050"}) == 22_050
    assert announced_rate({}) == announced_rate({"x-sample-rate": "fast"}) == 24_000


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_only_this_machine_reaches_a_loopback_address(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.2", "::", "onset.example", ""])
def test_others_reach_every_other_address(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("written", ["1e999", "nan", "-inf", "x"])
def test_a_duration_that_is_no_number_is_left_out(written: str) -> None:
    assert parse_server_timing(f"a;dur=5, b;dur={written}") == {"a": 0.005}
