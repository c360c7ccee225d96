"""One query over HTTP: its parameters, whose eyes, a page of events, the link to the next one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from fastapi import Request
from starlette.responses import Response

from pedigree.errors import CursorError, QueryTooComplexError
from services.auth import Caller
from services.context import Services
from services.paging import Pager
from services.problems import Problem, bad_query
from services.query.accept import VERSION, wanted
from services.query.answers import SIMPLE, response, write
from services.query.namespaces import Namespaces
from services.query.parameters import Given, parse
from services.query.standing import graph_of, viewer_of

MAX_QUERY = 16_000
"""Characters of an address's query; larger queries are for POST /queries."""
_OURS = frozenset(("perPage", "nextPageToken"))


def sees_all(caller: Caller) -> bool:
    return caller.has("regulator")


def given_of(request: Request, fixed: Mapping[str, str] | None = None) -> dict[str, list[Any]]:
    """The parameters in the address. `fixed`: what the path says already. Raises 414, 400."""
    if len(request.url.query) > MAX_QUERY:
        raise Problem(414, "URITooLongException", f"a query has at most {MAX_QUERY} characters; larger ones: POST /queries")
    given: dict[str, list[Any]] = {}
    for name, value in request.query_params.multi_items():
        if name not in _OURS:
            given.setdefault(name, []).append(value)
    for name, value in (fixed or {}).items():
        if name in given:
            raise bad_query(f"{name}: the path says it already")
        given[name] = [value]
    return given


class Asking:
    """Made once an app."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.pager = Pager(services.page_secret)

    def answer(
        self, request: Request, caller: Caller, given: Given, namespaces: Namespaces, name: str = SIMPLE
    ) -> Response:
        """A page of events. Blocks: call it from a thread."""
        how = wanted(request)
        services = self.services
        graph = graph_of(services)
        asked = parse(given, namespaces, graph)
        viewer = viewer_of(services, caller.party, asked, everything=sees_all(caller))
        owner = f"{caller.party}\n{viewer is None}\n{_digest(given, namespaces)}"
        page = self.pager.requested(request, owner)
        left = asked.limit
        cursor = page.cursor
        if cursor is not None and asked.limit is not None:
            left, cursor = int(cursor[0]), cursor[1:]
        limit = page.per_page if left is None else min(page.per_page, left)
        try:
            if asked.most is not None and cursor is None and graph.count_events(asked.query, viewer, asked.most + 1) > asked.most:
                raise Problem(413, "QueryTooLargeException", f"more than {asked.most} events match (maxEventCount)")
            found = graph.query_events(asked.query, viewer, cursor, limit)
        except QueryTooComplexError as error:
            raise Problem(413, "QueryTooComplexException", str(error)) from error
        except CursorError as error:
            raise bad_query("nextPageToken: it does not belong to this query") from error
        following = found.next
        if left is not None and following is not None:
            left -= len(found.items)
            following = (left, *following) if left > 0 else None
        body = write(found.items, how, services.registry.current(), services.clock(), name=name)
        return response(body, how, {**self.headers(), **self.pager.link(request, following, owner)})

    def headers(self) -> dict[str, str]:
        made = {"GS1-EPCIS-Version": VERSION, "GS1-CBV-Version": VERSION, "GS1-Extensions": "medtrace=urn:medtrace:"}
        return {**made, "Medtrace-Simulation": "true"} if self.services.simulation else made


def _digest(given: Given, namespaces: Namespaces) -> str:
    """A page token belongs to one query."""
    return hashlib.sha256(repr((sorted(given.items()), namespaces)).encode()).hexdigest()[:32]
