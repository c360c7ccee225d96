"""Checkpoints: "at this time this lane had so many batches and this root", signed by the organisations' witnesses."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from pedigree.canonical import Count, Hex, HexHash, KeyId, Millis, Name, decode_exactly
from pedigree.errors import ProofError, SealError
from pedigree.merkle import verify_consistency
from pedigree.seal.digest import sm3
from pedigree.seal.keyring import KeyRing
from pedigree.seal.keys import PrivateKey


class CheckpointSignature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One organisation's SM2 signature (DER, hex) over `checkpoint_body`."""

    signer: Name
    key_id: KeyId
    signature: Hex


class Checkpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`origin`: the network. `generation`, `partition`: the lane. `size`: its batch records; `root`: of the tree over them.

    `time_ms`: the boundary that was signed for, the same for all witnesses. `signatures`: ordered by signer and key id.
    """

    origin: Name
    generation: Count
    partition: Count
    size: Count
    root: HexHash
    time_ms: Millis
    signatures: tuple[CheckpointSignature, ...] = ()

    @property
    def lane(self) -> tuple[int, int]:
        return self.generation, self.partition


def checkpoint_body(checkpoint: Checkpoint) -> bytes:
    """The signed bytes: msgpack array [form, origin, generation, partition, size, root as raw bytes, time]."""
    lane = checkpoint.generation, checkpoint.partition, checkpoint.size
    return msgspec.msgpack.encode(
        ("medtrace/checkpoint/1", checkpoint.origin, *lane, bytes.fromhex(checkpoint.root), checkpoint.time_ms)
    )


def checkpoint_hash(checkpoint: Checkpoint) -> bytes:
    """SM3 of the signed bytes: the same whoever has signed. What time tokens carry."""
    return sm3(checkpoint_body(checkpoint))


def sign_checkpoint(checkpoint: Checkpoint, signer: str, key: PrivateKey) -> Checkpoint:
    """The checkpoint with this organisation's signature added, or put in the place of its key's former one."""
    added = CheckpointSignature(signer, key.key_id, key.sign(checkpoint_body(checkpoint)).hex())
    kept = [entry for entry in checkpoint.signatures if entry.key_id != key.key_id]
    return msgspec.structs.replace(checkpoint, signatures=tuple(sorted([*kept, added], key=_order)))


def verify_checkpoint(checkpoint: Checkpoint, ring: KeyRing) -> tuple[str, ...]:
    """The organisations whose signatures hold, at least `ring.threshold`; else raises ProofError saying what is missing."""
    signers, refusals = checkpoint_signers(checkpoint, ring)
    if len(signers) < ring.threshold:
        why = f" ({'; '.join(refusals)})" if refusals else ""
        raise ProofError(f"the checkpoint has {len(signers)} good signatures of the {ring.threshold} it needs{why}")
    return signers


def checkpoint_signers(checkpoint: Checkpoint, ring: KeyRing) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(organisations whose signatures hold, why others don't count), however many there are.

    Signatures of unknown, expired or revoked keys don't count; a wrong signature of a good key is a ProofError, for only
    tampering makes one.
    """
    if checkpoint.origin != ring.origin:
        raise ProofError(f"the checkpoint is of the network {checkpoint.origin}, the published keys are of {ring.origin}")
    order = [_order(one) for one in checkpoint.signatures]
    if any(one >= other for one, other in pairwise(order)):
        raise ProofError("the checkpoint's signatures are not in order, or repeated")
    body = checkpoint_body(checkpoint)
    signers: set[str] = set()
    refusals: list[str] = []
    for entry in checkpoint.signatures:
        refusal = ring.refusal("checkpoint", entry.key_id, checkpoint.time_ms)
        if refusal is not None:
            refusals.append(refusal)
            continue
        try:
            signer = ring.verify("checkpoint", entry.key_id, checkpoint.time_ms, body, bytes.fromhex(entry.signature))
        except SealError as wrong:
            raise ProofError(f"the checkpoint's signature by {entry.signer} does not hold: {wrong}") from wrong
        if signer != entry.signer:
            raise ProofError(f"the checkpoint's signature in the name of {entry.signer} is by a key of {signer}")
        signers.add(signer)
    return tuple(sorted(signers)), tuple(refusals)


def verify_checkpoint_consistency(old: Checkpoint, new: Checkpoint, path: Sequence[bytes]) -> None:
    """Return when `new` only appended to `old`; else raise ProofError. Signatures are checked apart."""
    if (old.origin, old.lane) != (new.origin, new.lane):
        raise ProofError("the two checkpoints are not of one lane of one network")
    if old.time_ms > new.time_ms:
        raise ProofError("the newer checkpoint has the earlier time")
    verify_consistency(old.size, new.size, bytes.fromhex(old.root), bytes.fromhex(new.root), path)


def encode_checkpoint(checkpoint: Checkpoint) -> bytes:
    """Compact JSON, signatures included."""
    return msgspec.json.encode(checkpoint)


def decode_checkpoint(data: bytes) -> Checkpoint:
    """Raises ProofError for anything but the bytes that `encode_checkpoint` writes."""
    return decode_exactly(data, _DECODER.decode, encode_checkpoint, ProofError, "the checkpoint")


def _order(entry: CheckpointSignature) -> tuple[str, str]:
    return entry.signer, entry.key_id


_DECODER = msgspec.json.Decoder(Checkpoint)
