"""Stock and consumption from the counters. Packs in containers are found from the containers that a party holds, downwards, or
from a product's containers upwards; never pack by pack."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec

from graph.model import MAX_DEPTH, ConsumptionRow, Effective, StockRow
from graph.neo4j.server import Tx
from graph.neo4j.units import tops
from graph.neo4j.values import STATUS
from graph.project import DAY_MS, PACK, state_inside

Key = tuple[str, str, str, str, str, str]
"""(party, location, gtin, lot, expiry, addressee)."""
_STATES = ("usable", "held", "in_transit", "opened")
_DIRECT = """
MATCH (s:Stock) WHERE s.container IS NULL %s
RETURN s.party, s.location, s.gtin, s.lot, s.expiry, s.addressee, s.state, s.quantity
"""
_BOXES = """
MATCH (c:Container) WHERE c.container IS NULL %s
RETURN c.epc, c.status, c.possessor, c.location, c.addressee, c.hold
"""
_INNER = "UNWIND $boxes AS box MATCH (c:Container {container: box}) RETURN box, c.epc, c.hold"
_INSIDE = """
UNWIND $boxes AS box MATCH (s:Stock {container: box}) %s
RETURN box, s.gtin, s.lot, s.expiry, s.state, s.quantity
"""
_UP = "MATCH (s:Stock {gtin: $gtin}) WHERE s.container IS NOT NULL RETURN s.container, s.lot, s.expiry, s.state, s.quantity"


def stock(tx: Tx, party: str | None, gtin: str | None) -> list[StockRow]:
    by_party = "" if party is None else "AND s.party = $party"
    by_gtin = "" if gtin is None else "AND s.gtin = $gtin"
    rows = _direct(tx, f"{by_party} {by_gtin}", party=party, gtin=gtin)
    if gtin is not None and party is None:
        rows += _upwards(tx, gtin)
    else:
        rows += _downwards(tx, "" if party is None else "AND c.possessor = $party", party, gtin)
    return _rows(rows)


def incoming(tx: Tx, party: str, gtin: str | None) -> list[StockRow]:
    by_gtin = "" if gtin is None else "AND s.gtin = $gtin"
    rows = _direct(tx, f"AND s.addressee = $party AND s.state = 'in_transit' {by_gtin}", party=party, gtin=gtin)
    inside = _downwards(tx, "AND c.addressee = $party", party, gtin)
    return _rows([*rows, *(row for row in inside if row[1] == "in_transit")])


def _direct(tx: Tx, where: str, **values: Any) -> list[tuple[Key, str, int]]:
    found = []
    for row in tx.rows(_DIRECT % where, **values):
        party, location, gtin, lot, expiry, addressee = (value or "" for value in row[:6])
        found.append(((party, location, gtin, lot, expiry, addressee), row[6], row[7]))
    return found


def _downwards(tx: Tx, top: str, party: str | None, gtin: str | None) -> list[tuple[Key, str, int]]:
    """Level by level from the outermost containers, of which each keeps the whole it is in and the first hold on the way."""
    found = []
    inside = _INSIDE % ("" if gtin is None else "WHERE s.gtin = $gtin")
    outside: dict[str, Effective] = {}
    for epc, status, holder, place, to, hold in tx.rows(_BOXES % top, party=party):
        outside[epc] = Effective(STATUS.number(status), holder or "", "", place or "", to or "", hold or "")
    for _ in range(MAX_DEPTH):
        if not outside:
            break
        boxes = list(outside)
        for box, product, lot, expiry, state, n in tx.rows(inside, boxes=boxes, gtin=gtin):
            held = outside[box]
            key = (held.party, held.location, product or "", lot or "", expiry or "", held.addressee)
            found.append((key, state_inside(state, held), n))
        inner = tx.rows(_INNER, boxes=boxes)
        outside = {epc: _held(outside[box], hold or "") for box, epc, hold in inner}
    return found


def _held(outside: Effective, hold: str) -> Effective:
    return outside if outside.hold or not hold else msgspec.structs.replace(outside, hold=hold)


def _upwards(tx: Tx, gtin: str) -> list[tuple[Key, str, int]]:
    boxes = tx.rows(_UP, gtin=gtin)
    above = tops(tx, (row[0] for row in boxes))
    found = []
    for container, lot, expiry, state, n in boxes:
        top = above[container].custody
        if top is not None:  # a container that nobody has told us of is at no party
            key = (top.party, top.location, gtin, lot or "", expiry or "", top.addressee)
            found.append((key, state_inside(state, top), n))
    return found


def _rows(found: Iterable[tuple[Key, str, int]]) -> list[StockRow]:
    sums: dict[Key, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_STATES, 0))
    for key, state, quantity in found:
        if state:
            sums[key][state] += quantity
    rows = [
        StockRow(
            *key[:5],
            usable=states["usable"] / PACK,
            held=states["held"] / PACK,
            in_transit=states["in_transit"] / PACK,
            opened=states["opened"] / PACK,
            addressee=key[5],
        )
        for key, states in sums.items()
        if any(states.values())
    ]
    return sorted(rows, key=lambda r: (r.party, r.location, r.gtin, r.lot, r.expiry, r.addressee))


def consumption(tx: Tx, party: str, gtin: str | None, from_ms: int, to_ms: int) -> list[ConsumptionRow]:
    by_gtin = "" if gtin is None else "AND c.gtin = $gtin"
    rows = tx.rows(
        f"MATCH (c:Consumption) WHERE c.party = $party AND c.day >= $from AND c.day < $to {by_gtin} "
        "RETURN c.party, c.location, c.gtin, c.day, c.quantity",
        **{"party": party, "gtin": gtin, "from": from_ms - from_ms % DAY_MS, "to": to_ms},
    )
    found = [ConsumptionRow(row[0], row[1] or "", row[2], row[3], row[4] / PACK) for row in rows]
    return sorted(found, key=lambda r: (r.gtin, r.location, r.day))
