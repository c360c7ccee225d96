"""The embedded ledger's file: broken heads, rewritten history, readers in other processes."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chaincode.messages import Batch, Message
from ledger.embedded import EmbeddedLedger
from ledger.verify import verify_unit
from ledger.witness import Witness
from pedigree.errors import LedgerError, ProofError, StoreError
from pedigree.proof import decode_checkpoint, encode_checkpoint, sign_checkpoint
from pedigree.seal import sm3
from tests.contract.ledger_world import ORIGIN, WITNESS, Clock, LedgerWorld, commit_all
from tests.unit.ledger_file import LATER, RING, half_signed


@pytest.fixture(scope="module")
def world() -> LedgerWorld:
    return LedgerWorld(11, false_claims=0.2)


@pytest.fixture
def ledger(tmp_path: Path, world: LedgerWorld) -> Iterator[EmbeddedLedger]:
    with closing(half_signed(tmp_path / "ledger.sqlite", world)) as found:
        yield found


def test_an_edited_state_stays_an_alarm_when_the_unit_goes_on(tmp_path: Path, world: LedgerWorld) -> None:
    with closing(EmbeddedLedger(tmp_path / "ledger.sqlite", clock=Clock())) as ledger:
        batches = list(world.batches(most=1))
        half = len(batches) // 2
        commit_all(ledger, batches[:half])
        later = {group.unit for batch in batches[half:] for message in batch.messages for group in message.groups}
        key = next(key for key in sorted(later) if ledger.unit(key) is not None)
        with closing(sqlite3.connect(ledger.path)) as other:
            # a byte in OPEN that the fold may never look at again
            other.execute("UPDATE state SET sum = zeroblob(32) WHERE key = ?", (f"unit/{key.hex()}",))
            other.commit()
        commit_all(ledger, batches[half:])
        assert ledger.faults(key) == ledger.faults() == [f"ledger.state unit/{key.hex()}"]


def test_a_lane_whose_head_was_broken_stops_loudly(ledger: EmbeddedLedger) -> None:
    head = ledger.head(0, 0)
    with closing(sqlite3.connect(ledger.path)) as other:
        other.execute("UPDATE state SET value = x'93' WHERE key = 'lane/0/0'")
        other.commit()
    batch = Batch(0, 0, [Message(head.next, head.previous, sm3(b"next"), [])])
    for call in (lambda: ledger.head(0, 0), ledger.lanes, lambda: ledger.commit(batch)):
        with pytest.raises(LedgerError):
            call()


def rewrite(path: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as other:
        assert other.execute(statement, values).rowcount >= 1
        other.commit()


def _other_record(path: Path, lane: int, batch: int) -> None:
    rewrite(path, "UPDATE batch SET record = (SELECT record FROM batch WHERE partition = ?1 AND idx = ?2 + 1)"
            " WHERE partition = ?1 AND idx = ?2", lane, batch)  # fmt: skip


REWRITES: dict[str, Callable[[Path, int], None]] = {
    "a node of what was signed": lambda path, size: rewrite(
        path, "UPDATE node SET hash = zeroblob(32) WHERE partition = 0 AND level = ?", size.bit_length() - 1
    ),
    "the checkpoint's root": lambda path, size: rewrite(path, "UPDATE checkpoint SET root = zeroblob(32) WHERE partition = 0"),
    "the checkpoint's size": lambda path, size: rewrite(path, "UPDATE checkpoint SET size = size + 1 WHERE partition = 0"),
    "a record since": lambda path, size: _other_record(path, 0, size),
    "a root since": lambda path, size: rewrite(
        path, "UPDATE batch SET root = zeroblob(32) WHERE partition = 0 AND idx = ?", size
    ),
    "the batches since": lambda path, size: rewrite(path, "DELETE FROM batch WHERE partition = 0 AND idx >= ? - 1", size),
    "a batch in between": lambda path, size: rewrite(path, "DELETE FROM batch WHERE partition = 0 AND idx = ?", size),
}


@pytest.mark.parametrize("what", REWRITES)
def test_the_witness_signs_no_rewritten_history(ledger: EmbeddedLedger, what: str) -> None:
    last = ledger.checkpoint(0, 0)
    assert last is not None
    assert ledger.head(0, 0).size >= last.size + 2
    REWRITES[what](ledger.path, last.size)
    with pytest.raises(ProofError, match="lane 0/0"):
        Witness(ledger, WITNESS, "operator", ORIGIN).tick(2 * LATER)
    assert len(ledger.checkpoints(0, 0)) == 1
    assert len(ledger.checkpoints(0, 1)) == 2  # the other lane goes on
    assert ledger.faults() != []


def test_a_running_witness_misses_a_checkpoint_that_is_gone(ledger: EmbeddedLedger) -> None:
    witness = Witness(ledger, WITNESS, "operator", ORIGIN)
    assert witness.tick(LATER) == []
    assert len(witness.tick(2 * LATER)) == 2
    rewrite(ledger.path, "DELETE FROM checkpoint WHERE time_ms > ?", LATER)
    rewrite(ledger.path, "DELETE FROM signed")
    with pytest.raises(ProofError, match="is gone"):
        witness.tick(3 * LATER)


def test_a_checkpoint_survives_its_row(ledger: EmbeddedLedger) -> None:
    kept = ledger.checkpoint(0, 0)
    assert kept is not None
    assert decode_checkpoint(encode_checkpoint(kept)) == kept
    assert sign_checkpoint(kept, "operator", WITNESS).signatures[0].key_id == kept.signatures[0].key_id


READER = """
import sys
from pathlib import Path
from ledger.embedded import EmbeddedLedger

with_, until = EmbeddedLedger(Path(sys.argv[1]), readonly=True), int(sys.argv[2])
print("ready", flush=True)
seen = 0
while seen < until:
    with with_.snapshot():
        size = with_.head(0, 0).size
        receipts = with_.receipts(0, 0, 0, 10_000)
        assert len(receipts) == size, (len(receipts), size)
        assert size >= seen
        seen = size
    assert with_.faults() == []
with_.close()
"""


def test_another_process_and_other_threads_read_while_it_is_written(tmp_path: Path, world: LedgerWorld) -> None:
    path = tmp_path / "ledger.sqlite"
    with pytest.raises(StoreError):
        EmbeddedLedger(path, readonly=True)
    ledger = EmbeddedLedger(path, clock=Clock())
    batches = list(world.batches(most=1))
    until = sum(batch.partition == 0 for batch in batches)
    reader = subprocess.Popen([sys.executable, "-c", READER, str(path), str(until)], stdout=subprocess.PIPE, text=True)
    assert reader.stdout is not None
    assert reader.stdout.readline() == "ready\n"
    wrong: list[object] = []
    done = threading.Event()

    def read() -> None:
        epc = max(world.leaves, key=lambda unit: len(world.leaves[unit]))
        while not done.is_set():
            check = verify_unit(ledger, world.key[epc], world.leaves[epc], RING)
            if check.differs:
                wrong.append(check)

    thread = threading.Thread(target=read)
    thread.start()
    commit_all(ledger, batches)
    done.set()
    thread.join()
    assert wrong == []
    assert reader.wait(timeout=30) == 0
    reader.stdout.close()
    with closing(EmbeddedLedger(path, readonly=True)) as readonly, pytest.raises(LedgerError, match="reading only"):
        readonly.commit(batches[0])
    ledger.close()


def test_of_two_writers_the_late_one_is_refused(tmp_path: Path, world: LedgerWorld) -> None:
    batches = list(world.batches())
    with (
        closing(EmbeddedLedger(tmp_path / "l.sqlite", clock=Clock())) as first,
        closing(EmbeddedLedger(tmp_path / "l.sqlite", clock=Clock())) as zombie,
    ):
        commit_all(first, batches[:4])
        with pytest.raises(LedgerError, match="GAP"):
            zombie.commit(batches[0])
        commit_all(zombie, batches[4:6])
        commit_all(first, batches[6:])
        assert first.faults() == []
