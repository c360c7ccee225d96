"""What /openapi.json says about every interface: problems, bodies, parameters."""

from __future__ import annotations

from typing import Any

TITLES = {
    400: "The request is not valid",
    401: "Who are you?",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed here",
    406: "No answer in an accepted form",
    409: "It exists already",
    413: "Too large",
    414: "The address is too long",
    415: "This media type is not understood",
    429: "Too many requests",
    500: "A fault of ours",
    503: "Not able to do this just now",
}
"""The titles of problems."""
TYPES = {
    400: "ValidationException",
    401: "SecurityException",
    403: "SecurityException",
    404: "NoSuchResourceException",
    405: "MethodNotAllowedException",
    406: "NotAcceptableException",
    409: "ResourceAlreadyExistsException",
    413: "CaptureLimitExceededException",
    414: "URITooLongException",
    415: "UnsupportedMediaTypeException",
    429: "TooManyRequestsException",
    500: "ImplementationException",
    503: "ImplementationException",
}
"""Their usual types, without the prefix `epcisException:`."""
PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "example": "epcisException:QueryParameterException"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}
CONSOLE = "console "
"""A tag of this and a role: pages for keys and sessions of that role."""
PAGES = "public pages"
"""The tag of routes that answer browsers with HTML."""
SEAL = "Medtrace-Seal"
_WHY = {
    400: "A parameter, header or body that can't be; the problem names it",
    401: "No API key, or one that is not known",
    403: "The key has not the role for it",
    404: "There is no such resource for this caller",
    406: "Nothing that the client accepts is spoken here",
    409: "It exists already",
    413: "Too much at once",
    414: "The address is too long",
    415: "The body is in no notation that is understood",
    429: "Too many requests",
    500: "A fault of ours",
    503: "Not able to do this just now; Retry-After says when to try again",
}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Problem documents (RFC 7807) by status; 500 and 503 may always be."""
    return {status: {"description": _WHY[status], "content": _problem(status)} for status in (*statuses, 500, 503)}


def _problem(status: int) -> dict[str, Any]:
    example = {"type": f"epcisException:{TYPES[status]}", "title": TITLES[status], "status": status, "detail": _WHY[status]}
    return {"application/problem+json": {"schema": PROBLEM, "example": example}}


def json_answer(status: int, description: str, schema: dict[str, Any], *statuses: int) -> dict[int | str, dict[str, Any]]:
    made: dict[int | str, dict[str, Any]] = {
        status: {"description": description, "content": {"application/json": {"schema": schema}}}
    }
    return {**made, **errors(401, 403, *statuses)}


def body(schema: dict[str, Any], example: Any, **others: dict[str, Any]) -> dict[str, Any]:
    """A JSON body. `others`: more of the operation."""
    content = {"application/json": {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "content": content}, **others}


def parameter(name: str, description: str, schema: dict[str, Any] | None = None, *, place: str = "query") -> dict[str, Any]:
    schema = schema or {"type": "string"}
    made: dict[str, Any] = {"name": name, "in": place, "required": False, "description": description, "schema": schema}
    return made | ({"style": "form", "explode": True} if schema["type"] == "array" else {})
