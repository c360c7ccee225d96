"""The channel in one SQLite file: blocks are verified, then indexed, each in one transaction with the progress that it makes.

The file holds nothing that the channel does not: it can be thrown away and is built again.
"""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any, NamedTuple

from fabric_protos.common import common_pb2

from chaincode.messages import Batch, Receipt
from chaincode.parties import PartyRecord, decode_party
from ledger.embedded.queries import Queries
from ledger.fabric import apply
from ledger.fabric.blocks import check_data, header_of, transactions_of
from ledger.fabric.errors import BlockError
from ledger.fabric.orderers import Orderers, check_signatures, orderers_of
from ledger.fabric.schema import MIGRATIONS
from pedigree.errors import LedgerError
from pedigree.proof import Checkpoint
from storage import sqlite


class BlockRow(NamedTuple):
    """`codes`: one validity byte a transaction, as the own peer judged; `signers`: orderer organisations."""

    number: int
    hash: bytes
    previous: bytes
    data_hash: bytes
    codes: bytes
    signers: tuple[str, ...]


class TransactionRow(NamedTuple):
    """Where a transaction stands and what it did. `lane`, `batch`: of a valid commit; `apart_ms`: how far its time is from the
    record time that is farthest from it."""

    block: int
    position: int
    id: str
    code: int
    time_ms: int
    member: str
    function: str
    endorsers: tuple[str, ...]
    lane: tuple[int, int] | None
    batch: int | None
    apart_ms: int | None

    @property
    def flagged(self) -> bool:
        """Record times and the network's own time are more than 15 minutes apart: a backlog, or a clock that is not right."""
        return self.apart_ms is not None and self.apart_ms > APART_MS


APART_MS = 15 * 60_000
_TX = "block, idx, id, code, time_ms, member, function, endorsers, generation, partition, batch, apart_ms"


class Index(Queries):
    """Everything of `ledger.port.Ledger` that reads, and the blocks below it. Any process may open it beside the writer."""

    def height(self) -> int:
        """Blocks so far: the number of the next one."""
        with self._readers.reading() as connection:
            return _height(connection)

    def blocks(self, start: int = 0, limit: int = 100) -> list[BlockRow]:
        """From a number on, in order."""
        sql = "SELECT number, hash, previous, data_hash, codes, signers FROM block WHERE number >= ? ORDER BY number LIMIT ?"
        with self._readers.reading() as connection:
            found = connection.execute(sql, (start, limit)).fetchall()
        return [BlockRow(*row)._replace(signers=_names(row[5])) for row in found]

    def transaction(self, id: str) -> list[TransactionRow]:
        """By its id, or what it begins with; a repeated one stands there twice, once invalid."""
        sql = f"SELECT {_TX} FROM tx WHERE id >= ? AND id < ? ORDER BY block, idx LIMIT 10"
        with self._readers.reading() as connection:
            return [_transaction(row) for row in connection.execute(sql, (id, id + "g"))]

    def transaction_of(self, generation: int, partition: int, batch: int) -> TransactionRow | None:
        """The one that brought a batch."""
        sql = f"SELECT {_TX} FROM tx WHERE generation = ? AND partition = ? AND batch = ?"
        with self._readers.reading() as connection:
            row = connection.execute(sql, (generation, partition, batch)).fetchone()
        return _transaction(row) if row is not None else None

    def parties(self, party: str = "") -> list[PartyRecord]:
        """Latest records of all, or all revisions of one, the latest last."""
        sql = "SELECT record FROM party WHERE party = ? ORDER BY revision"
        every = "SELECT record, max(revision) FROM party WHERE ? = '' GROUP BY party ORDER BY party"
        with self._readers.reading() as connection:
            return [decode_party(row[0]) for row in connection.execute(sql if party else every, (party,))]

    def commit(self, batch: Batch) -> Receipt:
        raise LedgerError(f"{self.path.name} is open for reading only")

    def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        raise LedgerError(f"{self.path.name} is open for reading only")

    def close(self) -> None:
        self._readers.close()


class IndexWriter:
    """The one that takes blocks. `genesis`: hash of block 0, the channel's identity; the file remembers it from then on."""

    def __init__(self, path: Path, chaincode: str, genesis: bytes) -> None:
        self._chaincode = chaincode
        self._genesis = genesis
        self._guard = threading.Lock()
        self._connection = sqlite.open(path, MIGRATIONS, synchronous="NORMAL", cache_kib=64 * 1024)
        self._connection.execute("PRAGMA wal_autocheckpoint=4000")
        self._name = path.name
        row = self._connection.execute("SELECT number, hash FROM block ORDER BY number DESC LIMIT 1").fetchone()
        self.height: int = row[0] + 1 if row is not None else 0
        self._last: bytes = row[1] if row is not None else b""
        first = self._connection.execute("SELECT hash FROM block WHERE number = 0").fetchone()
        if first is not None and first[0] != genesis:
            self._connection.close()
            raise BlockError(f"{path.name} is the index of another channel: its block 0 is {first[0].hex()[:16]}")
        config = self._connection.execute("SELECT block FROM config ORDER BY number DESC LIMIT 1").fetchone()
        known = orderers_of(common_pb2.Block.FromString(config[0])) if config is not None else None
        self._orderers = known or Orderers(())

    def take(self, block: Any) -> bool:
        """Verify and index a block; False when it is there already. BlockError: it is not the channel's next one."""
        header = header_of(block)
        if header.number < self.height:
            return False
        if header.number > self.height:
            raise BlockError(f"block {header.number} came where {self.height} comes next")
        if header.number == 0 and header.hash != self._genesis:
            other, own = header.hash.hex()[:16], self._genesis.hex()[:16]
            raise BlockError(f"the peer is of another channel: its block 0 is {other}, not {own}")
        if header.number and header.previous != self._last:
            raise BlockError(f"block {header.number} does not continue block {header.number - 1}")
        check_data(block)
        signers = check_signatures(block, self._orderers) if header.number else ()
        transactions = transactions_of(block)
        # A configuration that its channel refused changes nothing.
        orderers = orderers_of(block) if transactions and transactions[0].code == apply.VALID else None
        with self._guard, sqlite.transaction(self._connection, what=self._name) as connection:
            try:
                apply.apply(connection, self._chaincode, header, transactions, signers)
            except (sqlite3.IntegrityError, KeyError) as broken:
                raise BlockError(f"block {header.number} contradicts the blocks before ({broken})") from broken
            if orderers is not None:
                connection.execute("INSERT INTO config VALUES (?, ?)", (header.number, block.SerializeToString()))
        self._orderers = orderers or self._orderers
        self.height, self._last = header.number + 1, header.hash
        return True

    def close(self) -> None:
        with self._guard:
            self._connection.close()


def _height(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(number) + 1, 0) FROM block").fetchone()[0])


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


def _transaction(row: tuple[Any, ...]) -> TransactionRow:
    block, position, id_, code, time_ms, member, function, endorsers, generation, partition, batch, apart_ms = row
    lane = (generation, partition) if generation is not None else None
    return TransactionRow(block, position, id_, code, time_ms, member, function, _names(endorsers), lane, batch, apart_ms)


def open_index(path: Path) -> Index:
    """For reading. LedgerError: no ledger has made it yet."""
    if not path.is_file():
        raise LedgerError(f"there is no index {path}: the ledger's process makes it when it first reads blocks")
    return Index(path)
