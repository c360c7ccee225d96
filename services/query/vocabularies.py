"""The things that events speak of as resources of their own (EPCIS 2.0 section 12.6.1): each lists its values, each value its
events."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from graph.model import ValueKind
from pedigree.errors import CursorError, QueryTooComplexError
from pedigree.namespaces import CONTEXT
from pedigree.query import Viewer
from pedigree.wire.shape import EVENTS
from services.auth import Caller, require
from services.problems import Problem, bad_query, not_found
from services.query import openapi
from services.query.accept import JSON_TYPES, media, versions
from services.query.asking import Asking, given_of, sees_all
from services.query.namespaces import Namespaces
from services.query.standing import graph_of

KINDS: dict[str, tuple[ValueKind | None, str]] = {
    "eventTypes": (None, "eventType"),
    "epcs": ("epc", "MATCH_anyEPC"),
    "bizSteps": ("bizStep", "EQ_bizStep"),
    "bizLocations": ("bizLocation", "EQ_bizLocation"),
    "readPoints": ("readPoint", "EQ_readPoint"),
    "dispositions": ("disposition", "EQ_disposition"),
}
"""Path -> (what the graph lists, the parameter that asks for one of them)."""


def collection(member: list[str]) -> dict[str, Any]:
    return {"@context": CONTEXT, "type": "Collection", "member": member}


def install(router: APIRouter, asking: Asking) -> None:
    for path, (kind, parameter) in KINDS.items():
        _install(router, asking, path, kind, parameter)


def _install(router: APIRouter, asking: Asking, path: str, kind: ValueKind | None, parameter: str) -> None:
    services = asking.services
    may_query = Depends(require(services, "query", "regulator"))
    listed = openapi.json_answer(200, "The values that events have", openapi.COLLECTION, 400, 406, 413)

    @router.get(f"/{path}", name=path, responses=listed, openapi_extra=openapi.LIST)
    async def get_values(request: Request, caller: Caller = may_query) -> Response:
        versions(request.headers)
        form = media(request.headers, JSON_TYPES)
        owner = f"{caller.party}\n{sees_all(caller)}"
        page = asking.pager.requested(request, owner)
        if kind is None:
            return JSONResponse(collection(list(EVENTS)), headers=asking.headers(), media_type=form)
        viewer = None if sees_all(caller) else Viewer(caller.party)
        try:
            found = await run_in_threadpool(graph_of(services).values, kind, viewer, page.cursor, page.per_page)
        except CursorError as error:
            raise bad_query("nextPageToken: it does not belong to this list") from error
        except QueryTooComplexError as error:
            raise Problem(413, "QueryTooComplexException", str(error)) from error
        headers = {**asking.headers(), **asking.pager.link(request, found.next, owner)}
        return JSONResponse(collection(found.items), headers=headers, media_type=form)

    @router.get(
        f"/{path}/{{value:path}}/events", name=f"{path} events", responses=openapi.documents(404), openapi_extra=openapi.EVENTS
    )
    async def get_events(value: str, request: Request, caller: Caller = may_query) -> Response:
        given = given_of(request, {parameter: _value(path, value)})
        namespaces = Namespaces.of_header(request.headers.get("gs1-extensions", ""))
        return await run_in_threadpool(asking.answer, request, caller, given, namespaces)

    under = openapi.json_answer(200, "What there is under one value", openapi.COLLECTION, 404, 406)

    @router.get(f"/{path}/{{value:path}}", name=f"one of {path}", responses=under)
    async def get_value(value: str, request: Request, caller: Caller = may_query) -> Response:
        versions(request.headers)
        _value(path, value)
        form = media(request.headers, JSON_TYPES)
        return JSONResponse(collection(["events"]), headers=asking.headers(), media_type=form)


def _value(path: str, value: str) -> str:
    """The value in a path. Proxies that tidy up addresses take one of two slashes away."""
    found = unquote(value)
    for scheme in ("https:/", "http:/"):
        if found.startswith(scheme) and not found.startswith(scheme + "/"):
            found = scheme + "/" + found[len(scheme) :]
    if path == "eventTypes" and found not in EVENTS:
        raise not_found(f"{found[:80]!r} is none of {', '.join(EVENTS)}")
    return found
