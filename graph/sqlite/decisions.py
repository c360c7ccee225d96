"""Writes what decisions change: rows of units, stays, containment, verdicts, findings, and the counters over them."""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec

from graph.project import Holding, Identity, content_of, holding, identity
from graph.sqlite import sales
from graph.sqlite.counters import HOLDING, apply_loads, apply_stock, as_holding
from graph.sqlite.names import Names, chunks
from pedigree.messages import Decisions, UnitDecision

Item = tuple[UnitDecision, Decisions]
_OLD = f"SELECT {HOLDING}, id, number, n, generation, content, kind, serial FROM unit WHERE id IN (%s)"
_LATER = (
    "generation = ?, partition = ?, number = ?, n = ?, number0 = ?, n0 = ?, key = ?, acc = ?, content = ?, loaded = ?, "
    "status = ?, possessor = ?, owner = ?, location = ?, addressee = ?, container = ?, remaining = ?, hold = ?, chain = ?, "
    "verdict = ?, marks = ?, shown_lot = ?, expiry = ?, since = ?"
)
_NEW = f"INSERT INTO unit (id, kind, gtin, serial, lot, {_LATER.replace(' = ?', '')}) VALUES (?{', ?' * 28})"
_json = msgspec.json.Encoder()


def text(value: object) -> str:
    """JSON as stored in text columns."""
    return _json.encode(value).decode()


def write(connection: sqlite3.Connection, units: Names[str], hashes: Names[bytes], batch: list[Item]) -> None:
    """One batch, every unit at most once. Inside a transaction."""
    ids = units.ids(_names(batch))
    events = hashes.ids(_hashes(batch))
    old: dict[int, tuple[Any, ...]] = {}
    for marks, part in chunks([ids[d.unit] for d, _ in batch]):
        old.update((row[12], row) for row in connection.execute(_OLD % marks, part).fetchall())
    _verdicts(connection, batch, ids, events, set(old))
    _intervals(connection, batch, ids, events, set(old))
    _units(connection, batch, ids, events, old)


def _names(batch: list[Item]) -> list[str]:
    names: list[str] = []
    for decision, _ in batch:
        names.append(decision.unit)
        if decision.shown.container:
            names.append(decision.shown.container)
        names += [p.container for p in decision.packed]
        names += [v.source for v in decision.verdicts if v.source]
        names += [g[2] for g in decision.gone if g[2]]
    return names


def _hashes(batch: list[Item]) -> list[bytes]:
    hashes: list[bytes] = []
    for decision, _ in batch:
        hashes += [v.event for v in decision.verdicts]
        hashes += [s.event for s in decision.stays]
        hashes += [p.event for p in decision.packed]
        hashes += [g[0] for g in decision.gone]
    return hashes


def _units(
    connection: sqlite3.Connection,
    batch: list[Item],
    ids: dict[str, int],
    events: dict[bytes, int],
    old: dict[int, tuple[Any, ...]],
) -> None:
    before: dict[int, Holding] = {}
    after: dict[int, Holding] = {}
    who: dict[int, Identity] = {}
    for decision, _ in batch:
        unit, shown = ids[decision.unit], decision.shown
        row = old.get(unit)
        who[unit] = mine = identity(decision.unit)
        loaded = False
        if row is not None:
            before[unit] = held = as_holding(row)
            loaded = held.loaded
        after[unit] = holding(mine, shown, ids[shown.container] if shown.container else 0, loaded)
    flips = apply_loads(connection, before, after)
    apply_stock(connection, before, after)
    new, later, lots, selling = [], [], [], []
    for decision, message in batch:
        unit, held = ids[decision.unit], after[ids[decision.unit]]
        row = old.get(unit)
        content = content_of(decision.entries) or (row[16] if row else 0.0)
        if sales.sells(decision) or (row and (decision.gone or content != row[16])):
            selling.append((unit, decision, held, content, row is not None))
        number0, n0 = (-1, 0) if row is None else (row[13], row[14]) if row[15] == message.generation else (-1, row[14])
        s = decision.shown
        state = (
            message.generation, message.partition, message.number, decision.before + len(decision.leaves), number0, n0,
            decision.key, decision.acc, content, held.loaded, s.status, s.possessor, s.owner, s.location, s.addressee,
            held.container, s.remaining, s.hold, s.chain, s.verdict, text(s.marks) if s.marks else "[]", s.lot, s.expiry, s.since,
        )  # fmt: skip
        if row is None:
            mine = who[unit]
            new.append((unit, mine.kind, mine.gtin, mine.serial, held.lot, *state))
        else:
            later.append((*state, unit))
            if held.lot != row[1]:
                lots.append((held.lot, unit))
    connection.executemany(_NEW, new)
    connection.executemany(f"UPDATE unit SET {_LATER} WHERE id = ?", later)
    connection.executemany("UPDATE unit SET lot = ? WHERE id = ?", lots)  # apart: it moves an index entry
    connection.executemany("UPDATE unit SET loaded = ? WHERE id = ?", flips)
    sales.apply_sales(connection, selling, events)


def _intervals(
    connection: sqlite3.Connection, batch: list[Item], ids: dict[str, int], events: dict[bytes, int], known: set[int]
) -> None:
    """Everything from `since` on is replaced; what began earlier stays as it is."""
    cut = [(ids[d.unit], d.since) for d, _ in batch if ids[d.unit] in known]
    connection.executemany("DELETE FROM stay WHERE unit = ? AND t_from >= ?", cut)
    connection.executemany("DELETE FROM packed WHERE child = ? AND t_from >= ?", cut)
    stays, inside = [], []
    for decision, _ in batch:
        unit = ids[decision.unit]
        ord_, last = 0, None
        for s in decision.stays:
            ord_ = ord_ + 1 if s.t_from == last else 0  # several events at one moment: intervals of no length
            last = s.t_from
            stays.append(
                (unit, last, ord_, s.t_to, s.status, s.party, s.owner, s.location, s.addressee, events[s.event], s.inferred)
            )
        ord_, last = 0, None
        for p in decision.packed:
            ord_ = ord_ + 1 if p.t_from == last else 0
            last = p.t_from
            inside.append((unit, last, ord_, p.t_to, ids[p.container], events[p.event]))
    connection.executemany("INSERT INTO stay VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", stays)
    connection.executemany("INSERT INTO packed VALUES (?, ?, ?, ?, ?, ?)", inside)


def _verdicts(
    connection: sqlite3.Connection, batch: list[Item], ids: dict[str, int], events: dict[bytes, int], known: set[int]
) -> None:
    gone, changed, rows, findings = [], [], [], []
    for decision, _ in batch:
        unit = ids[decision.unit]
        gone += [(unit, events[e], kind, ids[source] if source else 0, declared) for e, kind, source, declared in decision.gone]
        for v in decision.verdicts:
            key = (unit, events[v.event], v.kind, ids[v.source] if v.source else 0, v.declared)
            rows.append(
                (*key, v.step, v.biz_step, v.time, v.place, v.record_time, v.actor, v.location, v.outcome, v.applies, v.proof,
                 v.attested, v.party)
            )  # fmt: skip
            if unit in known:
                changed.append(key)
            for ord_, f in enumerate(v.findings):
                evidence = text(f.evidence) if f.evidence else "[]"
                findings.append((*key, ord_, f.code, f.severity, evidence, v.record_time, v.actor or v.party))
    where = "unit = ? AND event = ? AND kind = ? AND source = ? AND declared = ?"
    connection.executemany(f"DELETE FROM verdict WHERE {where}", gone)
    connection.executemany(f"DELETE FROM finding WHERE {where}", gone + changed)
    connection.executemany(f"INSERT OR REPLACE INTO verdict VALUES (?{', ?' * 16})", rows)
    connection.executemany(f"INSERT INTO finding VALUES (?{', ?' * 10})", findings)
