"""The proof file: JSON that a patient downloads, one unit's whole history on the ledger and what is claimed about it.

The file has one spelling (two spaces of indentation, fields in the order below, lower-case hex). The issuing gateway
signs all of it, which ties the claims in words to the leaves; the leaves stand on the checkpoints' signatures alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec

from pedigree.canonical import Count, Hex, HexHash, KeyId, Millis, Name, decode_exactly
from pedigree.errors import ProofError
from pedigree.proof.acc import chain_acc
from pedigree.proof.checkpoint import Checkpoint
from pedigree.seal.keys import PrivateKey

_FORM = b"medtrace/proof/1\n"


class ProofLeaf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A leaf and its way up: to its batch's root by `index` and `batch_path`, to the lane's by `batch_index` and `lane_path`.

    `leaf` and `batch` (the batch record) are their canonical bytes in hex; paths begin at the bottom.
    """

    leaf: Hex
    index: Count
    batch_path: tuple[HexHash, ...]
    batch: Hex
    batch_index: Count
    lane_path: tuple[HexHash, ...]


class Proof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`unit`: its EPC. `s1`: the secret from which the unit's ledger key follows. `leaves`: all, in arrival order.

    `count`, `acc`: their number and hash chain, to be compared with the ledger. `checkpoints`: one a lane, in order.
    """

    format: Literal["medtrace-proof"]
    version: Literal[1]
    unit: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
    claims: list[dict[str, Any]]
    issuer: Name
    issuer_key: KeyId
    issued_ms: Millis
    s1: HexHash
    count: Count
    acc: HexHash
    leaves: tuple[ProofLeaf, ...]
    checkpoints: tuple[Checkpoint, ...]
    signature: Hex


def issue_proof(
    *,
    unit: str,
    s1: bytes,
    leaves: Sequence[ProofLeaf],
    checkpoints: Sequence[Checkpoint],
    claims: Sequence[Mapping[str, Any]],
    issuer: str,
    key: PrivateKey,
    issued_ms: int,
) -> bytes:
    """The signed file. Computes count, acc and the order of checkpoints; raises ProofError for what can't be written."""
    ordered = tuple(sorted(checkpoints, key=lambda checkpoint: checkpoint.lane))
    proof = Proof(
        format="medtrace-proof",
        version=1,
        unit=unit,
        claims=[dict(claim) for claim in claims],
        issuer=issuer,
        issuer_key=key.key_id,
        issued_ms=issued_ms,
        s1=s1.hex(),
        count=len(leaves),
        acc=chain_acc(bytes.fromhex(leaf.leaf) for leaf in leaves).hex(),
        leaves=tuple(leaves),
        checkpoints=ordered,
        signature="",
    )
    signed = msgspec.structs.replace(proof, signature=key.sign(proof_body(proof)).hex())
    data = encode_proof(signed)
    decode_proof(data)
    return data


def proof_body(proof: Proof) -> bytes:
    """The bytes that the issuer signs: the form's name, a line feed, and the file with an empty signature."""
    return _FORM + encode_proof(msgspec.structs.replace(proof, signature=""))


def encode_proof(proof: Proof) -> bytes:
    """The file."""
    return msgspec.json.format(msgspec.json.encode(proof), indent=2) + b"\n"


def decode_proof(data: bytes) -> Proof:
    """Raises ProofError for any other spelling of the same content. Nothing is verified yet."""
    return decode_exactly(data, _DECODER.decode, encode_proof, ProofError, "the proof file")


_DECODER = msgspec.json.Decoder(Proof)
