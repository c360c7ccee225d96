"""Readings of the embedded ledger: `python -m ops.bench.ledger [units]`.

Units of one commissioning leaf each, committed in batches of a thousand leaves; in between a few units get ten leaves in six
batches, and the page's comparison is timed on those. Batches are made before the clock starts. Two baselines of the same run:
the same contract over a dictionary (the fold itself), and plain inserts of as many bytes in as many transactions.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from chaincode import contract
from chaincode.messages import Batch, Group, Message
from ledger.embedded import EmbeddedLedger
from ledger.proofs import unit_proof
from ledger.verify import verify_unit
from ledger.witness import Witness, keyring_for
from pedigree.custody.claim import claim
from pedigree.custody.fold import Fold
from pedigree.custody.leaf import VERSION, Leaf, encode_leaf
from pedigree.custody.open import Open
from pedigree.custody.steps import Flag, Kind, Step
from pedigree.seal import ConsortiumKey, generate_key, sm3, unit_key
from storage import sqlite

T0, MINUTE = 1_700_000_000_000, 60_000
LANES, BATCH, DEEP, VISITS = 4, 1_000, 40, 6
CONSORTIUM = ConsortiumKey(1, bytes(range(32)))
STEPS = (Step.COMMISSION, *(Step.SHIP, Step.RECEIVE) * 4, Step.HOLD)


class Dictionary:
    """World state that costs nothing."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        return [self.values.get(key) for key in keys]

    def put_many(self, items: Iterable[tuple[str, bytes]]) -> None:
        self.values.update(items)

    def caller(self) -> str:
        return "bench"

    def emit(self, name: str, payload: bytes) -> None:
        pass


class Deep:
    """A unit with ten leaves."""

    def __init__(self, number: int) -> None:
        self.epc = f"https://id.gs1.org/01/06901234567892/21/D{number}"
        self.key = unit_key(self.epc, CONSORTIUM.unit_secrets(self.epc).s1)
        self.open = Open()
        self.leaves: list[bytes] = []

    def group(self, leaves: int) -> Group:
        before = len(self.leaves)
        new = [_leaf(self.key, STEPS[n], n) for n in range(before, before + leaves)]
        fold = Fold(self.open, new)
        self.open = fold.open()
        data = [encode_leaf(leaf) for leaf in new]
        self.leaves += data
        return Group(self.key, before, data, before, [], claim(fold.close(), fold.outcomes))


def _leaf(unit: bytes, step: Step, number: int) -> Leaf:
    hands = [f"{n:016x}" for n in range(1, 7)]
    at = number // 2
    actor, other = (hands[at], "") if step != Step.SHIP else (hands[at], hands[at + 1])
    when = T0 + number * 60 * MINUTE
    event = sm3(unit + bytes([number]))
    return Leaf(
        VERSION, unit, event, int(Kind.EVENT), int(step), when, when + 500, 600_000, 0, actor, other, hands[0], "a" * 16, "", 1.0,
        int(Flag.MAY_COMMISSION), "", True, False, None, (), (), 1, 1, event,
    )  # fmt: skip


def batches(units: int, deep: list[Deep]) -> list[Batch]:
    """Lanes in turns; the deep units get their leaves spread over their lane."""
    count = max(VISITS, units // BATCH // LANES)
    heads = [(0, b"")] * LANES
    made: list[Batch] = []
    for turn in range(count):
        for lane in range(LANES):
            groups = [_pack((turn * LANES + lane) * BATCH + n) for n in range(BATCH)]
            visit = turn * VISITS // count
            if visit != (turn - 1) * VISITS // count:
                groups += [unit.group(2 if visit < 4 else 1) for unit in deep[lane::LANES]]
            number, previous = heads[lane]
            hash_ = sm3(previous + bytes([lane]))
            heads[lane] = number + 1, hash_
            made.append(Batch(0, lane, [Message(number, previous, hash_, groups)]))
    return made


def _pack(number: int) -> Group:
    key = sm3(number.to_bytes(8, "big"))
    leaf = _leaf(key, Step.COMMISSION, 0)
    fold = Fold(Open(), [leaf])
    fold.open()
    return Group(key, 0, [encode_leaf(leaf)], 0, [], claim(fold.close(), fold.outcomes))


def _plain(folder: Path, size: int, transactions: int, rows: int) -> float:
    with closing(sqlite.open(folder / "plain.sqlite", ("CREATE TABLE t (id INTEGER PRIMARY KEY, data BLOB)",))) as connection:
        data = bytes(size // max(1, transactions * rows))
        start = time.perf_counter()
        for _ in range(transactions):
            with sqlite.transaction(connection):
                connection.executemany("INSERT INTO t (data) VALUES (?)", [(data,)] * rows)
        return time.perf_counter() - start


def _times(readings: list[float]) -> str:
    readings = sorted(readings)
    return f"median {readings[len(readings) // 2] * 1e3:.2f} ms, p99 {readings[len(readings) * 99 // 100] * 1e3:.2f} ms"


def main(units: int) -> None:
    deep = [Deep(number) for number in range(DEEP)]
    made = batches(units, deep)
    leaves = sum(len(group.leaves) for batch in made for message in batch.messages for group in message.groups)
    dictionary = Dictionary()
    start = time.perf_counter()
    for batch in made:
        contract.commit(dictionary, batch)
    fold = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as name:
        path, now = Path(name) / "ledger.sqlite", [T0]
        with closing(EmbeddedLedger(path, clock=lambda: now[0])) as ledger:
            start = time.perf_counter()
            for batch in made:
                ledger.commit(batch)
            whole = time.perf_counter() - start
            if ledger.counts().disputed:
                raise SystemExit("the bench's own claims are wrong")
            size = sum(file.stat().st_size for file in Path(name).iterdir())
            print(f"{units:,} units, {leaves:,} leaves, {len(made)} batches, {size / leaves:.0f} bytes a leaf")
            print(f"commit       {leaves / whole:>9,.0f} leaves/s; the contract alone {leaves / fold:,.0f}/s;", end=" ")
            print(f"the ledger's side {leaves / (whole - fold):,.0f}/s")
            plain = _plain(Path(name), size, len(made), BATCH)
            print(f"baseline     {leaves / plain:>9,.0f} plain rows of as many bytes/s")
            _read(ledger, deep)


def _read(ledger: EmbeddedLedger, deep: list[Deep]) -> None:
    key = generate_key()
    ring = keyring_for("bench", "operator", key.public)
    start = time.perf_counter()
    signed = Witness(ledger, key, "operator", "bench").tick(T0 + MINUTE)
    print(f"witness      {len(signed)} lanes from nothing in {(time.perf_counter() - start) * 1e3:.1f} ms")
    verified, proven = [], []
    for _ in range(5):
        for unit in deep:
            start = time.perf_counter()
            check = verify_unit(ledger, unit.key, unit.leaves, ring)
            verified.append(time.perf_counter() - start)
            if check.state != "ok" or check.anchored != len(STEPS):
                raise SystemExit(f"the ledger does not hold: {check}")
    for unit in deep:
        start = time.perf_counter()
        unit_proof(ledger, epc=unit.epc, consortium=CONSORTIUM, leaves=unit.leaves, claims=[], issuer="operator", key=key,
                   ring=ring, now_ms=T0 + MINUTE)  # fmt: skip
        proven.append(time.perf_counter() - start)
    print(f"verify_unit  {_times(verified)} (10 leaves in 6 batches)")
    print(f"unit_proof   {_times(proven)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m ops.bench.ledger", description=__doc__)
    parser.add_argument("leaves", type=int, nargs="?", default=60_000)
    main(parser.parse_args().leaves)
