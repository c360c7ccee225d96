"""The parameters of a query (EPCIS 2.0 section 8.2.7.1, REST names of section 12) as an `EventQuery`.

Every fault names the parameter that has it.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import structs

from pedigree.errors import DocumentError
from pedigree.query import EventQuery
from services.problems import Problem, bad_query
from services.query.attributes import attribute
from services.query.building import Building, Lookup
from services.query.fields import condition
from services.query.namespaces import Namespaces
from services.query.plain import PLAIN

MAX_VALUES = 2_000
"""Values of all parameters of one query together."""
Given = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, and how many events may come of it. `named`: the units that it asks for by name."""

    query: EventQuery
    limit: int | None = None
    """eventCountLimit"""
    most: int | None = None
    """maxEventCount"""
    named: tuple[str, ...] = ()


def parse(given: Given, namespaces: Namespaces, lookup: Lookup) -> Asked:
    """Raises a Problem: QueryParameterException (400) that names the parameter, QueryTooLargeException (413)."""
    if sum(len(values) for values in given.values()) > MAX_VALUES:
        raise Problem(413, "QueryTooLargeException", f"a query has at most {MAX_VALUES} values")
    building = Building(namespaces, lookup)
    for name, values in given.items():
        try:
            _take(building, name, values)
        except (ValueError, DocumentError) as wrong:
            raise bad_query(f"{name[:200]}: {wrong}") from wrong
    if building.limit is not None and building.most is not None:
        raise bad_query("maxEventCount: eventCountLimit is given too; only one of them may be")
    query = building.query
    if building.known_at is not None:
        before = building.known_at + 1
        lt = before if query.record_time.lt is None else min(before, query.record_time.lt)
        query = structs.replace(query, record_time=query.record_time._replace(lt=lt))
    named = tuple(one.key for match in query.matches for one in match.patterns if one.exact)
    return Asked(query, building.limit, building.most, named)


def _take(b: Building, name: str, values: Sequence[Any]) -> None:
    simple = PLAIN.get(name)
    if simple is not None:
        simple(b, values)
        return
    found = condition(name, values, b.namespaces)
    if found is not None:
        b.change(conditions=(*b.query.conditions, found))
    elif name.startswith(("HASATTR_", "EQATTR_", "EQ_ATTR_")):
        attribute(b, name, values)
    else:
        near = difflib.get_close_matches(name, PLAIN, 1)
        raise ValueError(f"there is no such parameter{f'; do you mean {near[0]}?' if near else ''}")
