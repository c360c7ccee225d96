"""EPCIS queries: which condition leads, and in which order the answer comes.

One condition leads: its index gives the events, in the order of the answer where it can. All others are asked of each of these
(`eventwhere`); the answer is what `pedigree.query.matches` says.
"""

from __future__ import annotations

from typing import Any

from graph.eventfacts import class_key
from graph.model import Cursor, EventRow, Page
from graph.neo4j.events import DOCUMENT, as_event
from graph.neo4j.eventwhere import Parameters, conditions, fields_named, hash_of
from graph.neo4j.fields import PARTY, SERIALS
from graph.neo4j.paging import after, page
from graph.neo4j.server import Tx
from graph.neo4j.values import ROLE
from pedigree.errors import CursorError
from pedigree.query import EventQuery, FieldName, Match, Span, Viewer


def query_events(tx: Tx, query: EventQuery, viewer: Viewer | None, cursor: Cursor | None, limit: int) -> Page[EventRow]:
    p = Parameters()
    key, start = _key(p, query, cursor)
    way, behind = ("DESC", "<") if query.descending else ("", ">")
    text = f"{_lead(p, query, viewer, start)} WITH e, {key} AS key "
    if start is not None:
        text += f"WHERE key {behind} {p.add(start)} "
    first = f"e.{_time(query)} {way}, " if not isinstance(query.order_by, FieldName) else ""
    text += f"WITH e, key ORDER BY {first}key {way} LIMIT {p.add(limit + 1)} RETURN properties(e), {DOCUMENT}, key"
    return page(tx.rows(text, **p.values), limit, as_event)


def count_events(tx: Tx, query: EventQuery, viewer: Viewer | None, most: int) -> int:
    p = Parameters()
    return int(tx.one(f"{_lead(p, query, viewer, None)} WITH e LIMIT {p.add(most)} RETURN count(e)", **p.values))


def _time(query: EventQuery) -> str:
    return "record_time" if query.order_by == "recordTime" else "time"


def _key(p: Parameters, query: EventQuery, cursor: Cursor | None) -> tuple[str, list[Any] | None]:
    """The sort key of an event, a list, and the one that the page starts behind."""
    if not isinstance(query.order_by, FieldName):
        return f"[e.{_time(query)}, e.hash, e.declared]", after(cursor, int, str, int)
    named = fields_named(p, (query.order_by,))

    def greatest(kinds: str) -> str:
        return f"COLLECT {{ MATCH (e)-[:SAYS]->(f:Field) WHERE {named} AND f.kind IN {kinds} RETURN max(f.value) }}[0]"

    # Texts are greater than numbers; events without the field come last either way.
    text, number, missing = greatest("['s']"), greatest("['n', 't']"), -1 if query.descending else 2
    key = f"CASE WHEN {text} IS NOT NULL THEN [1, {text}] WHEN {number} IS NOT NULL THEN [0, {number}] ELSE [{missing}, 0] END"
    if cursor is not None:
        types = [type(value) for value in cursor]
        if len(types) != 4 or types[0] is not int or types[1] not in (int, float, str) or types[2:] != [str, int]:
            raise CursorError("this cursor does not belong to this list")
    return f"{key} + [e.hash, e.declared]", None if cursor is None else list(cursor)


def _lead(p: Parameters, query: EventQuery, viewer: Viewer | None, start: list[Any] | None) -> str:
    """MATCH and WHERE for all events that fit, each once."""
    where = conditions(p, query, viewer)
    if start is not None and not isinstance(query.order_by, FieldName):
        bound = p.add(start[0])
        where.append(f"e.{_time(query)} {'<=' if query.descending else '>='} {bound}")
    found = _chosen(p, query, viewer)
    condition = " AND ".join(where) or "true"
    if found is not None:
        return f"{found} WITH e WHERE {condition}"
    time = _time(query)
    ranged = f"e.{time} > -{2**62}"
    if time == "time" and len(query.biz_steps) == 1:
        return f"MATCH (e:Event) USING INDEX e:Event(biz_step, time) WHERE {ranged} AND {condition}"
    if time == "time" and len(query.dispositions) == 1:
        return f"MATCH (e:Event) USING INDEX e:Event(disposition, time) WHERE {ranged} AND {condition}"
    return f"MATCH (e:Event) USING INDEX e:Event({time}) WHERE {ranged} AND {condition}"


def _chosen(p: Parameters, query: EventQuery, viewer: Viewer | None) -> str | None:
    """The narrowest condition that an index answers, None if only times and words are given."""
    if query.event_ids:
        hashes = [hash for id in query.event_ids if (hash := hash_of(id))]
        ids = p.add(list(query.event_ids))
        return (
            f"CALL () {{ MATCH (e:Event) WHERE e.hash IN {p.add(hashes)} RETURN e "
            f"UNION MATCH (e:Event) WHERE e.event_id IN {ids} RETURN e }}"
        )
    for match in query.matches:
        found = _named(p, match, query.event_time)
        if found:
            return found
    for condition in query.conditions:
        if condition.operator == "EQ" and all(not field.alias for field in condition.fields):
            pairs = [[f.section, f.name, v.value] for f in condition.fields for v in condition.values]
            return _of_fields(p, pairs, query.event_time)
    for name, places in (("read_point", query.read_points), ("biz_location", query.biz_locations)):
        for one in places:
            if all(pattern.exact for pattern in one.patterns):
                keys = [pattern.key for pattern in one.patterns]
                is_one = f"= {p.add(keys[0])}" if len(keys) == 1 else f"IN {p.add(keys)}"
                return f"MATCH (e:Event) USING INDEX e:Event({name}, time) WHERE e.{name} {is_one} AND e.time > -{2**62}"
    if viewer is not None and not viewer.held and not query.biz_steps:
        return _of_fields(p, [[PARTY, "", viewer.party]], query.event_time)
    return None


def _of_fields(p: Parameters, pairs: list[list[Any]], times: Span) -> str:
    """A field has its event's time too, last in its index: a GTIN that a million events name is asked for some days of them."""
    within = [f"g.time >= {p.add(times.ge if times.ge is not None else -(2**62))}"]
    within += [f"g.time < {p.add(times.lt)}"] if times.lt is not None else []
    timed = " AND ".join(within)
    if len(pairs) == 1:
        section, name, value = (p.add(part) for part in pairs[0])
        return (
            f"MATCH (g:Field) USING INDEX g:Field(section, name, value, time) WHERE g.section = {section} AND g.name = {name} "
            f"AND g.value = {value} AND {timed} MATCH (e:Event)-[:SAYS]->(g) WITH DISTINCT e"
        )
    return (
        f"UNWIND {p.add(pairs)} AS pair MATCH (g:Field) USING INDEX g:Field(section, name, value, time) "
        f"WHERE g.section = pair[0] AND g.name = pair[1] AND g.value = pair[2] AND {timed} "
        "MATCH (e:Event)-[:SAYS]->(g) WITH DISTINCT e"
    )


def _named(p: Parameters, match: Match, times: Span) -> str | None:
    keys = [one.key for one in match.patterns if one.exact]
    classes = [class_key(one.gtins) for one in match.patterns if one.gtins and "[" not in one.gtins]
    if len(keys) + len(classes) < len(match.patterns):
        return None
    roles = [ROLE.word(int(role)) for role in match.roles]
    if not classes:
        return (
            f"MATCH (u:Unit)<-[n:NAMES]-(e:Event) USING INDEX u:Unit(epc) WHERE u.epc IN {p.add(keys)} "
            f"AND n.role IN {p.add(roles)} WITH DISTINCT e"
        )
    by_class = _of_fields(p, [[SERIALS, role, key] for role in roles for key in classes], times)
    if not keys:
        return by_class
    return (
        f"CALL () {{ MATCH (u:Unit)<-[n:NAMES]-(e:Event) WHERE u.epc IN {p.add(keys)} AND n.role IN {p.add(roles)} RETURN e "
        f"UNION {by_class} RETURN e }}"
    )
