"""Seals: SM2 signatures, SM3 hashes, SM4 boxes, published keys, document seals, device journals, ledger secrets.

`from pedigree.seal import ...` is the public face; wrong keys, signatures and texts raise SealError and nothing else.
"""

from __future__ import annotations

from pedigree.seal.derive import ConsortiumKey, ConsortiumKeys, UnitSecrets, generate_consortium_key, party_code, unit_key
from pedigree.seal.digest import HmacSm3, hmac_sm3, sm3
from pedigree.seal.document import HEADER, Seal, decode_seal, encode_seal, seal_document, verify_seal
from pedigree.seal.journal import (
    Bracket,
    JournalEntry,
    JournalHead,
    JournalWriter,
    decode_journal,
    encode_journal,
    verify_journal,
)
from pedigree.seal.keyring import KeyRing, RingKey, Use, decode_keyring, encode_keyring, ring_key
from pedigree.seal.keys import PrivateKey, PublicKey, generate_key
from pedigree.seal.provider import current_provider, set_provider
from pedigree.seal.sm4 import decrypt, encrypt, generate_sm4_key
from pedigree.seal.token import NO_HASH, ServerToken, issue_token, verify_token

__all__ = [
    "HEADER",
    "NO_HASH",
    "Bracket",
    "ConsortiumKey",
    "ConsortiumKeys",
    "HmacSm3",
    "JournalEntry",
    "JournalHead",
    "JournalWriter",
    "KeyRing",
    "PrivateKey",
    "PublicKey",
    "RingKey",
    "Seal",
    "ServerToken",
    "UnitSecrets",
    "Use",
    "current_provider",
    "decode_journal",
    "decode_keyring",
    "decode_seal",
    "decrypt",
    "encode_journal",
    "encode_keyring",
    "encode_seal",
    "encrypt",
    "generate_consortium_key",
    "generate_key",
    "generate_sm4_key",
    "hmac_sm3",
    "issue_token",
    "party_code",
    "ring_key",
    "seal_document",
    "set_provider",
    "sm3",
    "unit_key",
    "verify_journal",
    "verify_seal",
    "verify_token",
]
