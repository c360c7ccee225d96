"""Consumption: every dispensing of a unit is kept with what it counts, so that a changed or voided verdict takes back exactly
what it had given."""

from __future__ import annotations

from collections import defaultdict

from graph.neo4j.counters import add
from graph.neo4j.server import Tx
from graph.neo4j.values import Props, lean, unhex
from graph.project import DAY_MS, Holding, Sale, counted, sale_of
from pedigree.custody.steps import Kind, Step
from pedigree.messages import UnitDecision

Row = tuple[str, UnitDecision, Holding, float, bool]
"""(unit, decision, holding after it, content, whether sales may exist)."""
_STORED = "UNWIND $units AS epc MATCH (u:Unit {epc: epc})-[:DISPENSED]->(s:Sale) RETURN epc, properties(s)"
_FORGET = "UNWIND $units AS epc MATCH (u:Unit {epc: epc})-[:DISPENSED]->(s:Sale) DETACH DELETE s"
_WRITE = """
UNWIND $rows AS row MATCH (u:Unit {epc: row[0]}) WITH u, row
UNWIND row[1] AS sale CREATE (u)-[:DISPENSED]->(s:Sale) SET s = sale
"""


def sells(decision: UnitDecision) -> bool:
    """Whether the decision says anything about dispensing."""
    return any(v.step == Step.DISPENSE and v.kind == Kind.EVENT for v in decision.verdicts)


def apply_sales(tx: Tx, rows: list[Row]) -> None:
    """Sales and consumption of the units whose dispensing verdicts, or whose content, changed."""
    if not rows:
        return
    stored: dict[str, dict[bytes, tuple[Sale, int]]] = defaultdict(dict)
    for unit, p in tx.rows(_STORED, units=[row[0] for row in rows if row[4]]):
        sale, count = as_sale(p)
        stored[unit][sale.event] = sale, count
    deltas: dict[tuple[str, str, int, str], int] = defaultdict(int)
    written = []
    for unit, decision, held, content, _ in rows:
        old = stored[unit]
        new = {event: sale for event, (sale, _) in old.items()}
        for event, kind, _, _ in decision.gone:
            if kind == Kind.EVENT:
                new.pop(event, None)
        for verdict in decision.verdicts:
            if verdict.step == Step.DISPENSE and verdict.kind == Kind.EVENT:
                part = new[verdict.event].part if verdict.event in new else 0.0
                new[verdict.event] = sale_of(verdict, decision.entries, part)
        sales = list(new.values())
        counts = counted(sales, content, held.balance)
        for sale, count in old.values():
            deltas[_key(sale, held.gtin)] -= count
        for sale, count in zip(sales, counts, strict=True):
            deltas[_key(sale, held.gtin)] += count
        written.append((unit, [_props(sale, count) for sale, count in zip(sales, counts, strict=True)]))
    if stored:
        tx.rows(_FORGET, units=list(stored))
    tx.rows(_WRITE, rows=written)
    add(tx, "Consumption", "quantity", ("party", "gtin", "day", "location"), {k: d for k, d in deltas.items() if k[1]})


def _key(sale: Sale, gtin: str) -> tuple[str, str, int, str]:
    return sale.party, gtin, sale.time - sale.time % DAY_MS, sale.location


def _props(sale: Sale, count: int) -> Props:
    return lean({
        "event": sale.event.hex(), "time": sale.time, "part": sale.part, "party": sale.party, "location": sale.location,
        "applies": sale.applies, "counted": count,
    })  # fmt: skip


def as_sale(p: Props) -> tuple[Sale, int]:
    """A stored sale and what it counts, thousandths of a pack."""
    get = p.get
    sale = Sale(
        unhex(get("event")), get("time", 0), get("part", 0.0), get("party", ""), get("location", ""), bool(get("applies"))
    )
    return sale, get("counted", 0)
