"""How a query is answered: its conditions as SQL over the side tables, and which of them leads."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from graph.eventfacts import class_key
from graph.sqlite.units import name_id
from pedigree.messages import event_bytes
from pedigree.query import Condition, EventQuery, FieldName, Match, Pattern, Places, Viewer

BROAD = 5_000
"""Rows (names, values) up to which a condition is looked up; what is broader is asked of each event."""
STREAMS = 60
"""Values of a condition up to which each is read along its own index, in order."""
_TOP = "\U0010ffff"
_MARK = {"GT": ">", "GE": ">=", "LT": "<", "LE": "<="}


@dataclass(slots=True)
class Stream:
    """Rows along one index. `time`, `event`: the columns that order it. `whole`: it restricts nothing."""

    source: str
    time: str
    event: str
    where: list[str] = field(default_factory=list)
    parameters: list[object] = field(default_factory=list)
    whole: bool = False


@dataclass(slots=True)
class Plan:
    streams: list[Stream] = field(default_factory=list)
    where: list[str] = field(default_factory=list)
    parameters: list[object] = field(default_factory=list)
    ask_event: bool = False
    """Some condition is not in `where`: the event itself has to be asked."""
    nothing: bool = False
    """No event can match."""
    order_fields: list[int] = field(default_factory=list)

    def add(self, condition: str, parameters: Iterable[object] = ()) -> None:
        self.where.append(condition)
        self.parameters += parameters


def plan(c: sqlite3.Connection, query: EventQuery, viewer: Viewer | None) -> Plan:
    """Everything about the query but its order and cursor."""
    made = Plan()
    _columns(made, query)
    leads: list[tuple[int, list[Stream]]] = []
    if query.event_ids:
        leads.append((0, [_by_ids(c, query.event_ids)]))
    for match in query.matches:
        streams = _match(c, made, match)
        if streams:
            leads.append((1, streams))
    for condition in query.conditions:
        streams = _condition(c, made, condition)
        if streams:
            leads.append((2, streams))
    for column, places in (("read_point", query.read_points), ("biz_location", query.biz_locations)):
        for one in places:
            streams = _places(c, made, column, one)
            if streams:
                leads.append((4, streams))
    if viewer is not None:
        streams = _visible(c, made, viewer)
        if streams:
            leads.append((3, streams))
    for column, words, rank in (("biz_step", query.biz_steps, 5), ("disposition", query.dispositions, 6)):
        if 0 < len(words) <= STREAMS:
            index = "event_step" if column == "biz_step" else "event_disposition"
            more = " AND e.disposition <> ''" if column == "disposition" else ""
            source = f"event e INDEXED BY {index}"
            leads.append((rank, [Stream(source, "e.time", "e.id", [f"e.{column} = ?{more}"], [word]) for word in words]))
    if isinstance(query.order_by, FieldName):
        made.order_fields = _field_ids(c, query.order_by)
    if query.order_by == "recordTime":
        leads = [(rank, streams) for rank, streams in leads if rank <= 2]
    made.streams = min(leads, key=lambda lead: (lead[0], len(lead[1])))[1] if leads else [_everything(query)]
    return made


def _everything(query: EventQuery) -> Stream:
    index = "event_recorded" if query.order_by == "recordTime" else "event_time"
    return Stream(f"event e INDEXED BY {index}", "e.time", "e.id", whole=True)


def _columns(made: Plan, query: EventQuery) -> None:
    # The unary plus: these columns never choose the index, the plan does.
    for column, words in (
        ("type", query.types), ("action", query.actions), ("biz_step", query.biz_steps), ("disposition", query.dispositions),
    ):  # fmt: skip
        if words:
            made.add(f"+e.{column} IN ({_marks(words)})", words)
    for column, span in (("time", query.event_time), ("record_time", query.record_time), ("declared", query.declaration_time)):
        for bound, mark in ((span.ge, ">="), (span.lt, "<")):
            if bound is not None:
                made.add(f"+e.{column} {mark} ?", [bound])
    if query.declared is not None:
        made.add("+e.declared <> 0" if query.declared else "+e.declared = 0")
    if query.declaration_time != (None, None):
        made.add("+e.declared <> 0")


def _by_ids(c: sqlite3.Connection, ids: Sequence[str]) -> Stream:
    hashes = []
    for id in ids:
        try:
            hashes.append(event_bytes(id))
        except ValueError:
            continue
    where = (
        f"e.id IN (SELECT id FROM event INDEXED BY event_named WHERE event_id IN ({_marks(ids)}) AND event_id <> '' "
        f"UNION SELECT n.id FROM event_key k JOIN event n ON n.key = k.id WHERE k.hash IN ({_marks(hashes)}))"
    )
    return Stream("event e", "e.time", "e.id", [where], [*ids, *hashes])


# --- what the event names ----------------------------------------------------------------------------------------------


def _match(c: sqlite3.Connection, made: Plan, match: Match) -> list[Stream]:
    """Adds the condition; the streams that it could lead with, [] if it is too broad."""
    roles = ", ".join(str(int(role)) for role in match.roles)
    ids: list[int] = []
    for one in match.patterns:
        more = _pattern_ids(c, one, BROAD - len(ids))
        if more is None:
            made.ask_event = True
            return []
        ids += more
    if not ids:
        made.nothing = True
        return []
    listed = ", ".join(map(str, ids))
    made.add(
        f"EXISTS (SELECT 1 FROM event_unit y WHERE y.unit IN ({listed}) AND y.time = e.time AND y.event = e.id "
        f"AND y.role IN ({roles}))"
        if len(ids) <= STREAMS
        else f"e.id IN (SELECT y.event FROM event_unit y WHERE y.unit IN ({listed}) AND y.role IN ({roles}))"
    )
    source = "event_unit x CROSS JOIN event e ON e.id = x.event"
    if len(ids) > STREAMS:
        where = f"e.id IN (SELECT x.event FROM event_unit x WHERE x.unit IN ({listed}) AND x.role IN ({roles}))"
        return [Stream("event e", "e.time", "e.id", [where])]
    return [Stream(source, "x.time", "x.event", ["x.unit = ?", f"x.role IN ({roles})"], [id]) for id in ids]


def _pattern_ids(c: sqlite3.Connection, one: Pattern, most: int) -> list[int] | None:
    """The numbers of the names that fit, None when there are more than `most`."""
    if one.exact:
        id = name_id(c, one.key)
        return [id] if id else []
    glob, key = one.glob, one.key
    if one.gtins:
        glob, key = f"[*]{one.gtins}", class_key(one.key)
        if "[" not in one.gtins:
            id = name_id(c, class_key(one.gtins))
            return [id] if id else []
    rows = c.execute(
        "SELECT id FROM epc WHERE epc >= ? AND epc < ? AND epc GLOB ? LIMIT ?", (key, key + _TOP, glob, most + 1)
    ).fetchall()
    return None if len(rows) > most else [row[0] for row in rows]


def _places(c: sqlite3.Connection, made: Plan, column: str, places: Places) -> list[Stream]:
    ids: list[int] = []
    for one in places.patterns:
        more = _pattern_ids(c, one, BROAD - len(ids))
        if more is None:
            made.ask_event = True
            return []
        ids += more
    if not ids:
        made.nothing = True
        return []
    made.add(f"+e.{column} IN ({', '.join(map(str, ids))})")
    if len(ids) > STREAMS:
        return []
    source = f"event e INDEXED BY event_{column}"
    return [Stream(source, "e.time", "e.id", [f"e.{column} = ?", f"e.{column} <> 0"], [id]) for id in ids]


def _visible(c: sqlite3.Connection, made: Plan, viewer: Viewer) -> list[Stream]:
    party = name_id(c, viewer.party)
    named = "EXISTS (SELECT 1 FROM event_party q WHERE q.party = ? AND q.time = e.time AND q.event = e.id)"
    held = [str(id) for epc in viewer.held if (id := name_id(c, epc))]
    if held:
        listed = ", ".join(held)
        about = f"EXISTS (SELECT 1 FROM event_unit h WHERE h.unit IN ({listed}) AND h.time = e.time AND h.event = e.id)"
        made.add(f"({named} OR {about})", [party])
        return []
    made.add(named, [party])
    return [Stream("event_party p CROSS JOIN event e ON e.id = p.event", "p.time", "p.event", ["p.party = ?"], [party])]


# --- fields ------------------------------------------------------------------------------------------------------------


def _field_ids(c: sqlite3.Connection, name: FieldName, kinds: str = "nts") -> list[int]:
    """The numbers of a field's names: kind, section, name and alias make a name of the dictionary."""
    if name.alias:
        spelled = name.alias.translate({ord(char): f"[{char}]" for char in "*?["})
        globs = [f"{kind} {name.section} * {spelled}" for kind in kinds]
        found = [c.execute("SELECT id FROM field WHERE name >= ? AND name < ? AND name GLOB ?", (k + " ", k + "!", glob))
                 for k, glob in zip(kinds, globs, strict=True)]  # fmt: skip
    else:
        heads = [f"{kind} {name.section} {name.name} " for kind in kinds]
        found = [c.execute("SELECT id FROM field WHERE name >= ? AND name < ?", (head, head + _TOP)) for head in heads]
    return [row[0] for rows in found for row in rows]


def _condition(c: sqlite3.Connection, made: Plan, condition: Condition) -> list[Stream]:
    if condition.operator == "EQ":
        return _equal(c, made, condition)
    kinds = "ntse" if condition.operator == "EXISTS" else condition.values[0].kind
    ids = [id for name in condition.fields for id in _field_ids(c, name, kinds)]
    if not ids:
        made.nothing = True
        return []
    where, parameters = f"f.field IN ({', '.join(map(str, ids))})", list[object]()
    if condition.operator != "EXISTS":
        where += f" AND f.value {_MARK[condition.operator]} ?"
        parameters.append(condition.values[0].value)
    few = f"SELECT count(*) FROM (SELECT 1 FROM event_field f WHERE {where} LIMIT {BROAD + 1})"
    if c.execute(few, parameters).fetchone()[0] > BROAD:
        made.ask_event = True
        return []
    condition_sql = f"e.id IN (SELECT f.event FROM event_field f WHERE {where})"
    made.add(condition_sql, parameters)
    return [Stream("event e", "e.time", "e.id", [condition_sql], parameters)]


def _equal(c: sqlite3.Connection, made: Plan, condition: Condition) -> list[Stream]:
    either: list[str] = []
    parameters: list[object] = []
    pairs: list[tuple[int, object]] = []
    for kind in dict.fromkeys(value.kind for value in condition.values):
        ids = [id for name in condition.fields for id in _field_ids(c, name, kind)]
        values = [value.value for value in condition.values if value.kind == kind]
        if ids:
            either.append(f"(g.field IN ({', '.join(map(str, ids))}) AND g.value IN ({_marks(values)}))")
            parameters += values
            pairs += [(id, value) for id in ids for value in values]
    if not pairs:
        made.nothing = True
        return []
    if len(pairs) > STREAMS:
        where = f"e.id IN (SELECT g.event FROM event_field g WHERE {' OR '.join(either)})"
        made.add(where, parameters)
        return [Stream("event e", "e.time", "e.id", [where], list(parameters))]
    found = f"SELECT 1 FROM event_field g WHERE g.time = e.time AND g.event = e.id AND ({' OR '.join(either)})"
    made.add(f"EXISTS ({found})", parameters)
    source = "event_field f CROSS JOIN event e ON e.id = f.event"
    return [Stream(source, "f.time", "f.event", ["f.field = ?", "f.value = ?"], [id, value]) for id, value in pairs]


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
