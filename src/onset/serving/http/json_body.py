"""The JSON body of a request: read and validated, and described for the OpenAPI document."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest

from onset.errors import InvalidRequest
from onset.serving.error_codes import explain

Body = TypeVar("Body", bound=BaseModel)


async def read_json(http: HttpRequest, model: type[Body]) -> Body:
    """The body as a `model`. Raises InvalidRequest for what does not fit it.

    Raises HTTPException 415 for another Content-Type. That also keeps other web pages out: a
    browser asks the server before it lets them send JSON.
    """
    media_type = http.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise HTTPException(415, "Content-Type must be application/json")
    try:
        return model.model_validate_json(await http.body())
    except ValidationError as error:
        raise InvalidRequest(*explain(error.errors())) from None


def documented_json(schema: dict[str, Any]) -> dict[str, Any]:
    """A required JSON body, for a route's OpenAPI entry."""
    content = {"application/json": {"schema": schema}}
    return {"requestBody": {"content": content, "required": True}}
