"""Seals, device journals and time tokens at capture."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pedigree.custody.steps import Flag
from pedigree.eventhash import event_hash
from pedigree.facts import OPERATOR
from pedigree.messages import Fact
from pedigree.seal import (
    JournalHead,
    JournalWriter,
    KeyRing,
    PrivateKey,
    ServerToken,
    encode_journal,
    encode_seal,
    generate_key,
    ring_key,
    seal_document,
)
from services.capture.context import decode_context
from tests.unit.test_registry import HOSPITAL, MAKER, SITE
from tests.web.capture_world import alone, document, event, text
from tests.web.edge import NOW, documents
from tests.web.test_capture import World, world

__all__ = ["world"]  # the fixture


def register_seal_key(world: World, party: str, **more: Any) -> PrivateKey:
    key = generate_key()
    value = {"public_key": key.public.point.hex(), "party": party, **more}
    world.services.registry.state(Fact("seal_key", key.key_id, value, NOW, OPERATOR))
    return key


def test_a_seal_makes_its_party_the_attester(world: World) -> None:
    key = register_seal_key(world, MAKER)
    body = text(document(event()))
    sealed = {"Medtrace-Seal": encode_seal(seal_document(body, key, MAKER, NOW - 1000))}
    answer = world.post("/capture", body, world.hospital, **sealed)
    assert answer.status_code == 202
    (message,) = documents(world.services)
    assert message.party == MAKER
    assert message.seal is not None
    assert message.seal.key_id == key.key_id
    assert message.events[0].flags & Flag.SEALED
    job = world.client.get(answer.headers["location"], headers=world.hospital).json()
    assert job["attester"] == MAKER
    assert world.client.get(answer.headers["location"], headers=world.maker).status_code == 200


def test_a_sealed_copy_of_an_unsealed_event_is_taken(world: World) -> None:
    key = register_seal_key(world, MAKER)
    body = text(alone(event()))
    sealed = {"Medtrace-Seal": encode_seal(seal_document(body, key, MAKER, NOW))}
    assert [world.post("/events", body, **more).status_code for more in ({}, sealed, sealed, {})] == [201, 201, 409, 409]


def test_seals_that_prove_nothing_are_refused(world: World) -> None:
    key, late, stolen = (register_seal_key(world, MAKER, **more) for more in ({}, {"from": NOW + 1}, {"revoked": NOW}))
    body = text(document(event()))
    good = encode_seal(seal_document(body, key, MAKER, NOW))
    cases = {
        encode_seal(seal_document(body + b" ", key, MAKER, NOW)): 403,
        encode_seal(seal_document(body, key, HOSPITAL, NOW)): 403,
        encode_seal(seal_document(body, generate_key(), MAKER, NOW)): 403,
        encode_seal(seal_document(body, late, MAKER, NOW)): 403,
        encode_seal(seal_document(body, stolen, MAKER, NOW)): 403,
        encode_seal(seal_document(body, key, MAKER, NOW + 3_600_000)): 403,
        good[:-3]: 400,
        "nonsense": 400,
    }
    for header, status in cases.items():
        assert world.post("/capture", body, **{"Medtrace-Seal": header}).status_code == status
    assert documents(world.services) == []


def test_a_party_that_must_seal_must(world: World) -> None:
    value = {"name": "A company", "role": "maker", "sites": [{"gln": SITE}], "seal_required": True}
    world.services.registry.state(Fact("party", MAKER, value, NOW, OPERATOR))
    answer = world.post("/capture", document(event()))
    assert (answer.status_code, answer.json()["type"]) == (403, "epcisException:SecurityException")
    assert "sealed" in answer.json()["detail"]


class Phone:
    """A registered device of the maker's, and the gateway's key."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.key, gateway = generate_key(), generate_key()
        world.services.token_key = gateway
        world.services.ring = KeyRing("test", 1, [ring_key(gateway.public, "gateway", ("token",))])
        value = {"public_key": self.key.public.point.hex(), "party": MAKER}
        world.services.registry.state(Fact("device", "phone", value, NOW, OPERATOR))
        self.writer = JournalWriter(self.key, "boot-1")

    def token(self, headers: dict[str, str] | None = None) -> Any:
        body = text({"device": self.key.key_id, "nonce": self.writer.head.hash.hex()})
        answer = self.world.client.post("/capture/token", content=body, headers=headers or self.world.maker)
        if answer.status_code == 201:
            self.writer.receive(msgspec.json.decode(answer.content, type=ServerToken))
        return answer


@pytest.fixture
def phone(world: World) -> Phone:
    return Phone(world)


def head_of(world: World, phone: Phone) -> JournalHead:
    assert world.services.captures is not None
    known = world.services.captures.head(phone.key.key_id)
    assert known is not None
    return known.head()


def test_a_journal_brackets_its_events(world: World, phone: Phone) -> None:
    assert phone.token().status_code == 201
    first, second = event(1), event(2)
    entries = [phone.writer.append(event_hash(first), 10)]
    entries.append(phone.writer.append(event_hash(second), 20))
    journal = encode_journal(entries)
    parts = {"document": ("d", text(document(first, second, event(3))), "application/json"), "journal": ("j", journal)}
    headers = {"Authorization": world.maker["Authorization"]}
    assert world.client.post("/capture", files=parts, headers=headers).status_code == 202
    (message,) = documents(world.services)
    assert [(one.earliest, one.device) for one in message.events] == [(NOW, "phone"), (NOW, "phone"), (0, "")]
    part = decode_context(message.context).journal
    assert part is not None
    assert list(part.entries) == entries
    assert world.services.captures is not None
    assert head_of(world, phone) == phone.writer.head
    # The client never heard the answer and sends all of it again; then its journal goes on.
    assert world.client.post("/capture", files=parts, headers=headers).status_code == 202
    third = phone.writer.append(event_hash(event(4)), 30)
    more = {"Medtrace-Journal": encode_journal([third]).decode()}
    assert world.post("/capture", document(event(4)), **more).status_code == 202
    found = [one for message in documents(world.services) for one in message.events]
    assert sorted(one.earliest for one in found) == [0, NOW, NOW, NOW]
    assert head_of(world, phone) == phone.writer.head


def test_a_journal_remembers_how_far_its_clock_was_off_until_the_next_document(world: World, phone: Phone) -> None:
    phone.token()
    for n in range(3):
        if n == 2:
            phone.writer.reboot("another boot")
        one = phone.writer.append(event_hash(event(n)), n)
        journal = {"Medtrace-Journal": encode_journal([one]).decode()}
        assert world.post("/capture", document(event(n)), **journal).status_code == 202
    parts = [decode_context(message.context).journal for message in documents(world.services)]
    by_sequence = sorted((part for part in parts if part is not None), key=lambda part: part.entries[0].sequence)
    first, second, rebooted = by_sequence
    assert (first.before, len(first.after.readings)) == ((), 1)
    assert second.before == first.after.readings
    assert (rebooted.before, len(rebooted.after.readings)) == ((), 1)


def test_journals_that_prove_nothing_are_refused(world: World, phone: Phone) -> None:
    phone.token()
    first, second = phone.writer.append(event_hash(event(1)), 10), phone.writer.append(event_hash(event(2)), 20)
    stranger = JournalWriter(generate_key(), "b").append(event_hash(event(1)), 1)
    forged = msgspec.structs.replace(first, event_hash=event_hash(event(9)))
    for entries, status in (([second], 400), ([second, first], 400), ([forged], 400), ([stranger], 403)):
        journal = {"Medtrace-Journal": encode_journal(entries).decode()}
        assert world.post("/capture", document(event(1)), **journal).status_code == status
    assert world.post("/capture", document(event(1)), **{"Medtrace-Journal": "[{]"}).status_code == 400
    journal = {"Medtrace-Journal": encode_journal([first]).decode()}
    assert world.post("/capture", document(event(1)), world.hospital, **journal).status_code == 403
    assert documents(world.services) == []
    assert world.post("/capture", document(event(1)), **journal).status_code == 202


def test_tokens_are_for_ones_own_devices(world: World, phone: Phone) -> None:
    assert phone.token(world.hospital).status_code == 403
    answer = world.client.post("/capture/token", content=text({"device": "x", "nonce": ""}), headers=world.maker)
    assert (answer.status_code, answer.json()["type"]) == (400, "epcisException:ValidationException")
    world.services.token_key = None
    assert phone.token().status_code == 404


@pytest.mark.parametrize("parts", [{"other": ("d", b"{}")}, {"document": ("d", b"{}", "text/plain")}])
def test_multipart_bodies_without_a_document(world: World, parts: Any) -> None:
    headers = {"Authorization": world.maker["Authorization"]}
    assert world.client.post("/capture", files=parts, headers=headers).status_code in (400, 415)
    broken = {**headers, "Content-Type": "multipart/form-data"}
    assert world.client.post("/capture", content=b"x", headers=broken).status_code == 400
    broken["Content-Type"] += "; boundary=b"
    for content in (b"x", b"--b\r\nnonsense\r\n\r\n", b"--b\r\n" + b"A" * 5000):
        assert world.client.post("/capture", content=content, headers=broken).status_code == 400
