"""The named queries of `graph.port.GraphReader`, each in a transaction that is retried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graph import model
from graph.model import Cursor, Page
from graph.neo4j import contents, dump, eventquery, events, lists, passport, stock, units, vocabulary
from graph.neo4j.server import Server
from graph.port import DumpRow
from pedigree.query import EventQuery, Viewer

BUDGET_S = 20.0
"""Seconds that one EPCIS query may take."""

_RECEIPT = """
MATCH (r:Receipt {generation: $generation, partition: $partition}) WHERE r.first <= $number
RETURN r.first, r.last, r.batch, r.committed_ms, r.size ORDER BY r.first DESC LIMIT 1
"""


class Queries:
    """See `graph.port.GraphReader` for what each one says. Neo4j reads what is committed at each moment, not one snapshot: a
    query of several statements may see a commit in between. `unit_rows`, which alarms hang on, reads under the unit's lock
    (not `readonly`)."""

    def __init__(self, server: Server, *, readonly: bool) -> None:
        self._server, self._readonly = server, readonly

    def warm_up(self) -> None:
        """Have the server plan the queries that people wait for: the first one after a start takes seconds."""
        self.passport("")
        self.unit_rows("")
        self.recall("", "")
        self.contents("")
        self.find_events(limit=1)
        self.search("0")

    def progress(self, source: str) -> tuple[int, bytes]:
        query = "MATCH (p:Progress {source: $source}) RETURN p.next, p.head"
        rows = self._server.read(lambda tx: tx.rows(query, source=source))
        return (rows[0][0], bytes.fromhex(rows[0][1])) if rows else (0, b"")

    def passport(self, epc: str) -> model.Passport | None:
        return self._server.read(lambda tx: passport.passport(tx, epc))

    def custody_path(self, epc: str) -> list[model.PathStep]:
        return self._server.read(lambda tx: passport.path(passport.visits(tx, epc)))

    def contents(self, epc: str, at: int | None = None, cursor: Cursor | None = None, limit: int = 100) -> model.Contents:
        return self._server.read(lambda tx: contents.contents(tx, epc, at, cursor, limit))

    def recall(self, gtin: str, lot: str, cursor: Cursor | None = None, limit: int = 100) -> model.Recall:
        return self._server.read(lambda tx: contents.recall(tx, gtin, lot, cursor, limit))

    def findings(
        self,
        *,
        severity: str = "",
        code: str = "",
        party: str = "",
        since: int = 0,
        cursor: Cursor | None = None,
        limit: int = 100,
    ) -> Page[model.FindingRow]:
        return self._server.read(lambda tx: lists.findings(tx, severity, code, party, since, cursor, limit))

    def inbox(self, party: str, state: str = "", cursor: Cursor | None = None, limit: int = 100) -> Page[model.InboxRow]:
        return self._server.read(lambda tx: lists.inbox(tx, party, state, cursor, limit))

    def search(self, text: str, limit: int = 20) -> list[model.Hit]:
        return self._server.read(lambda tx: lists.search(tx, text, limit))

    def stock(self, party: str | None = None, gtin: str | None = None) -> list[model.StockRow]:
        return self._server.read(lambda tx: stock.stock(tx, party, gtin))

    def incoming(self, party: str, gtin: str | None = None) -> list[model.StockRow]:
        return self._server.read(lambda tx: stock.incoming(tx, party, gtin))

    def consumption(self, party: str, gtin: str | None, from_ms: int, to_ms: int) -> list[model.ConsumptionRow]:
        return self._server.read(lambda tx: stock.consumption(tx, party, gtin, from_ms, to_ms))

    def event(self, hash: bytes, declared: int = 0) -> model.EventRow | None:
        return self._server.read(lambda tx: events.event(tx, hash, declared))

    def unit_events(self, epc: str, cursor: Cursor | None = None, limit: int = 100) -> Page[model.EventRow]:
        return self.find_events(epc=epc, cursor=cursor, limit=limit)

    def find_events(
        self,
        *,
        epc: str = "",
        biz_step: str = "",
        from_ms: int | None = None,
        to_ms: int | None = None,
        cursor: Cursor | None = None,
        limit: int = 100,
    ) -> Page[model.EventRow]:
        return self._server.read(lambda tx: events.find_events(tx, epc, biz_step, from_ms, to_ms, cursor, limit))

    def query_events(
        self, query: EventQuery, viewer: Viewer | None = None, cursor: Cursor | None = None, limit: int = 100
    ) -> Page[model.EventRow]:
        return self._server.read(lambda tx: eventquery.query_events(tx, query, viewer, cursor, limit), BUDGET_S)

    def count_events(self, query: EventQuery, viewer: Viewer | None = None, most: int = 1_000_000) -> int:
        return self._server.read(lambda tx: eventquery.count_events(tx, query, viewer, most), BUDGET_S)

    def values(
        self, kind: model.ValueKind, viewer: Viewer | None = None, cursor: Cursor | None = None, limit: int = 100
    ) -> Page[str]:
        return self._server.read(lambda tx: vocabulary.values(tx, kind, viewer, cursor, limit), BUDGET_S)

    def held(self, party: str, epcs: Sequence[str]) -> list[str]:
        return self._server.read(lambda tx: vocabulary.held(tx, party, epcs))

    def master_data(self, element: str) -> list[model.MasterDataRow]:
        return self._server.read(lambda tx: vocabulary.master_data(tx, element))

    def elements(self, attribute: str, values: Sequence[str] | None = None) -> list[str]:
        return self._server.read(lambda tx: vocabulary.elements(tx, attribute, values))

    def within(self, places: Sequence[str]) -> list[str]:
        return self._server.read(lambda tx: vocabulary.within(tx, places))

    def verdict_counts(self, capture: str | Sequence[bytes]) -> model.VerdictCounts:
        return self._server.read(lambda tx: events.verdict_counts(tx, capture))

    def receipt(self, generation: int, partition: int, number: int) -> model.Receipt | None:
        rows = self._server.read(lambda tx: tx.rows(_RECEIPT, generation=generation, partition=partition, number=number))
        return model.Receipt(generation, partition, *rows[0]) if rows and rows[0][1] >= number else None

    def counts(self) -> model.Counts:
        return self._server.read(events.counts)

    def unit_rows(self, epc: str) -> model.UnitRows | None:
        if self._readonly:
            return self._server.read(lambda tx: units.unit_rows(tx, epc, locked=False))
        return self._server.write(lambda tx: units.unit_rows(tx, epc, locked=True))

    def dump(self) -> Iterator[DumpRow]:
        yield from dump.dump(self._server)

    def rows(self, table: str) -> Iterator[tuple[object, ...]]:
        yield from dump.table_rows(self._server, table)

    def close(self) -> None:
        self._server.close()
