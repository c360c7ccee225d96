"""Words and things that events use, and what master data says of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from graph.eventfacts import attribute_name
from graph.model import Cursor, MasterDataRow, Page, ValueKind
from graph.neo4j.fields import PARTY
from graph.neo4j.paging import after
from graph.neo4j.passport import path, visits
from graph.neo4j.server import Tx
from graph.neo4j.values import ROLE
from pedigree.eventhash.values import canonical_text
from pedigree.query import Viewer
from pedigree.query.model import INSTANCES

MAX_WITHIN = 5_000
"""Places that a place may have below it."""
_PROPERTIES: dict[ValueKind, str] = {
    "bizStep": "biz_step", "disposition": "disposition", "readPoint": "read_point", "bizLocation": "biz_location",
}  # fmt: skip
_SEES = f"EXISTS {{ MATCH (e)-[:SAYS]->(f:Field) WHERE f.section = '{PARTY}' AND f.value = $party }}"
_EPCS = """
MATCH (u:Unit) WHERE u.epc > $behind AND EXISTS { MATCH (u)<-[n:NAMES]-(e:Event) WHERE n.role IN $roles AND %s }
RETURN u.epc ORDER BY u.epc LIMIT $rows
"""
_CHILDREN = "MATCH (m:MasterData {attribute: 'children'}) WHERE m.element IN $level RETURN m.value"


def values(tx: Tx, kind: ValueKind, viewer: Viewer | None, cursor: Cursor | None, limit: int) -> Page[str]:
    start = after(cursor, str)
    behind = str(start[0]) if start else ""
    found = _epcs(tx, viewer, behind, limit + 1) if kind == "epc" else _used(tx, kind, viewer, behind, limit + 1)
    return Page(found[:limit], (found[limit - 1],) if len(found) > limit else None)


def _epcs(tx: Tx, viewer: Viewer | None, behind: str, most: int) -> list[str]:
    roles = [ROLE.word(int(role)) for role in INSTANCES]
    query = _EPCS % ("true" if viewer is None else _SEES)
    return [row[0] for row in tx.rows(query, behind=behind, roles=roles, rows=most, party=viewer.party if viewer else "")]


def _used(tx: Tx, kind: ValueKind, viewer: Viewer | None, behind: str, most: int) -> list[str]:
    """Along the index from one value to the next: as many steps as there are values, however many the events."""
    name = _PROPERTIES[kind]
    following = f"MATCH (e:Event) WHERE e.{name} > $behind RETURN e.{name} ORDER BY e.{name} LIMIT 1"
    seen = f"MATCH (e:Event) WHERE e.{name} = $value AND {_SEES} RETURN true LIMIT 1"
    found: list[str] = []
    while len(found) < most:
        value = tx.one(following, behind=behind)
        if value is None:
            break
        behind = value
        private = viewer is not None and kind in ("readPoint", "bizLocation")
        if not private or (viewer is not None and tx.one(seen, value=value, party=viewer.party)):
            found.append(value)
    return found


def held(tx: Tx, party: str, epcs: Iterable[str]) -> list[str]:
    return [epc for epc in epcs if any(party in (step.party, step.owner) for step in path(visits(tx, epc)))]


def master_data(tx: Tx, element: str) -> list[MasterDataRow]:
    rows = tx.rows(
        "MATCH (m:MasterData {element: $element}) RETURN m.vocabulary, m.element, m.attribute, m.value, m.party, m.record_time",
        element=element,
    )
    return sorted((MasterDataRow(*row) for row in rows), key=lambda row: (row.vocabulary, row.attribute))


def elements(tx: Tx, attribute: str, values: Sequence[str] | None) -> list[str]:
    given = None if values is None else [canonical_text(value) for value in values]
    rows = tx.rows(
        "MATCH (m:MasterData {attribute: $attribute}) WHERE $given IS NULL OR coalesce(m.compared, '') IN $given "
        "RETURN DISTINCT m.element",
        attribute=attribute_name(attribute),
        given=given,
    )
    return sorted(row[0] for row in rows)


def within(tx: Tx, places: Iterable[str]) -> list[str]:
    found = dict.fromkeys(places)
    level = list(found)
    while level and len(found) <= MAX_WITHIN:
        below = [child for row in tx.rows(_CHILDREN, level=level) for child in _children(row[0])]
        level = [child for child in dict.fromkeys(below) if child not in found]
        found.update(dict.fromkeys(level))
    return list(found)


def _children(text: str) -> list[str]:
    try:
        return msgspec.json.decode(text, type=list[str])
    except msgspec.MsgspecError:
        return []
