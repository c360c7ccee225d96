"""Takes prepared documents in: evidence, stamps, duplicates, one message in the log. When `take` returns, answer."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

import structlog

from pedigree.errors import LogFullError, StoreError
from pedigree.messages import DocumentMessage, StampedEvent, encode, event_uri
from pedigree.ports import DOCUMENTS
from pedigree.registry import Registry
from pedigree.rules import rules_of
from pedigree.seal import KeyRing, Seal, sm3
from pedigree.stamping import stamp
from services.capture import evidence
from services.capture.claims import Claims
from services.capture.context import CaptureContext, decode_part, encode_context
from services.capture.evidence import Brackets, Journal
from services.capture.index import CaptureIndex, EventKey, Seen, strength
from services.capture.prepare import Behaviour, Prepared, PreparedEvent
from services.context import Services
from services.problems import fault_json, forbidden

MESSAGE_VERSION = 1
_log = structlog.get_logger("medtrace.capture")


@dataclass(frozen=True, slots=True)
class Upload:
    """A body as it came, and what came with it. `record_time`: only in simulation mode, else None."""

    body: bytes
    content_type: str
    party: str
    single: bool = False
    behaviour: Behaviour = "rollback"
    seal: str = ""
    journal: bytes = b""
    record_time: int | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of it. `existing`: for a single event that we have already, its URI (nothing was written)."""

    id: str
    events: list[str] = field(default_factory=list)
    existing: str = ""


class Taker:
    """One a process. `take` blocks until the log has the document durably; call it from a thread."""

    def __init__(self, services: Services, index: CaptureIndex) -> None:
        self._services = services
        self._index = index
        self._claims = Claims()

    def take(self, upload: Upload, prepared: Prepared) -> Taken:
        """Raises Problem or SealError for evidence that does not hold, LogFullError (nothing was taken)."""
        services = self._services
        at = services.clock() if upload.record_time is None else upload.record_time
        registry = services.registry.current()
        seal = evidence.read_seal(upload.seal, upload.body, registry, at) if upload.seal else None
        attester = seal.party if seal is not None else upload.party
        party = registry.party(attester)
        if seal is None and party is not None and party.seal_required:
            raise forbidden(f"documents of {attester} must be sealed (header Medtrace-Seal)")
        journal = evidence.read_journal(upload.journal, registry, attester, at) if upload.journal else None
        keys: list[EventKey] = [(event.hash, event.declared, attester) for event in prepared.events]
        claimed: set[object] = {*keys}
        if journal is not None:
            claimed.add(journal.device.id)
        with self._claims.hold(claimed):
            return self._take(upload, prepared, registry, attester, at, seal, journal, keys)

    def _take(
        self,
        upload: Upload,
        prepared: Prepared,
        registry: Registry,
        attester: str,
        at: int,
        seal: Seal | None,
        journal: Journal | None,
        keys: list[EventKey],
    ) -> Taken:
        brackets = self._brackets(journal, prepared.events)
        stamped = [self._stamp(event, registry, attester, at, brackets, seal is not None) for event in prepared.events]
        known = self._index.seen(keys)
        fresh, expected, repeated = _fresh(prepared.events, stamped, keys, known, seal is not None)
        uris = [event_uri(event.hash) for event in prepared.events]
        if upload.single and keys and keys[0] in known and not fresh:
            return Taken(known[keys[0]].capture, uris, existing=uris[0])
        part = decode_part(prepared.context)
        context = CaptureContext(
            context=part.context,
            namespaces=part.namespaces,
            header=part.header,
            source=part.source,
            behaviour=upload.behaviour,
            single=upload.single,
            expected=expected,
            duplicates=repeated,
            errors=tuple(fault_json(fault) for fault in prepared.problems()),
            uploader=upload.party if upload.party != attester else "",
            journal=brackets.part,
        )
        message = DocumentMessage(
            version=MESSAGE_VERSION,
            id=f"{at:012x}{secrets.token_hex(8)}",
            party=attester,
            record_time=at,
            registry=registry.version,
            rules=rules_of(registry.rules_at(at)).version,
            content_type=upload.content_type,
            raw=prepared.raw,
            digest=prepared.digest,
            seal=seal,
            context=encode_context(context),
            events=fresh,
        )
        self._append(message)
        return Taken(message.id, uris)

    def _brackets(self, journal: Journal | None, events: list[PreparedEvent]) -> Brackets:
        if journal is None:
            return Brackets()
        ring = self._services.ring or KeyRing("", 1, ())
        times = {event_uri(event.hash): event.view.time for event in events}
        return evidence.verify(journal, self._index.head(journal.public.key_id), ring, times)

    @staticmethod
    def _stamp(
        event: PreparedEvent, registry: Registry, attester: str, at: int, brackets: Brackets, sealed: bool
    ) -> StampedEvent:
        bracket = brackets.of(event_uri(event.hash))
        device = brackets.device if bracket is not None else ""
        return stamp(event.view, event.json, event.hash, registry, attester, at, bracket, device, sealed=sealed)

    def _append(self, message: DocumentMessage) -> None:
        log = self._services.log
        partition = int.from_bytes(sm3(message.id.encode())[:4], "big") % log.partitions(DOCUMENTS)
        log.append(DOCUMENTS, partition, [encode(message)])
        try:
            self._index.follow(log, partition)
        except (LogFullError, StoreError) as error:
            # The document is safe. The index follows the log again with the next capture or at the next start.
            _log.warning("capture_index_behind", capture=message.id, error=str(error))


def _fresh(
    events: list[PreparedEvent], stamped: list[StampedEvent], keys: list[EventKey], known: dict[EventKey, Seen], sealed: bool
) -> tuple[list[StampedEvent], int, int]:
    """The events to write; about how many of them something will be decided; how many of all we had before.

    Written are those that we don't have from this attester, and those whose attestation now proves more than the one we have.
    """
    chosen: list[StampedEvent] = []
    taken: set[EventKey] = set()
    expected = repeated = 0
    for event, made, key in zip(events, stamped, keys, strict=True):
        before = known.get(key)
        repeated += before is not None or key in taken
        if key not in taken and (before is None or strength(made, sealed) & ~before.strength):
            taken.add(key)
            chosen.append(made)
            expected += event.units
    return chosen, expected, repeated
