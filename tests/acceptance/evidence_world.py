"""A small line whose documents are partly sealed, with a device's journal; its log edited by a hand that knows the formats."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from ledger.witness import keyring_for
from ops.demo.world import World, make_world
from pedigree.facts import OPERATOR
from pedigree.messages import DocumentMessage, Fact, decode_document, encode, event_uri
from pedigree.ports import DOCUMENTS
from pedigree.seal import HEADER, JournalWriter, PrivateKey, ServerToken, encode_journal, encode_seal, seal_document
from pedigree.times import format_time
from services.capture.prepare import Task, prepare
from tests.acceptance.line import GATEWAY, ORIGIN, Line

NOW = 1_790_000_000_000
RING = keyring_for(ORIGIN, "operator", GATEWAY.public)
SEALER, PHONE = PrivateKey(bytes(range(2, 34))), PrivateKey(bytes(range(3, 35)))
LIMITS = 100_000


def evidence_line(folder: Path, letters: int = 120) -> tuple[Line, World]:
    """A demonstration's first letters: one maker seals, one distributor scans with a phone that keeps a journal."""
    world = make_world(5, 1_000, NOW)
    line = Line(folder, NOW)
    line.services.token_key, line.services.ring = GATEWAY, RING
    line.state(world)
    glns = {key: one["gln"] for key, one in world.manifest["parties"].items()}
    seal_key = {"public_key": SEALER.public.point.hex(), "party": glns["m1"]}
    phone = {"public_key": PHONE.public.point.hex(), "party": glns["d2"]}
    first = world.letters[0].arrival - 1
    line.services.registry.state(
        Fact("seal_key", SEALER.key_id, seal_key, first, OPERATOR), Fact("device", "phone", phone, first, OPERATOR)
    )
    journal = JournalWriter(PHONE, "boot-1")
    for letter in world.letters[:letters]:
        party = glns[letter.who]
        headers = {
            **line.key(party), "Content-Type": letter.content_type, "Medtrace-Record-Time": format_time(letter.arrival)
        }  # fmt: skip
        if letter.who == "m1":
            headers[HEADER] = encode_seal(seal_document(letter.body, SEALER, party, letter.arrival))
        elif letter.who == "d2":
            _receive(line, journal, party)
            made = prepare(Task(letter.body, letter.content_type, False, "rollback", LIMITS, LIMITS))
            entries = [journal.append(event_uri(event.hash), n) for n, event in enumerate(made.events)]
            headers["Medtrace-Journal"] = encode_journal(entries).decode()
            journal.reboot(f"boot-{journal.head.sequence}")
        answer = line.client.post("/capture", content=letter.body, headers=headers)
        assert answer.status_code == 202, answer.text
    line.settle()
    return line, world


def _receive(line: Line, journal: JournalWriter, party: str) -> None:
    asked = {"device": PHONE.key_id, "nonce": journal.head.hash.hex()}
    answer = line.client.post("/capture/token", json=asked, headers=line.key(party))
    assert answer.status_code == 201, answer.text
    journal.receive(msgspec.json.decode(answer.content, type=ServerToken))


def edit_record(folder: Path, topic: str, partition: int, offset: int, value: bytes) -> None:
    with closing(sqlite3.connect(folder / "log" / f"{topic}.sqlite")) as db, db:
        assert db.execute(f"UPDATE record_{partition} SET value = ? WHERE offset = ?", (value, offset)).rowcount == 1


def forge(line: Line, wanted: Callable[[DocumentMessage], bool], change: Callable[[DocumentMessage], dict[str, Any]]) -> str:
    """Change the first document that is wanted; `partition / offset` of it."""
    for partition in range(line.log.partitions(DOCUMENTS)):
        for record in line.log.read(DOCUMENTS, partition, 0, 10_000):
            message = decode_document(record.value)
            if wanted(message):
                forged = msgspec.structs.replace(message, **change(message))
                edit_record(line.folder, DOCUMENTS, partition, record.offset, encode(forged))
                return f"{partition} / {record.offset}"
    raise AssertionError("there is no such document")
