"""A party's seal over one document: SM2-with-SM3 over its exact raw bytes, carried in the header `Medtrace-Seal`.

What is signed is five lines of text (below), so that any SM2 tool can make a seal; the digest in them is SM3 of the body
as sent. The header is the base64url of the seal's JSON.
"""

from __future__ import annotations

import base64
import binascii
from typing import Literal

import msgspec

from pedigree.canonical import Hex, HexHash, KeyId, Millis, Name, decode_exactly
from pedigree.errors import SealError
from pedigree.seal.digest import sm3
from pedigree.seal.keys import PrivateKey, PublicKey

HEADER = "Medtrace-Seal"
ALGORITHM: Literal["SM2-with-SM3"] = "SM2-with-SM3"
_LONGEST = 4096  # characters of a header


class Seal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`party`: who seals (a GLN or party id). `time_ms`: when, by the party's own clock. Hashes and signature in hex."""

    key_id: KeyId
    party: Name
    algorithm: Literal["SM2-with-SM3"]
    time_ms: Millis
    digest: HexHash
    signature: Hex


def seal_statement(key_id: str, party: str, time_ms: int, digest: str) -> bytes:
    """The signed bytes: `medtrace-seal/1`, key id, party, time, digest, one a line, each line ended by a line feed."""
    return f"medtrace-seal/1\n{key_id}\n{party}\n{time_ms}\n{digest}\n".encode()


def seal_document(body: bytes, key: PrivateKey, party: str, time_ms: int) -> Seal:
    """Seal the raw bytes of a document. Raises SealError for a party or time that can't be written in a seal."""
    digest = sm3(body).hex()
    seal = Seal(key.key_id, party, ALGORITHM, time_ms, digest, key.sign(seal_statement(key.key_id, party, time_ms, digest)).hex())
    return decode_seal(encode_seal(seal))


def verify_seal(seal: Seal, body: bytes, public_key: PublicKey) -> None:
    """Return when the seal is `public_key`'s over exactly `body`; else raise SealError saying what differs.

    That the key belongs to `seal.party`, and may be used at that time, is for the caller's registry to say.
    """
    if seal.key_id != public_key.key_id:
        raise SealError(f"the seal names key {seal.key_id}, not {public_key.key_id}")
    if seal.digest != sm3(body).hex():
        raise SealError("the document is not the one that was sealed: its SM3 digest differs")
    try:
        public_key.verify(seal_statement(seal.key_id, seal.party, seal.time_ms, seal.digest), bytes.fromhex(seal.signature))
    except SealError as wrong:
        raise SealError(f"the seal of {seal.party} does not hold: {wrong}") from wrong


def encode_seal(seal: Seal) -> str:
    """The header's value."""
    return base64.urlsafe_b64encode(msgspec.json.encode(seal)).decode().rstrip("=")


def decode_seal(header: str) -> Seal:
    """The inverse of `encode_seal`; any other spelling of the same seal raises SealError."""
    if len(header) > _LONGEST:
        raise SealError(f"the seal is longer than {_LONGEST} characters")
    try:
        raw = header.encode("ascii")
    except UnicodeEncodeError as broken:
        raise SealError("the seal is not base64url") from broken
    return decode_exactly(raw, _read, lambda seal: encode_seal(seal).encode(), SealError, "the seal")


def _read(raw: bytes) -> Seal:
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(raw + b"=" * (-len(raw) % 4)), type=Seal)
    except binascii.Error as broken:
        raise SealError("the seal is not base64url") from broken
