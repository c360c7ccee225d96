"""The graph as its users see it: one projector writes, services read through named queries. Once in SQL, once in Cypher,
one contract suite for both (`tests/contract/test_graph.py`).

Errors: `GraphError` (or a storage error of `pedigree.errors`) when the store can't answer. A unit that is not known is
None or an empty list, never an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from graph.model import (
    ConsumptionRow,
    Contents,
    Counts,
    Cursor,
    EventRow,
    FindingRow,
    Hit,
    InboxRow,
    MasterDataRow,
    Page,
    Passport,
    PathStep,
    Recall,
    Receipt,
    StockRow,
    UnitRows,
    ValueKind,
    VerdictCounts,
)
from pedigree.messages import Decisions, DocumentMessage
from pedigree.query import EventQuery, Viewer

DumpRow = tuple[str, tuple[object, ...], tuple[object, ...]]
"""(table, key, values): a row without row ids."""


class GraphWriter(Protocol):
    """The projector's side. Every call is one transaction that carries its progress."""

    def progress(self, source: str) -> tuple[int, bytes]:
        """What comes next from `source`, and the hash of the last one taken: (0, b"") at first.

        Sources: `documents/<partition>` (offsets), `decisions/<generation>/<partition>` (numbers),
        `ledger/<generation>/<partition>` (decisions numbers that are anchored).
        """
        ...

    def apply_documents(self, partition: int, first_offset: int, messages: Sequence[DocumentMessage]) -> None:
        """Event rows. Offsets already taken are skipped; GraphError for a gap."""
        ...

    def apply_decisions(self, messages: Sequence[tuple[Decisions, bytes]]) -> int:
        """Messages with their hashes, in order. Takes those that continue their partition's head (number is the next one,
        previous is the head's hash; number 0 names no hash: b"" or zeros) and ignores all others (repeats, a zombie's).
        Returns how many were taken."""
        ...

    def apply_receipts(self, generation: int, partition: int, receipts: Sequence[Receipt]) -> int:
        """What the ledger has. Takes those that continue, ignores repeats; stops at a gap. How many were taken."""
        ...

    def clear(self) -> None:
        """Forget everything, progress included: a rebuild starts here."""
        ...

    def close(self) -> None: ...


class GraphReader(Protocol):
    """The named queries. Answers are as known now. Limits are numbers of items, >= 1."""

    def progress(self, source: str) -> tuple[int, bytes]:
        """As `GraphWriter.progress`."""
        ...

    def passport(self, epc: str) -> Passport | None:
        """Everything about one unit: its row, custody now, path through containers, verdicts, findings."""
        ...

    def custody_path(self, epc: str) -> list[PathStep]:
        """Only the path of `passport`."""
        ...

    def contents(self, epc: str, at: int | None = None, cursor: Cursor | None = None, limit: int = 100) -> Contents:
        """Direct children now, or at a moment, with totals by depth on the first page."""
        ...

    def recall(self, gtin: str, lot: str, cursor: Cursor | None = None, limit: int = 100) -> Recall:
        """Who has units of a lot (containers climbed), and the units. GTIN: 14 digits."""
        ...

    def findings(
        self,
        *,
        severity: str = "",
        code: str = "",
        party: str = "",
        since: int = 0,
        cursor: Cursor | None = None,
        limit: int = 100,
    ) -> Page[FindingRow]:
        """Newest record time first. `severity`: that and worse (info < low < medium < high), '' = alerts, which is low and
        worse; `since`: record time."""
        ...

    def inbox(self, party: str, state: str = "", cursor: Cursor | None = None, limit: int = 100) -> Page[InboxRow]:
        """Verdicts on what `party` attested, newest record time first. `state`: one outcome; '' = all that need a look
        (rejected, pending, undecidable, suspect)."""
        ...

    def search(self, text: str, limit: int = 20) -> list[Hit]:
        """Units and lots by (the beginning of) a unit key, GTIN, GTIN and lot (`gtin lot`), lot, or SSCC."""
        ...

    def stock(self, party: str | None = None, gtin: str | None = None) -> list[StockRow]:
        """Packs by party, place, product and lot, those in containers included; by key."""
        ...

    def incoming(self, party: str, gtin: str | None = None) -> list[StockRow]:
        """What is in transit to `party`: rows of the shippers, only `in_transit` filled."""
        ...

    def consumption(self, party: str, gtin: str | None, from_ms: int, to_ms: int) -> list[ConsumptionRow]:
        """Dispensed per day, days that start in [from_ms, to_ms) plus the one that holds from_ms; gtin None = all."""
        ...

    def event(self, hash: bytes, declared: int = 0) -> EventRow | None:
        """One event by its hash (and declaration time)."""
        ...

    def unit_events(self, epc: str, cursor: Cursor | None = None, limit: int = 100) -> Page[EventRow]:
        """Events that name the unit in any role, latest event time first."""
        ...

    def find_events(
        self,
        *,
        epc: str = "",
        biz_step: str = "",
        from_ms: int | None = None,
        to_ms: int | None = None,
        cursor: Cursor | None = None,
        limit: int = 100,
    ) -> Page[EventRow]:
        """Events with event time in [from_ms, to_ms), latest first."""
        ...

    def query_events(
        self, query: EventQuery, viewer: Viewer | None = None, cursor: Cursor | None = None, limit: int = 100
    ) -> Page[EventRow]:
        """Events that fit an EPCIS query, as `pedigree.query.matches` says, in the query's order; equals by the store's own
        order of arrival. `viewer`: only what that party may see; None = all. QueryTooComplexError when it takes too long."""
        ...

    def count_events(self, query: EventQuery, viewer: Viewer | None = None, most: int = 1_000_000) -> int:
        """How many events fit, counted up to `most`."""
        ...

    def values(
        self, kind: ValueKind, viewer: Viewer | None = None, cursor: Cursor | None = None, limit: int = 100
    ) -> Page[str]:
        """The different values that events have, in order. EPCs and places: those of events that the viewer may see."""
        ...

    def held(self, party: str, epcs: Sequence[str]) -> list[str]:
        """Those of the units that the party has, had, owns or owned: itself or with a container."""
        ...

    def master_data(self, element: str) -> list[MasterDataRow]:
        """What documents' headers say of a vocabulary element (canonical)."""
        ...

    def elements(self, attribute: str, values: Sequence[str] | None = None) -> list[str]:
        """Vocabulary elements that have the attribute (with one of the values)."""
        ...

    def within(self, places: Sequence[str]) -> list[str]:
        """The places and, as master data says, all that are below them."""
        ...

    def verdict_counts(self, capture: str | Sequence[bytes]) -> VerdictCounts:
        """For a capture id, or for event hashes."""
        ...

    def receipt(self, generation: int, partition: int, number: int) -> Receipt | None:
        """The batch that holds a decisions number, None = not anchored yet."""
        ...

    def counts(self) -> Counts:
        """The size of the graph. Walks indexes (about 0.1 s a million verdicts): for status pages, not for every request."""
        ...

    def unit_rows(self, epc: str) -> UnitRows | None:
        """The stored rows of a unit, for the integrity check."""
        ...

    def dump(self) -> Iterator[DumpRow]:
        """Every derived row in a canonical order that depends neither on the order of arrival nor on row ids: two graphs of
        the same logs give equal dumps, and the first difference names an edited row. Receipts and progress are not in it."""
        ...

    def rows(self, table: str) -> Iterator[tuple[object, ...]]:
        """One table of `dump`: key and values as one tuple."""
        ...

    def close(self) -> None: ...


class Graph(GraphWriter, GraphReader, Protocol):
    """Both sides."""
