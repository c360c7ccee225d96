"""Counters kept by differences in the transaction that changes what they count: loads of containers, stock, lots.

Stock of a container is kept with the container, direct children only: a pallet that changes hands writes nothing here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from graph.neo4j.server import Tx
from graph.neo4j.values import STATUS, key_of, lean
from graph.project import Holding, StockKey, stock_of

_KNOWN = """
UNWIND $names AS epc MATCH (u:Unit {epc: epc})
RETURN epc, u:Mentioned, u.gtin, u.lot, u.expiry, u.kind = 'lgtin', u.status, u.possessor, u.location, u.addressee, u.hold,
  u.remaining, u.container, u:Container, u.load, u.number, u.n, u.generation, u.content
"""
_STOCK = ("container", "gtin", "lot", "expiry", "party", "location", "addressee", "state")


class Known(NamedTuple):
    """What is read of a unit before it is written. `mentioned`: it is only a name."""

    mentioned: bool
    held: Holding
    load: int
    number: int
    n: int
    generation: int
    content: float


def read(tx: Tx, names: Iterable[str]) -> dict[str, Known]:
    """Those of the units that exist."""
    found = {}
    for row in tx.rows(_KNOWN, names=list(dict.fromkeys(names))):
        held = Holding(
            row[2] or "", row[3] or "", row[4] or "", bool(row[5]), STATUS.number(row[6]), row[7] or "", row[8] or "",
            row[9] or "", row[10] or "", row[11] or 0.0, row[12] or "", bool(row[13]),
        )  # fmt: skip
        found[row[0]] = Known(row[1], held, row[14] or 0, row[15] or 0, row[16] or 0, row[17] or 0, row[18] or 0.0)
    return found


def apply_loads(tx: Tx, before: dict[str, Holding], after: dict[str, Holding], known: dict[str, Known]) -> dict[str, int]:
    """Count children from what moved between containers; returns the new load of every unit of the batch and of every container
    whose load changes. Completes `after` by what is packaging now, and both by containers that are not in the batch but begin or
    cease to be packaging."""
    deltas: dict[str, int] = defaultdict(int)
    for unit, held in after.items():
        was, now = str(before[unit].container) if unit in before else "", str(held.container)
        if was != now:
            deltas[was] -= 1
            deltas[now] += 1
    deltas.pop("", None)
    known.update(read(tx, [container for container in deltas if container not in known]))
    loads = {unit: known[unit].load if unit in known else 0 for unit in [*after, *deltas]}
    for container, delta in deltas.items():
        loads[container] += delta
    for unit, load in loads.items():
        if unit in after:
            after[unit] = after[unit]._replace(loaded=load > 0)
        elif unit in known and not known[unit].mentioned and known[unit].held.loaded != (load > 0):
            before[unit] = known[unit].held
            after[unit] = before[unit]._replace(loaded=load > 0)
    return loads


def write_loads(
    tx: Tx,
    loads: dict[str, int],
    batch: set[str],
    before: dict[str, Holding],
    after: dict[str, Holding],
    known: dict[str, Known],
) -> None:
    """Loads of containers outside the batch (their own rows are not written), and who is a Container."""
    others = [(unit, load or None) for unit, load in loads.items() if unit not in batch and load != _load(known, unit)]
    if others:
        new = [(unit, load) for unit, load in others if unit not in known]
        if new:  # a container that is shown without a containment row, and that nothing ever named
            tx.rows("UNWIND $rows AS row MERGE (u:Unit {epc: row[0]}) ON CREATE SET u:Mentioned", rows=new)
        tx.rows("UNWIND $rows AS row MATCH (u:Unit {epc: row[0]}) SET u.load = row[1]", rows=others)
    begun = [u for u, held in after.items() if held.loaded and not (u in before and before[u].loaded)]
    ended = [u for u, held in after.items() if not held.loaded and u in before and before[u].loaded]
    if begun:
        tx.rows("UNWIND $names AS epc MATCH (u:Unit {epc: epc}) SET u:Container", names=begun)
    if ended:
        tx.rows("UNWIND $names AS epc MATCH (u:Unit {epc: epc}) REMOVE u:Container", names=ended)


def _load(known: dict[str, Known], unit: str) -> int:
    return known[unit].load if unit in known else 0


def apply_stock(tx: Tx, before: dict[str, Holding], after: dict[str, Holding]) -> None:
    """Stock and sizes of lots from the difference between units' holdings."""
    deltas: dict[StockKey, int] = defaultdict(int)
    lots: dict[tuple[str, str], int] = defaultdict(int)
    for unit, held in after.items():
        old = before.get(unit)
        if old == held:
            continue
        gone, come = stock_of(old) if old else None, stock_of(held)
        if gone != come:
            if gone:
                deltas[gone[0]] -= gone[1]
            if come:
                deltas[come[0]] += come[1]
        if old is None or old.lot != held.lot:
            if old is not None:
                lots[old.gtin, old.lot] -= 1
            lots[held.gtin, held.lot] += 1
    add(tx, "Stock", "quantity", _STOCK, deltas)
    _add_lots(tx, [(*key, delta) for key, delta in lots.items() if key[0] and delta])


def add(tx: Tx, label: str, value: str, names: tuple[str, ...], deltas: Mapping[Any, int]) -> None:
    """Add to counters; those that reach zero vanish, so that a counter is a function of what it counts."""
    rows = []
    for key, delta in deltas.items():
        if delta:
            rows.append((key_of(key), delta, lean({name: part for name, part in zip(names, key, strict=True) if part != 0})))
    if not rows:
        return
    tx.rows(
        f"UNWIND $rows AS row MERGE (s:{label} {{id: row[0]}}) ON CREATE SET s += row[2], s.{value} = row[1] "
        f"ON MATCH SET s.{value} = s.{value} + row[1]",
        rows=rows,
    )
    gone = [row[0] for row in rows if row[1] < 0]
    if gone:
        tx.rows(f"UNWIND $ids AS id MATCH (s:{label} {{id: id}}) WHERE s.{value} = 0 DELETE s", ids=gone)


def _add_lots(tx: Tx, rows: list[tuple[str, str, int]]) -> None:
    if rows:
        tx.rows(
            "UNWIND $rows AS row MERGE (l:Lot {gtin: row[0], lot: row[1]}) ON CREATE SET l.units = row[2] "
            "ON MATCH SET l.units = l.units + row[2]",
            rows=rows,
        )
        gone = [row[:2] for row in rows if row[2] < 0]
        if gone:
            tx.rows("UNWIND $rows AS row MATCH (l:Lot {gtin: row[0], lot: row[1]}) WHERE l.units = 0 DELETE l", rows=gone)
