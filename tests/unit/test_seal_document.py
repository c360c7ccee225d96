"""Seals over documents and the published keys."""

from __future__ import annotations

import base64

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pedigree.errors import SealError
from pedigree.seal import (
    KeyRing,
    PrivateKey,
    decode_keyring,
    decode_seal,
    encode_keyring,
    encode_seal,
    generate_key,
    ring_key,
    seal_document,
    sm3,
    verify_seal,
)
from pedigree.seal.document import seal_statement

KEY = PrivateKey(bytes(range(1, 33)))
PARTY = "urn:epc:id:pgln:0614141.00000"
BODY = '{"type":"EPCISDocument","note":"药品"}\r\n'.encode()


def test_a_seal_holds_over_exactly_its_bytes() -> None:
    seal = decode_seal(encode_seal(seal_document(BODY, KEY, PARTY, 1_700_000_000_000)))
    verify_seal(seal, BODY, KEY.public)
    for body in (BODY + b"\n", BODY[:-1], BODY.replace(b"\r\n", b"\n"), b""):
        with pytest.raises(SealError, match="digest"):
            verify_seal(seal, body, KEY.public)
    with pytest.raises(SealError, match="names key"):
        verify_seal(seal, BODY, generate_key().public)


def test_what_the_seal_says_about_itself_is_sealed_too() -> None:
    seal = seal_document(BODY, KEY, PARTY, 1_700_000_000_000)
    other = seal_document(b"other", KEY, PARTY, 1_700_000_000_000)
    for change in ({"party": "someone else"}, {"time_ms": 1_700_000_000_001}, {"signature": other.signature}, {"signature": ""}):
        with pytest.raises(SealError):
            verify_seal(msgspec.structs.replace(seal, **change), BODY, KEY.public)
    forged = msgspec.structs.replace(seal, digest=sm3(b"forged").hex())
    with pytest.raises(SealError):
        verify_seal(forged, b"forged", KEY.public)


def test_golden_vector_of_the_signed_statement() -> None:
    statement = seal_statement(KEY.key_id, PARTY, 1_700_000_000_000, sm3(BODY).hex())
    assert statement == (
        b"medtrace-seal/1\n"
        b"281287d697678542\n"
        b"urn:epc:id:pgln:0614141.00000\n"
        b"1700000000000\n"
        b"34f43501c5a88627238bede1101aaafd14f12d116461f6eac959343a8d6b3e87\n"
    )


@pytest.mark.parametrize("party", ["", "two\nlines", "x" * 201, "tab\there", "end\n"])
def test_a_party_that_could_forge_a_line_is_refused(party: str) -> None:
    with pytest.raises(SealError):
        seal_document(BODY, KEY, party, 0)


def test_a_header_has_one_spelling() -> None:
    header = encode_seal(seal_document(BODY, KEY, PARTY, 5))
    raw = base64.urlsafe_b64decode(header + "=" * (-len(header) % 4))
    spaced = base64.urlsafe_b64encode(raw.replace(b":", b": ", 1)).decode().rstrip("=")
    extra = base64.urlsafe_b64encode(raw[:-1] + b',"more":1}').decode().rstrip("=")
    upper = base64.urlsafe_b64encode(raw.replace(KEY.key_id.encode(), KEY.key_id.upper().encode())).decode().rstrip("=")
    for bad in ("", header + "=", header + " ", header + "\n", header[:-1], "é" + header, spaced, extra, upper, "A" * 5000):
        with pytest.raises(SealError):
            decode_seal(bad)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_random_headers_are_seal_errors(header: str) -> None:
    with pytest.raises(SealError):
        decode_seal(header)


def test_published_keys_survive_their_file_and_honour_their_dates() -> None:
    late, gone, plain = generate_key(), generate_key(), generate_key()
    ring = KeyRing(
        "medtrace.example",
        1,
        [
            ring_key(late.public, "maker", ("checkpoint",), not_before=100, not_after=200),
            ring_key(gone.public, "hospital", ("checkpoint", "proof"), revoked=150),
            ring_key(plain.public, "gateway", ("token",)),
        ],
    )
    again = decode_keyring(encode_keyring(ring))
    assert (again.origin, again.threshold, again.keys) == (ring.origin, ring.threshold, ring.keys)
    signature = late.sign(b"m")
    assert again.verify("checkpoint", late.key_id, 100, b"m", signature) == "maker"
    for time_ms, word in ((99, "before"), (200, "until")):
        with pytest.raises(SealError, match=word):
            again.verify("checkpoint", late.key_id, time_ms, b"m", signature)
    again.verify("proof", gone.key_id, 149, b"m", gone.sign(b"m"))
    with pytest.raises(SealError, match="revoked"):
        again.verify("proof", gone.key_id, 150, b"m", gone.sign(b"m"))
    with pytest.raises(SealError, match="not published for signing a checkpoint"):
        again.verify("checkpoint", plain.key_id, 0, b"m", plain.sign(b"m"))
    with pytest.raises(SealError, match="not among"):
        again.verify("token", KEY.key_id, 0, b"m", KEY.sign(b"m"))


def test_a_ring_that_can_not_work_is_refused() -> None:
    entry = ring_key(KEY.public, "maker", ("checkpoint",))
    foreign = msgspec.structs.replace(entry, key_id="0" * 16)
    for threshold, keys in ((0, [entry]), (2, [entry]), (1, [entry, entry]), (1, [foreign])):
        with pytest.raises(SealError):
            KeyRing("medtrace.example", threshold, keys)
    good = encode_keyring(KeyRing("medtrace.example", 1, [entry]))
    decode_keyring(good.replace(b"\n", b"\n\n"))
    for bad in (b"", b"{}", good[:-3], b"\xff" + good, b"[" * 100_000, good.replace(b'"maker"', b'"maker", "extra": 1')):
        with pytest.raises(SealError):
            decode_keyring(bad)
