"""The log by itself: every document is the one that was sent, every decision follows the one before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import zstandard

from ops.check.difference import Differences, Report
from pedigree.errors import DocumentError, MedtraceError
from pedigree.eventhash import event_hash
from pedigree.messages import (
    Decisions,
    DocumentMessage,
    StampedEvent,
    decode_decisions,
    decode_document,
    decode_fact,
    event_bytes,
)
from pedigree.ports import DECISIONS, DOCUMENTS, FACTS, EventLog, Record
from pedigree.seal import sm3
from pedigree.wire import Limits, parse, parse_event
from pedigree.wire.notation import spelled_for_json
from services.capture.context import decode_context

_MOST = 1_000_000_000
"""Bytes of one document, unpacked: more than capture ever takes."""


def records(log: EventLog, topic: str, partition: int, start: int, end: int) -> Iterator[Record]:
    """The records of [start, end), page by page."""
    while start < end:
        page = log.read(topic, partition, start, min(200, end - start))
        if not page:
            return
        for record in page:
            if record.offset >= end:
                return
            yield record
        start = page[-1].offset + 1


def numbered(log: EventLog, partition: int, start: int, end: int) -> Iterator[tuple[Decisions, bytes]]:
    """Decisions of [start, end) with their hashes."""
    for record in records(log, DECISIONS, partition, start, end):
        yield decode_decisions(record.value), sm3(record.value)


def body_of(message: DocumentMessage) -> bytes:
    """The bytes as they came. ValueError when they can't be had."""
    try:
        size = zstandard.frame_content_size(message.raw)
        if size > _MOST:
            raise ValueError(f"it says that it unpacks to {size} bytes")
        return zstandard.ZstdDecompressor().decompress(message.raw, max_output_size=_MOST)
    except zstandard.ZstdError as broken:
        raise ValueError(f"it can't be unpacked: {broken}") from broken


def check_documents(log: EventLog, ends: dict[tuple[str, int], int], into: Differences, report: Report) -> None:
    """Each decodes; its digest is that of its bytes; its events are those that the bytes say, with their hashes."""
    whole = sum(end for (topic, _), end in ends.items() if topic == DOCUMENTS)
    done = 0
    for partition in range(log.partitions(DOCUMENTS)):
        expected = 0
        for record in records(log, DOCUMENTS, partition, 0, ends[DOCUMENTS, partition]):
            _holes(DOCUMENTS, partition, expected, record.offset, into)
            expected = record.offset + 1
            if wrong := _document_fault(record.value):
                into.add("log", DOCUMENTS, f"{partition} / {record.offset}", *wrong)
            done += 1
            if done % 50 == 0:
                report("reading the documents again", done, whole)
        _holes(DOCUMENTS, partition, expected, ends[DOCUMENTS, partition], into)
    report("reading the documents again", whole, whole)


def check_chain(log: EventLog, ends: dict[tuple[str, int], int], into: Differences, report: Report) -> None:
    """Each decision has the number of its place and names the hash of the one before; each fact can be read."""
    whole = sum(end for (topic, _), end in ends.items() if topic == DECISIONS)
    done = 0
    for partition in range(log.partitions(DECISIONS)):
        expected, previous = 0, b""
        for record in records(log, DECISIONS, partition, 0, ends[DECISIONS, partition]):
            _holes(DECISIONS, partition, expected, record.offset, into)
            expected = record.offset + 1
            where = f"{partition} / {record.offset}"
            try:
                message = decode_decisions(record.value)
            except (msgspec.DecodeError, ValueError) as broken:
                into.add("log", DECISIONS, where, f"something that can't be read ({broken})", "a decision")
            else:
                place = (message.partition, message.number)
                if place != (partition, record.offset):
                    into.add("log", DECISIONS, where, f"decision {place[1]} of partition {place[0]}", "its own")
                elif message.previous != previous and any((*message.previous, *previous)):
                    found = f"the hash {message.previous.hex()[:16]}… of the decision before"
                    into.add("log", DECISIONS, where, found, f"{previous.hex()[:16]}…")
            previous = sm3(record.value)
            done += 1
            if done % 50 == 0:
                report("following the decisions", done, whole)
        _holes(DECISIONS, partition, expected, ends[DECISIONS, partition], into)
    for record in records(log, FACTS, 0, 0, ends[FACTS, 0]):
        try:
            decode_fact(record.value)
        except msgspec.MsgspecError as broken:
            into.add("log", FACTS, f"0 / {record.offset}", f"something that can't be read ({broken})", "a fact")
    report("following the decisions", whole, whole)


def _holes(topic: str, partition: int, expected: int, found: int, into: Differences) -> None:
    for offset in range(expected, min(found, expected + 100)):
        into.add("log", topic, f"{partition} / {offset}", "", "a record; restore the log from a backup")


def _document_fault(value: bytes) -> tuple[str, str] | None:
    """(found, expected), None if nothing is wrong."""
    try:
        message = decode_document(value)
        context = decode_context(message.context)
        body = body_of(message)
    except (msgspec.MsgspecError, ValueError) as broken:
        return f"something that can't be read ({broken})", "a document"
    if sm3(body) != message.digest:
        return f"bytes with digest {sm3(body).hex()[:16]}…", f"digest {message.digest.hex()[:16]}…"
    try:
        document = (parse_event if context.single else parse)(body, message.content_type, Limits())
        hasher = document.hasher()
        hashes = [hasher.digest(event) for event in document.events]
        if document.source != "json":
            document = spelled_for_json(document)  # as capture keeps them
        events = dict(zip(hashes, document.events, strict=True))
    except (DocumentError, MedtraceError, ValueError, TypeError, KeyError) as broken:
        return f"bytes that are no document ({broken})", f"the {len(message.events)} events that were taken from it"
    for stamped in message.events:
        said = events.get(stamped.hash)
        if said is None:
            return f"an event with hash {stamped.hash.hex()[:16]}…", "an event of its bytes"
        if not _says(stamped, said):
            return f"event {stamped.hash.hex()[:16]}… in other words", "the words of its bytes"
    return None


def _says(stamped: StampedEvent, event: dict[str, Any]) -> bool:
    """Whether the kept JSON is the event; it may name the prefixes that the document declared around it."""
    try:
        kept = msgspec.json.decode(stamped.event, type=dict[str, Any])
        if kept.pop("@context", None) != event.get("@context"):
            alone = msgspec.json.decode(stamped.event, type=dict[str, Any])
            if event_bytes(event_hash(alone, {})) != stamped.hash:
                return False
    except (msgspec.MsgspecError, MedtraceError, ValueError, TypeError, KeyError):
        return False
    return kept == {key: value for key, value in event.items() if key != "@context"}
