"""The named queries of `graph.port.GraphReader` over a pool of connections: each is one read of one snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graph import model
from graph.model import Cursor, Page
from graph.port import DumpRow
from graph.project import DAY_MS
from graph.sqlite import contents, dump, eventquery, events, lists, passport, stock, units, vocabulary
from graph.sqlite.readers import Readers
from pedigree.query import EventQuery, Viewer


class Queries(Readers):
    """See `graph.port.GraphReader` for what each one says."""

    def progress(self, source: str) -> tuple[int, bytes]:
        with self.reading() as c:
            row = c.execute("SELECT next, head FROM progress WHERE source = ?", (source,)).fetchone()
        return (row[0], row[1]) if row else (0, b"")

    def passport(self, epc: str) -> model.Passport | None:
        with self.reading() as c:
            return passport.passport(c, epc)

    def custody_path(self, epc: str) -> list[model.PathStep]:
        with self.reading() as c:
            return passport.custody_path(c, epc)

    def contents(self, epc: str, at: int | None = None, cursor: Cursor | None = None, limit: int = 100) -> model.Contents:
        with self.reading() as c:
            return contents.contents(c, epc, at, cursor, limit)

    def recall(self, gtin: str, lot: str, cursor: Cursor | None = None, limit: int = 100) -> model.Recall:
        with self.reading() as c:
            return contents.recall(c, gtin, lot, cursor, limit)

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
        with self.reading() as c:
            return lists.findings(c, severity, code, party, since, cursor, limit)

    def inbox(self, party: str, state: str = "", cursor: Cursor | None = None, limit: int = 100) -> Page[model.InboxRow]:
        with self.reading() as c:
            return lists.inbox(c, party, state, cursor, limit)

    def search(self, text: str, limit: int = 20) -> list[model.Hit]:
        with self.reading() as c:
            return lists.search(c, text, limit)

    def stock(self, party: str | None = None, gtin: str | None = None) -> list[model.StockRow]:
        with self.reading() as c:
            return stock.stock(c, party, gtin)

    def incoming(self, party: str, gtin: str | None = None) -> list[model.StockRow]:
        with self.reading() as c:
            return stock.incoming(c, party, gtin)

    def consumption(self, party: str, gtin: str | None, from_ms: int, to_ms: int) -> list[model.ConsumptionRow]:
        with self.reading() as c:
            return stock.consumption(c, party, gtin, from_ms, to_ms, DAY_MS)

    def event(self, hash: bytes, declared: int = 0) -> model.EventRow | None:
        with self.reading() as c:
            return events.event(c, hash, declared)

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
        with self.reading() as c:
            return events.find_events(c, epc, biz_step, from_ms, to_ms, cursor, limit)

    def query_events(
        self, query: EventQuery, viewer: Viewer | None = None, cursor: Cursor | None = None, limit: int = 100
    ) -> Page[model.EventRow]:
        with self.reading() as c:
            return eventquery.query_events(c, query, viewer, cursor, limit)

    def count_events(self, query: EventQuery, viewer: Viewer | None = None, most: int = 1_000_000) -> int:
        with self.reading() as c:
            return eventquery.count_events(c, query, viewer, most)

    def values(
        self, kind: model.ValueKind, viewer: Viewer | None = None, cursor: Cursor | None = None, limit: int = 100
    ) -> Page[str]:
        with self.reading() as c:
            return vocabulary.values(c, kind, viewer, cursor, limit)

    def held(self, party: str, epcs: Sequence[str]) -> list[str]:
        with self.reading() as c:
            return vocabulary.held(c, party, epcs)

    def master_data(self, element: str) -> list[model.MasterDataRow]:
        with self.reading() as c:
            return vocabulary.master_data(c, element)

    def elements(self, attribute: str, values: Sequence[str] | None = None) -> list[str]:
        with self.reading() as c:
            return vocabulary.elements(c, attribute, values)

    def within(self, places: Sequence[str]) -> list[str]:
        with self.reading() as c:
            return vocabulary.within(c, places)

    def verdict_counts(self, capture: str | Sequence[bytes]) -> model.VerdictCounts:
        with self.reading() as c:
            return events.verdict_counts(c, capture)

    def receipt(self, generation: int, partition: int, number: int) -> model.Receipt | None:
        query = (
            "SELECT generation, partition, first, last, batch, committed_ms, size FROM receipt "
            "WHERE generation = ? AND partition = ? AND first <= ? ORDER BY first DESC LIMIT 1"
        )
        with self.reading() as c:
            row = c.execute(query, (generation, partition, number)).fetchone()
        return model.Receipt(*row) if row and row[3] >= number else None

    def counts(self) -> model.Counts:
        with self.reading() as c:
            return events.counts(c)

    def unit_rows(self, epc: str) -> model.UnitRows | None:
        with self.reading() as c:
            return units.unit_rows(c, epc)

    def dump(self) -> Iterator[DumpRow]:
        with self.reading() as c:
            yield from dump.dump(c)

    def rows(self, table: str) -> Iterator[tuple[object, ...]]:
        with self.reading() as c:
            yield from dump.table_rows(c, table)
