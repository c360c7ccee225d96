"""GET /events and one event by its name (EPCIS 2.0 section 12.6)."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from graph.model import EventRow
from pedigree.events import read_event
from pedigree.query import EventQuery, Viewer
from pedigree.query.match import named
from services.auth import Caller, require
from services.problems import not_found
from services.query import openapi
from services.query.accept import wanted
from services.query.answers import response, write_event
from services.query.asking import Asking, given_of, sees_all
from services.query.namespaces import Namespaces
from services.query.standing import MAX_HELD, graph_of

COPIES = 20
"""Events of one name (an eventID that is used again, an event and its declarations) among which the answer is chosen."""


def install(router: APIRouter, asking: Asking) -> None:
    services = asking.services
    may_query = Depends(require(services, "query", "regulator"))
    may_read = Depends(require(services, "capture", "query", "regulator"))

    @router.get("/events", responses=openapi.documents(), openapi_extra=openapi.EVENTS)
    async def get_events(request: Request, caller: Caller = may_query) -> Response:
        """Events that fit all of the parameters (SimpleEventQuery), latest event time first unless told otherwise."""
        given, namespaces = given_of(request), Namespaces.of_header(request.headers.get("gs1-extensions", ""))
        return await run_in_threadpool(asking.answer, request, caller, given, namespaces)

    @router.get("/events/{id:path}", responses=openapi.documents(404), openapi_extra=openapi.ONE_EVENT)
    async def get_event(id: str, request: Request, caller: Caller = may_read) -> Response:
        """One event: by its eventID, or by its CBV 2.0 hash (`ni:///sha-256;...?ver=CBV2.0`)."""

        def look() -> Response:
            how = wanted(request)
            row = _chosen(asking, caller, unquote(id))
            if row is None:
                raise not_found("this event is not known here, not shown yet, or another party's")
            return response(write_event(row, how, services.registry.current()), how, asking.headers())

        return await run_in_threadpool(look)


def _chosen(asking: Asking, caller: Caller, name: str) -> EventRow | None:
    """What the caller may see under that name: an assertion before its declarations, the latest recorded first."""
    graph = graph_of(asking.services)
    query = EventQuery(event_ids=(name,), order_by="recordTime")
    viewer = None if sees_all(caller) else Viewer(caller.party)
    found = graph.query_events(query, viewer, limit=COPIES).items
    if not found and viewer is not None and caller.has("query"):
        # About units that it had: whoever names the event knows it, but perhaps not its units.
        others = graph.query_events(query, None, limit=COPIES).items
        found = [row for row in others if graph.held(caller.party, _units(row))]
    return min(found, key=lambda row: row.declared != 0, default=None)


def _units(row: EventRow) -> list[str]:
    keys: Iterable[str] = (key for _, key in named(read_event(msgspec.json.decode(row.json))))
    return list(dict.fromkeys(keys))[:MAX_HELD]
