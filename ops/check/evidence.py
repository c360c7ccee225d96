"""Who said it: every seal, every stamp and every journal once more, with the registry as it stood when the document came."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ops.check.difference import Differences, Report
from ops.check.logs import body_of, records
from pedigree.errors import DocumentError, SealError
from pedigree.events import read_event
from pedigree.messages import DocumentMessage, StampedEvent, decode_document, decode_fact, event_uri
from pedigree.ports import DOCUMENTS, FACTS, EventLog
from pedigree.registry import Registry
from pedigree.seal import Bracket, JournalHead, KeyRing, PublicKey, verify_journal, verify_seal
from pedigree.stamping import stamp
from services.capture.context import JournalPart, decode_context

_PAGE = 200
_json = msgspec.json.Decoder()
Where = tuple[int, int]
"""Partition and offset of a document."""


class Counts(msgspec.Struct):
    """What one party has attested. Documents and events; `sealed`, `journaled`: events; the others rest on the gateway's word."""

    documents: int = 0
    events: int = 0
    sealed: int = 0
    journaled: int = 0

    @property
    def gateway(self) -> int:
        return self.events - self.sealed


class _Piece(msgspec.Struct, frozen=True):
    """A piece of a device's journal, and where it came. `public` None: the device was not registered then."""

    sequence: int
    where: Where
    public: PublicKey | None


class _Registries:
    """The registry at one version after another."""

    def __init__(self, log: EventLog) -> None:
        self._log, self._registry = log, Registry()

    def at(self, version: int) -> Registry:
        if version < self._registry.version:
            self._registry = Registry()
        for record in records(self._log, FACTS, 0, self._registry.version, version):
            try:
                self._registry.apply(decode_fact(record.value))
            except msgspec.MsgspecError:
                self._registry.skip()
        return self._registry


def check_evidence(
    log: EventLog, ends: dict[tuple[str, int], int], ring: KeyRing | None, into: Differences, report: Report
) -> dict[str, Counts]:
    """Seals, stamps and journals of all documents; what each party has attested."""
    counts: dict[str, Counts] = {}
    pieces: dict[str, list[_Piece]] = {}
    whole = sum(end for (topic, _), end in ends.items() if topic == DOCUMENTS)
    done = 0
    for partition in range(log.partitions(DOCUMENTS)):
        registries = _Registries(log)
        for offset, message in _by_version(log, partition, ends[DOCUMENTS, partition]):
            registry = registries.at(message.registry)
            journal = decode_context(message.context).journal
            if wrong := _seal_fault(message, registry):
                into.add("log", "seal", f"{partition} / {offset}", *wrong)
            if journal is not None:
                known = registry.device(journal.device, message.record_time)
                piece = _Piece(journal.entries[0].sequence, (partition, offset), known[1] if known is not None else None)
                pieces.setdefault(journal.device, []).append(piece)
            for stamped in message.events:
                if wrong := _stamp_fault(stamped, message, registry):
                    into.add("log", "stamp", f"{partition} / {offset} / {stamped.hash.hex()}", *wrong)
            _count(counts.setdefault(message.party, Counts()), message)
            done += 1
            if done % 50 == 0:
                report("checking seals and stamps", done, whole)
    report("checking seals and stamps", whole, whole)
    if ring is not None:
        for device, found in pieces.items():
            _check_journal(log, device, sorted(found, key=lambda piece: piece.sequence), ring, into)
    return counts


def _by_version(log: EventLog, partition: int, end: int) -> Iterator[tuple[int, DocumentMessage]]:
    """Page by page in the order of the registry's versions: threads that capture at once overtake each other a little."""
    start = 0
    while start < end:
        page = log.read(DOCUMENTS, partition, start, min(_PAGE, end - start))
        if not page:
            return
        decoded = [(record.offset, decode_document(record.value)) for record in page]
        yield from sorted(decoded, key=lambda one: (one[1].registry, one[0]))
        start = page[-1].offset + 1


def _count(counts: Counts, message: DocumentMessage) -> None:
    counts.documents += 1
    counts.events += len(message.events)
    counts.sealed += len(message.events) if message.seal is not None else 0
    counts.journaled += sum(1 for stamped in message.events if stamped.device)


def _seal_fault(message: DocumentMessage, registry: Registry) -> tuple[str, str] | None:
    """(found, expected), None when the seal holds, or none is needed."""
    seal, at = message.seal, message.record_time
    if seal is None:
        party = registry.party(message.party)
        return ("no seal", f"a seal: {message.party} had to seal then") if party is not None and party.seal_required else None
    usable = registry.seal_key(seal.key_id, at)
    if usable is None or usable[0].party != seal.party:
        return f"a seal by key {seal.key_id}", f"a seal key of {seal.party} that might be used then"
    if seal.party != message.party:
        return f"a seal of {seal.party}", f"a seal of {message.party}, whose word it is"
    try:
        verify_seal(seal, body_of(message), usable[1])
    except (SealError, ValueError) as wrong:
        return str(wrong), "a seal that holds"
    return None


def _stamp_fault(stamped: StampedEvent, message: DocumentMessage, registry: Registry) -> tuple[str, str] | None:
    """Every judgement that capture made with the registry; brackets are the journal's matter."""
    try:
        view = read_event(_json.decode(stamped.event))
    except (msgspec.DecodeError, DocumentError) as broken:
        return f"an event that can't be read ({broken})", "an event"
    bracket = Bracket("", stamped.earliest or None, stamped.latest or None, "unproven")
    made = stamp(
        view,
        stamped.event,
        stamped.hash,
        registry,
        message.party,
        message.record_time,
        bracket,
        stamped.device,
        sealed=message.seal is not None,
    )
    names = [name for name in stamped.__struct_fields__ if getattr(stamped, name) != getattr(made, name)]
    if not names:
        return None
    return tuple("; ".join(f"{name} {getattr(one, name)!r}" for name in names) for one in (stamped, made))  # type: ignore[return-value]


def _check_journal(log: EventLog, device: str, pieces: list[_Piece], ring: KeyRing, into: Differences) -> None:
    """A device's pieces in the order of its journal: one chain, and the brackets that capture stamped."""
    head: JournalHead | None = None
    for piece in pieces:
        partition, offset = piece.where
        key = f"{device} / {piece.sequence}"
        message = decode_document(log.read(DOCUMENTS, partition, offset, 1)[0].value)
        part = decode_context(message.context).journal
        assert part is not None  # it was there when the pieces were gathered
        if piece.public is None:
            into.add("log", "journal", key, "an unknown or revoked device", "a registered one")
            return
        try:
            brackets, head = verify_journal(list(part.entries), piece.public, ring, head)
        except SealError as wrong:
            into.add("log", "journal", key, str(wrong), "a journal that holds")
            return
        _check_brackets(message, part, {one.event_hash: one for one in brackets}, key, into)


def _check_brackets(
    message: DocumentMessage, part: JournalPart, brackets: dict[str, Bracket], key: str, into: Differences
) -> None:
    for stamped in message.events:
        bracket = brackets.get(event_uri(stamped.hash))
        proven = (bracket.earliest_ms or 0, bracket.latest_ms or 0) if bracket is not None else (0, 0)
        if (stamped.earliest, stamped.latest) != proven:
            found = f"event {stamped.hash.hex()[:16]}… not before {stamped.earliest} and not after {stamped.latest}"
            into.add("log", "journal", key, found, f"{proven[0]} and {proven[1]}: what the entries prove")
            return
