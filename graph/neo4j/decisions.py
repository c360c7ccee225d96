"""Writes what decisions change: units with their stays, containment, verdicts and findings, and the counters over them.

Rows are computed here, from one reading of the units concerned, and written by few statements; the writer's lock makes that safe.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from graph.neo4j import counters, sales
from graph.neo4j.lists import TO_LOOK_AT
from graph.neo4j.rows import finding_props, shown_props, stay_props, verdict_props
from graph.neo4j.server import Tx
from graph.neo4j.values import KIND, Props, lean
from graph.project import Holding, Identity, content_of, holding, identity
from pedigree.messages import Decisions, UnitDecision

_CHANGEABLE = (
    "lot", "generation", "partition", "number", "n", "number0", "n0", "key", "acc", "content", "load", "status", "possessor",
    "owner", "location", "addressee", "container", "remaining", "hold", "chain", "verdict", "marks", "expiry", "since",
    "shown_lot",
)  # fmt: skip
Item = tuple[UnitDecision, Decisions]

_CUT = """
UNWIND $rows AS row MATCH (u:Unit {epc: row[0]})
CALL (u, row) { MATCH (u)-[:HAD]->(s:Stay) WHERE s.t_from >= row[1] DETACH DELETE s }
CALL (u, row) { MATCH (u)-[p:PACKED_IN]->() WHERE p.t_from >= row[1] DELETE p }
CALL (u, row) {
  MATCH (u)-[:JUDGED]->(v:Verdict) WHERE [v.event, v.kind, coalesce(v.source, ''), v.declared] IN row[2]
  OPTIONAL MATCH (v)-[:FOUND]->(f:Finding)
  DETACH DELETE v, f
}
"""
_HISTORY = """
FOREACH (stay IN row[2] | CREATE (u)-[:HAD]->(s:Stay) SET s = stay)
FOREACH (judged IN row[3] | CREATE (u)-[:JUDGED]->(v:Verdict) SET v = judged[0]
  FOREACH (found IN judged[1] | CREATE (v)-[:FOUND]->(f:Finding) SET f = found)
  FOREACH (look IN judged[2] | SET v:Questioned))
"""
_NEW = "UNWIND $rows AS row CREATE (u:Unit) SET u = row[1] " + _HISTORY
_LATER = "UNWIND $rows AS row MATCH (u:Unit {epc: row[0]}) SET u += row[1] " + _HISTORY
_HEARD = "UNWIND $names AS epc MATCH (u:Unit {epc: epc}) REMOVE u:Mentioned"
_MENTION = "UNWIND $names AS epc CREATE (:Unit:Mentioned {epc: epc})"
_PACK = """
UNWIND $rows AS row MATCH (c:Unit {epc: row[0]}) WITH c, row
UNWIND row[1] AS child MATCH (u:Unit {epc: child[0]}) CREATE (u)-[p:PACKED_IN]->(c) SET p = child[1]
"""


def write(tx: Tx, batch: list[Item]) -> None:
    """One batch, every unit at most once. Under the writer's lock."""
    packed = _packed(batch)
    known = counters.read(tx, [*(d.unit for d, _ in batch), *packed, *(d.shown.container for d, _ in batch if d.shown.container)])
    missing = list(dict.fromkeys(c for c in packed if c not in known and c not in {d.unit for d, _ in batch}))
    if missing:
        tx.rows(_MENTION, names=missing)
    _clean(tx, batch, known)
    _units(tx, batch, known)
    if packed:
        tx.rows(_PACK, rows=list(packed.items()))


def _packed(batch: list[Item]) -> dict[str, list[tuple[str, Props]]]:
    """By container, so that each is looked up once."""
    found: dict[str, list[tuple[str, Props]]] = {}
    for decision, _ in batch:
        for p, ord_ in _numbered(decision.packed):
            row = {"t_from": p.t_from, "ord": ord_, "t_to": p.t_to, "event": p.event.hex()}
            found.setdefault(p.container, []).append((decision.unit, row))
    return found


def _numbered(rows: Iterable[Any]) -> Iterable[tuple[Any, int]]:
    """Several events at one moment make intervals of no length: they are numbered."""
    ord_, last = 0, None
    for row in rows:
        ord_ = ord_ + 1 if row.t_from == last else 0
        last = row.t_from
        yield row, ord_


def _clean(tx: Tx, batch: list[Item], known: dict[str, counters.Known]) -> None:
    """Stays and containment from `since` on, verdicts that changed or went."""
    cut = []
    for d, _ in batch:
        if d.unit not in known or known[d.unit].mentioned:
            continue
        keys = [[v.event.hex(), KIND.word(v.kind), v.source, v.declared] for v in d.verdicts]
        keys += [[event.hex(), KIND.word(kind), source, declared] for event, kind, source, declared in d.gone]
        cut.append((d.unit, d.since, keys))
    if cut:
        tx.rows(_CUT, rows=cut)


def _units(tx: Tx, batch: list[Item], known: dict[str, counters.Known]) -> None:
    before: dict[str, Holding] = {}
    after: dict[str, Holding] = {}
    who: dict[str, Identity] = {}
    for decision, _ in batch:
        unit, row = decision.unit, known.get(decision.unit)
        who[unit] = identity(unit)
        if row is not None and not row.mentioned:
            before[unit] = row.held
        after[unit] = holding(who[unit], decision.shown, decision.shown.container, row is not None and row.held.loaded)
    loads = counters.apply_loads(tx, before, after, known)
    counters.apply_stock(tx, before, after)
    new: list[tuple[object, ...]] = []
    later: list[tuple[object, ...]] = []
    selling: list[sales.Row] = []
    for decision, message in batch:
        unit, held = decision.unit, after[decision.unit]
        row = known.get(unit)
        old = row if row is not None and not row.mentioned else None
        content = content_of(decision.entries) or (old.content if old else 0.0)
        if sales.sells(decision) or (old and (decision.gone or content != old.content)):
            selling.append((unit, decision, held, content, old is not None))
        props = _props(decision, message, who[unit], held.lot, old, content)
        if loads.get(unit):
            props["load"] = loads[unit]
        history = (
            [stay_props(s, ord_) for s, ord_ in _numbered(decision.stays)],
            [[verdict_props(v), [finding_props(v, f, i) for i, f in enumerate(v.findings)], [1] * (v.outcome in TO_LOOK_AT)]
             for v in decision.verdicts],
        )
        if row is None:
            new.append((unit, props, *history))
        else:
            later.append((unit, _changes(props) if old is not None else {**props, "load": props.get("load")}, *history))
    if new:
        tx.rows(_NEW, rows=new)
    if later:
        tx.rows(_LATER, rows=later)
        heard = [d.unit for d, _ in batch if d.unit in known and known[d.unit].mentioned]
        if heard:
            tx.rows(_HEARD, names=heard)
    counters.write_loads(tx, loads, {d.unit for d, _ in batch}, before, after, known)
    sales.apply_sales(tx, selling)


def _changes(props: Props) -> Props:
    """What may differ from before, null where it is gone: a key, or a number of leaves, that stays is not written again."""
    return {name: props.get(name) for name in _CHANGEABLE}


def _props(
    decision: UnitDecision, message: Decisions, who: Identity, lot: str, old: counters.Known | None, content: float
) -> Props:
    if old is None:
        number0, n0 = -1, 0
    else:
        number0, n0 = old.number if old.generation == message.generation else -1, old.n
    row = {
        "epc": decision.unit, "kind": who.kind, "gtin": who.gtin, "serial": who.serial, "generation": message.generation,
        "partition": message.partition, "number": message.number, "n": decision.before + len(decision.leaves),
        "number0": number0, "n0": n0, "key": decision.key.hex(), "acc": decision.acc.hex(), "content": content,
    }  # fmt: skip
    props = lean(row) | shown_props(decision.shown, lot)
    if who.gtin:
        props["lot"] = lot  # also an empty one: the index of lots lists it
    return props
