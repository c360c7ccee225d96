"""What every ledger must do, whatever it is built on."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from chaincode.messages import Batch, Group, Message, unit_state_key
from ledger.embedded import EmbeddedLedger
from ledger.port import Dispute, Ledger
from ledger.proofs import latest_checkpoints, unit_proof
from ledger.verify import check_ledger, verify_unit
from ledger.witness import Witness, keyring_for
from pedigree.custody.leaf import leaf_unit_key
from pedigree.errors import LedgerError, ProofError
from pedigree.merkle import Frontier, leaf_hash, verify_inclusion
from pedigree.proof import Checkpoint, chain_acc, decode_batch, verify_checkpoint, verify_checkpoint_consistency, verify_proof
from pedigree.seal import KeyRing, PrivateKey, ring_key, sm3
from tests.contract.ledger_fabric import open_fabric
from tests.contract.ledger_world import ORIGIN, START_MS, WITNESS, Clock, LedgerWorld, commit_all
from tests.property.units import KEY

LEDGERS: dict[str, Callable[[Path, Clock], Ledger]] = {
    "embedded": lambda folder, clock: EmbeddedLedger(folder / "ledger.sqlite", clock=clock),
    "fabric": open_fabric,
}
Open = Callable[..., Ledger]
RING = keyring_for(ORIGIN, "operator", WITNESS.public)
MINUTE = 60_000


@pytest.fixture(params=list(LEDGERS))
def ledger_of(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens the ledger `name`; again for another connection or after a close."""
    opened: list[Ledger] = []

    def open_ledger(name: str = "a", clock: Clock | None = None) -> Ledger:
        (tmp_path / name).mkdir(exist_ok=True)
        opened.append(LEDGERS[request.param](tmp_path / name, clock or Clock()))
        return opened[-1]

    yield open_ledger
    for ledger in opened:
        ledger.close()


@pytest.fixture
def ledger(ledger_of: Open) -> Ledger:
    return ledger_of()


@pytest.fixture(scope="module")
def world() -> LedgerWorld:
    return LedgerWorld(11)


def signed(ledger: Ledger, now_ms: int = START_MS + 60 * MINUTE) -> None:
    Witness(ledger, WITNESS, "operator", ORIGIN).tick(now_ms)


def test_batches_continue_their_lane_and_every_leaf_is_where_its_position_says(ledger: Ledger, world: LedgerWorld) -> None:
    trees = [Frontier(), Frontier()]
    for batch in world.batches():
        receipt = ledger.commit(batch)
        tree = trees[batch.partition]
        tree.append(leaf_hash(receipt.record))
        assert (receipt.batch, receipt.size, receipt.root) == (tree.size - 1, tree.size, tree.root())
        assert receipt.disputed == receipt.unjudged == []
    assert [(generation, partition) for generation, partition, _ in ledger.lanes()] == [(0, 0), (0, 1)]
    for lane, tree in enumerate(trees):
        head = ledger.head(0, lane)
        assert (head.next, head.size, head.frontier) == (len(world.messages[lane]), tree.size, tree.encode())
        stored = [receipt for start in range(0, tree.size, 7) for receipt in ledger.receipts(0, lane, start, 7)]
        assert [receipt.batch for receipt in stored] == list(range(tree.size))
        assert stored[-1].root == tree.root()
        assert [receipt.committed_ms for receipt in stored] == sorted(receipt.committed_ms for receipt in stored)
    for epc, leaves in world.leaves.items():
        key = world.key[epc]
        state = ledger.unit(key)
        assert state is not None
        assert (state.n, state.acc) == (len(leaves), chain_acc(leaves))
        for leaf, position in zip(leaves, ledger.positions(key), strict=True):
            proof = ledger.leaf_proof(position)
            record = decode_batch(proof.record)
            verify_inclusion(leaf_hash(leaf), position.leaf, record.leaf_count, proof.path, record.root)
    counts = ledger.counts()
    assert (counts.lanes, counts.batches) == (2, sum(tree.size for tree in trees))
    assert (counts.units, counts.leaves) == (len(world.leaves), sum(map(len, world.leaves.values())))
    assert ledger.faults() == []


def test_what_does_not_continue_the_lane_is_refused_whole(ledger: Ledger, world: LedgerWorld) -> None:
    first, second, *_ = [batch for batch in world.batches() if batch.partition == 0 and batch.messages]
    ledger.commit(first)
    before = list(ledger.dump())
    with pytest.raises(LedgerError, match=f"GAP have {len(first.messages)} got 0"):
        ledger.commit(first)
    with pytest.raises(LedgerError, match="GAP"):
        ledger.commit(Batch(0, 0, world.messages[0][len(first.messages) + 1 :]))
    wrong = msgspec.structs.replace(second.messages[0], previous=sm3(b"another"))
    with pytest.raises(LedgerError, match="PREVIOUS"):
        ledger.commit(Batch(0, 0, [wrong]))
    groups = [group for message in world.messages[1] for group in message.groups]
    message = Message(len(first.messages), first.messages[-1].hash, sm3(b"new"), [])
    other = next(group for group in groups if group.unit != groups[0].unit)
    strange = Group(groups[0].unit, 0, other.leaves, 0, [], b"")
    for group in (strange, msgspec.structs.replace(groups[0], leaves=[b"\x93"])):
        with pytest.raises(LedgerError, match="leaf"):
            ledger.commit(Batch(0, 0, [msgspec.structs.replace(message, groups=[group])]))
    with pytest.raises(LedgerError, match="empty"):
        ledger.commit(Batch(0, 0, []))
    assert list(ledger.dump()) == before
    ledger.commit(second)


def test_a_ledger_that_took_the_same_batches_has_the_same_rows(ledger_of: Open, world: LedgerWorld) -> None:
    one, other, cut = ledger_of("a"), ledger_of("b"), ledger_of("c")
    batches = list(world.batches())
    commit_all(one, batches)
    commit_all(other, sorted(batches, key=lambda batch: -batch.partition))
    signed(one)
    assert list(one.dump()) == list(other.dump())
    commit_all(cut, world.batches(most=1))  # batches depend on time; what is folded must not
    units = list(world.key.values())
    assert one.units(units) == cut.units(units)
    assert [row for row in one.dump() if row[0] == "state" and row[1][0].startswith("unit/")] == [
        row for row in cut.dump() if row[0] == "state" and row[1][0].startswith("unit/")
    ]


def test_it_opens_again_as_it_was(ledger_of: Open, world: LedgerWorld) -> None:
    first = ledger_of()
    batches = list(world.batches())
    commit_all(first, batches[:5])
    rows = list(first.dump())
    first.close()
    with pytest.raises(LedgerError):
        first.head(0, 0)
    again = ledger_of()
    assert list(again.dump()) == rows
    commit_all(again, batches[5:])


def test_a_false_claim_is_recorded_and_stops_nothing(ledger: Ledger) -> None:
    world = LedgerWorld(5, false_claims=0.3)
    commit_all(ledger, world.batches())
    found: list[Dispute] = []
    while page := ledger.disputes(found[-1] if found else None, 3):
        assert len(page) <= 3
        found += page
    assert sorted(dispute.unit for dispute in found) == sorted(world.lies)
    assert {dispute.word for dispute in found} == {"disputed"}
    listed = [
        (lane, receipt.batch, *at) for lane in (0, 1) for receipt in ledger.receipts(0, lane, 0, 999) for at in receipt.disputed
    ]
    assert listed == [(d.partition, d.batch, d.unit, d.n) for d in found]
    assert ledger.counts().disputed == len(world.lies)
    assert ledger.faults() == []


def test_the_witness_signs_changed_lanes_at_boundaries(ledger_of: Open, world: LedgerWorld) -> None:
    clock = Clock()
    ledger = ledger_of(clock=clock)
    witness = Witness(ledger, WITNESS, "operator", ORIGIN)
    assert witness.tick(START_MS) == []
    kept: dict[int, list[Checkpoint]] = {0: [], 1: []}
    for batch in world.batches(most=2):
        clock.now += 2_000
        ledger.commit(batch)
        due = (clock.now - 5_000) // 10_000 * 10_000
        for checkpoint in witness.tick(clock.now):
            assert checkpoint.time_ms == due
            assert verify_checkpoint(checkpoint, RING) == ("operator",)
            stored = ledger.receipts(0, checkpoint.partition, checkpoint.size - 1, 2)
            assert stored[0].root.hex() == checkpoint.root
            assert stored[0].committed_ms < due
            assert all(later.committed_ms >= due for later in stored[1:])
            kept[checkpoint.partition].append(checkpoint)
        assert witness.tick(clock.now) == []
    for lane, checkpoints in kept.items():
        assert len(checkpoints) > 3
        assert ledger.checkpoint(0, lane) == checkpoints[-1]
        assert ledger.checkpoint(0, lane, checkpoints[-1].size + 1) is None
        assert ledger.checkpoints(0, lane, checkpoints[0].time_ms, 2) == checkpoints[1:3]
        for old, new in pairwise(checkpoints):
            verify_checkpoint_consistency(old, new, ledger.consistency(old, new))
    with pytest.raises(ProofError):
        ledger.consistency(kept[0][0], kept[1][0])
    assert witness.tick(clock.now + MINUTE)  # the rest
    assert witness.tick(clock.now + 2 * MINUTE) == []
    assert ledger.faults() == []


def test_signatures_of_several_witnesses_meet_over_the_same_bytes(ledger: Ledger, world: LedgerWorld) -> None:
    keys = {name: PrivateKey(sm3(name.encode())) for name in ("maker", "hospital", "regulator")}
    ring = KeyRing(ORIGIN, 3, [ring_key(key.public, name, ("checkpoint",)) for name, key in keys.items()])
    witnesses = [Witness(ledger, key, name, ORIGIN) for name, key in keys.items()]
    for number, batch in enumerate(world.batches()):
        ledger.commit(batch)
        if number in (8, 12):
            for late, witness in enumerate(witnesses):
                witness.tick(START_MS + number * MINUTE + 5_000 + late * 3_000)
    for lane in (0, 1):
        for checkpoint in ledger.checkpoints(0, lane):
            assert verify_checkpoint(checkpoint, ring) == ("hospital", "maker", "regulator")
        assert len(ledger.checkpoints(0, lane)) == 2
    before = [ledger.checkpoint(0, lane, signers=3) for lane in (0, 1)]
    last = START_MS + 100 * MINUTE
    assert all(witness.tick(last) for witness in witnesses[:2])
    for lane, whole in enumerate(before):
        newest = ledger.checkpoint(0, lane)
        assert whole is not None
        assert newest is not None
        assert newest.time_ms > whole.time_ms
        assert ledger.checkpoint(0, lane, signers=2) == newest
        assert ledger.checkpoint(0, lane, signers=3) == whole  # what waits for a third one proves nothing yet
    units = {group.unit for message in world.messages[0] + world.messages[1] for group in message.groups}
    leaves = [position for unit in units for position in ledger.positions(unit)]
    assert latest_checkpoints(ledger, leaves, ring.threshold) == {(0, lane): whole for lane, whole in enumerate(before)}
    assert list(check_ledger(ledger, ring)) == []  # and is nothing wrong
    assert witnesses[2].tick(last)
    assert all(ledger.checkpoint(0, lane, signers=3) == ledger.checkpoint(0, lane) for lane in (0, 1))


def test_a_key_signs_one_body_for_one_time(ledger: Ledger, world: LedgerWorld) -> None:
    commit_all(ledger, world.batches())
    signed(ledger)
    kept = ledger.checkpoint(0, 0)
    assert kept is not None
    ledger.add_checkpoint(kept)
    with pytest.raises(LedgerError, match="already signed"):
        ledger.add_checkpoint(msgspec.structs.replace(kept, size=kept.size - 1))
    assert ledger.checkpoint(0, 0) == kept


def test_the_proof_file_holds_what_a_checkpoint_covers(ledger_of: Open, world: LedgerWorld) -> None:
    clock = Clock()
    ledger = ledger_of(clock=clock)
    epc = max(world.leaves, key=lambda unit: len(world.leaves[unit]))
    leaves = world.leaves[epc]
    counts: list[int] = []
    witness = Witness(ledger, WITNESS, "operator", ORIGIN)
    for batch in world.batches(most=2):
        ledger.commit(batch)
        witness.tick(clock.now)
        check = verify_unit(ledger, world.key[epc], leaves, RING)
        data = unit_proof(
            ledger,
            epc=epc,
            consortium=KEY,
            leaves=leaves,
            claims=[{"code": "seen"}],
            issuer="operator",
            key=WITNESS,
            ring=RING,
            now_ms=clock.now,
        )
        if data is None:
            counts.append(0)
        else:
            proof = verify_proof(data, RING, leaf_unit_key)
            counts.append(proof.count)
            assert list(proof.leaves) == leaves[: proof.count]
            assert check.checkpoint_ms == proof.lanes[0].checkpoint.time_ms
        assert check.anchored == counts[-1] <= check.known
        assert check.differs == ()
        assert check.state == ("ok" if check.known == len(leaves) else "catching_up")
    assert counts == sorted(counts)
    assert counts[0] == 0
    assert len(set(counts)) > 3


def test_a_unit_that_differs_is_told_from_one_that_waits(ledger: Ledger, world: LedgerWorld) -> None:
    batches = list(world.batches())
    commit_all(ledger, batches)
    signed(ledger)
    rng = random.Random(1)
    for epc, leaves in world.leaves.items():
        key = world.key[epc]
        assert verify_unit(ledger, key, leaves, RING).state == "ok"
        assert verify_unit(ledger, key, [*leaves, leaves[0]], RING).state == "catching_up"
        assert verify_unit(ledger, key, leaves[:-1], RING)[:3] == ("ahead", (), len(leaves))
        at = rng.randrange(len(leaves))
        changed = [*leaves[:at], leaves[at][:-1] + bytes([leaves[at][-1] ^ 1]), *leaves[at + 1 :]]
        assert verify_unit(ledger, key, changed, RING)[:2] == ("differs", (f"custody leaf {at} of {key.hex()}",))
        assert verify_unit(ledger, key, leaves[at:] + leaves[:at], RING).state == ("differs" if at else "ok")
    unknown = sm3(b"no such unit")
    assert verify_unit(ledger, unknown, [], RING)[:4] == ("ok", (), 0, 0)
    assert verify_unit(ledger, unknown, [leaves[0]], RING).state == "catching_up"
    assert ledger.unit(unknown) is None
    assert unit_state_key(unknown) not in {row[1][0] for row in ledger.dump() if row[0] == "state"}
