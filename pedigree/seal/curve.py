"""What SM2 keys and signatures must satisfy before any library sees them: curve numbers and strict DER.

Libraries differ in what they accept (BER lengths, points off the curve, r or s out of range). Checking here makes one
encoding per key and per signature the only one, under either provider. Numbers: GB/T 32918.5-2017.
"""

from __future__ import annotations

from pedigree.errors import SealError

P = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_00000000_FFFFFFFF_FFFFFFFF
B = 0x28E9FA9E_9D9F5E34_4D5A9E4B_CF6509A7_F39789F5_15AB8F92_DDBCBD41_4D940E93
N = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_7203DF6B_21C6052B_53BBF409_39D54123


def check_point(point: bytes) -> None:
    """Raise SealError unless `point` is an uncompressed point (0x04 || x || y, 65 bytes) of the SM2 curve."""
    if len(point) != 65 or point[0] != 4:
        raise SealError("an SM2 public key is an uncompressed point of 65 bytes that starts with 04")
    x, y = int.from_bytes(point[1:33], "big"), int.from_bytes(point[33:], "big")
    if x >= P or y >= P or (y * y - (x * x * x - 3 * x + B)) % P:
        raise SealError("the SM2 public key is not a point of the curve")


def check_scalar(scalar: bytes) -> None:
    """Raise SealError unless `scalar` (32 bytes, big-endian) lies in [1, n - 2], as SM2 requires of a private key."""
    if len(scalar) != 32 or not 1 <= int.from_bytes(scalar, "big") <= N - 2:
        raise SealError("an SM2 private key is a number of 32 bytes between 1 and n - 2")


def decode_signature(signature: bytes) -> tuple[int, int]:
    """(r, s) of a DER signature, both in [1, n - 1]; raises SealError for any other encoding of the same numbers."""
    body = signature[2:]
    if not 8 <= len(signature) <= 72 or signature[0] != 0x30 or signature[1] != len(body):
        raise SealError("the SM2 signature is not a DER sequence")
    r, rest = _integer(body)
    s, rest = _integer(rest)
    if rest or r + s == N:
        raise SealError("the SM2 signature is not a DER sequence of two numbers")
    return r, s


def encode_signature(r: int, s: int) -> bytes:
    """DER of (r, s), the inverse of `decode_signature`."""
    parts = b"".join(b"\x02" + bytes([n.bit_length() // 8 + 1]) + n.to_bytes(n.bit_length() // 8 + 1, "big") for n in (r, s))
    return b"\x30" + bytes([len(parts)]) + parts


def _integer(data: bytes) -> tuple[int, bytes]:
    """The first DER integer of `data` and what follows it."""
    if len(data) < 3 or data[0] != 2 or not 1 <= data[1] <= 33 or len(data) < 2 + data[1]:
        raise SealError("the SM2 signature is not a DER sequence of two numbers")
    content = data[2 : 2 + data[1]]
    value = int.from_bytes(content, "big")
    if content[0] & 0x80 or (content[0] == 0 and len(content) > 1 and not content[1] & 0x80) or not 1 <= value < N:
        raise SealError("a number of the SM2 signature is out of range or not in DER")
    return value, data[2 + data[1] :]
