"""The ledger's port: what the writer, the projector, the witness, the page and `medtrace check` need from a ledger.

What a reader gets is rows as they are stored; `ledger.proofs` says whether they hold together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

import msgspec

from chaincode.messages import Batch, Lane, Receipt, UnitState
from pedigree.proof import Checkpoint

DumpRow = tuple[str, tuple[object, ...], tuple[object, ...]]
"""(table, key, values)."""


class LedgerReceipt(msgspec.Struct, array_like=True, frozen=True):
    """Where a committed batch stands. `record`: `pedigree.proof.BatchRecord`, encoded; `size`, `root`: of the lane's tree
    after it; `committed_ms`: the ledger's own time, never earlier than that of the batch before. Disputed and unjudged
    claims: (unit, leaf count), by unit."""

    generation: int
    partition: int
    batch: int
    record: bytes
    committed_ms: int
    size: int
    root: bytes
    agreed: int
    disputed: list[tuple[bytes, int]]
    unjudged: list[tuple[bytes, int]]


class Position(NamedTuple):
    """Where a unit's leaf number `n` (arrival order, from 0) stands: leaf `leaf` of the lane's batch `batch`."""

    n: int
    generation: int
    partition: int
    batch: int
    leaf: int


class LeafProof(NamedTuple):
    """`record`: the batch record, encoded; `leaf`: the leaf's hash as the batch's tree has it; `path`: to the batch's root."""

    record: bytes
    leaf: bytes
    path: list[bytes]


class Dispute(NamedTuple):
    """A claim that the ledger did not agree with. `n`: the unit's leaf count after it; `word`: disputed | unjudged."""

    generation: int
    partition: int
    batch: int
    unit: bytes
    n: int
    word: str


class LedgerCounts(NamedTuple):
    """The size of the ledger."""

    lanes: int
    batches: int
    units: int
    leaves: int
    disputed: int
    unjudged: int
    checkpoints: int


class Ledger(Protocol):
    """Any thread may call any method at any time; `commit` and `add_checkpoint` take turns."""

    def head(self, generation: int, partition: int) -> Lane:
        """The lane's head, `Lane()` before its first batch."""
        ...

    def commit(self, batch: Batch) -> Receipt:
        """Commit whole decisions messages, durable on return. LedgerError, and nothing was taken: "GAP have n got m",
        another previous hash, leaves that are none. After an unknown outcome read `head` and batch again."""
        ...

    def lanes(self) -> list[tuple[int, int, Lane]]:
        """(generation, partition, head) of every lane, in order."""
        ...

    def unit(self, key: bytes) -> UnitState | None:
        """World state of a unit, None before its first leaf."""
        ...

    def units(self, keys: Sequence[bytes]) -> list[UnitState | None]:
        """World states in the order of `keys`."""
        ...

    def receipts(self, generation: int, partition: int, start_batch: int = 0, limit: int = 100) -> list[LedgerReceipt]:
        """Receipts from a batch index on, in order; [] at the end."""
        ...

    def receipt_before(self, generation: int, partition: int, time_ms: int) -> LedgerReceipt | None:
        """The lane's last receipt committed before a time (ms UTC), None = there is none."""
        ...

    def positions(self, key: bytes) -> list[Position]:
        """Where each of the unit's leaves stands, in arrival order."""
        ...

    def leaf_proof(self, position: Position) -> LeafProof:
        """The leaf's way up to its batch's root. ProofError: there is no such batch or leaf."""
        ...

    def leaf_proofs(self, positions: Sequence[Position]) -> list[LeafProof | None]:
        """Several at once, each batch read once; None where `leaf_proof` would raise."""
        ...

    def nodes(self, generation: int, partition: int, wanted: Sequence[tuple[int, int]]) -> list[bytes | None]:
        """Nodes (level, index) of the lane's tree (see `pedigree.merkle.tree`), None for one that is not full yet."""
        ...

    def consistency(self, old: Checkpoint, new: Checkpoint) -> list[bytes]:
        """Consistency path of two checkpoints of a lane. ProofError: other lanes, or the nodes are not there."""
        ...

    def checkpoint(
        self, generation: int, partition: int, at_least: int = 0, *, signer: str = "", signers: int = 1
    ) -> Checkpoint | None:
        """The lane's latest checkpoint that `signer` has signed, or as many as `signers` organisations have, with all its
        signatures; None when there is none over `at_least` batches."""
        ...

    def checkpoints(self, generation: int, partition: int, after_ms: int = -1, limit: int = 100) -> list[Checkpoint]:
        """Checkpoints with a boundary later than `after_ms`, in order."""
        ...

    def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint; signatures of the same body are gathered. LedgerError: a key signed another body for that time."""
        ...

    def disputes(self, after: Dispute | None = None, limit: int = 100) -> list[Dispute]:
        """Disputed and unjudged claims in the order of lanes and batches; the next page follows `after`."""
        ...

    def counts(self) -> LedgerCounts:
        """Walks indexes: for status pages, not for every request."""
        ...

    def faults(self, key: bytes | None = None) -> list[str]:
        """Rows that were changed outside of the ledger ("ledger.batch 0/3/17"): those that a unit stands on, None = all."""
        ...

    def dump(self) -> Iterator[DumpRow]:
        """Every row in a canonical order: two ledgers that took the same batches give equal dumps. Commit times, check sums
        and checkpoints are not in it: a replay has other ones (`faults` looks at those)."""
        ...

    def snapshot(self) -> AbstractContextManager[object]:
        """Inside, this thread's reads see the ledger as it stood at the first of them."""
        ...

    def close(self) -> None: ...
