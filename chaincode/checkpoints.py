"""Where witnesses meet: each organisation puts its signatures on the ledger, and everybody reads them in the same order.

The contract does not verify them, whoever reads does, with the published keys. It holds what needs a common memory: a key belongs
to the organisation that used it first, signs one body for one boundary, and never goes back.
"""

from __future__ import annotations

import msgspec

from chaincode.messages import encode
from pedigree.errors import LedgerError
from pedigree.ports import KeyValue
from pedigree.proof import Checkpoint, checkpoint_hash, decode_checkpoint


class Signed(msgspec.Struct, array_like=True, frozen=True):
    """The latest checkpoint of one key in one lane. `hash`: `pedigree.proof.checkpoint_hash`."""

    member: str
    time_ms: int
    size: int
    hash: bytes


decode_signed = msgspec.msgpack.Decoder(Signed).decode
decode_signatures = msgspec.msgpack.Decoder(list[bytes]).decode


def signed_key(generation: int, partition: int, key_id: str) -> str:
    return f"signed/{generation}/{partition}/{key_id}"


def checkpoint_put(port: KeyValue, signatures: list[bytes]) -> None:
    """`signatures`: encoded checkpoints, each with one signature. A repeat changes nothing.

    LedgerError: one of them goes back, differs from what was signed, or is in another organisation's name. ProofError: it is
    none.
    """
    checkpoints = [decode_checkpoint(data) for data in signatures]
    keys: list[str] = []
    for checkpoint in checkpoints:
        if len(checkpoint.signatures) != 1:
            raise LedgerError("SIGNED a checkpoint here has one signature")
        keys.append(signed_key(*checkpoint.lane, checkpoint.signatures[0].key_id))
    if not keys or len(set(keys)) != len(keys):
        raise LedgerError("SIGNED one checkpoint of a lane and key at a time")
    items: list[tuple[str, bytes]] = []
    for key, checkpoint, stored in zip(keys, checkpoints, port.get_many(keys), strict=True):
        new = Signed(port.caller(), checkpoint.time_ms, checkpoint.size, checkpoint_hash(checkpoint))
        if stored is not None:
            _follows(decode_signed(stored), new, checkpoint)
        items.append((key, encode(new)))
    port.put_many(items)
    port.emit("signed", encode(signatures))


def _follows(last: Signed, new: Signed, checkpoint: Checkpoint) -> None:
    who = checkpoint.signatures[0].signer
    if last.member != new.member:
        raise LedgerError(f"SIGNED the key of {who} belongs to {last.member}, not to {new.member}")
    if last != new and (new.time_ms <= last.time_ms or new.size < last.size):
        lane = f"{checkpoint.generation}/{checkpoint.partition}"
        raise LedgerError(f"SIGNED {who} has already signed another checkpoint of lane {lane}")
