"""Who signs: a certificate of one member organisation and its P-256 key."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from fabric_protos.msp import identities_pb2

from ledger.fabric.errors import ProfileError

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class Identity:
    """`member`: the MSP id. ProfileError when the key is none of P-256."""

    def __init__(self, member: str, certificate: bytes, key: bytes) -> None:
        self.member = member
        try:
            loaded = load_pem_private_key(key, None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as wrong:
            raise ProfileError(f"the private key of {member} can't be read: {wrong}") from wrong
        if not isinstance(loaded, EllipticCurvePrivateKey) or not isinstance(loaded.curve, SECP256R1):
            raise ProfileError(f"the private key of {member} is not of the curve P-256")
        self._key = loaded
        self.creator = bytes(
            identities_pb2.SerializedIdentity(mspid=member, id_bytes=certificate).SerializeToString(deterministic=True)
        )

    def sign(self, data: bytes) -> bytes:
        """ECDSA with SHA-256, DER. Peers refuse the higher of the two values that s can have."""
        r, s = decode_dss_signature(self._key.sign(data, ECDSA(SHA256())))
        return encode_dss_signature(r, min(s, P256_ORDER - s))

    def transaction_id(self, nonce: bytes) -> str:
        """The id that peers compute again: hex of SHA-256 over nonce and creator."""
        return hashlib.sha256(nonce + self.creator).hexdigest()


def verified(public: EllipticCurvePublicKey, data: bytes, signature: bytes) -> bool:
    """Whether a signature holds and is in its lower form."""
    try:
        _, s = decode_dss_signature(signature)
        public.verify(signature, data, ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return s <= P256_ORDER // 2


def load_identity(member: str, certificate: Path, key: Path) -> Identity:
    """From PEM files. ProfileError: a file can't be read."""
    try:
        return Identity(member, certificate.read_bytes(), key.read_bytes())
    except OSError as missing:
        raise ProfileError(f"the identity of {member}: {missing.filename} can't be read ({missing.strerror})") from missing
