"""Checking a proof file offline. Every sentence of a failure says which part of the file does not hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from pedigree.errors import MedtraceError, ProofError, SealError
from pedigree.merkle import leaf_hash, verify_inclusion
from pedigree.proof.acc import chain_acc
from pedigree.proof.batch import BatchRecord, decode_batch
from pedigree.proof.checkpoint import Checkpoint, verify_checkpoint
from pedigree.proof.file import Proof, ProofLeaf, decode_proof, proof_body
from pedigree.seal.derive import unit_key
from pedigree.seal.keyring import KeyRing


class VerifiedLane(msgspec.Struct, frozen=True):
    """A lane that the proof stands on: its checkpoint and the organisations whose signatures hold."""

    checkpoint: Checkpoint
    signers: tuple[str, ...]


class VerifiedProof(msgspec.Struct, frozen=True):
    """What holds. `leaves`: all leaf bytes in arrival order. `claims`: in words, by `issuer` at `issued_ms` (UTC)."""

    unit: str
    unit_key: bytes
    count: int
    acc: bytes
    leaves: tuple[bytes, ...]
    lanes: tuple[VerifiedLane, ...]
    claims: list[dict[str, Any]]
    issuer: str
    issued_ms: int


def verify_proof(data: bytes, ring: KeyRing, leaf_unit_key: Callable[[bytes], bytes]) -> VerifiedProof:
    """Check everything that can be checked without the network; raises ProofError with the first thing that fails.

    `leaf_unit_key` reads the unit key (32 bytes) out of a leaf's bytes and may raise a MedtraceError or ValueError. That
    no leaf is missing at the end can be told only by the ledger: compare `count` and `acc` with it.
    """
    proof = decode_proof(data)
    if not proof.leaves or proof.count != len(proof.leaves):
        raise ProofError(f"the proof says {proof.count} leaves and brings {len(proof.leaves)}")
    lanes = _verify_lanes(proof, ring)
    key = unit_key(proof.unit, bytes.fromhex(proof.s1))
    leaves: list[bytes] = []
    used: dict[int, int] = {}
    before = (-1, -1, -1)
    for number, entry in enumerate(proof.leaves, start=1):
        try:
            leaf, record = _verify_leaf(entry, lanes, key, leaf_unit_key)
        except ProofError as wrong:
            raise ProofError(f"leaf {number} of {proof.count}: {wrong}") from wrong
        place = (record.generation, entry.batch_index, entry.index)
        if place <= before or used.setdefault(record.generation, record.partition) != record.partition:
            raise ProofError(f"leaf {number} of {proof.count}: is not in arrival order, or in another lane than its unit")
        before = place
        leaves.append(leaf)
    if set(used.items()) != set(lanes):
        raise ProofError("a checkpoint of the proof belongs to none of its leaves")
    if chain_acc(leaves).hex() != proof.acc:
        raise ProofError("the hash chain over the leaves is not the one that the proof names")
    _verify_issuer(proof, ring)
    held = tuple(lanes.values())
    return VerifiedProof(
        proof.unit, key, proof.count, chain_acc(leaves), tuple(leaves), held, proof.claims, proof.issuer, proof.issued_ms
    )


def _verify_lanes(proof: Proof, ring: KeyRing) -> dict[tuple[int, int], VerifiedLane]:
    lanes: dict[tuple[int, int], VerifiedLane] = {}
    for checkpoint in proof.checkpoints:
        if lanes and checkpoint.lane <= max(lanes):
            raise ProofError("the proof's checkpoints are not in order, or two are of one lane")
        lanes[checkpoint.lane] = VerifiedLane(checkpoint, verify_checkpoint(checkpoint, ring))
    return lanes


def _verify_leaf(
    entry: ProofLeaf, lanes: dict[tuple[int, int], VerifiedLane], key: bytes, leaf_unit_key: Callable[[bytes], bytes]
) -> tuple[bytes, BatchRecord]:
    record = decode_batch(bytes.fromhex(entry.batch))
    lane = lanes.get((record.generation, record.partition))
    if lane is None:
        raise ProofError(f"there is no checkpoint for its lane {record.generation}/{record.partition}")
    checkpoint = lane.checkpoint
    lane_path = [bytes.fromhex(value) for value in entry.lane_path]
    batch = leaf_hash(bytes.fromhex(entry.batch))
    try:
        verify_inclusion(batch, entry.batch_index, checkpoint.size, lane_path, bytes.fromhex(checkpoint.root))
    except ProofError as wrong:
        raise ProofError(f"its batch is not in the lane of the checkpoint: {wrong}") from wrong
    leaf = bytes.fromhex(entry.leaf)
    batch_path = [bytes.fromhex(value) for value in entry.batch_path]
    try:
        verify_inclusion(leaf_hash(leaf), entry.index, record.leaf_count, batch_path, record.root)
    except ProofError as wrong:
        raise ProofError(f"it is not in its batch: {wrong}") from wrong
    try:
        found = leaf_unit_key(leaf)
    except (MedtraceError, ValueError) as wrong:
        raise ProofError(f"it can't be read: {wrong}") from wrong
    if found != key:
        raise ProofError("it belongs to another unit: its key does not follow from the proof's unit and secret")
    return leaf, record


def _verify_issuer(proof: Proof, ring: KeyRing) -> None:
    try:
        signer = ring.verify("proof", proof.issuer_key, proof.issued_ms, proof_body(proof), bytes.fromhex(proof.signature))
    except SealError as wrong:
        raise ProofError(f"the issuer's signature over the whole proof does not hold: {wrong}") from wrong
    if signer != proof.issuer:
        raise ProofError(f"the proof names {proof.issuer} as its issuer but is signed by {signer}")
