"""SM2 keys and signatures: both libraries, each checking the other; nothing malformed gives anything but a SealError."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pedigree.errors import SealError
from pedigree.seal import PrivateKey, PublicKey, current_provider, generate_key, set_provider
from pedigree.seal.curve import N, decode_signature, encode_signature

PROVIDERS = ("tongsuo", "gmssl")
# Private scalars whose public x starts with 04 or zeros would be cut short by gmssl's own constructor.
SCALAR = bytes(range(1, 33))


@pytest.fixture(autouse=True)
def tongsuo_again() -> Iterator[None]:
    yield
    set_provider("tongsuo")


def scalar_with_point_starting(prefix: str) -> bytes:
    set_provider("tongsuo")
    for number in range(1, 5000):
        key = PrivateKey(number.to_bytes(32, "big"))
        if key.public.point.hex()[2:].startswith(prefix):
            return number.to_bytes(32, "big")
    raise AssertionError(prefix)


@pytest.mark.parametrize("signer", PROVIDERS)
@pytest.mark.parametrize("verifier", PROVIDERS)
def test_each_library_verifies_the_other(signer: str, verifier: str) -> None:
    for scalar in (SCALAR, (1).to_bytes(32, "big"), (N - 2).to_bytes(32, "big"), scalar_with_point_starting("04")):
        for message in (b"", b"\0" * 65, "Medikament 药品".encode()):
            set_provider(signer)
            key = PrivateKey(scalar)
            signature = key.sign(message)
            set_provider(verifier)
            key.public.verify(message, signature)
            with pytest.raises(SealError):
                key.public.verify(message + b"x", signature)


def test_both_libraries_compute_the_same_public_key() -> None:
    points = []
    for name in PROVIDERS:
        set_provider(name)
        points.append(PrivateKey(SCALAR).public)
    assert points[0] == points[1]
    assert points[0].key_id == "281287d697678542"


def test_a_signature_of_another_making_verifies_under_both() -> None:
    """Made once with OpenSSL 3 (`pkeyutl -sign -rawin -digest sm3 -pkeyopt distid:1234567812345678`) under SCALAR."""
    signature = bytes.fromhex(
        "3046022100aafd38db343ee2cf5f711a0fd022cfac9b797b1934db49d6f7318a3fcb5772"
        "24022100f724a33a3b4e12fcc481244167733d1158adf506d7d3ed903e7c7fc465dda7a3"
    )
    for name in PROVIDERS:
        set_provider(name)
        PrivateKey(SCALAR).public.verify(b"medtrace\n", signature)


@pytest.mark.parametrize("name", PROVIDERS)
def test_changed_and_malformed_signatures_are_seal_errors(name: str) -> None:
    set_provider(name)
    key = PrivateKey(SCALAR)
    good = key.sign(b"message")
    flips = range(len(good)) if name == "tongsuo" else range(0, len(good), 12)
    broken = [good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :] for at in flips]
    r, s = decode_signature(good)
    zeros = bytes.fromhex("3006020100020100")
    broken += [b"", b"\x30", good[:-1], good + b"\0", b"\x30\x81" + good[1:], b"\x30\x00", good[2:], zeros]
    broken += [encode_signature(*numbers) for numbers in ((s, r), (r, N - s), (r + N, s), (1, 1), (N - 1, 1), (r, N - r))]
    for signature in broken:
        with pytest.raises(SealError):
            key.public.verify(b"message", signature)


@settings(deadline=None)
@given(st.binary(max_size=80))
def test_random_bytes_are_no_signature(signature: bytes) -> None:
    with pytest.raises(SealError):
        PrivateKey(SCALAR).public.verify(b"message", signature)


@given(st.integers(1, N - 1), st.integers(1, N - 1))
def test_der_is_one_to_one(r: int, s: int) -> None:
    if r + s != N:
        assert decode_signature(encode_signature(r, s)) == (r, s)


@pytest.mark.parametrize("name", PROVIDERS)
def test_wrong_keys_are_seal_errors(name: str) -> None:
    set_provider(name)
    point = PrivateKey(SCALAR).public.point
    off_curve = [b"\4" + bytes(64), b"\4" + b"\xff" * 64, point[:-1] + bytes([point[-1] ^ 1])]
    for bad in (b"", point[:-1], bytes(65), b"\2" + point[1:33], *off_curve):
        with pytest.raises(SealError):
            PublicKey(bad)
    for scalar in (b"", bytes(32), bytes(31), N.to_bytes(32, "big"), (N - 1).to_bytes(32, "big"), b"\xff" * 32):
        with pytest.raises(SealError):
            PrivateKey(scalar)
    for digits in ("", "zz", point.hex().upper(), point.hex() + "\n", " " + point.hex()):
        with pytest.raises(SealError):
            PublicKey.from_hex(digits)


@pytest.mark.parametrize("name", PROVIDERS)
def test_keys_survive_pem(name: str) -> None:
    set_provider(name)
    key = generate_key()
    again = PrivateKey.from_pem(key.to_pem())
    assert again.public == key.public == PublicKey.from_pem(key.public.to_pem()) == PublicKey.from_hex(key.public.point.hex())
    key.public.verify(b"x", again.sign(b"x"))
    locked = key.to_pem(b"secret")
    assert b"ENCRYPTED PRIVATE KEY" in locked
    assert PrivateKey.from_pem(locked, b"secret").public == key.public
    assert PublicKey.from_pem(key.public.to_pem().replace(b"\n", b"\r\n")) == key.public
    foreign = [(key.public.to_pem(), None), (b"", None), (b"\xff", b"x")]
    for pem, password in [(locked, None), (locked, b"wrong"), (key.to_pem(), b"secret"), *foreign]:
        with pytest.raises(SealError):
            PrivateKey.from_pem(pem, password)
    with pytest.raises(SealError):
        key.to_pem(b"")
    for pem in (b"", b"\xff\xfe", key.to_pem(), key.public.to_pem()[30:], key.public.to_pem().replace(b"MF", b"M*")):
        with pytest.raises(SealError):
            PublicKey.from_pem(pem)


def test_a_private_key_beside_a_foreign_point_is_refused() -> None:
    pem, other = PrivateKey(SCALAR).to_pem(), generate_key().public.point
    der = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
    mixed = base64.encodebytes(der[:-65] + other)
    with pytest.raises(SealError, match="belong together"):
        PrivateKey.from_pem(b"-----BEGIN PRIVATE KEY-----\n" + mixed + b"-----END PRIVATE KEY-----\n")


def test_other_curves_are_refused() -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    key = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(SealError):
        PrivateKey.from_pem(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(SealError):
        PublicKey.from_pem(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def test_a_private_key_is_never_shown() -> None:
    key = PrivateKey(SCALAR)
    assert repr(key) == f"PrivateKey({key.key_id})"


def test_an_unknown_provider_is_refused_and_the_old_one_stays() -> None:
    with pytest.raises(SealError):
        set_provider("openssl")
    assert current_provider().name == "tongsuo"
