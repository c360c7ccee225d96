"""The ledger against the log of decisions: the contract judges every batch again, signatures and check sums are looked at."""

from __future__ import annotations

from itertools import pairwise

from chaincode.messages import Batch
from ledger.embedded.dump import TABLES
from ledger.port import Ledger, LedgerReceipt
from ops.check.custody import taken_by
from ops.check.difference import Differences, Report, Tables, compare, key_text
from ops.check.logs import numbered
from ops.check.stores import GENERATION, Snapshot
from pedigree.errors import LedgerError, ProofError
from pedigree.ports import DECISIONS, EventLog
from pedigree.proof import BatchRecord, Checkpoint, checkpoint_signers, decode_batch
from pedigree.seal import KeyRing
from streams.ledger_writer import ledger_message

_PAGE = 500


def check_ledger(taken: Snapshot, into: Differences, report: Report) -> None:
    """Commit the same decisions in the same batches to an empty ledger and compare; then what a replay can't tell."""
    ledger = taken.ledger
    assert ledger is not None  # the caller has looked
    again = taken.scratch.ledger()
    boundaries = [_boundaries(taken, ledger, p) for p in range(taken.partitions)]
    whole = sum(bounds[-1] for bounds in boundaries)
    done = 0
    for partition, bounds in enumerate(boundaries):
        for first, after in pairwise(bounds):
            commit_range(again, taken.log, partition, first, after)
            done += after - first
            report("committing again", done, whole)
    compare_ledger(ledger, again, into)
    check_checkpoints(ledger, again, taken.partitions, taken.secrets.ring, into)
    for fault in ledger.faults():
        _name(fault, into)
    report("committing again", whole, whole)


def _name(fault: str, into: Differences) -> None:
    """`ledger.node 0/3/0/5 belongs to no batch` and the like: what check sums and trees said."""
    row, _, words = fault.removeprefix("ledger.").partition(" ")
    key, _, words = words.partition(" ")
    into.add("ledger", row, key if row == "state" else key.replace("/", " / "), words or "an edited row", "what was written")


def compare_ledger(found: Ledger, expected: Ledger, into: Differences) -> None:
    """Every row of two ledgers but commit times, check sums and checkpoints."""
    ours, theirs = Tables(found.dump()), Tables(expected.dump())
    for table, (_, values) in TABLES.items():
        compare("ledger", table, values.split(", "), ours.of(table), theirs.of(table), into)


def commit_range(ledger: Ledger, log: EventLog, partition: int, first: int, after: int) -> None:
    """One batch: the decisions of [first, after)."""
    messages = [ledger_message(decisions, hash_) for decisions, hash_ in numbered(log, partition, first, after)]
    ledger.commit(Batch(GENERATION, partition, messages))


def _boundaries(taken: Snapshot, ledger: Ledger, partition: int) -> list[int]:
    """Where the lane's batches begin, and behind them where it stands: [0, ..., next]. Records that the log does not bear out
    are passed over: whoever edited one must not decide how the others are read."""
    end = taken.ends[DECISIONS, partition]
    bounds = [0]
    expected = 0
    while page := ledger.receipts(GENERATION, partition, expected, _PAGE):
        sure = True
        for stored in page:
            record = _record(stored, taken.log, partition, end)
            sure, gap = record is not None, not sure or stored.batch != expected
            expected = stored.batch + 1
            if record is None or record.last < bounds[-1]:
                continue
            if gap and record.first > bounds[-1]:
                bounds.append(record.first)
            bounds.append(record.last + 1)
    head = _head(taken, ledger, partition)
    return [*bounds, head] if head is not None and head > bounds[-1] else bounds


def _record(stored: LedgerReceipt, log: EventLog, partition: int, end: int) -> BatchRecord | None:
    try:
        record = decode_batch(stored.record)
    except ProofError:
        return None
    if record.last >= end:
        return None
    last = next((hash_ for _, hash_ in numbered(log, partition, record.last, record.last + 1)), None)
    return record if last == record.last_hash else None


def _head(taken: Snapshot, ledger: Ledger, partition: int) -> int | None:
    """What comes next by the lane's head, None when the log does not bear it out."""
    try:
        head = ledger.head(GENERATION, partition)
    except LedgerError:
        return None
    return taken_by(taken.log, partition, taken.ends[DECISIONS, partition], head.next, head.previous)


def check_checkpoints(found: Ledger, again: Ledger, partitions: int, ring: KeyRing | None, into: Differences) -> None:
    """Every checkpoint names the root of the lane as it was built again, and its signatures hold."""
    for partition in range(partitions):
        after = -1
        while page := found.checkpoints(GENERATION, partition, after, _PAGE):
            for checkpoint in page:
                after = checkpoint.time_ms
                if (wrong := _checkpoint_fault(checkpoint, again, ring)) is not None:
                    into.add("ledger", "checkpoint", key_text((*checkpoint.lane, checkpoint.time_ms)), *wrong)


def _checkpoint_fault(checkpoint: Checkpoint, again: Ledger, ring: KeyRing | None) -> tuple[str, str] | None:
    stored = again.receipts(*checkpoint.lane, checkpoint.size - 1, 1)
    root = stored[0].root.hex() if stored and stored[0].size == checkpoint.size else ""
    if root != checkpoint.root:
        return f"root {checkpoint.root[:16]}… over {checkpoint.size} batches", f"root {root[:16] or 'of no such size'}…"
    if ring is None:
        return None
    try:
        signers, refusals = checkpoint_signers(checkpoint, ring)
    except ProofError as wrong:
        return str(wrong), "a signature that holds"
    if not signers:  # that others have not signed yet is no difference
        return "; ".join(refusals) or "no signature", "a signature that holds"
    return None
