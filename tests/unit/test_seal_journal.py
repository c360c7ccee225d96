"""Device journals: what a bracket proves, and that no break of the chain passes."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from pedigree.errors import SealError
from pedigree.seal import (
    NO_HASH,
    Bracket,
    JournalEntry,
    JournalHead,
    JournalWriter,
    KeyRing,
    PrivateKey,
    ServerToken,
    decode_journal,
    encode_journal,
    generate_key,
    issue_token,
    ring_key,
    sm3,
    verify_journal,
)
from pedigree.seal.journal import entry_body, entry_hash
from pedigree.seal.token import token_body

DEVICE = PrivateKey(bytes(range(1, 33)))
GATEWAY = PrivateKey(bytes(range(2, 34)))
RING = KeyRing("medtrace.example", 1, [ring_key(GATEWAY.public, "gateway", ("token",), not_after=10_000_000)])


def event(number: int) -> str:
    return f"ni:///sha-256;{number:064x}?ver=CBV2.0"


def token(writer: JournalWriter, time_ms: int) -> ServerToken:
    return issue_token(GATEWAY, DEVICE.key_id, time_ms, sm3(b"checkpoint"), writer.head.hash)


def sample() -> list[JournalEntry]:
    """0 and 1 before any token; 2 and 3 after one of t=1000 that saw 1; reboot; 4 after one of t=2000 that saw 3."""
    writer = JournalWriter(DEVICE, "boot-a")
    entries = [writer.append(event(0), 10), writer.append(event(1), 20)]
    writer.receive(token(writer, 1000))
    entries += [writer.append(event(2), 30), writer.append(event(3), 30)]
    writer.receive(token(writer, 2000))
    writer.reboot("boot-b")
    return [*entries, writer.append(event(4), 1)]


def test_brackets_follow_from_tokens_before_and_after() -> None:
    brackets, head = verify_journal(decode_journal(encode_journal(sample())), DEVICE.public, RING)
    assert brackets == [
        Bracket(event(0), None, 1000, "unproven"),
        Bracket(event(1), None, 1000, "unproven"),
        Bracket(event(2), 1000, 2000, "proven"),
        Bracket(event(3), 1000, 2000, "proven"),
        Bracket(event(4), 2000, None, "proven"),
    ]
    assert (head.sequence, head.boot, head.ticks_ms, head.earliest_ms) == (5, "boot-b", 1, 2000)


@pytest.mark.parametrize("cut", range(6))
def test_a_journal_may_come_in_pieces(cut: int) -> None:
    entries = sample()
    first, head = verify_journal(entries[:cut], DEVICE.public, RING)
    stored = msgspec.msgpack.decode(msgspec.msgpack.encode(head), type=JournalHead)
    second, end = verify_journal(entries[cut:], DEVICE.public, RING, stored)
    whole, whole_end = verify_journal(entries, DEVICE.public, RING)
    assert end == whole_end
    assert [entry.earliest_ms for entry in first + second] == [entry.earliest_ms for entry in whole]


def test_a_token_that_was_not_asked_for_with_the_head_gives_no_upper_bound() -> None:
    writer = JournalWriter(DEVICE, "boot-a")
    entries = [writer.append(event(0), 1)]
    writer.receive(issue_token(GATEWAY, DEVICE.key_id, 1000, NO_HASH, sm3(b"any")))
    entries.append(writer.append(event(1), 2))
    brackets, _ = verify_journal(entries, DEVICE.public, RING)
    assert brackets == [Bracket(event(0), None, None, "unproven"), Bracket(event(1), 1000, None, "proven")]


def test_an_older_token_taken_up_again_takes_nothing_back_and_clocks_never_cross() -> None:
    writer = JournalWriter(DEVICE, "boot-a")
    writer.receive(token(writer, 2000))
    entries = [writer.append(event(0), 1)]
    writer.receive(token(writer, 1500))  # another gateway, half a second slow
    entries.append(writer.append(event(1), 2))
    brackets, _ = verify_journal(entries, DEVICE.public, RING)
    assert brackets == [Bracket(event(0), 2000, 2000, "proven"), Bracket(event(1), 2000, None, "proven")]


def signed(entry: JournalEntry, **change: object) -> JournalEntry:
    """What a dishonest holder of the device's key would send."""
    changed = msgspec.structs.replace(entry, **change)
    return msgspec.structs.replace(changed, signature=DEVICE.sign(entry_body(changed)).hex())


BREAKS: dict[str, tuple[int, Callable[[list[JournalEntry]], list[JournalEntry]]]] = {
    "missing": (2, lambda e: [e[0], e[2], e[3], e[4]]),
    "repeated": (1, lambda e: [e[0], e[1], e[1], e[2]]),
    "swapped": (2, lambda e: [e[0], e[2], e[1], e[3]]),
    "beginning cut off": (1, lambda e: e[1:]),
    "other event": (2, lambda e: [*e[:2], msgspec.structs.replace(e[2], event_hash=event(9)), *e[3:]]),
    "history written anew": (3, lambda e: [*e[:2], signed(e[2], event_hash=event(9)), *e[3:]]),
    "ticks go back": (3, lambda e: [*e[:3], signed(e[3], ticks_ms=29)]),
    "token dropped": (2, lambda e: [*e[:2], msgspec.structs.replace(e[2], token=None), *e[3:]]),
    "token swapped": (2, lambda e: [*e[:2], msgspec.structs.replace(e[2], token=e[4].token), *e[3:]]),
    "signature": (0, lambda e: [msgspec.structs.replace(e[0], signature=e[1].signature), *e[1:]]),
    "no signature": (0, lambda e: [msgspec.structs.replace(e[0], signature=""), *e[1:]]),
}


@pytest.mark.parametrize("name", BREAKS)
def test_every_break_names_its_entry(name: str) -> None:
    sequence, breaking = BREAKS[name]
    with pytest.raises(SealError, match=f"journal entry {sequence} of device {DEVICE.key_id}"):
        verify_journal(breaking(sample()), DEVICE.public, RING)


def test_another_devices_journal_or_token_is_refused() -> None:
    with pytest.raises(SealError, match="is of device"):
        verify_journal(sample(), generate_key().public, RING)
    writer = JournalWriter(DEVICE, "boot-a")
    writer.receive(issue_token(GATEWAY, "0" * 16, 1000, NO_HASH, NO_HASH))
    with pytest.raises(SealError, match="issued to device"):
        verify_journal([writer.append(event(0), 1)], DEVICE.public, RING)


@pytest.mark.parametrize(
    ("change", "word"),
    [({"time_ms": 999}, "does not hold"), ({"checkpoint": "0" * 64}, "does not hold"), ({"key_id": "0" * 16}, "not among")],
)
def test_a_token_that_the_gateway_did_not_sign_is_refused(change: dict[str, object], word: str) -> None:
    writer = JournalWriter(DEVICE, "boot-a")
    writer.receive(msgspec.structs.replace(token(writer, 1000), **change))
    with pytest.raises(SealError, match=word):
        verify_journal([writer.append(event(0), 1)], DEVICE.public, RING)


def test_a_token_of_an_expired_gateway_key_is_refused() -> None:
    writer = JournalWriter(DEVICE, "boot-a")
    writer.receive(token(writer, 10_000_000))
    with pytest.raises(SealError, match="valid until"):
        verify_journal([writer.append(event(0), 1)], DEVICE.public, RING)


@pytest.mark.parametrize("data", [b"", b"{}", b"[{}]", b"\xff", b"[" * 100_000, b'[{"device":"x"}]'])
def test_unreadable_journals_are_seal_errors(data: bytes) -> None:
    with pytest.raises(SealError):
        decode_journal(data)


def test_golden_vectors_of_the_signed_bytes() -> None:
    given = ServerToken(DEVICE.key_id, 1000, "11" * 32, "22" * 32, GATEWAY.key_id, "33")
    assert sm3(token_body(given)).hex() == "bf891e4b44fa9fee8de6cf58565a504947684ea1ed9a4200b30e8891c21cf2de"
    entry = JournalEntry(DEVICE.key_id, "boot-a", 5, 7, "44" * 32, event(1), given, "55")
    assert sm3(entry_body(entry)).hex() == "72b7d5f472970756378bb70a234e3b58e66bd2cbc95256359b95704d0a086304"
    assert entry_hash(entry).hex() == "92f7c13b4f461992b496c835da77245e26b4850b5fde700272bd3da25379d64e"
