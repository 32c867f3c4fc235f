"""What the OpenAPI document promises, tried by Schemathesis: no 500, no status it does not have."""

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

with warnings.catch_warnings():  # of what it imports, not of what it does
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_headers_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

from fakes import Running, fake_engine, serving
from onset.config import load_settings
from onset.serving.http.app import create_app

SMALL = load_settings({}, port=0, max_characters=400)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


schema = schemathesis.openapi.from_dict(create_app(fake_engine, SMALL).openapi())


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    engine = fake_engine(settings=SMALL)
    with serving(lambda: engine, SMALL) as running:
        yield running


@schema.parametrize()
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_documented(case: schemathesis.Case[Any], server: Running) -> None:
    case.call_and_validate(base_url=server.url, checks=CHECKS)
