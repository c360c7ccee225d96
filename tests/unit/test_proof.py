"""Proof files: what holds, what each broken part is told as, and that no changed byte passes."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest

from pedigree.errors import ProofError
from pedigree.merkle import MemoryTree, leaf_hash
from pedigree.proof import (
    ZERO_ACC,
    BatchRecord,
    Checkpoint,
    Proof,
    ProofLeaf,
    chain_acc,
    checkpoint_body,
    checkpoint_hash,
    decode_batch,
    decode_checkpoint,
    decode_proof,
    encode_batch,
    encode_checkpoint,
    encode_proof,
    issue_proof,
    next_acc,
    sign_checkpoint,
    verify_checkpoint,
    verify_checkpoint_consistency,
    verify_proof,
)
from pedigree.proof.file import proof_body
from pedigree.seal import KeyRing, PrivateKey, ring_key, sm3, unit_key

ORIGIN = "medtrace.example"
EPC = "https://id.gs1.org/01/09506000134352/21/ABC123"
S1 = sm3(b"secret of the unit")
WITNESSES = {name: PrivateKey(sm3(name.encode())) for name in ("distributor", "hospital", "maker", "regulator")}
GATEWAY = PrivateKey(sm3(b"gateway"))
RING = KeyRing(
    ORIGIN,
    3,
    [
        *(ring_key(key.public, name, ("checkpoint",), not_before=1000) for name, key in WITNESSES.items()),
        ring_key(GATEWAY.public, "gateway", ("proof", "token")),
    ],
)
CLAIMS: list[dict[str, Any]] = [
    {"code": "received", "en": "Received by a hospital", "zh": "已由医院接收", "time_ms": 1_700_000_000_000},
]


def leaf(unit: bytes, number: int) -> bytes:
    return msgspec.msgpack.encode([1, unit, number])


def unit_of(data: bytes) -> bytes:
    return msgspec.msgpack.decode(data, type=tuple[int, bytes, int])[1]


class Lane:
    """A lane in memory: batches of leaves, the tree over their records."""

    def __init__(self, generation: int, partition: int, batches: list[list[bytes]]) -> None:
        self.generation, self.partition = generation, partition
        self.batches = [MemoryTree([leaf_hash(data) for data in batch]) for batch in batches]
        self.leaves = batches
        self.records = [
            encode_batch(BatchRecord(generation, partition, 3 * at, 3 * at + 2, sm3(b"%d" % at), len(batch), tree.root()))
            for at, (batch, tree) in enumerate(zip(batches, self.batches, strict=True))
        ]
        self.tree = MemoryTree([leaf_hash(record) for record in self.records])

    def entry(self, batch: int, index: int) -> ProofLeaf:
        return ProofLeaf(
            leaf=self.leaves[batch][index].hex(),
            index=index,
            batch_path=tuple(value.hex() for value in self.batches[batch].inclusion_path(index)),
            batch=self.records[batch].hex(),
            batch_index=batch,
            lane_path=tuple(value.hex() for value in self.tree.inclusion_path(batch)),
        )

    def checkpoint(self, time_ms: int = 2000, signers: tuple[str, ...] = ("distributor", "maker", "regulator")) -> Checkpoint:
        checkpoint = Checkpoint(ORIGIN, self.generation, self.partition, self.tree.size, self.tree.root().hex(), time_ms)
        for name in signers:
            checkpoint = sign_checkpoint(checkpoint, name, WITNESSES[name])
        return checkpoint


MINE, OTHER = unit_key(EPC, S1), unit_key(EPC, bytes(32))
OLD = Lane(0, 2, [[leaf(OTHER, 1), leaf(MINE, 1), leaf(OTHER, 2)], [leaf(OTHER, 3)]])
LAST = [leaf(OTHER, 5), leaf(MINE, 3), leaf(MINE, 4), leaf(OTHER, 6), leaf(OTHER, 7)]
NEW = Lane(1, 5, [[leaf(OTHER, 4)], [leaf(MINE, 2)], LAST])
ENTRIES = [OLD.entry(0, 1), NEW.entry(1, 0), NEW.entry(2, 1), NEW.entry(2, 2)]


def issue(**change: Any) -> bytes:
    parts: dict[str, Any] = {
        "unit": EPC,
        "s1": S1,
        "leaves": ENTRIES,
        "checkpoints": [NEW.checkpoint(), OLD.checkpoint()],
        "claims": CLAIMS,
        "issuer": "gateway",
        "key": GATEWAY,
        "issued_ms": 3000,
    }
    return issue_proof(**(parts | change))


def resign(data: bytes, **change: Any) -> bytes:
    """What a dishonest gateway could sign: anything at all."""
    proof = msgspec.structs.replace(decode_proof(data), **change)
    return encode_proof(msgspec.structs.replace(proof, signature=GATEWAY.sign(proof_body(proof)).hex()))


def test_a_proof_holds_and_gives_the_leaves_back() -> None:
    data = issue()
    held = verify_proof(data, RING, unit_of)
    assert held.leaves == tuple(leaf(MINE, number) for number in (1, 2, 3, 4))
    assert (held.unit, held.unit_key, held.count, held.claims) == (EPC, MINE, 4, CLAIMS)
    assert held.acc == chain_acc(held.leaves) == next_acc(chain_acc(held.leaves[:3]), held.leaves[3])
    assert [(lane.checkpoint.lane, lane.signers) for lane in held.lanes] == [
        ((0, 2), ("distributor", "maker", "regulator")),
        ((1, 5), ("distributor", "maker", "regulator")),
    ]
    assert (held.issuer, held.issued_ms) == ("gateway", 3000)
    assert "已由医院接收" in data.decode()
    assert data.count(b"\n") > 50


def test_no_changed_byte_passes() -> None:
    data = issue(leaves=[NEW.entry(1, 0)], checkpoints=[NEW.checkpoint(signers=("maker", "hospital", "regulator"))])
    verify_proof(data, RING, unit_of)
    dice = random.Random(7)
    for at, byte in enumerate(data):
        for other in {byte ^ 1, byte ^ 0x20, byte ^ 0x80, dice.randrange(256)} - {byte}:
            with pytest.raises(ProofError):
                verify_proof(data[:at] + bytes([other]) + data[at + 1 :], RING, unit_of)


def test_no_added_or_removed_byte_passes() -> None:
    data = issue(leaves=[NEW.entry(1, 0)], checkpoints=[NEW.checkpoint()])
    for at in range(len(data)):
        for changed in (data[:at] + data[at + 1 :], data[:at] + b" " + data[at:]):
            if changed != data:
                with pytest.raises(ProofError):
                    verify_proof(changed, RING, unit_of)
    for changed in (b"", b"{}", data + b"\n", data[:-1], b"\xef\xbb\xbf" + data, b"[" * 100_000, b'{"claims":' + b"[" * 100_000):
        with pytest.raises(ProofError):
            verify_proof(changed, RING, unit_of)


def replaced(at: int, **change: Any) -> tuple[ProofLeaf, ...]:
    return tuple(msgspec.structs.replace(entry, **change) if k == at else entry for k, entry in enumerate(ENTRIES))


FOREIGN = NEW.entry(2, 0)
FORGED = encode_batch(BatchRecord(1, 5, 3, 5, sm3(b"1"), 1, leaf_hash(leaf(MINE, 99))))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"leaves": ()}, "says 4 leaves and brings 0"),
        ({"count": 5}, "says 5 leaves and brings 4"),
        ({"acc": "00" * 32}, "hash chain over the leaves"),
        ({"leaves": tuple(ENTRIES[:3]), "count": 3}, "hash chain over the leaves"),
        ({"leaves": tuple(reversed(ENTRIES))}, "leaf 2 of 4: is not in arrival order"),
        ({"leaves": (*ENTRIES[:3], ENTRIES[2])}, "leaf 4 of 4: is not in arrival order"),
        ({"leaves": (*ENTRIES[:3], NEW.entry(2, 3))}, "leaf 4 of 4: it belongs to another unit"),
        ({"s1": "00" * 32}, "leaf 1 of 4: it belongs to another unit"),
        ({"unit": EPC + "4"}, "leaf 1 of 4: it belongs to another unit"),
        ({"leaves": replaced(2, leaf=leaf(MINE, 99).hex())}, "leaf 3 of 4: it is not in its batch"),
        ({"leaves": replaced(2, index=2)}, "leaf 3 of 4: it is not in its batch"),
        ({"leaves": replaced(2, index=9)}, "leaf 3 of 4: it is not in its batch"),
        ({"leaves": replaced(2, batch_path=FOREIGN.batch_path)}, "leaf 3 of 4: it is not in its batch"),
        ({"leaves": replaced(1, batch=FORGED.hex())}, "leaf 2 of 4: its batch is not in the lane"),
        ({"leaves": replaced(1, batch_index=2)}, "leaf 2 of 4: its batch is not in the lane"),
        ({"leaves": replaced(1, lane_path=())}, "leaf 2 of 4: its batch is not in the lane"),
        ({"leaves": replaced(1, batch=FORGED.hex() + "00")}, "leaf 2 of 4: the batch record"),
        ({"leaves": replaced(1, batch="")}, "leaf 2 of 4: the batch record"),
        ({"checkpoints": (NEW.checkpoint(),)}, "leaf 1 of 4: there is no checkpoint for its lane 0/2"),
        ({"checkpoints": (NEW.checkpoint(), OLD.checkpoint())}, "not in order"),
        ({"checkpoints": (OLD.checkpoint(), NEW.checkpoint(), Lane(1, 6, [[b""]]).checkpoint())}, "belongs to none"),
        ({"checkpoints": (OLD.checkpoint(), NEW.checkpoint(signers=("maker", "hospital")))}, "2 good signatures of the 3"),
        ({"issuer": "maker"}, "names maker as its issuer"),
        ({"issuer_key": "0" * 16}, "issuer's signature .* not among"),
        ({"issuer_key": WITNESSES["maker"].key_id}, "issuer's signature .* not published for signing a proof"),
    ],
)
def test_even_a_gateway_that_signs_lies_can_not_prove_them(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ProofError, match=sentence):
        verify_proof(resign(issue(), **change), RING, unit_of)


def test_a_leaf_that_can_not_be_read_is_a_proof_error() -> None:
    lane = Lane(0, 0, [[b"\xc1 not msgpack"]])
    data = issue(leaves=[lane.entry(0, 0)], checkpoints=[lane.checkpoint()])
    with pytest.raises(ProofError, match="leaf 1 of 1: it can't be read"):
        verify_proof(data, RING, unit_of)


@pytest.mark.parametrize("change", [{"unit": ""}, {"issuer": "two\nlines"}, {"issued_ms": -1}, {"s1": b"short"}])
def test_what_can_not_be_read_back_is_not_issued(change: dict[str, Any]) -> None:
    with pytest.raises(ProofError):
        issue(**change)


def test_claims_may_be_nested_and_numbers_keep_their_form() -> None:
    claims = [{"path": [{"kind": "hospital", "from_ms": 1}], "ratio": 0.1, "big": 10**30, "nothing": None, "sold": False}]
    assert verify_proof(issue(claims=claims), RING, unit_of).claims == claims


def test_a_checkpoint_counts_organisations_not_signatures() -> None:
    checkpoint = NEW.checkpoint(signers=("maker", "maker"))
    assert len(checkpoint.signatures) == 1
    second = PrivateKey(sm3(b"maker's second key"))
    ring = KeyRing(ORIGIN, 3, [*RING.keys, ring_key(second.public, "maker", ("checkpoint",))])
    doubled = sign_checkpoint(NEW.checkpoint(signers=("maker", "hospital")), "maker", second)
    with pytest.raises(ProofError, match="2 good signatures of the 3"):
        verify_checkpoint(doubled, ring)
    tripled = sign_checkpoint(doubled, "regulator", WITNESSES["regulator"])
    assert verify_checkpoint(tripled, ring) == ("hospital", "maker", "regulator")


def test_a_checkpoint_is_judged_by_its_keys_and_its_time() -> None:
    good = NEW.checkpoint()
    with pytest.raises(ProofError, match="the published keys are of elsewhere"):
        verify_checkpoint(good, KeyRing("elsewhere.example", 3, RING.keys))
    with pytest.raises(ProofError, match="was not valid before"):
        verify_checkpoint(NEW.checkpoint(time_ms=999), RING)
    unknown = sign_checkpoint(good, "stranger", GATEWAY)
    assert verify_checkpoint(unknown, RING) == ("distributor", "maker", "regulator")
    with pytest.raises(ProofError, match="in the name of hospital is by a key of maker"):
        verify_checkpoint(sign_checkpoint(NEW.checkpoint(signers=()), "hospital", WITNESSES["maker"]), RING)
    with pytest.raises(ProofError, match="not in order"):
        verify_checkpoint(msgspec.structs.replace(good, signatures=good.signatures[::-1]), RING)
    for change in ({"size": 2}, {"root": "00" * 32}, {"time_ms": 2001}, {"partition": 4}, {"generation": 0}):
        with pytest.raises(ProofError, match="does not hold"):
            verify_checkpoint(msgspec.structs.replace(good, **change), RING)


def test_checkpoints_of_one_lane_are_consistent_or_history_was_changed() -> None:
    def at(size: int, change: bytes = b"") -> Checkpoint:
        batches = [[b"leaf %d" % k + (change if k == 1 else b"")] for k in range(size)]
        return Lane(1, 5, batches).checkpoint(1000 + size, signers=())

    tree = Lane(1, 5, [[b"leaf %d" % k] for k in range(9)]).tree
    for old in range(10):
        verify_checkpoint_consistency(at(old), at(9), tree.consistency_path(old))
    with pytest.raises(ProofError, match="history was changed"):
        verify_checkpoint_consistency(at(5, b"!"), at(9), tree.consistency_path(5))
    with pytest.raises(ProofError, match="two roots"):
        verify_checkpoint_consistency(at(9, b"!"), at(9), [])
    with pytest.raises(ProofError):
        verify_checkpoint_consistency(at(9), at(5), [])
    with pytest.raises(ProofError, match="one lane"):
        verify_checkpoint_consistency(msgspec.structs.replace(at(5), partition=1), at(9), tree.consistency_path(5))


@pytest.mark.parametrize("at", range(0, 90, 3))
def test_records_and_checkpoints_have_one_encoding(at: int) -> None:
    record = NEW.records[0]
    decoded = decode_batch(record)
    assert encode_batch(decoded) == record
    changed = record[:at] + bytes([record[at] ^ 0x81]) + record[at + 1 :]
    try:
        assert decode_batch(changed) != decoded
    except ProofError:
        pass
    checkpoint = NEW.checkpoint()
    assert decode_checkpoint(encode_checkpoint(checkpoint)) == checkpoint
    with pytest.raises(ProofError):
        decode_checkpoint(encode_checkpoint(checkpoint).replace(b",", b", ", 1))


def test_a_batch_record_with_a_longer_spelling_is_refused() -> None:
    record = encode_batch(BatchRecord(1, 5, 0, 2, bytes(32), 1, bytes(32)))
    assert record[:19] == b"\x98\xb0medtrace/batch/1\x01"
    for bad in (record[:18] + b"\xcc\x01" + record[19:], record + b"\0", record[:-1], b"", record.replace(b"batch", b"patch")):
        with pytest.raises(ProofError):
            decode_batch(bad)
    with pytest.raises(ProofError, match="ends before"):
        decode_batch(encode_batch(BatchRecord(1, 5, 3, 2, bytes(32), 1, bytes(32))))


def test_golden_vectors() -> None:
    assert next_acc(ZERO_ACC, b"leaf").hex() == "e986f9b60bcb6712c8c127173a152e0323a9edff62ccc4edfdd8c06bd9f0201d"
    record = BatchRecord(1, 5, 6, 8, bytes(range(32)), 3, bytes(range(32, 64)))
    assert encode_batch(record).hex() == (
        "98b06d656474726163652f62617463682f3101050608c420"
        + bytes(range(32)).hex()
        + "03c420"
        + bytes(range(32, 64)).hex()
    )
    checkpoint = Checkpoint(ORIGIN, 1, 5, 3, bytes(range(32)).hex(), 2000)
    assert checkpoint_body(checkpoint).hex() == (
        "97b56d656474726163652f636865636b706f696e742f31b06d656474726163652e6578616d706c65010503c420"
        + bytes(range(32)).hex()
        + "cd07d0"
    )
    assert checkpoint_hash(checkpoint).hex() == "4da120c376844fa4a96a94fe1b4b0034a19862c11ffd2e943d8cfde739aa81f2"
    proof = Proof(
        format="medtrace-proof",
        version=1,
        unit=EPC,
        claims=CLAIMS,
        issuer="gateway",
        issuer_key="0123456789abcdef",
        issued_ms=3000,
        s1=S1.hex(),
        count=1,
        acc=chain_acc([leaf(MINE, 2)]).hex(),
        leaves=(NEW.entry(1, 0),),
        checkpoints=(checkpoint,),
        signature="",
    )
    assert sm3(proof_body(proof)).hex() == "aeb743beac5da875d21da1c1f66e4bc990d288b1e76ec0904650a178d4e728ae"
