"""What a document message carries beside its events, as JSON in `DocumentMessage.context`: enough to write the document back, and
what the capture job has to tell about it. The index is rebuilt from nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from pedigree.seal import JournalEntry, JournalHead


class DocumentPart(msgspec.Struct, frozen=True):
    """How the document reads around its events."""

    context: msgspec.Raw = msgspec.Raw(b"[]")
    namespaces: msgspec.Raw = msgspec.Raw(b"{}")
    header: msgspec.Raw = msgspec.Raw(b"{}")
    source: str = "json"


class HeadAfter(msgspec.Struct, frozen=True):
    """`JournalHead`, with its hash in hex. `readings`: event time minus ticks of the boot's latest notes, ms, oldest first."""

    sequence: int
    hash: str
    boot: str
    ticks_ms: int
    earliest_ms: int | None
    readings: tuple[int, ...] = ()

    @staticmethod
    def of(head: JournalHead, readings: Sequence[int] = ()) -> HeadAfter:
        return HeadAfter(head.sequence, head.hash.hex(), head.boot, head.ticks_ms, head.earliest_ms, tuple(readings))

    def head(self) -> JournalHead:
        return JournalHead(self.sequence, bytes.fromhex(self.hash), self.boot, self.ticks_ms, self.earliest_ms)


class JournalPart(msgspec.Struct, frozen=True):
    """The piece of a device's journal that came with the document. `after`: where the journal stands behind it. `before`:
    readings of earlier documents' notes in the boot of the first entry, to compare this document's with."""

    device: str
    entries: tuple[JournalEntry, ...]
    after: HeadAfter
    before: tuple[int, ...] = ()


class CaptureContext(DocumentPart, frozen=True, omit_defaults=True, kw_only=True):
    """`uploader`: the party whose key brought it, where it is not the attester. `expected`: events about which something will be
    decided. `errors`: of events that were left out (`proceed`)."""

    behaviour: Literal["rollback", "proceed"] = "rollback"
    single: bool = False
    expected: int = 0
    duplicates: int = 0
    errors: tuple[dict[str, Any], ...] = ()
    uploader: str = ""
    journal: JournalPart | None = None


decode_part = msgspec.json.Decoder(DocumentPart).decode
decode_context = msgspec.json.Decoder(CaptureContext).decode
encode_context = msgspec.json.Encoder().encode
