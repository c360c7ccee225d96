"""A named query as it stands: read again each time, with the rights that its owner has by then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from graph.port import GraphReader
from pedigree.query import Viewer, matches
from pedigree.query.match import named
from services.context import Services
from services.problems import Problem, bad_query
from services.query.feed import Told
from services.query.namespaces import Namespaces
from services.query.parameters import Asked, parse
from services.query.store import NamedQuery, Subscription

MAX_HELD = 500
"""Units asked for by name whose custody is looked at."""


def graph_of(services: Services) -> GraphReader:
    if services.graph is None:
        raise Problem(503, "ImplementationException", "events can't be queried here: there is no graph")
    return services.graph


def parameters_of(body: Any) -> tuple[dict[str, list[Any]], Namespaces]:
    """From a query's JSON object: each parameter with its values; its @context declares prefixes."""
    if not isinstance(body, dict):
        raise bad_query("query: an object with the parameters of SimpleEventQuery")
    given = {name: value if isinstance(value, list) else [value] for name, value in body.items() if name != "@context"}
    return given, Namespaces.of_context(body.get("@context"))


def asked_of(services: Services, query: NamedQuery) -> Asked:
    """The query, master data looked up as it is now."""
    given, namespaces = parameters_of(msgspec.json.decode(query.body))
    return parse(given, namespaces, graph_of(services))


def viewer_of(services: Services, party: str, asked: Asked, *, everything: bool) -> Viewer | None:
    """Whose eyes: None sees all."""
    if everything:
        return None
    units = asked.named[:MAX_HELD]
    return Viewer(party, tuple(graph_of(services).held(party, units)) if units else ())


def filter_of(asked: Asked, viewer: Viewer | None) -> Callable[[Told], bool]:
    """Whether an event from the feed belongs to the answer: as the graph would say."""
    query = asked.query

    def fits(told: Told) -> bool:
        if not matches(told.subject, query):
            return False
        if viewer is None or viewer.party in told.parties:
            return True
        return bool(viewer.held) and any(key in viewer.held for _, key in named(told.subject.view))

    return fits


def rights_of(services: Services, subscription: Subscription) -> bool | None:
    """Whether the subscriber's key sees everything; None when the key may not query any more."""
    for key in services.registry.current().api_keys():
        if key.id == subscription.key:
            if (key.revoked and key.revoked <= services.clock()) or key.party != subscription.party:
                return None
            if {"regulator", "admin"} & set(key.roles):
                return True
            return False if "query" in key.roles else None
    return None
