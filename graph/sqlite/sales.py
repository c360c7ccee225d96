"""Consumption: every dispensing of a unit is kept with what it counts, so that a changed or voided verdict takes back exactly
what it had given."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from typing import Any

from graph.project import DAY_MS, Holding, Sale, counted, sale_of
from graph.sqlite.counters import add
from pedigree.custody.steps import Kind, Step
from pedigree.messages import UnitDecision

Row = tuple[int, UnitDecision, Holding, float, bool]
"""(unit, decision, holding after it, content, whether sales may exist)."""


def sells(decision: UnitDecision) -> bool:
    """Whether the decision says anything about dispensing."""
    return any(v.step == Step.DISPENSE and v.kind == Kind.EVENT for v in decision.verdicts)


def apply_sales(connection: sqlite3.Connection, rows: list[Row], events: dict[bytes, int]) -> None:
    """Sales and consumption of the units whose dispensing verdicts, or whose content, changed."""
    deltas: dict[tuple[str, str, int, str], int] = defaultdict(int)
    for unit, decision, held, content, known in rows:
        old = _stored(connection, unit) if known else {}
        new = {event: sale for event, (sale, _, _) in old.items()}
        ids = {event: id_ for event, (_, _, id_) in old.items()}
        for event, kind, _, _ in decision.gone:
            if kind == Kind.EVENT:
                new.pop(event, None)
        for verdict in decision.verdicts:
            if verdict.step == Step.DISPENSE and verdict.kind == Kind.EVENT:
                part = new[verdict.event].part if verdict.event in new else 0.0
                new[verdict.event] = sale_of(verdict, decision.entries, part)
        sales = list(new.values())
        counts = counted(sales, content, held.balance)
        for sale, count, _ in old.values():
            deltas[_key(sale, held.gtin)] -= count
        for sale, count in zip(sales, counts, strict=True):
            deltas[_key(sale, held.gtin)] += count
        connection.executemany("DELETE FROM sale WHERE unit = ? AND event = ?", [(unit, ids[e]) for e in old if e not in new])
        connection.executemany(
            "INSERT OR REPLACE INTO sale VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (unit, ids.get(s.event) or events[s.event], s.time, s.part, s.party, s.location, s.applies, count)
                for s, count in zip(sales, counts, strict=True)
                if s.event not in old or old[s.event][:2] != (s, count)
            ],
        )
    add(connection, "consumption", ("party", "gtin", "day", "location"), "quantity", {k: d for k, d in deltas.items() if k[1]})


def _key(sale: Sale, gtin: str) -> tuple[str, str, int, str]:
    return sale.party, gtin, sale.time - sale.time % DAY_MS, sale.location


def _stored(connection: sqlite3.Connection, unit: int) -> dict[bytes, tuple[Sale, int, int]]:
    rows = connection.execute(
        "SELECT k.hash, s.time, s.part, s.party, s.location, s.applies, s.counted, k.id "
        "FROM sale s JOIN event_key k ON k.id = s.event WHERE s.unit = ?",
        (unit,),
    )
    return {row[0]: (_sale(row), row[6], row[7]) for row in rows.fetchall()}


def _sale(row: tuple[Any, ...]) -> Sale:
    values = [*row[:5], bool(row[5])]
    return Sale(*values)
