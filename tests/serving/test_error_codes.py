"""Errors as answers: status, shape, and when to ask again."""

import pytest

from onset.errors import Busy, Halted, InvalidRequest, ModelError, OnsetError, Unavailable
from onset.serving.error_codes import (
    describe,
    detail,
    explain,
    refusal,
    status_of,
    whereabouts,
)
from onset.serving.http.openapi import REFUSALS, documented

ERRORS = [
    (InvalidRequest("No.", "speed"), 400, "invalid_request_error", "bad_request"),
    (Busy("Full.", 1), 429, "rate_limit_error", "rate_limit_exceeded"),
    (Unavailable("Loading.", 1), 503, "server_error", "service_unavailable"),
    (ModelError("Odd."), 500, "server_error", "internal_server_error"),
    (Halted("Stopped."), 500, "server_error", "internal_server_error"),
]


@pytest.mark.parametrize(("error", "status", "kind", "code"), ERRORS)
def test_every_error_has_a_status(error: OnsetError, status: int, kind: str, code: str) -> None:
    assert status_of(error) == status and status in REFUSALS
    error_detail = describe(error)
    assert (error_detail.type, error_detail.code, error_detail.message) == (kind, code, str(error))
    assert error_detail.param == ("speed" if status == 400 else None)


def test_wrong_key_is_told_as_openai_does() -> None:
    error_detail = detail(401, "Wrong key.")
    assert (error_detail.type, error_detail.code) == ("authentication_error", "invalid_api_key")


def test_code_can_be_told() -> None:
    response = refusal(404, "No such model.", "model", code="model_not_found")
    assert b'"code":"model_not_found"' in response.body


def test_documented_refusals_say_when_to_ask_again() -> None:
    entries = documented(400, 429, 503)
    assert [status for status, entry in entries.items() if "headers" in entry] == [429, 503]


def test_first_field_at_fault_is_named_with_all_its_reasons() -> None:
    errors = [
        {"loc": ("voice", "str"), "msg": "Input should be a valid string"},
        {"loc": ("voice", "VoiceReference"), "msg": "Input should be an object"},
        {"loc": ("speed",), "msg": "Input should be a number"},
    ]
    message = "voice: Input should be a valid string; or Input should be an object."
    assert explain(errors) == (message, "voice")
    assert explain([{"loc": (), "msg": "Invalid JSON"}]) == ("Invalid JSON.", None)


def test_whereabouts_are_without_the_errors_own_words() -> None:
    try:
        raise ModelError("quoting zebra")
    except ModelError as error:
        place = whereabouts(error)
    assert place.startswith("ModelError (ModelError at test_error_codes.py:")
    assert "zebra" not in place
