"""The graph in one Neo4j database: transactions, progress, the writer's lock. What is read and written stands in the modules
beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from graph.model import Receipt
from graph.neo4j import decisions, documents, schema
from graph.neo4j.queries import Queries
from graph.neo4j.server import Server, Tx
from pedigree.errors import GraphError
from pedigree.messages import Decisions, DocumentMessage

T = TypeVar("T")
_BATCH = 2_000
"""Unit decisions that are written together: statements are shared, parameters stay small."""
_TRANSACTION = 5_000
"""Unit decisions of one transaction: the server holds what it has not committed in memory."""
# Whoever writes this node waits for the one before: counters are shared by all partitions.
_LOCK = "MERGE (w:Writer {name: 'graph'}) SET w.transactions = coalesce(w.transactions, 0) + 1"
_PROGRESS = "MATCH (p:Progress {source: $source}) RETURN p.next, p.head"
_ADVANCE = "MERGE (p:Progress {source: $source}) SET p.next = $next, p.head = $head"
_RECEIPT = "UNWIND $rows AS row CREATE (r:Receipt) SET r = row"
_UNDECIDABLE = "UNWIND $rows AS row CREATE (u:Undecidable) SET u = row"


class Neo4jGraph(Queries):
    """`graph.port.Graph` on Neo4j 5.26 or newer, Community included. Threads and processes may share the database: writers wait
    for each other, readers see what is committed.

    Each call that writes is one transaction with its progress (`apply_decisions` of more than 5,000 units: several, each with
    its own), retried for `retry_seconds` while the server is away; a commit of unknown outcome is replayed. `options` go to the
    driver (TLS, pool). `readonly`: nothing is made or changed, sessions only read.

    Raises SettingsError for a wrong address, user, password or database name, StoreError when the server does not answer.
    """

    def __init__(
        self,
        uri: str,
        auth: tuple[str, str] | None,
        database: str = "neo4j",
        *,
        readonly: bool = False,
        retry_seconds: float = 30.0,
        **options: Any,
    ) -> None:
        super().__init__(Server(uri, auth, database, retry_seconds, options), readonly=readonly)
        try:
            if not readonly:
                schema.migrate(self._server)
                if self._server.read(lambda tx: tx.one("MATCH (c:Clearing) RETURN true")):
                    self._clear()  # a crash had stopped it half way
            self.warm_up()
        except BaseException:
            self._server.close()
            raise

    def _writing(self, work: Callable[[Tx], T], merge: Callable[[T, T], T] | None = None) -> T:
        if self._readonly:
            raise GraphError("the graph is open for reading only")

        def locked(tx: Tx) -> T:
            tx.rows(_LOCK)
            return work(tx)

        return self._server.write(locked, merge)

    def apply_documents(self, partition: int, first_offset: int, messages: Sequence[DocumentMessage]) -> None:
        source = f"documents/{partition}"

        def work(tx: Tx) -> None:
            following, _ = _progress(tx, source)
            if first_offset > following:
                raise GraphError(f"{source}: offset {following} is next, not {first_offset}: records are missing")
            rows = [(first_offset + i, message) for i, message in enumerate(messages) if first_offset + i >= following]
            if rows:
                documents.write(tx, partition, rows)
                _advance(tx, source, rows[-1][0] + 1, b"")

        self._writing(work)

    def apply_decisions(self, messages: Sequence[tuple[Decisions, bytes]]) -> int:
        taken, start = 0, 0
        while start < len(messages):
            end, units = start, 0
            while end < len(messages) and (end == start or units + len(messages[end][0].units) <= _TRANSACTION):
                units += len(messages[end][0].units)
                end += 1
            part = messages[start:end]
            # Of two runs, the first of unknown outcome, only one can have taken anything.
            taken += self._writing(lambda tx, part=part: _apply(tx, part), max)  # type: ignore[misc]
            start = end
        return taken

    def apply_receipts(self, generation: int, partition: int, receipts: Sequence[Receipt]) -> int:
        source = f"ledger/{generation}/{partition}"

        def work(tx: Tx) -> int:
            following, _ = _progress(tx, source)
            rows = []
            for r in receipts:
                if r.first > following:
                    break
                if r.first == following:
                    rows.append({
                        "generation": generation, "partition": partition, "first": r.first, "last": r.last, "batch": r.batch,
                        "committed_ms": r.committed_ms, "size": r.size,
                    })  # fmt: skip
                    following = r.last + 1
            if rows:
                tx.rows(_RECEIPT, rows=rows)
                _advance(tx, source, following, b"")
            return len(rows)

        return self._writing(work, max)

    def clear(self) -> None:
        self._writing(lambda tx: tx.rows("MERGE (:Clearing)"))
        self._clear()

    def _clear(self) -> None:
        """Piece by piece, since a whole graph does not fit into a transaction; who opens a graph that is half cleared goes on."""
        for label in schema.LABELS:
            self._server.run(f"MATCH (n:{label}) CALL (n) {{ DETACH DELETE n }} IN TRANSACTIONS OF 5000 ROWS")
        self._writing(lambda tx: tx.rows("MATCH (c:Clearing) DELETE c"))


def _apply(tx: Tx, messages: Sequence[tuple[Decisions, bytes]]) -> int:
    heads: dict[str, tuple[int, bytes]] = {}
    pending: dict[str, decisions.Item] = {}
    moved: set[str] = set()
    undecidable = []
    taken = 0
    for m, digest in messages:
        source = f"decisions/{m.generation}/{m.partition}"
        if source not in heads:
            heads[source] = _progress(tx, source)
        following, head = heads[source]
        continues = m.previous == head if following else not any(m.previous)
        if m.number != following or not continues:
            continue
        heads[source] = (following + 1, digest)
        taken += 1
        moved.add(source)
        if len(pending) >= _BATCH or any(unit.unit in pending for unit in m.units):
            _flush(tx, pending)
        pending.update((unit.unit, (unit, m)) for unit in m.units)
        undecidable += [
            {"generation": m.generation, "partition": m.partition, "number": m.number, "ord": i, "offset": offset, "raw": raw,
             "reason": why}
            for i, (offset, raw, why) in enumerate(m.undecidable)
        ]  # fmt: skip
    _flush(tx, pending)
    if undecidable:
        tx.rows(_UNDECIDABLE, rows=undecidable)
    for source in moved:
        _advance(tx, source, *heads[source])
    return taken


def _flush(tx: Tx, pending: dict[str, decisions.Item]) -> None:
    if pending:
        decisions.write(tx, list(pending.values()))
        pending.clear()


def _progress(tx: Tx, source: str) -> tuple[int, bytes]:
    rows = tx.rows(_PROGRESS, source=source)
    return (rows[0][0], bytes.fromhex(rows[0][1])) if rows else (0, b"")


def _advance(tx: Tx, source: str, following: int, head: bytes) -> None:
    tx.rows(_ADVANCE, source=source, next=following, head=head.hex())
