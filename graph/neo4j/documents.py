"""Writes captured documents: which events they carried, the events with what they name and say, and master data."""

from __future__ import annotations

import msgspec

from graph.eventfacts import EventFacts, attribute_text, event_facts, master_data
from graph.neo4j import fields
from graph.neo4j.server import Tx
from graph.neo4j.values import ROLE, Props, key_of, lean, pack
from pedigree.messages import DocumentMessage, StampedEvent

Key = tuple[str, int]
"""An event: hash in hex, declaration time."""
Place = tuple[int, int, int, int]
"""(record time, partition, offset, position): the lowest copy of an event is shown."""
_STORED = """
UNWIND $keys AS key MATCH (e:Event {hash: key[0], declared: key[1]})
RETURN e.hash, e.declared, [e.record_time, e.partition, e.offset, e.seq]
"""
_MENTION = """
UNWIND $names AS epc OPTIONAL MATCH (u:Unit {epc: epc}) WITH epc, u WHERE u IS NULL
CREATE (:Unit:Mentioned {epc: epc})
"""
_NEW = "UNWIND $rows AS row CREATE (e:Event) SET e = row"
_EARLIER = "UNWIND $rows AS row MATCH (e:Event {hash: row.hash, declared: row.declared}) SET e = row"
_DOCUMENT = """
UNWIND $rows AS row CREATE (d:Document) SET d = row[0] WITH d, row
UNWIND row[1] AS carried MATCH (e:Event {hash: carried[1], declared: carried[2]})
CREATE (d)-[:CARRIED {seq: carried[0]}]->(e)
"""
_NAME = """
UNWIND $rows AS row MATCH (e:Event {hash: row[0], declared: row[1]}) WITH e, row
UNWIND row[2] AS named MATCH (u:Unit {epc: named[0]}) %s (e)-[:NAMES {role: named[1]}]->(u)
"""
_MASTER_DATA = """
UNWIND $rows AS row MERGE (m:MasterData {id: row.id}) WITH m, row
WHERE m.record_time IS NULL
  OR [row.record_time, row.partition, row.offset] >= [m.record_time, m.partition, m.offset]
SET m = row
"""


def write(tx: Tx, partition: int, rows: list[tuple[int, DocumentMessage]]) -> None:
    """(offset, document) rows. An event that several documents carry stands once, as the earliest of them has it. Under the
    writer's lock."""
    shown: dict[Key, tuple[Place, StampedEvent, EventFacts, DocumentMessage]] = {}
    named: dict[Key, dict[tuple[str, str], None]] = {}
    said: dict[Key, dict[fields.Said, None]] = {}
    documents = []
    for offset, m in rows:
        carried = []
        for seq, stamped in enumerate(m.events):
            facts = event_facts(stamped, m)
            key, place = (stamped.hash.hex(), facts.declared), (m.record_time, partition, offset, seq)
            carried.append((seq, *key))
            if key not in shown or place < shown[key][0]:
                shown[key] = place, stamped, facts, m
            named.setdefault(key, {}).update(((epc, ROLE.word(role)), None) for role, epc in facts.named)
            said.setdefault(key, {}).update(fields.of_any_copy(facts))
        documents.append((_document(partition, offset, m), carried))
    stored = {(row[0], row[1]): tuple(row[2]) for row in tx.rows(_STORED, keys=list(shown))}
    new = [_event(*copy) for key, copy in shown.items() if key not in stored]
    earlier = [_event(*copy) for key, copy in shown.items() if key in stored and copy[0] < stored[key]]
    if new:
        tx.rows(_NEW, rows=new)
    if earlier:
        tx.rows(_EARLIER, rows=earlier)
    _name(tx, named, stored)
    changed = {key: copy[2] for key, copy in shown.items() if key not in stored or copy[0] < stored[key]}
    times = {key: copy[2].time for key, copy in shown.items()}
    fields.write(tx, said, {key: fields.of_shown_copy(facts) for key, facts in changed.items()}, times, list(stored))
    tx.rows(_DOCUMENT, rows=documents)
    _master_data(tx, partition, rows)


def _event(place: Place, stamped: StampedEvent, f: EventFacts, m: DocumentMessage) -> Props:
    _, partition, offset, seq = place
    return lean({
        "hash": stamped.hash.hex(), "declared": f.declared, "type": f.type, "action": f.action, "biz_step": f.biz_step,
        "disposition": f.disposition, "time": f.time, "record_time": m.record_time, "party": m.party, "actor": stamped.actor,
        "location": f.location, "read_point": f.read_point, "biz_location": f.biz_location, "event_id": f.event_id,
        "partition": partition, "offset": offset, "seq": seq, "json": pack(stamped.event),
    })  # fmt: skip


def _document(partition: int, offset: int, m: DocumentMessage) -> Props:
    return lean({
        "partition": partition, "offset": offset, "capture": m.id, "party": m.party, "record_time": m.record_time,
        "registry": m.registry, "rules": m.rules, "content_type": m.content_type, "digest": m.digest.hex(),
        "seal": msgspec.msgpack.encode(m.seal) if m.seal else "", "context": pack(m.context),
    })  # fmt: skip


def _name(tx: Tx, named: dict[Key, dict[tuple[str, str], None]], stored: dict[Key, tuple[int, ...]]) -> None:
    names = sorted({epc for pairs in named.values() for epc, _ in pairs})
    if not names:
        return
    tx.rows(_MENTION, names=names)
    for known, how in ((False, "CREATE"), (True, "MERGE")):
        rows = [(*key, list(pairs)) for key, pairs in named.items() if pairs and (key in stored) is known]
        if rows:
            tx.rows(_NAME % how, rows=rows)


def _master_data(tx: Tx, partition: int, rows: list[tuple[int, DocumentMessage]]) -> None:
    """Of several documents the latest counts, attribute by attribute."""
    found: dict[str, Props] = {}
    for offset, m in sorted(rows, key=lambda row: (row[1].record_time, row[0])):
        for one in master_data(m):
            id = key_of((one.element, one.vocabulary, one.attribute))
            found[id] = lean({
                "id": id, "element": one.element, "vocabulary": one.vocabulary, "attribute": one.attribute, "value": one.value,
                "compared": attribute_text(one.value), "party": m.party, "record_time": m.record_time, "partition": partition,
                "offset": offset,
            })  # fmt: skip
    if found:
        tx.rows(_MASTER_DATA, rows=list(found.values()))
