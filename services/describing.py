"""Completes /openapi.json for all routers at once: who may ask (security schemes), the answers that the edge itself gives, and
the forms of pages. What an operation is, follows from what its router says of it: 401 among its answers = it needs a key; a tag
`console <role>` = people may come with a session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from services.openapi import CONSOLE, PAGES, SEAL, errors

_KEYS: tuple[dict[str, list[str]], ...] = ({"bearer": []}, {"key": []})
_HTML = {"text/html": {"schema": {"type": "string"}}}
_SCHEMES: dict[str, Any] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key of a party, `mt_...`"},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same key"},
    "seal": {
        "type": "apiKey", "in": "header", "name": SEAL,
        "description": "Beside a key: a party's SM2 signature over the body; its party is then the attester",
    },
}  # fmt: skip
_OF_POSTS = ("413", "415")
_METHODS = frozenset({"get", "put", "post", "delete", "patch"})


def describe(app: FastAPI) -> None:
    """Let the app's document be completed when it is first asked for."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        fresh = app.openapi_schema is None
        made = generate()
        if fresh:
            complete(made)
        return made

    app.openapi = openapi  # type: ignore[method-assign]  # the way that FastAPI documents


def complete(made: dict[str, Any]) -> None:
    """Add to an OpenAPI document, in place."""
    schemes = dict(_SCHEMES)
    for path, method, operation in _operations(made):
        realm = next((tag.removeprefix(CONSOLE) for tag in operation.get("tags", []) if tag.startswith(CONSOLE)), "")
        if realm:
            schemes[f"session-{realm}"] = _session(realm)
        if path.endswith("/login"):
            operation["security"] = []
        else:
            _secure(operation, realm)
        _answers(method, operation, machine=not realm)
        if "{" in path:  # some addresses are no value of any parameter: a line break in them
            operation["responses"].setdefault("404", errors(404)[404])
        if realm or PAGES in operation.get("tags", []):
            _as_page(method, operation)
    made.setdefault("components", {})["securitySchemes"] = schemes


def _operations(made: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            if method in _METHODS:
                yield path, method, operation


def _session(realm: str) -> dict[str, Any]:
    return {
        "type": "apiKey", "in": "cookie", "name": f"medtrace_{realm}",
        "description": "From the console's sign-in; a form then also carries the page's `csrf`",
    }  # fmt: skip


def _secure(operation: dict[str, Any], realm: str) -> None:
    if "401" not in operation["responses"]:
        operation["security"] = []
        return
    ways = [dict(way) for way in _KEYS]
    if any(one.get("name") == SEAL for one in operation.get("parameters", [])):
        ways += [{**way, "seal": []} for way in _KEYS]
    operation["security"] = [*ways, {f"session-{realm}": []}] if realm else ways


def _answers(method: str, operation: dict[str, Any], *, machine: bool) -> None:
    """Parameters that can't be are a 400 here (the framework would say 422), and no operation is without 500 and 503."""
    found = operation["responses"]
    statuses = [400] if found.pop("422", None) is not None else []
    if machine and method == "get" and "401" in found:
        statuses.append(406)
    for status, answer in errors(*statuses).items():
        found.setdefault(str(status), answer)


def _as_page(method: str, operation: dict[str, Any]) -> None:
    """Each answer also as a page; a post leads on to one."""
    found = operation["responses"]
    found.setdefault("303", {"description": "Go on there", "headers": {"Location": {"schema": {"type": "string"}}}})
    if method == "get":
        for status in _OF_POSTS:
            found.pop(status, None)
    else:
        form = {"schema": {"type": "object", "additionalProperties": True}}
        content = {"application/x-www-form-urlencoded": form, "application/json": form}
        operation.setdefault("requestBody", {"content": content})
        found.setdefault("201", {"description": "Made", "content": {"application/json": {"schema": {"type": "object"}}}})
    for status, answer in found.items():
        if status != "303":
            found[status] = {**answer, "content": {**answer.get("content", {}), **_HTML}}
