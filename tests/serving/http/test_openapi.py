"""What the OpenAPI document promises, tried by Schemathesis: no 500, no status it does not have."""

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

with warnings.catch_warnings():  # of what it imports, not of what it does
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.core.result import Ok
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_headers_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

from fakes import Running, fake_engine, serving
from onset.config import load_settings
from onset.protocol.compatible_api import CAPTIONS_PATH
from onset.protocol.performance_api import LIVE_PATH
from onset.serving.http.app import create_app
from onset.serving.scheduling.scheduler import scheduler_of

SMALL = load_settings({}, port=0, max_characters=400)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


LINES = {CAPTIONS_PATH}
"""Paths whose answer is a JSON object a line, under the Content-Type that their clients know."""

DOCUMENT = create_app(scheduler_of(SMALL, fake_engine), SMALL).openapi()
OPERATIONS = [
    result.ok()
    for result in schemathesis.openapi.from_dict(DOCUMENT).get_all_operations()
    if isinstance(result, Ok) and result.ok().path != LIVE_PATH
]
"""All but the one whose answer has no end."""


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    engine = fake_engine(settings=SMALL)
    with serving(lambda: engine, SMALL) as running:
        yield running


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_every_answer_is_documented(operation: Any, server: Running) -> None:
    lines = operation.path in LINES

    @settings(max_examples=40, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def answers_as_documented(case: schemathesis.Case[Any]) -> None:
        checks = [c for c in CHECKS if c is not response_schema_conformance or not lines]
        case.call_and_validate(base_url=server.url, checks=checks)

    answers_as_documented()


def test_every_operation_with_an_end_is_tried() -> None:
    count = sum(len(operations) for operations in DOCUMENT["paths"].values())
    assert len(OPERATIONS) == count - len(DOCUMENT["paths"][LIVE_PATH])
