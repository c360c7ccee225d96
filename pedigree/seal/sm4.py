"""SM4-GCM (GB/T 32907, NIST SP 800-38D) from `cryptography`: for papers at rest."""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from pedigree.errors import SealError

KEY_SIZE = 16  # bytes
_NONCE = 12  # bytes
_TAG = 16  # bytes


def generate_sm4_key() -> bytes:
    """16 random bytes."""
    return secrets.token_bytes(KEY_SIZE)


def encrypt(key: bytes, plaintext: bytes, aad: bytes = b"") -> bytes:
    """nonce (12 bytes) || ciphertext || tag (16 bytes). `aad` is authenticated, not stored. Raises SealError."""
    nonce = secrets.token_bytes(_NONCE)
    encryptor = Cipher(_algorithm(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(aad)
    return nonce + encryptor.update(plaintext) + encryptor.finalize() + encryptor.tag


def decrypt(key: bytes, box: bytes, aad: bytes = b"") -> bytes:
    """The plaintext of what `encrypt` gave. Raises SealError for another key, other `aad` or any changed byte."""
    if len(box) < _NONCE + _TAG:
        raise SealError(f"{len(box)} bytes are too few for an SM4-GCM box")
    decryptor = Cipher(_algorithm(key), modes.GCM(box[:_NONCE], box[-_TAG:])).decryptor()
    decryptor.authenticate_additional_data(aad)
    try:
        return decryptor.update(box[_NONCE:-_TAG]) + decryptor.finalize()
    except InvalidTag as wrong:
        raise SealError("the SM4-GCM box does not open: another key, other associated data, or changed bytes") from wrong


def _algorithm(key: bytes) -> algorithms.SM4:
    if len(key) != KEY_SIZE:
        raise SealError(f"an SM4 key has {KEY_SIZE} bytes, not {len(key)}")
    return algorithms.SM4(key)
