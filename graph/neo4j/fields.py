"""What of events can be asked for besides their own properties: nodes with the event's time, which an index gives in order.

`(:Event)-[:SAYS]->(:Field {section, name, value})`. Sections are those of `pedigree.query.fields`, and two of ours: `party` (who
may see the event) and `serials` (the GTINs of the serials it names, `name` being the role). These follow from any copy of an
event, the others from the copy that is shown.
"""

from __future__ import annotations

from typing import NamedTuple

from graph.eventfacts import EventFacts
from graph.neo4j.server import Tx
from graph.neo4j.values import ROLE, Props

PARTY, SERIALS = "party", "serials"
_READ = """
UNWIND $keys AS key MATCH (e:Event {hash: key[0], declared: key[1]})-[:SAYS]->(f:Field)
RETURN e.hash, e.declared, f.kind, f.section, f.name, f.alias, f.value
"""
_DELETE = """
UNWIND $rows AS row MATCH (e:Event {hash: row[0], declared: row[1]})-[:SAYS]->(f:Field)
WHERE [f.kind, f.section, f.name, coalesce(f.alias, ''), f.value] IN row[2] DETACH DELETE f
"""
_WRITE = """
UNWIND $rows AS row MATCH (e:Event {hash: row[0], declared: row[1]}) WITH e, row
UNWIND row[2] AS field CREATE (e)-[:SAYS]->(f:Field) SET f = field
"""
Key = tuple[str, int]


class Said(NamedTuple):
    kind: str
    """n, t, s, e: as `pedigree.query.values`."""
    section: str
    name: str
    alias: str
    value: float | str

    @property
    def common(self) -> bool:
        """Whether every copy of the event adds to it."""
        return self.section in (PARTY, SERIALS)


def of_any_copy(facts: EventFacts) -> dict[Said, None]:
    said = {Said("s", PARTY, "", "", party): None for party in facts.parties}
    said.update((Said("s", SERIALS, ROLE.word(role), "", key), None) for role, key in facts.serials)
    return said


def of_shown_copy(facts: EventFacts) -> dict[Said, None]:
    return {Said(f.value.kind, f.section, f.name, f.alias, f.value.value): None for f in facts.fields}


def write(
    tx: Tx, common: dict[Key, dict[Said, None]], shown: dict[Key, dict[Said, None]], times: dict[Key, int], known: list[Key]
) -> None:
    """`shown`: of the events whose shown copy is new. `known`: the events that were there before."""
    before: dict[Key, set[Said]] = {key: set() for key in known}
    if known:
        for hash, declared, kind, section, name, alias, value in tx.rows(_READ, keys=known):
            before[hash, declared].add(Said(kind, section, name, alias or "", value))
    come, gone = [], []
    for key, said in common.items():
        old = before.get(key, set())
        wanted = {**said, **shown.get(key, {})}
        fresh = [_props(one, times[key]) for one in wanted if one not in old]
        if fresh:
            come.append((*key, fresh))
        stale = [list(one) for one in old if not one.common and one not in wanted] if key in shown else []
        if stale:
            gone.append((*key, stale))
    if gone:
        tx.rows(_DELETE, rows=gone)
    if come:
        tx.rows(_WRITE, rows=come)


def _props(said: Said, time: int) -> Props:
    props: Props = {"kind": said.kind, "section": said.section, "name": said.name, "value": said.value, "time": time}
    if said.alias:
        props["alias"] = said.alias
    return props
