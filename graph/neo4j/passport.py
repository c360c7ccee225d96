"""A unit's way: its own stays, and its containers' stays during the time that it was inside."""

from __future__ import annotations

from typing import Any, NamedTuple

from graph.model import MAX_DEPTH, FindingRow, Passport, PathStep
from graph.neo4j.rows import as_finding, as_packed, as_stay, as_unit, as_verdict
from graph.neo4j.server import Tx
from graph.neo4j.units import Link, by_start, custody_now, link_of
from graph.neo4j.values import Props
from pedigree.messages import END

_BEFORE = -(2**62)
# Only the rows around each interval leave the server: a container may have thousands of trips.
_VISIT = """
UNWIND range(0, size($spans) - 1) AS i WITH i, $spans[i][0] AS epc, $spans[i][1] AS lo, $spans[i][2] AS hi
MATCH (u:Unit {epc: epc})
RETURN i, properties(u), u:Mentioned,
  COLLECT { MATCH (u)-[:HAD]->(s:Stay) WHERE s.t_from < hi AND (s.t_to > lo OR s.t_from >= lo) RETURN properties(s) },
  COLLECT { MATCH (u)-[p:PACKED_IN]->(c:Unit) WHERE p.t_from < hi AND p.t_to > lo RETURN [properties(p), c.epc] },
  COLLECT { MATCH (u)-[:JUDGED]->(v:Verdict)-[:FOUND]->(f:Finding) WHERE v.time >= lo AND v.time < hi
            RETURN [properties(v), properties(f)] },
  COLLECT { MATCH (p:Progress {source: 'ledger/' + u.generation + '/' + u.partition}) RETURN p.next }
"""
_VERDICTS = """
MATCH (u:Unit {epc: $epc})-[:JUDGED]->(v:Verdict)
RETURN properties(v), COLLECT { MATCH (v)-[:FOUND]->(f:Finding) RETURN properties(f) }
"""


class Span(NamedTuple):
    """A time that the unit spent in a container (or as itself, depth 0)."""

    epc: str
    t_from: int
    t_to: int
    via: str
    depth: int


class Visit(NamedTuple):
    """What one unit holds of one span."""

    span: Span
    props: Props
    mentioned: bool
    stays: list[Props]
    packed: list[tuple[Props, str]]
    findings: list[tuple[Props, Props]]
    anchored_next: int


def visits(tx: Tx, epc: str) -> list[Visit]:
    """The unit and all containers that it was in, intervals intersected on the way up, a statement for each level. Empty if the
    unit is not known."""
    found: list[Visit] = []
    level = [(Span(epc, _BEFORE, END, "", 0), frozenset({epc}))]
    while level:
        above: list[tuple[Span, frozenset[str]]] = []
        rows = tx.rows(_VISIT, spans=[[span.epc, span.t_from, span.t_to] for span, _ in level])
        for row in sorted(rows, key=lambda row: row[0]):
            span, seen = level[row[0]]
            visit = _visit(span, row)
            if span.depth == 0 and visit.mentioned:
                return []
            found.append(visit)
            for p, container in visit.packed:
                lo, hi = max(span.t_from, p["t_from"]), min(span.t_to, p["t_to"])
                if lo < hi and container not in seen and span.depth < MAX_DEPTH:
                    above.append((Span(container, lo, hi, container, span.depth + 1), seen | {container}))
        level = above
    return found


def _visit(span: Span, row: list[Any]) -> Visit:
    _, props, mentioned, stays, packed, findings, following = row
    stays = sorted(stays, key=by_start)
    packed = sorted(packed, key=lambda pair: by_start(pair[0]))
    return Visit(span, props, mentioned, stays, packed, findings, following[0] if following else 0)


def path(found: list[Visit]) -> list[PathStep]:
    """Every stay of every span, cut to it, by time. Intervals of no length are moments: they stay when they lie inside."""
    steps = []
    for visit in found:
        span = visit.span
        for s in map(as_stay, visit.stays):
            lo, hi = max(s.t_from, span.t_from), min(s.t_to, span.t_to)
            if lo < hi or s.t_from == s.t_to:
                steps.append(
                    PathStep(
                        lo, hi, s.status, s.party, s.owner, s.location, s.addressee, s.event, span.via, span.depth, s.inferred
                    )
                )
    return sorted(steps, key=lambda step: (step.t_from, step.t_to, step.depth))


def passport(tx: Tx, epc: str) -> Passport | None:
    found = visits(tx, epc)
    if not found:
        return None
    own, *above = found
    links = {v.span.epc: Link(None, "") if v.mentioned else link_of(v.props) for v in found}
    verdicts = [as_verdict(v, findings) for v, findings in tx.rows(_VERDICTS, epc=epc)]
    verdicts.sort(key=lambda v: (v.event, v.kind, v.source, v.declared))
    containers = {v.span.epc: as_unit(v.props, v.anchored_next) for v in above if not v.mentioned}
    return Passport(
        unit=as_unit(own.props, own.anchored_next),
        custody=custody_now(tx, link_of(own.props), links),
        path=path(found),
        packed=[as_packed(p, container) for p, container in own.packed],
        verdicts=sorted(verdicts, key=lambda v: (v.place, v.time, v.record_time, v.event)),
        findings=_findings(found),
        containers=list(containers.values()),
    )


def _findings(found: list[Visit]) -> list[FindingRow]:
    rows: dict[tuple[object, ...], FindingRow] = {}
    for visit in found:
        for v, f in visit.findings:
            key = (visit.span.epc, v.get("event"), v.get("kind"), v.get("source"), v.get("declared"), f.get("ord"))
            rows[key] = as_finding(visit.span.epc, v, f)
    return sorted(rows.values(), key=lambda f: (f.time, f.unit, f.code))
