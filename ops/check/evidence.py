"""Who said it: every seal, every stamp and every journal once more, with the registry as it stood when the document came."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ops.check.difference import Differences, Report
from ops.check.journals import Journals
from ops.check.logs import body_of, records
from pedigree.errors import DocumentError, SealError
from pedigree.events import read_event
from pedigree.messages import DocumentMessage, StampedEvent, decode_document, decode_fact
from pedigree.ports import DOCUMENTS, FACTS, EventLog
from pedigree.registry import Registry
from pedigree.seal import Bracket, KeyRing, verify_seal
from pedigree.stamping import stamp

_PAGE = 200
_json = msgspec.json.Decoder()


class Counts(msgspec.Struct):
    """What one party has attested. Documents and events; `sealed`, `journaled`: events; the others rest on the gateway's word."""

    documents: int = 0
    events: int = 0
    sealed: int = 0
    journaled: int = 0

    @property
    def gateway(self) -> int:
        return self.events - self.sealed


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
    journals = Journals()
    whole = sum(end for (topic, _), end in ends.items() if topic == DOCUMENTS)
    done = 0
    for partition in range(log.partitions(DOCUMENTS)):
        registries = _Registries(log)
        for offset, message in _by_version(log, partition, ends[DOCUMENTS, partition]):
            registry = registries.at(message.registry)
            where = f"{partition} / {offset}"
            if wrong := _seal_fault(message, registry):
                into.add("log", "seal", where, *wrong)
            journals.gather(message, (partition, offset), registry, into)
            for stamped in message.events:
                if wrong := _stamp_fault(stamped, message, registry):
                    into.add("log", "stamp", f"{where} / {stamped.hash.hex()}", *wrong)
            _count(counts.setdefault(message.party, Counts()), message)
            done += 1
            if done % 50 == 0:
                report("checking seals and stamps", done, whole)
    report("checking seals and stamps", whole, whole)
    if ring is not None:
        journals.check(log, ring, into)
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
    found, expected = ("; ".join(f"{name} {getattr(one, name)!r}" for name in names) for one in (stamped, made))
    return found, expected
