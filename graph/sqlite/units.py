"""One unit: its row, its stored rows for the integrity check, who answers for it now."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from graph.model import MAX_DEPTH, Effective, Unit, UnitRows
from graph.project import effective
from graph.sqlite.names import chunks
from pedigree.messages import Finding, Packed, Shown, Stay, Verdict

_marks = msgspec.json.Decoder(tuple[str, ...])
_evidence = msgspec.json.Decoder(tuple[tuple[str, str], ...])
# An id that leads nowhere shows as '?': an edited one must not pass for none.
_SHOWN = (
    "u.status, u.possessor, u.owner, u.location, u.addressee, coalesce(c.epc, CASE u.container WHEN 0 THEN '' ELSE '?' END), "
    "u.remaining, u.hold, u.chain, u.verdict, u.marks, u.shown_lot, u.expiry, u.since"
)
_UNIT = (
    "SELECT e.epc, u.kind, u.gtin, u.serial, u.lot, u.generation, u.partition, u.number, u.key, u.n, u.acc, u.number0, u.n0, "
    f"coalesce(p.next, 0), u.id, u.container, {_SHOWN} "
    "FROM unit u JOIN epc e ON e.id = u.id LEFT JOIN epc c ON c.id = u.container "
    "LEFT JOIN progress p ON p.source = 'ledger/' || u.generation || '/' || u.partition WHERE u.id "
)
VERDICT = (
    "SELECT k.hash, v.kind, coalesce(s.epc, CASE v.source WHEN 0 THEN '' ELSE '?' END), v.declared, v.step, v.biz_step, v.time, "
    "v.place, v.record_time, v.actor, v.location, v.outcome, v.applies, v.proof, v.attested, v.party, v.unit, v.event, v.source "
    "FROM verdict v JOIN event_key k ON k.id = v.event LEFT JOIN epc s ON s.id = v.source "
)
STAY = (
    "SELECT s.t_from, s.t_to, s.status, s.party, s.owner, s.location, s.addressee, k.hash, s.inferred "
    "FROM stay s JOIN event_key k ON k.id = s.event WHERE s.unit = ?"
)
PACKED = (
    "SELECT p.t_from, p.t_to, e.epc, k.hash, p.container "
    "FROM packed p JOIN epc e ON e.id = p.container JOIN event_key k ON k.id = p.event WHERE p.child = ?"
)
_LINK = (
    "SELECT e.id, e.epc, u.status, u.possessor, u.owner, u.location, u.addressee, u.hold, u.container "
    "FROM epc e LEFT JOIN unit u ON u.id = e.id WHERE e.id IN (%s)"
)


class Top(NamedTuple):
    """What stands above a container: the outermost one, itself if it is in none."""

    custody: Effective | None
    via: str
    depth: int
    """Containers from the one asked about up to the outermost, both counted."""


def unit_id(connection: sqlite3.Connection, epc: str) -> int | None:
    """The number of a known unit."""
    row = connection.execute("SELECT u.id FROM epc e JOIN unit u ON u.id = e.id WHERE e.epc = ?", (epc,)).fetchone()
    return row[0] if row else None


def name_id(connection: sqlite3.Connection, epc: str) -> int:
    """The number of a name, 0 if nothing ever mentioned it."""
    row = connection.execute("SELECT id FROM epc WHERE epc = ?", (epc,)).fetchone()
    return row[0] if row else 0


def marks(text: str) -> tuple[str, ...]:
    """Text that was edited into no JSON comes back as it is: whoever compares it will see."""
    try:
        return _marks.decode(text)
    except msgspec.MsgspecError:
        return (text,)


def evidence(text: str) -> tuple[tuple[str, str], ...]:
    """As `marks`."""
    try:
        return _evidence.decode(text)
    except msgspec.MsgspecError:
        return (("unreadable", text),)


def as_unit(row: tuple[Any, ...]) -> Unit:
    number, n, number0, n0, anchored_next = row[7], row[9], row[11], row[12], row[13]
    values = [*row[16:26], marks(row[26]), *row[27:30]]
    shown = Shown(*values)
    anchored = n if anchored_next > number else n0 if anchored_next > number0 else 0
    values = [*row[:5], shown.expiry, *row[5:11], anchored, shown.since, shown]
    return Unit(*values)


def load_unit(connection: sqlite3.Connection, unit: int) -> tuple[Unit, int]:
    """A known unit and the number of its container (0 = none)."""
    row = connection.execute(_UNIT + "= ?", (unit,)).fetchone()
    return as_unit(row), row[15]


def load_units(connection: sqlite3.Connection, ids: list[int]) -> dict[int, Unit]:
    """Those of the units that are known."""
    found: dict[int, Unit] = {}
    for places, part in chunks(ids):
        found.update((row[14], as_unit(row)) for row in connection.execute(f"{_UNIT} IN ({places})", part))
    return found


def own_custody(shown: Shown) -> Effective:
    return Effective(shown.status, shown.possessor, shown.owner, shown.location, shown.addressee, shown.hold)


def tops(connection: sqlite3.Connection, containers: Iterable[int]) -> dict[int, Top]:
    """For each container the outermost one above it and its custody, level by level for all of them together."""
    asked = list(dict.fromkeys(containers))
    links: dict[int, tuple[Any, ...]] = {}
    level = asked
    for _ in range(MAX_DEPTH):
        for places, part in chunks(level):
            links.update((row[0], row) for row in connection.execute(_LINK % places, part))
        level = [c for c in dict.fromkeys(links[i][8] for i in level if i in links) if c and c not in links]
        if not level:
            break
    return {container: _top(links, container) for container in asked}


def _top(links: dict[int, tuple[Any, ...]], container: int) -> Top:
    hold, via = "", ""
    for depth in range(1, MAX_DEPTH + 1):
        link = links.get(container)
        if link is None:
            return Top(None, via, max(1, depth - 1))
        via = link[1]
        if link[2] is None:
            return Top(None, via, depth)
        hold = hold or link[7]
        if not link[8]:
            values = [*link[2:7], hold]
            return Top(Effective(*values), via, depth)
        container = link[8]
    return Top(None, via, MAX_DEPTH)


def custody_now(connection: sqlite3.Connection, shown: Shown, container: int) -> Effective:
    """Who answers for a unit now."""
    own = own_custody(shown)
    if not container:
        return own
    top = tops(connection, [container])[container]
    return effective(own, top.custody, top.via, top.depth)


def verdicts_of(connection: sqlite3.Connection, unit: int) -> list[Verdict]:
    """By (event, kind, source, declared)."""
    rows = connection.execute(VERDICT + "WHERE v.unit = ?", (unit,)).fetchall()
    found: dict[tuple[int, int, int, int], list[Finding]] = {}
    query = "SELECT event, kind, source, declared, code, severity, evidence FROM finding WHERE unit = ? ORDER BY ord"
    for row in connection.execute(query, (unit,)):
        found.setdefault(row[:4], []).append(Finding(row[4], row[5], evidence(row[6])))
    verdicts = [as_verdict(row, tuple(found.get((row[17], row[1], row[18], row[3]), ()))) for row in rows]
    return sorted(verdicts, key=lambda v: (v.event, v.kind, v.source, v.declared))


def as_verdict(row: tuple[Any, ...], findings: tuple[Finding, ...]) -> Verdict:
    """From the columns of `VERDICT`."""
    values = [*row[:12], bool(row[12]), row[13], findings, row[14], row[15]]
    return Verdict(*values)


def as_stay(row: tuple[Any, ...]) -> Stay:
    """From the columns of `STAY`."""
    values = [*row[:8], bool(row[8])]
    return Stay(*values)


def unit_rows(connection: sqlite3.Connection, epc: str) -> UnitRows | None:
    unit = unit_id(connection, epc)
    if unit is None:
        return None
    row, _ = load_unit(connection, unit)
    stays = connection.execute(STAY + " ORDER BY s.t_from, s.ord", (unit,))
    packed = connection.execute(PACKED + " ORDER BY p.t_from, p.ord", (unit,))
    return UnitRows(
        row.epc, row.key, row.n, row.acc, row.generation, row.partition, row.number, row.shown,
        [as_stay(s) for s in stays], [Packed(*p[:4]) for p in packed], verdicts_of(connection, unit),
        (row.kind, row.gtin, row.serial, row.lot),
    )  # fmt: skip
