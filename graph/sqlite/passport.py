"""A unit's way: its own stays, and its containers' stays during the time that it was inside."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from graph.model import MAX_DEPTH, FindingRow, Passport, PathStep
from graph.sqlite.units import PACKED, STAY, custody_now, evidence, load_unit, load_units, unit_id, verdicts_of
from pedigree.messages import END, Packed

_BEFORE = -(2**62)
# Of a container with thousands of trips only the rows around the trip are touched: stays do not overlap, so the last one that
# starts before the interval is the first that can reach into it.
_STAYS = f"""{STAY} AND s.t_from < ?2 AND (s.t_to > ?3 OR s.t_from >= ?3)
  AND s.t_from >= coalesce((SELECT max(t_from) FROM stay WHERE unit = ?1 AND t_from <= ?3), ?3) ORDER BY s.t_from, s.ord"""
_PACKED = f"""{PACKED} AND p.t_from < ?2 AND p.t_to > ?3
  AND p.t_from >= coalesce((SELECT max(t_from) FROM packed WHERE child = ?1 AND t_from <= ?3), ?3) ORDER BY p.t_from, p.ord"""
FINDING = (
    "SELECT e.epc, k.hash, f.code, f.severity, f.evidence, v.time, f.record_time, f.party, v.location, v.biz_step, v.outcome, "
    "f.unit, f.event, f.kind, f.source, f.declared, f.ord "
    "FROM finding f JOIN verdict v ON v.unit = f.unit AND v.event = f.event AND v.kind = f.kind AND v.source = f.source "
    "AND v.declared = f.declared JOIN epc e ON e.id = f.unit JOIN event_key k ON k.id = f.event "
)


class Span(NamedTuple):
    """A time that the unit spent in a container (or as itself, depth 0)."""

    unit: int
    t_from: int
    t_to: int
    via: str
    depth: int


def spans(connection: sqlite3.Connection, unit: int) -> tuple[list[Span], list[Packed]]:
    """The unit and all containers that it was in, intervals intersected on the way up; and its own containment rows."""
    start = Span(unit, _BEFORE, END, "", 0)
    found, level = [start], [(start, frozenset({unit}))]
    own: list[Packed] = []
    while level:
        above: list[tuple[Span, frozenset[int]]] = []
        for span, seen in level:
            for row in connection.execute(_PACKED, (span.unit, span.t_to, span.t_from)):
                if span.depth == 0:
                    own.append(Packed(*row[:4]))
                lo, hi, container = max(span.t_from, row[0]), min(span.t_to, row[1]), row[4]
                if lo < hi and container not in seen and span.depth < MAX_DEPTH:
                    above.append((Span(container, lo, hi, row[2], span.depth + 1), seen | {container}))
        found += [span for span, _ in above]
        level = above
    return found, own


def path(connection: sqlite3.Connection, found: list[Span]) -> list[PathStep]:
    """Every stay of every span, cut to it, by time. Intervals of no length are moments: they stay when they lie inside."""
    steps = []
    for span in found:
        for t_from, t_to, *rest, inferred in connection.execute(_STAYS, (span.unit, span.t_to, span.t_from)):
            lo, hi = max(t_from, span.t_from), min(t_to, span.t_to)
            if lo < hi or t_from == t_to:
                values = [lo, hi, *rest, span.via, span.depth, bool(inferred)]
                steps.append(PathStep(*values))
    return sorted(steps, key=lambda step: (step.t_from, step.t_to, step.depth))


def custody_path(connection: sqlite3.Connection, epc: str) -> list[PathStep]:
    unit = unit_id(connection, epc)
    return [] if unit is None else path(connection, spans(connection, unit)[0])


def passport(connection: sqlite3.Connection, epc: str) -> Passport | None:
    unit = unit_id(connection, epc)
    if unit is None:
        return None
    row, container = load_unit(connection, unit)
    found, packed = spans(connection, unit)
    verdicts = sorted(verdicts_of(connection, unit), key=lambda v: (v.place, v.time, v.record_time, v.event))
    above = load_units(connection, list(dict.fromkeys(span.unit for span in found[1:])))
    return Passport(
        unit=row,
        custody=custody_now(connection, row.shown, container),
        path=path(connection, found),
        packed=packed,
        verdicts=verdicts,
        findings=_findings(connection, found),
        containers=[above[i] for i in dict.fromkeys(span.unit for span in found[1:]) if i in above],
    )


def _findings(connection: sqlite3.Connection, found: list[Span]) -> list[FindingRow]:
    rows: dict[tuple[int, ...], FindingRow] = {}
    query = FINDING + "WHERE f.unit = ? AND v.time >= ? AND v.time < ?"
    for span in found:
        for row in connection.execute(query, (span.unit, span.t_from, span.t_to)):
            rows[row[11:]] = as_finding(row)
    return sorted(rows.values(), key=lambda f: (f.time, f.unit, f.code))


def as_finding(row: tuple[object, ...]) -> FindingRow:
    """From the columns of `FINDING`."""
    values: list[object] = list(row[:11])
    values[4] = evidence(str(row[4]))
    return FindingRow(*values)  # type: ignore[arg-type]  # the columns of FINDING are the fields
