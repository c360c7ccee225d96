"""Named queries (EPCIS 2.0 section 12.7): kept for the party that made them, run like any other query."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from pedigree.times import format_time
from services.auth import Caller, require
from services.body import Intake
from services.problems import Problem, invalid, not_found
from services.query import openapi
from services.query.asking import Asking
from services.query.parameters import parse
from services.query.standing import graph_of, parameters_of
from services.query.store import NamedQuery, QueryStore

MAX_BODY = 262_144
_NAME = re.compile(r"[^\s/?#%\x00-\x1f\x7f]{1,128}")
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_QUERY = {
    "type": "object",
    "required": ["name", "query"],
    "properties": {"name": {"type": "string"}, "query": {"type": "object", "description": "Parameters of SimpleEventQuery"}},
}
_EXAMPLE = {"name": "shipped-to-us", "query": {"eventType": ["ObjectEvent"], "EQ_bizStep": ["shipping"]}}
_LISTED = {"type": "array", "items": {**_QUERY, "properties": {**_QUERY["properties"], "createdAt": {"type": "string"}}}}  # type: ignore[dict-item]


async def json_body(intake: Intake, request: Request) -> dict[str, Any]:
    """The request's JSON object. Raises 415, 413, 400."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in ("", "application/json", "application/ld+json"):
        raise Problem(415, "UnsupportedMediaTypeException", f"{media[:80]} is not JSON")
    async with intake.body(request) as body:
        try:
            return _decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as wrong:
            raise invalid(f"the body is no JSON object: {wrong}") from wrong


def known(store: QueryStore, party: str, name: str) -> NamedQuery:
    found = store.query(party, name)
    if found is None:
        raise not_found(f"there is no query {name[:80]!r} of yours")
    return found


def query_json(query: NamedQuery) -> dict[str, Any]:
    return {"name": query.name, "createdAt": format_time(query.created), "query": msgspec.json.decode(query.body)}


def install(router: APIRouter, asking: Asking, store: QueryStore) -> None:
    services = asking.services
    may_query = Depends(require(services, "query", "regulator"))
    intake = Intake(MAX_BODY, 16 * MAX_BODY)

    @router.post(
        "/queries",
        status_code=201,
        responses=openapi.json_answer(201, "Kept", _QUERY, 400, 409, 413, 415),
        openapi_extra=openapi.body(_QUERY, _EXAMPLE),
    )
    async def post_query(request: Request, caller: Caller = may_query) -> Response:
        given = await json_body(intake, request)
        name, body = given.get("name"), given.get("query")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise invalid("name: a text of 1 to 128 characters without spaces, `/`, `?`, `#`, `%`")

        def keep() -> NamedQuery:
            parameters, namespaces = parameters_of(body)
            parse(parameters, namespaces, graph_of(services))
            query = NamedQuery(caller.party, name, msgspec.json.encode(body), services.clock())
            if not store.add_query(query):
                raise Problem(409, "ResourceAlreadyExistsException", f"there is a query {name!r} of yours already")
            return query

        made = await run_in_threadpool(keep)
        location = f"{services.settings.base_url}/queries/{quote(name, safe='')}"
        return JSONResponse(query_json(made), 201, headers={"Location": location, **asking.headers()})

    @router.get("/queries", responses=openapi.json_answer(200, "Yours, by name", _LISTED, 400), openapi_extra=openapi.LIST)
    async def get_queries(request: Request, caller: Caller = may_query) -> Response:
        page = asking.pager.requested(request, caller.party)
        behind = str(page.cursor[0]) if page.cursor else ""
        found = await run_in_threadpool(store.queries, caller.party, behind, page.per_page + 1)
        last = (found[page.per_page - 1].name,) if len(found) > page.per_page else None
        headers = {**asking.headers(), **asking.pager.link(request, last, caller.party)}
        return JSONResponse([query_json(one) for one in found[: page.per_page]], headers=headers)

    @router.get("/queries/{name}", responses=openapi.json_answer(200, "The query", _QUERY, 404))
    async def get_query(name: str, caller: Caller = may_query) -> Response:
        found = await run_in_threadpool(known, store, caller.party, name)
        return JSONResponse(query_json(found), headers=asking.headers())

    @router.delete("/queries/{name}", status_code=204, response_class=Response, responses=openapi.errors(401, 403, 404))
    async def delete_query(name: str, caller: Caller = may_query) -> Response:
        """With its subscriptions."""
        if not await run_in_threadpool(store.remove_query, caller.party, name):
            raise not_found(f"there is no query {name[:80]!r} of yours")
        return Response(status_code=204)
