"""What was said: every leaf of the ledger is derived again, from the entries that the documents give."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from chaincode.messages import Lane
from ledger.port import Ledger
from ops.check.difference import Differences, Report, key_text
from ops.check.logs import numbered, records
from ops.check.stores import GENERATION, Snapshot
from pedigree.custody.history import History
from pedigree.custody.row import Row, decode_row
from pedigree.custody.steps import Kind
from pedigree.errors import MedtraceError, ProofError
from pedigree.merkle import Frontier, leaf_hash, root
from pedigree.messages import Attestation, Decisions, Entry, UnitDecision, decode_document, encode
from pedigree.observations import explode_event
from pedigree.ports import DECISIONS, DOCUMENTS
from pedigree.proof import decode_batch
from pedigree.seal import sm3
from storage import sqlite
from streams.store import CustodyStore, unpack_row

_SCHEMA = """
CREATE TABLE said (
  unit TEXT NOT NULL, event BLOB NOT NULL, declared INTEGER NOT NULL, kind INTEGER NOT NULL, attestation BLOB NOT NULL,
  word BLOB NOT NULL, seen INTEGER NOT NULL, PRIMARY KEY (unit, event, declared, kind, attestation)
) STRICT, WITHOUT ROWID;
CREATE TABLE attested (event BLOB NOT NULL, attestation BLOB NOT NULL, PRIMARY KEY (event, attestation)) STRICT, WITHOUT ROWID;
"""


class Observed:
    """What the documents say of each unit: one row for each unit, event and attestation."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite.open(path, [_SCHEMA], synchronous="OFF", cache_kib=64_000)

    def fill(self, taken: Snapshot, report: Report) -> None:
        ends = [taken.ends[DOCUMENTS, p] for p in range(taken.partitions)]
        whole, done = sum(ends), 0
        for partition, end in enumerate(ends):
            with sqlite.transaction(self._db, what="what the documents say"):
                for record in records(taken.log, DOCUMENTS, partition, 0, end):
                    message = decode_document(record.value)
                    for stamped in message.events:
                        try:
                            observations = list(explode_event(stamped, message))
                        except (MedtraceError, ValueError, TypeError, KeyError):
                            continue  # it stands in the decisions as undecidable, with its bytes
                        for observation in observations:
                            # As it arrives after its journey: JSON's 2 is then the 2.0 that an entry holds.
                            self._put(observation.unit, _read(encode(observation.entry)))
                    done += 1
                    if done % 50 == 0:
                        report("reading what the documents say", done, whole)
        report("reading what the documents say", whole, whole)

    def _put(self, unit: str, entry: Entry) -> None:
        attestation = _digest(entry.attestations[0])
        row = (unit, entry.event, entry.declared, entry.kind, attestation, _word(entry))
        self._db.execute("INSERT OR IGNORE INTO said VALUES (?, ?, ?, ?, ?, ?, 0)", row)
        self._db.execute("INSERT OR IGNORE INTO attested VALUES (?, ?)", (entry.event, attestation))

    def fault(self, unit: str, entry: Entry) -> str:
        """Why no document says this of the unit, '' when one does. Edges rest on the event of the unit that they come from."""
        if entry.place is not None:
            known = all(self._attested(entry.event, attestation) for attestation in entry.attestations)
            return "" if known else "attestations of its event"
        key = (unit, entry.event, entry.declared, entry.kind)
        for attestation in entry.attestations:
            row = (*key, _digest(attestation))
            marked = self._db.execute(
                "UPDATE said SET seen = 1 WHERE unit = ? AND event = ? AND declared = ? AND kind = ? AND attestation = ?", row
            )
            if not marked.rowcount:
                return f"an attestation by {attestation.party} at {attestation.record_time}"
        first = min(entry.attestations)
        word = self._db.execute(
            "SELECT word FROM said WHERE unit = ? AND event = ? AND declared = ? AND kind = ? AND attestation = ?",
            (*key, _digest(first)),
        ).fetchone()[0]
        return "" if word == _word(msgspec.structs.replace(entry, attestations=(first,))) else "other words"

    def _attested(self, event: bytes, attestation: Attestation) -> bool:
        query = "SELECT 1 FROM attested WHERE event = ? AND attestation = ?"
        return self._db.execute(query, (event, _digest(attestation))).fetchone() is not None

    def unseen(self, limit: int) -> list[tuple[str, bytes]]:
        """(unit, event) of what the documents say and no decision took up."""
        query = (
            "SELECT unit, event FROM said GROUP BY unit, event, declared, kind HAVING max(seen) = 0 ORDER BY unit, event LIMIT ?"
        )
        return self._db.execute(query, (limit,)).fetchall()

    def close(self) -> None:
        self._db.close()


_read = msgspec.msgpack.Decoder(Entry).decode


def _digest(attestation: Attestation) -> bytes:
    return sm3(encode(attestation))[:16]


def _word(entry: Entry) -> bytes:
    return sm3(encode(msgspec.structs.replace(entry, quotes=())))[:16]


def check_leaves(taken: Snapshot, observed: Observed, into: Differences, report: Report) -> int:
    """Follow the decisions with an empty store: entries must be what documents say, leaves what entries project to. How many
    leaves there are."""
    store = taken.scratch.custody()
    whole, done, leaves = sum(taken.ends[DECISIONS, p] for p in range(taken.partitions)), 0, 0
    for partition in range(taken.partitions):
        for message, hash_ in numbered(taken.log, partition, 0, taken.ends[DECISIONS, partition]):
            for unit in message.units:
                leaves += len(unit.leaves)
                _check_unit(taken, store, observed, unit, into)
            store.apply([(message, hash_)])
            done += 1
            if done % 10 == 0:
                report("deriving the leaves again", done, whole)
    report("deriving the leaves again", whole, whole)
    return leaves


def _check_unit(
    taken: Snapshot, store: CustodyStore, observed: Observed, unit: UnitDecision, into: Differences
) -> None:
    data = store.row(unit.unit)
    # A unit keeps the version of the consortium key under which it was first anchored.
    new = Row(key_version=decode_row(unpack_row(unit.row)).key_version) if data is None else None
    history = History(unit.unit, decode_row(data) if data is not None else new or Row(), taken.secrets.consortium, store)
    if history.row.start:
        history.load_archive()
    for entry in unit.entries:
        if entry.kind == Kind.PROBE:
            continue  # a question between units: no leaf
        history.entries[entry.identity] = entry
        history.upserted[entry.identity] = None
        if wrong := observed.fault(unit.unit, entry):
            into.add("custody", "entry", key_text((unit.unit, entry.event)), wrong, "what a document says")
    history.project()
    if history.coder.key != unit.key:
        into.add("ledger", "unit", unit.unit, f"key {unit.key.hex()[:16]}…", f"key {history.coder.key.hex()[:16]}…")
    elif history.new_bytes != unit.leaves:
        found = f"{len(unit.leaves)} leaves {_short(unit.leaves)}"
        into.add("ledger", "leaf", key_text((unit.unit, unit.before)), found, _short(history.new_bytes) or "none")


def _short(leaves: Sequence[bytes]) -> str:
    return ", ".join(f"{leaf_hash(leaf).hex()[:16]}…" for leaf in leaves[:3])


def check_batches(taken: Snapshot, ledger: Ledger, into: Differences, report: Report) -> int:
    """The ledger's trees hold the decisions' leaves, all and no others. How many leaves the ledger has."""
    anchored = 0
    for partition in range(taken.partitions):
        end, frontier, number = taken.ends[DECISIONS, partition], Frontier(), 0
        while page := ledger.receipts(GENERATION, partition, frontier.size, 200):
            for stored in page:
                key = key_text((GENERATION, partition, stored.batch))
                try:
                    record = decode_batch(stored.record)
                except ProofError as broken:
                    into.add("ledger", "batch", key, str(broken), "a batch record")
                    return anchored
                last, hashes = _leaf_hashes(taken, partition, record.first, min(record.last + 1, end))
                frontier.append(leaf_hash(stored.record))
                expected = (number, last, len(hashes), root(hashes), frontier.root())
                if (record.first, record.last_hash, record.leaf_count, record.root, stored.root) != expected:
                    into.add("ledger", "batch", key, f"{record.leaf_count} leaves", f"the {len(hashes)} of its decisions")
                number = record.last + 1
                anchored += len(hashes)
            report("comparing the ledger's trees", number, end)
        head = ledger.head(GENERATION, partition)
        if (head.next, head.size) != (number, frontier.size) and head != Lane():
            into.add("ledger", "state", f"lane/{GENERATION}/{partition}", f"decision {head.next} next", f"{number}")
    return anchored


def _leaf_hashes(taken: Snapshot, partition: int, first: int, after: int) -> tuple[bytes, list[bytes]]:
    last: bytes = b""
    hashes: list[bytes] = []
    for message, hash_ in numbered(taken.log, partition, first, after):
        last = hash_
        hashes.extend(leaf_hash(leaf) for leaf in _leaves(message))
    return last, hashes


def _leaves(message: Decisions) -> list[bytes]:
    return [leaf for unit in message.units for leaf in unit.leaves]
