"""Lists for people who work: findings, inbox, search."""

from __future__ import annotations

from typing import Any

from graph.model import Cursor, FindingRow, Hit, InboxRow, Page
from graph.neo4j.paging import after, page
from graph.neo4j.rows import as_finding, as_verdict
from graph.neo4j.server import Tx
from graph.neo4j.values import STATUS
from pedigree.errors import GraphError
from pedigree.identifiers.canonical import canonical

SEVERITIES = ("info", "low", "medium", "high")
TO_LOOK_AT = ("rejected", "pending", "undecidable", "suspect")
_LATEST = 2**62
_FINDINGS = """
MATCH (f:Finding) WHERE f.record_time >= $since AND f.record_time <= $until AND f.severity IN $severities %s
MATCH (u:Unit)-[:JUDGED]->(v:Verdict)-[:FOUND]->(f)
WITH u, v, f, [f.record_time, u.epc, v.event, v.kind, coalesce(v.source, ''), v.declared, f.ord] AS key
WHERE $after IS NULL OR key < $after
WITH u, v, f, key ORDER BY f.record_time DESC, key DESC LIMIT $rows
RETURN u.epc, properties(v), properties(f), key
"""
_INBOX = """
UNWIND $outcomes AS outcome
CALL (outcome) {
  MATCH (v:Questioned {party: $party, outcome: outcome}) WHERE v.record_time <= $until
  MATCH (u:Unit)-[:JUDGED]->(v)
  WITH u, v, [v.record_time, u.epc, v.event, v.kind, coalesce(v.source, ''), v.declared] AS key
  WHERE $after IS NULL OR key < $after
  RETURN u, v, key ORDER BY v.record_time DESC, key DESC LIMIT $rows
}
WITH u, v, key ORDER BY key DESC LIMIT $rows
RETURN u.epc, properties(v), COLLECT { MATCH (v)-[:FOUND]->(f:Finding) RETURN properties(f) }, COLLECT {
  MATCH (e:Event {hash: v.event, declared: v.declared}) MATCH (d:Document {partition: e.partition, offset: e.offset})
  RETURN d.capture }, key
"""
_UNITS = """
MATCH (u:Unit) WHERE u.epc STARTS WITH $prefix AND NOT u:Mentioned
RETURN u.epc, u.gtin, u.lot, u.status, u.verdict ORDER BY u.epc LIMIT $rows
"""
_LOTS = "MATCH (l:Lot) WHERE l.lot <> '' AND %s RETURN l.gtin, l.lot, l.units ORDER BY l.lot, l.gtin LIMIT $rows"


def findings(
    tx: Tx, severity: str, code: str, party: str, since: int, cursor: Cursor | None, limit: int
) -> Page[FindingRow]:
    if severity and severity not in SEVERITIES:
        raise GraphError(f"severity is one of {', '.join(SEVERITIES)}, not {severity[:40]}")
    start = after(cursor, int, str, str, str, str, int, int)
    wanted = ("AND f.code = $code " if code else "") + ("AND f.party = $party" if party else "")
    rows = tx.rows(
        _FINDINGS % wanted, since=since, until=start[0] if start else _LATEST, after=start, code=code, party=party,
        severities=SEVERITIES[SEVERITIES.index(severity or "low") :], rows=limit + 1,
    )  # fmt: skip
    return page(rows, limit, lambda row: as_finding(*row[:3]))


def inbox(tx: Tx, party: str, state: str, cursor: Cursor | None, limit: int) -> Page[InboxRow]:
    if state and state not in TO_LOOK_AT:
        raise GraphError(f"state is one of {', '.join(TO_LOOK_AT)}, not {state[:40]}")
    start = after(cursor, int, str, str, str, str, int)
    rows = tx.rows(
        _INBOX, party=party, outcomes=[state] if state else TO_LOOK_AT, until=start[0] if start else _LATEST, after=start,
        rows=limit + 1,
    )  # fmt: skip

    def build(row: list[Any]) -> InboxRow:
        epc, verdict, found, captures, _ = row
        return InboxRow(epc, captures[0] if captures else "", as_verdict(verdict, found))

    return page(rows, limit, build)


def search(tx: Tx, text: str, limit: int) -> list[Hit]:
    text = text.strip()
    if not text:
        return []
    if ":" in text:
        return _units(tx, canonical(text), limit)
    digits = text if text.isascii() and text.isdigit() else ""
    if len(digits) == 18:
        return _units(tx, f"https://id.gs1.org/00/{digits}", limit)
    if len(digits) == 20:
        pallet = _units(tx, f"https://id.gs1.org/00/{digits[2:]}", limit) if digits.startswith("00") else []
        return pallet or _units(tx, f"urn:medtrace:china20:{digits}", limit)
    product, _, rest = text.partition(" ")
    if rest and product.isascii() and product.isdigit():
        return _lots(tx, "l.gtin = $gtin AND l.lot STARTS WITH $lot", limit, gtin=product.zfill(14), lot=rest.strip())
    hits = _lots(tx, "l.lot STARTS WITH $lot", limit, lot=text)
    if digits and len(digits) <= 14:
        hits += _lots(tx, "l.gtin = $gtin", limit, gtin=digits.zfill(14))
        hits += _units(tx, f"https://id.gs1.org/01/{digits.zfill(14)}/", limit)
    return hits[:limit]


def _units(tx: Tx, prefix: str, limit: int) -> list[Hit]:
    rows = tx.rows(_UNITS, prefix=prefix, rows=limit)
    return [Hit(row[0], row[1] or "", row[2] or "", STATUS.number(row[3]), row[4] or "") for row in rows]


def _lots(tx: Tx, where: str, limit: int, **values: str) -> list[Hit]:
    rows = tx.rows(_LOTS % where, rows=limit, **values)
    return [Hit("", gtin, lot, 0, "", units) for gtin, lot, units in rows]
