"""One unit: its row, its stored rows for the integrity check, who answers for it now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from graph.model import MAX_DEPTH, Effective, UnitRows
from graph.neo4j.rows import as_packed, as_shown, as_stay, as_unit, as_verdict, own_custody
from graph.neo4j.server import Tx
from graph.neo4j.values import STATUS, Props
from graph.project import effective

_LINK = """
UNWIND $names AS epc MATCH (c:Unit {epc: epc})
RETURN epc, CASE WHEN c:Mentioned THEN null ELSE c.status END, c.possessor, c.owner, c.location, c.addressee, c.hold, c.container
"""
# Nothing is changed, but the unit's lock is taken: whoever writes the unit holds it until all its rows are in place.
_LOCKED = "MATCH (u:Unit {epc: $epc}) REMOVE u.`no such property`"
_ROWS = """
MATCH (u:Unit {epc: $epc}) WHERE NOT u:Mentioned
RETURN properties(u), COLLECT { MATCH (u)-[:HAD]->(s:Stay) RETURN properties(s) },
  COLLECT { MATCH (u)-[p:PACKED_IN]->(c:Unit) RETURN [properties(p), c.epc] },
  COLLECT { MATCH (u)-[:JUDGED]->(v:Verdict) RETURN [properties(v), [(v)-[:FOUND]->(f:Finding) | properties(f)]] }
"""


class Link(NamedTuple):
    """What a unit says about who answers for it. `custody` None: it is only a name."""

    custody: Effective | None
    container: str


class Top(NamedTuple):
    """What stands above a container: the outermost one, itself if it is in none."""

    custody: Effective | None
    via: str
    depth: int
    """Containers from the one asked about up to the outermost, both counted."""


def link_of(p: Props) -> Link:
    return Link(own_custody(p), p.get("container", ""))


def tops(tx: Tx, containers: Iterable[str], links: dict[str, Link] | None = None) -> dict[str, Top]:
    """For each container the outermost one above it and its custody, level by level for all of them together. `links`: what is
    known already."""
    asked = list(dict.fromkeys(containers))
    links = {} if links is None else links
    level = asked
    for _ in range(MAX_DEPTH):
        missing = [container for container in level if container not in links]
        for start in range(0, len(missing), 10_000):
            for epc, status, *own, container in tx.rows(_LINK, names=missing[start : start + 10_000]):
                party, owner, location, addressee, hold = (value or "" for value in own)
                custody = Effective(STATUS.number(status), party, owner, location, addressee, hold)
                links[epc] = Link(None if status is None else custody, container or "")
        level = [c for c in dict.fromkeys(links[i].container for i in level if i in links) if c]
        if not level:
            break
    return {container: _top(links, container) for container in asked}


def _top(links: dict[str, Link], container: str) -> Top:
    hold, via = "", ""
    for depth in range(1, MAX_DEPTH + 1):
        link = links.get(container)
        if link is None:
            return Top(None, via, max(1, depth - 1))
        via = container
        if link.custody is None:
            return Top(None, via, depth)
        hold = hold or link.custody.hold
        if not link.container:
            c = link.custody
            return Top(Effective(c.status, c.party, c.owner, c.location, c.addressee, hold), via, depth)
        container = link.container
    return Top(None, via, MAX_DEPTH)


def custody_now(tx: Tx, own: Link, links: dict[str, Link]) -> Effective:
    """Who answers for a unit now."""
    assert own.custody is not None  # only units that are known are asked about
    if not own.container:
        return own.custody
    top = tops(tx, [own.container], links)[own.container]
    return effective(own.custody, top.custody, top.via, top.depth)


def unit_rows(tx: Tx, epc: str, *, locked: bool) -> UnitRows | None:
    """`locked`: in a transaction that may write."""
    if locked:
        tx.rows(_LOCKED, epc=epc)
    found = tx.rows(_ROWS, epc=epc)
    if not found:
        return None
    p, stays, packed, verdicts = found[0]
    unit = as_unit(p, 0)
    return UnitRows(
        unit.epc, unit.key, unit.n, unit.acc, unit.generation, unit.partition, unit.number, as_shown(p),
        [as_stay(s) for s in sorted(stays, key=by_start)],
        [as_packed(row, container) for row, container in sorted(packed, key=lambda pair: by_start(pair[0]))],
        sorted((as_verdict(*pair) for pair in verdicts), key=lambda v: (v.event, v.kind, v.source, v.declared)),
        (unit.kind, unit.gtin, unit.serial, unit.lot),
    )  # fmt: skip


def by_start(p: Props) -> tuple[int, int]:
    """Intervals in order; those of no length at one moment by their number."""
    return p.get("t_from", 0), p.get("ord", 0)
