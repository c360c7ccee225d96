"""Time tokens: the gateway's signed word that "it is now at least this late", given to devices.

A token carries the hash of the latest checkpoint: who holds both knows "not before" without trusting the gateway. Its
nonce is the head of the asking device's journal, so the token also proves that those entries existed by its time.
"""

from __future__ import annotations

import msgspec

from pedigree.canonical import Hex, HexHash, KeyId, Millis
from pedigree.seal.keyring import KeyRing
from pedigree.seal.keys import PrivateKey

NO_HASH = bytes(32)  # no entry yet, no checkpoint yet


class ServerToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`device`: key id of the device. `time_ms`: server time. `checkpoint`, `nonce`: SM3 in hex. `key_id`: the gateway's."""

    device: KeyId
    time_ms: Millis
    checkpoint: HexHash
    nonce: HexHash
    key_id: KeyId
    signature: Hex


def token_body(token: ServerToken) -> bytes:
    """The signed bytes: msgpack array [form, device, time, checkpoint, nonce, key id], hex fields as raw bytes."""
    hashes = bytes.fromhex(token.checkpoint), bytes.fromhex(token.nonce)
    return msgspec.msgpack.encode(
        ("medtrace/token/1", bytes.fromhex(token.device), token.time_ms, *hashes, bytes.fromhex(token.key_id))
    )


def issue_token(key: PrivateKey, device: str, time_ms: int, checkpoint: bytes, nonce: bytes) -> ServerToken:
    """A token for the device with that key id; `checkpoint` is `checkpoint_hash` of the latest, or `NO_HASH`."""
    blank = ServerToken(device, time_ms, checkpoint.hex(), nonce.hex(), key.key_id, "")
    return msgspec.structs.replace(blank, signature=key.sign(token_body(blank)).hex())


def verify_token(token: ServerToken, ring: KeyRing) -> None:
    """Raises SealError unless a key published for tokens, valid at the token's time, signed it."""
    ring.verify("token", token.key_id, token.time_ms, token_body(token), bytes.fromhex(token.signature))
