"""Lists for people who work: findings, inbox, search."""

from __future__ import annotations

import sqlite3

from graph.model import Cursor, FindingRow, Hit, InboxRow, Page
from graph.sqlite.paging import Row, after, page
from graph.sqlite.passport import FINDING, as_finding
from graph.sqlite.units import VERDICT, as_verdict, evidence
from pedigree.errors import GraphError
from pedigree.identifiers.canonical import canonical
from pedigree.messages import Finding

SEVERITIES = ("info", "low", "medium", "high")
TO_LOOK_AT = ("rejected", "pending", "undecidable", "suspect")
_FINDING_KEY = "f.record_time, f.unit, f.event, f.kind, f.source, f.declared, f.ord"
_INBOX_KEY = "v.record_time, v.unit, v.event, v.kind, v.source, v.declared"
_CAPTURE = (
    "(SELECT d.capture FROM event e JOIN document d ON d.partition = e.partition AND d.offset = e.offset "
    "WHERE e.key = v.event AND e.declared = v.declared)"
)


def findings(
    connection: sqlite3.Connection, severity: str, code: str, party: str, since: int, cursor: Cursor | None, limit: int
) -> Page[FindingRow]:
    if severity and severity not in SEVERITIES:
        raise GraphError(f"severity is one of {', '.join(SEVERITIES)}, not {severity[:40]}")
    wanted = SEVERITIES[SEVERITIES.index(severity or "low") :]
    where, values = after(_FINDING_KEY, cursor, descending=True)
    conditions = [where, "f.record_time >= ?", f"f.severity IN ({', '.join('?' * len(wanted))})"]
    parameters: list[object] = [*values, since, *wanted]
    for column, value in (("f.code", code), ("f.party", party)):
        if value:
            conditions.append(f"{column} = ?")
            parameters.append(value)
    order = _FINDING_KEY.replace(",", " DESC,") + " DESC"
    rows = connection.execute(
        f"{FINDING} WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT ?",
        [*parameters, limit + 1],
    ).fetchall()
    # The key: record time, then the finding's own primary key.
    return page([(*row, row[6], *row[11:17]) for row in rows], limit, 7, as_finding)


def inbox(connection: sqlite3.Connection, party: str, state: str, cursor: Cursor | None, limit: int) -> Page[InboxRow]:
    if state and state not in TO_LOOK_AT:
        raise GraphError(f"state is one of {', '.join(TO_LOOK_AT)}, not {state[:40]}")
    where, values = after(_INBOX_KEY, cursor, descending=True)
    order = _INBOX_KEY.replace(",", " DESC,") + " DESC"
    extra = "AND v.outcome = ?" if state else ""
    columns, tables = VERDICT.split(" FROM ", 1)
    rows = connection.execute(
        f"{columns}, {_CAPTURE}, e.epc FROM {tables} JOIN epc e ON e.id = v.unit WHERE v.party = ? AND "
        # Written out as in the partial index, or it would not be used.
        f"v.outcome IN ('rejected', 'pending', 'undecidable', 'suspect') AND {where} {extra} ORDER BY {order} LIMIT ?",
        [party, *values, *([state] if state else []), limit + 1],
    ).fetchall()

    def build(row: Row) -> InboxRow:
        query = (
            "SELECT code, severity, evidence FROM finding "
            "WHERE unit = ? AND event = ? AND kind = ? AND source = ? AND declared = ? ORDER BY ord"
        )
        key = (row[16], row[17], row[1], row[18], row[3])
        found = tuple(Finding(f[0], f[1], evidence(f[2])) for f in connection.execute(query, key))
        return InboxRow(row[20], row[19] or "", as_verdict(row, found))

    return page([(*row, row[8], row[16], row[17], row[1], row[18], row[3]) for row in rows], limit, 6, build)


def search(connection: sqlite3.Connection, text: str, limit: int) -> list[Hit]:
    text = text.strip()
    if not text:
        return []
    if ":" in text:
        return _units(connection, canonical(text), limit)
    digits = text if text.isascii() and text.isdigit() else ""
    if len(digits) == 18:
        return _units(connection, f"https://id.gs1.org/00/{digits}", limit)
    if len(digits) == 20 and digits.startswith("00"):
        return _units(connection, f"https://id.gs1.org/00/{digits[2:]}", limit) or _units(
            connection, f"urn:medtrace:china20:{digits}", limit
        )
    if len(digits) == 20:
        return _units(connection, f"urn:medtrace:china20:{digits}", limit)
    product, _, rest = text.partition(" ")
    if rest and product.isascii() and product.isdigit():
        return _lots(connection, "gtin = ? AND lot >= ? AND lot < ?", (product.zfill(14), *_range(rest.strip())), limit)
    hits = _lots(connection, "lot >= ? AND lot < ?", _range(text), limit)
    if digits and len(digits) <= 14:
        hits += _lots(connection, "gtin = ?", (digits.zfill(14),), limit)
        hits += _units(connection, f"https://id.gs1.org/01/{digits.zfill(14)}/", limit)
    return hits[:limit]


def _range(prefix: str) -> tuple[str, str]:
    return prefix, prefix + "\U0010ffff"


def _units(connection: sqlite3.Connection, prefix: str, limit: int) -> list[Hit]:
    rows = connection.execute(
        "SELECT e.epc, u.gtin, u.lot, u.status, u.verdict FROM epc e JOIN unit u ON u.id = e.id "
        "WHERE e.epc >= ? AND e.epc < ? ORDER BY e.epc LIMIT ?",
        (*_range(prefix), limit),
    )
    return [Hit(*row) for row in rows]


def _lots(connection: sqlite3.Connection, where: str, values: tuple[str, ...], limit: int) -> list[Hit]:
    query = f"SELECT gtin, lot, units FROM lot WHERE lot <> '' AND {where} ORDER BY lot, gtin LIMIT ?"
    return [Hit("", row[0], row[1], 0, "", row[2]) for row in connection.execute(query, (*values, limit))]
