"""SM3, HMAC-SM3, SM4-GCM and the derived secrets of the ledger's privacy."""

from __future__ import annotations

import hashlib
import hmac
import warnings

import pytest
from gmssl import sm3 as gmssl_sm3

from pedigree.errors import SealError
from pedigree.seal import (
    ConsortiumKey,
    HmacSm3,
    decrypt,
    encrypt,
    generate_consortium_key,
    generate_sm4_key,
    hmac_sm3,
    party_code,
    sm3,
    unit_key,
)
from pedigree.seal.digest import _GmsslHash, _start

EPC = "https://id.gs1.org/01/09506000134352/21/ABC123"


def test_sm3_gives_the_examples_of_the_standard() -> None:
    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert sm3(b"abcd" * 16).hex() == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"


@pytest.mark.parametrize("size", [0, 1, 55, 56, 63, 64, 65, 1000])
def test_openssl_and_gmssl_agree(size: int) -> None:
    data = bytes(at % 251 for at in range(size))
    slow = _GmsslHash()
    slow.update(data)
    assert sm3(data) == slow.digest() == slow.copy().digest() == bytes.fromhex(gmssl_sm3.sm3_hash(list(data)))


@pytest.mark.parametrize("size", [0, 16, 32, 64, 65, 200])
def test_hmac_is_rfc_2104(size: int) -> None:
    key, data = bytes(range(size % 256)) * (1 if size < 256 else 0), b"message"
    expected = hmac.digest(key, data, "sm3")
    assert hmac_sm3(key, data) == HmacSm3(key).digest(data) == HmacSm3(key, b"mess").digest(b"age") == expected


def test_an_openssl_without_sm3_falls_back_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise ValueError(f"unsupported hash type {name}")

    monkeypatch.setattr(hashlib, "new", refuse)
    with pytest.warns(RuntimeWarning, match="gmssl"):
        state = _start()
    state.update(b"abc")
    assert state.digest() == sm3(b"abc")


def test_golden_vectors_of_the_unit_secrets() -> None:
    key = ConsortiumKey(1, bytes(range(32)))
    s1, s2 = key.unit_secrets(EPC)
    assert s1.hex() == "4b25e92dc515061f25174b18b9594a308c982f914983aafdd3a13372cfc377e3"
    assert s2.hex() == "07d29da028b0dc4678acd0016995da36a8ad90287e81a11b064c2ad3812e5333"
    assert unit_key(EPC, s1) == sm3(EPC.encode() + s1)
    assert unit_key(EPC, s1).hex() == "b52a37697fb8a01c3bb5050fd1dd7a27e57d94802cfa588e766d3c9645bc9703"
    assert party_code(s2, "urn:epc:id:pgln:0614141.00000") == "6358a2919693d6ea6b6c52cd713c66ff"


def test_secrets_differ_by_unit_version_purpose_and_key() -> None:
    secret = bytes(range(32))
    first, second = ConsortiumKey(1, secret), ConsortiumKey(2, secret)
    other = ConsortiumKey(1, bytes(32))
    values = [value for key in (first, second, other) for epc in (EPC, EPC + "4") for value in key.unit_secrets(epc)]
    assert len(set(values)) == len(values) == 12
    codes = {party_code(key.unit_secrets(epc).s2, "party") for key in (first, second) for epc in (EPC, EPC + "4")}
    assert len(codes) == 4
    assert first.unit_secrets(EPC) == ConsortiumKey(1, secret).unit_secrets(EPC)


def test_a_consortium_key_survives_its_text_and_hides_in_repr() -> None:
    key = generate_consortium_key(3)
    again = ConsortiumKey.from_text(key.to_text() + "\n")
    assert (again.version, again.unit_secrets(EPC)) == (3, key.unit_secrets(EPC))
    assert key.to_text().split(":")[2] not in repr(key)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "medtrace-consortium-key:1:00",
        *(f"medtrace-consortium-key:{version}:{'00' * 32}" for version in ("0", "01", "+1", "one", "-1")),
        "other:1:" + "00" * 32,
        "medtrace-consortium-key:1:" + "AB" * 32,
    ],
)
def test_a_broken_consortium_key_is_refused(text: str) -> None:
    with pytest.raises(SealError):
        ConsortiumKey.from_text(text)


def test_sm4_opens_only_with_its_key_and_its_associated_data() -> None:
    key = generate_sm4_key()
    box = encrypt(key, b"certificate of analysis", b"paper 1")
    assert decrypt(key, box, b"paper 1") == b"certificate of analysis"
    assert box != encrypt(key, b"certificate of analysis", b"paper 1")
    assert decrypt(key, encrypt(key, b"")) == b""
    wrong = [(generate_sm4_key(), box, b"paper 1"), (key, box, b"paper 2"), (key, box[:20], b"paper 1"), (b"", box, b"paper 1")]
    flipped = [(key, box[:at] + bytes([box[at] ^ 1]) + box[at + 1 :], b"paper 1") for at in range(len(box))]
    for arguments in wrong + flipped:
        with pytest.raises(SealError):
            decrypt(*arguments)
    with pytest.raises(SealError):
        encrypt(b"short", b"x")


def test_sm4_gcm_gives_the_example_of_rfc_8998() -> None:
    key, nonce = bytes.fromhex("0123456789abcdeffedcba9876543210"), bytes.fromhex("00001234567800000000abcd")
    aad = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    words = "".join(digit * 16 for digit in "abcdefea")
    plaintext = bytes.fromhex(words)
    ciphertext = (
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
    )
    tag = "83de3541e4c2b58177e065a9bf7b62ec"
    assert decrypt(key, nonce + bytes.fromhex(ciphertext + tag), aad) == plaintext


def test_nothing_warns_on_an_ordinary_interpreter() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _start()
