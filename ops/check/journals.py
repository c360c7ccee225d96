"""Device journals once more: the pieces of each one in its own order, and what capture stamped because of them."""

from __future__ import annotations

import msgspec

from ops.check.difference import Differences
from pedigree.errors import SealError
from pedigree.messages import DocumentMessage, decode_document, event_uri
from pedigree.ports import DOCUMENTS, EventLog
from pedigree.registry import Registry
from pedigree.seal import Bracket, JournalHead, KeyRing, PublicKey, verify_journal
from services.capture.context import decode_context

Where = tuple[int, int]
"""Partition and offset of a document."""


class _Piece(msgspec.Struct, frozen=True):
    """A piece of a journal, and where it came. `name`: the device's registered id; `public` None: it was not registered then."""

    sequence: int
    where: Where
    name: str
    public: PublicKey | None


class Journals:
    """Gathers the pieces of all journals as documents go by; they may come in another order than their own."""

    def __init__(self) -> None:
        self._pieces: dict[str, list[_Piece]] = {}

    def gather(self, message: DocumentMessage, where: Where, registry: Registry, into: Differences) -> None:
        """Names events whose stamp claims a journal that did not come."""
        journal = decode_context(message.context).journal
        if journal is not None:
            known = registry.device(journal.device, message.record_time)
            name, public = (known[0].id, known[1]) if known is not None else (journal.device, None)
            self._pieces.setdefault(journal.device, []).append(_Piece(journal.entries[0].sequence, where, name, public))
            return
        for stamped in message.events:
            if stamped.device or stamped.earliest or stamped.latest:
                found = f"device {stamped.device!r}, not before {stamped.earliest}, not after {stamped.latest}"
                key = f"{where[0]} / {where[1]} / {stamped.hash.hex()}"
                into.add("log", "journal", key, found, "nothing: no journal came with it")

    def check(self, log: EventLog, ring: KeyRing, into: Differences) -> None:
        """Each journal is one chain that holds, and its brackets are those that were stamped."""
        for device, pieces in sorted(self._pieces.items()):
            _check(log, device, sorted(pieces, key=lambda piece: piece.sequence), ring, into)


def _check(log: EventLog, device: str, pieces: list[_Piece], ring: KeyRing, into: Differences) -> None:
    head: JournalHead | None = None
    for piece in pieces:
        key = f"{device} / {piece.sequence}"
        message = decode_document(log.read(DOCUMENTS, *piece.where, 1)[0].value)
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
        _check_brackets(message, piece.name, {one.event_hash: one for one in brackets}, key, into)


def _check_brackets(message: DocumentMessage, device: str, brackets: dict[str, Bracket], key: str, into: Differences) -> None:
    for stamped in message.events:
        bracket = brackets.get(event_uri(stamped.hash))
        proven = (device, bracket.earliest_ms or 0, bracket.latest_ms or 0) if bracket is not None else ("", 0, 0)
        if (stamped.device, stamped.earliest, stamped.latest) != proven:
            found = f"event {stamped.hash.hex()[:16]}… not before {stamped.earliest} and not after {stamped.latest}"
            into.add("log", "journal", key, found, f"{proven[1]} and {proven[2]}: what the entries prove")
            return
