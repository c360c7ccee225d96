"""Stock and consumption from the counters. Packs in containers are found from the containers that a party holds, downwards, or
from a product's containers upwards; never pack by pack."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

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
_UP = "MATCH (s:Stock {gtin: $gtin}) WHERE s.container IS NOT NULL RETURN s.container, s.lot, s.expiry, s.state, s.quantity"


def _down(top: str, product: str, depth: int) -> str:
    """Stock `depth` containers deep, by the outermost container's custody. One statement a depth, so that only sums travel."""
    names = [f"c{i}" for i in range(depth)]
    steps = "".join(f"MATCH ({b}:Container {{container: {a}.epc}}) " for a, b in pairwise(names))
    hold = ", ".join(f"{name}.hold" for name in names)
    return (
        f"MATCH (c0:Container) WHERE c0.container IS NULL {top} {steps} MATCH (s:Stock {{container: {names[-1]}.epc}}) {product} "
        f"RETURN c0.status, c0.possessor, c0.location, c0.addressee, coalesce({hold}, ''), s.gtin, s.lot, s.expiry, s.state, "
        "sum(s.quantity)"
    )


def stock(tx: Tx, party: str | None, gtin: str | None) -> list[StockRow]:
    by_party = "" if party is None else "AND s.party = $party"
    by_gtin = "" if gtin is None else "AND s.gtin = $gtin"
    rows = _direct(tx, f"{by_party} {by_gtin}", party=party, gtin=gtin)
    if gtin is not None and party is None:
        rows += _upwards(tx, gtin)
    else:
        rows += _downwards(tx, "" if party is None else "AND c0.possessor = $party", party, gtin)
    return _rows(rows)


def incoming(tx: Tx, party: str, gtin: str | None) -> list[StockRow]:
    by_gtin = "" if gtin is None else "AND s.gtin = $gtin"
    rows = _direct(tx, f"AND s.addressee = $party AND s.state = 'in_transit' {by_gtin}", party=party, gtin=gtin)
    inside = _downwards(tx, "AND c0.addressee = $party", party, gtin)
    return _rows([*rows, *(row for row in inside if row[1] == "in_transit")])


def _direct(tx: Tx, where: str, **values: Any) -> list[tuple[Key, str, int]]:
    found = []
    for row in tx.rows(_DIRECT % where, **values):
        party, location, gtin, lot, expiry, addressee = (value or "" for value in row[:6])
        found.append(((party, location, gtin, lot, expiry, addressee), row[6], row[7]))
    return found


def _downwards(tx: Tx, top: str, party: str | None, gtin: str | None) -> list[tuple[Key, str, int]]:
    found = []
    product = "" if gtin is None else "WHERE s.gtin = $gtin"
    for depth in range(1, MAX_DEPTH + 1):
        for row in tx.rows(_down(top, product, depth), party=party, gtin=gtin):
            status, (holder, place, to, hold, product_, lot, expiry), (state, n) = row[0], (v or "" for v in row[1:8]), row[8:]
            outside = Effective(STATUS.number(status), holder, "", place, to, hold)
            found.append(((holder, place, product_, lot, expiry, to), state_inside(state, outside), n))
    return found


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
