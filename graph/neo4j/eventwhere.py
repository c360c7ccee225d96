"""The conditions of an EPCIS query as Cypher about one event `e`: all that `pedigree.query.matches` asks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from graph.eventfacts import class_key
from graph.neo4j.fields import PARTY, SERIALS
from graph.neo4j.values import ROLE
from pedigree.messages import event_bytes
from pedigree.query import Condition, EventQuery, FieldName, Match, Pattern, Places, Span, Viewer

_MARK = {"GT": ">", "GE": ">=", "LT": "<", "LE": "<="}
_ALL = "(?s)"
_TOKEN = re.compile(r"\*|\[0-9\]|[^*\[]+|\[")


class Parameters:
    """Values of a statement, named as they come."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def add(self, value: Any) -> str:
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f"${name}"


def conditions(p: Parameters, query: EventQuery, viewer: Viewer | None) -> list[str]:
    """All that must hold."""
    made = []
    for name, words in (
        ("type", query.types), ("action", query.actions), ("biz_step", query.biz_steps), ("disposition", query.dispositions),
    ):  # fmt: skip
        if len(words) == 1 and words[0]:
            made.append(f"e.{name} = {p.add(words[0])}")
        elif words:
            made.append(f"coalesce(e.{name}, '') IN {p.add(list(words))}")
    made += _span(p, "time", query.event_time)
    made += _span(p, "record_time", query.record_time)
    made += _declared(p, query)
    if query.event_ids:
        hashes = [hash for id in query.event_ids if (hash := hash_of(id))]
        made.append(f"(e.event_id IN {p.add(list(query.event_ids))} OR e.hash IN {p.add(hashes)})")
    made += [_at(p, "e.read_point", places) for places in query.read_points]
    made += [_at(p, "e.biz_location", places) for places in query.biz_locations]
    made += [_names(p, match) for match in query.matches]
    made += [_holds(p, condition) for condition in query.conditions]
    if viewer is not None:
        made.append(_visible(p, viewer))
    return made


def _span(p: Parameters, name: str, span: Span) -> list[str]:
    bounds = ((span.ge, ">="), (span.lt, "<"))
    return [f"e.{name} {mark} {p.add(bound)}" for bound, mark in bounds if bound is not None]


def _declared(p: Parameters, query: EventQuery) -> list[str]:
    made = []
    if query.declared is not None:
        made.append("e.declared <> 0" if query.declared else "e.declared = 0")
    if query.declaration_time != Span():
        made += ["e.declared <> 0", *_span(p, "declared", query.declaration_time)]
    return made


def pattern(p: Parameters, name: str, patterns: Iterable[Pattern]) -> str:
    """Whether a property fits one of the patterns."""
    keys = [one.key for one in patterns if one.exact]
    either = [f"{name} IN {p.add(keys)}"] if keys else []
    either += [
        f"({name} STARTS WITH {p.add(one.key)} AND {name} =~ {p.add(expression(one.glob))})" for one in patterns if not one.exact
    ]
    return f"({' OR '.join(either) or 'false'})"


def expression(glob: str) -> str:
    """A glob as the regular expression of the server's language."""
    parts = (".*" if token == "*" else token if token == "[0-9]" else _quoted(token) for token in _TOKEN.findall(glob))
    return _ALL + "".join(parts)


def _quoted(text: str) -> str:
    return "\\Q" + text.replace("\\E", "\\E\\\\E\\Q") + "\\E"


def _at(p: Parameters, name: str, places: Places) -> str:
    return pattern(p, name, places.patterns)


def _names(p: Parameters, match: Match) -> str:
    """Patterns of all serials of a GTIN are asked of the GTINs, of which an event has few."""
    roles = p.add([ROLE.word(int(role)) for role in match.roles])
    either = []
    plain = [one for one in match.patterns if not one.gtins]
    if plain:
        fits = pattern(p, "u.epc", plain)
        either.append(f"EXISTS {{ MATCH (e)-[n:NAMES]->(u:Unit) WHERE n.role IN {roles} AND {fits} }}")
    classes = [expression(one.gtins).removeprefix(_ALL) for one in match.patterns if one.gtins]
    if classes:
        fit = p.add(f"{_ALL}{_quoted(class_key(''))}(?:{'|'.join(classes)})")
        fits = f"f.section = '{SERIALS}' AND f.value =~ {fit}"
        either.append(f"EXISTS {{ MATCH (e)-[:SAYS]->(f:Field) WHERE f.name IN {roles} AND {fits} }}")
    return f"({' OR '.join(either)})"


def fields_named(p: Parameters, names: Sequence[FieldName]) -> str:
    """Whether `f` is one of these fields."""
    either = []
    for name in names:
        which = f"f.alias = {p.add(name.alias)}" if name.alias else f"f.name = {p.add(name.name)}"
        either.append(f"(f.section = {p.add(name.section)} AND {which})")
    return f"({' OR '.join(either)})"


def _holds(p: Parameters, condition: Condition) -> str:
    named = fields_named(p, condition.fields)
    if condition.operator == "EXISTS":
        value = "true"
    elif condition.operator == "EQ":
        kinds = dict.fromkeys(value.kind for value in condition.values)
        each = (
            f"(f.kind = {p.add(kind)} AND f.value IN {p.add([v.value for v in condition.values if v.kind == kind])})"
            for kind in kinds
        )
        value = f"({' OR '.join(each)})"
    else:
        kind, bound = condition.values[0]
        value = f"f.kind = {p.add(kind)} AND f.value {_MARK[condition.operator]} {p.add(bound)}"
    return f"EXISTS {{ MATCH (e)-[:SAYS]->(f:Field) WHERE {named} AND {value} }}"


def _visible(p: Parameters, viewer: Viewer) -> str:
    party = p.add(viewer.party)
    either = [f"EXISTS {{ MATCH (e)-[:SAYS]->(f:Field) WHERE f.section = '{PARTY}' AND f.value = {party} }}"]
    if viewer.held:
        either.append(f"EXISTS {{ MATCH (e)-[:NAMES]->(u:Unit) WHERE u.epc IN {p.add(list(viewer.held))} }}")
    return f"({' OR '.join(either)})"


def hash_of(id: str) -> str:
    """The hash that the URI of an event hash holds, '' for another id."""
    try:
        return event_bytes(id).hex()
    except ValueError:
        return ""
