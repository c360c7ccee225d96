"""Events as captured, and how far they are decided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graph.model import Counts, Cursor, EventRow, Page, VerdictCounts
from graph.neo4j.paging import after, page
from graph.neo4j.server import Tx
from graph.neo4j.values import KIND, unhex, unpack
from pedigree.custody.steps import Kind

_LEAST, _MOST = -(2**62), 2**62
DOCUMENT = "COLLECT { MATCH (d:Document {partition: e.partition, offset: e.offset}) RETURN d.capture }"
_EVENT = f"MATCH (e:Event {{hash: $hash, declared: $declared}}) RETURN properties(e), {DOCUMENT}"
_FIND = f"""
%s WITH e, [e.time, e.hash, e.declared] AS key WHERE $after IS NULL OR key < $after
WITH e, key ORDER BY e.time DESC, key DESC LIMIT $rows
RETURN properties(e), {DOCUMENT}, key
"""
_RANGE = "e.time >= $from AND e.time < $to"
_OF_UNIT = f"MATCH (:Unit {{epc: $epc}})<-[:NAMES]-(e:Event) WHERE $step IN ['', e.biz_step] AND {_RANGE} WITH DISTINCT e"
_OF_STEP = f"MATCH (e:Event) WHERE e.biz_step = $step AND {_RANGE}"
_ALL = f"MATCH (e:Event) WHERE {_RANGE}"
_CARRIED = "MATCH (:Document {capture: $capture})-[:CARRIED]->(e:Event) RETURN e.hash"
_EXISTING = "UNWIND $hashes AS hash MATCH (e:Event {hash: hash}) RETURN DISTINCT hash"
_OUTCOMES = "UNWIND $hashes AS hash MATCH (v:Verdict {event: hash}) RETURN hash, v.kind, v.outcome, count(*)"
_CODES = "UNWIND $hashes AS hash MATCH (:Verdict {event: hash})-[:FOUND]->(f:Finding) RETURN f.code, count(*)"
_OWN = (Kind.EVENT, Kind.DECLARATION)


def as_event(row: list[Any]) -> EventRow:
    """From the event's properties and its document's capture id."""
    get, captures = row[0].get, row[1]
    return EventRow(
        unhex(get("hash")), get("declared", 0), get("type", ""), get("action", ""), get("biz_step", ""), get("disposition", ""),
        get("time", 0), get("record_time", 0), get("party", ""), get("actor", ""), get("location", ""),
        captures[0] if captures else "", get("offset", 0), get("partition", 0), get("seq", 0), unpack(get("json")),
    )  # fmt: skip


def event(tx: Tx, hash: bytes, declared: int) -> EventRow | None:
    rows = tx.rows(_EVENT, hash=hash.hex(), declared=declared)
    return as_event(rows[0]) if rows else None


def find_events(
    tx: Tx, epc: str, biz_step: str, from_ms: int | None, to_ms: int | None, cursor: Cursor | None, limit: int
) -> Page[EventRow]:
    start = after(cursor, int, str, int)
    until = _MOST if to_ms is None else to_ms
    if start is not None and isinstance(start[0], int):
        until = min(until, start[0] + 1)
    values = {
        "epc": epc, "step": biz_step, "from": _LEAST if from_ms is None else from_ms, "to": until, "after": start,
        "rows": limit + 1,
    }  # fmt: skip
    source = _OF_UNIT if epc else _OF_STEP if biz_step else _ALL
    return page(tx.rows(_FIND % source, **values), limit, as_event)


def verdict_counts(tx: Tx, capture: str | Sequence[bytes]) -> VerdictCounts:
    if isinstance(capture, str):
        carried = [row[0] for row in tx.rows(_CARRIED, capture=capture)]
    else:
        carried = [row[0] for row in tx.rows(_EXISTING, hashes=list(dict.fromkeys(one.hex() for one in capture)))]
    hashes = list(dict.fromkeys(carried))
    outcomes: dict[str, int] = {}
    edges: dict[str, int] = {}
    decided = set()
    for hash, kind, outcome, n in tx.rows(_OUTCOMES, hashes=hashes):
        decided.add(hash)
        counts = outcomes if KIND.number(kind) in _OWN else edges
        counts[outcome] = counts.get(outcome, 0) + n
    findings = dict(tx.rows(_CODES, hashes=hashes))
    return VerdictCounts(len(carried), sum(1 for hash in carried if hash in decided), outcomes, edges, findings)


def counts(tx: Tx) -> Counts:
    def number(label: str) -> int:
        return int(tx.one(f"MATCH (n:{label}) RETURN count(n)"))

    anchored = tx.rows("MATCH (p:Progress) WHERE p.source STARTS WITH 'ledger/' RETURN p.source, p.next ORDER BY p.source")
    return Counts(
        units=number("Unit") - number("Mentioned"),
        events=number("Event"),
        documents=number("Document"),
        undecidable=number("Undecidable"),
        verdicts=dict(tx.rows("MATCH (v:Verdict) WITH v.outcome AS outcome, count(*) AS n RETURN outcome, n ORDER BY outcome")),
        findings=dict(tx.rows("MATCH (f:Finding) WITH f.code AS code, count(*) AS n RETURN code, n ORDER BY code")),
        anchored={source.removeprefix("ledger/"): following for source, following in anchored},
    )
