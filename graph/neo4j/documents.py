"""Writes captured documents: which events they carried, and the events with what they name."""

from __future__ import annotations

import msgspec

from graph.neo4j.server import Tx
from graph.neo4j.values import ROLE, Props, lean, pack
from graph.project import event_facts
from pedigree.messages import DocumentMessage

Key = tuple[str, int]
_STORED = """
UNWIND $keys AS key MATCH (e:Event {hash: key[0], declared: key[1]})
RETURN e.hash, e.declared, e.record_time, e.partition, e.offset, e.seq
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


def write(tx: Tx, partition: int, rows: list[tuple[int, DocumentMessage]]) -> None:
    """(offset, document) rows. An event that several documents carry stands once, as the earliest of them has it. Under the
    writer's lock."""
    events: dict[Key, Props] = {}
    named: dict[Key, dict[tuple[str, str], None]] = {}
    documents = []
    for offset, m in rows:
        carried = []
        for seq, stamped in enumerate(m.events):
            facts = event_facts(stamped, m)
            key = (stamped.hash.hex(), facts.declared)
            carried.append((seq, *key))
            props = lean({
                "hash": key[0], "declared": key[1], "type": facts.type, "action": facts.action, "biz_step": facts.biz_step,
                "disposition": facts.disposition, "time": facts.time, "record_time": m.record_time, "party": m.party,
                "actor": stamped.actor, "location": facts.location, "read_point": facts.read_point,
                "biz_location": facts.biz_location, "event_id": facts.event_id, "partition": partition, "offset": offset,
                "seq": seq, "json": pack(stamped.event),
            })  # fmt: skip
            if key not in events or _place(props) < _place(events[key]):
                events[key] = props
            named.setdefault(key, {}).update(((epc, ROLE.word(role)), None) for role, epc in facts.named)
        documents.append((_document(partition, offset, m), carried))
    stored = {(row[0], row[1]): tuple(row[2:]) for row in tx.rows(_STORED, keys=list(events))}
    new = [props for key, props in events.items() if key not in stored]
    earlier = [props for key, props in events.items() if key in stored and _place(props) < stored[key]]
    if new:
        tx.rows(_NEW, rows=new)
    if earlier:
        tx.rows(_EARLIER, rows=earlier)
    _name(tx, named, stored)
    tx.rows(_DOCUMENT, rows=documents)


def _place(props: Props) -> tuple[int, ...]:
    return props["record_time"], props["partition"], props["offset"], props["seq"]


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
