"""More structs of the named queries: lists, stock, events. Import them from `graph.model`.

Conventions as there.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from pedigree.messages import Verdict


class InboxRow(msgspec.Struct, frozen=True):
    """A verdict that its sender should look at."""

    unit: str
    capture: str
    """Capture id of the document that brought the event ('' when an edge caused it and no document is known)."""
    verdict: Verdict


class Hit(msgspec.Struct, frozen=True):
    """A search result: a unit, or a lot (epc '')."""

    epc: str
    gtin: str
    lot: str
    status: int
    verdict: str
    units: int = 1
    """Lots: how many units."""


class StockRow(msgspec.Struct, frozen=True):
    """What a party has of a lot at a place, containers opened. Packs."""

    party: str
    location: str
    gtin: str
    lot: str
    expiry: str
    usable: float
    held: float
    in_transit: float
    """Shipped by `party` and not yet received: its, until the receiver has it."""
    opened: float = 0.0
    """Packs dispensed in part."""
    addressee: str = ""
    """In transit: to whom (rows with different addressees stay apart)."""


class ConsumptionRow(msgspec.Struct, frozen=True):
    """What was dispensed on one UTC day. Packs, parts as fractions."""

    party: str
    location: str
    gtin: str
    day: int
    """Start of the day."""
    quantity: float


class EventRow(msgspec.Struct, frozen=True):
    """An event as captured."""

    hash: bytes
    declared: int
    """Declaration time of an error declaration, else 0 (a declaration has the hash of the event that it declares)."""
    type: str
    action: str
    biz_step: str
    """CBV bare word where it is one, else the URI."""
    disposition: str
    time: int
    record_time: int
    party: str
    """The attester."""
    actor: str
    location: str
    """Business location, else read point."""
    capture: str
    offset: int
    """Of its document in the partition of the documents log."""
    partition: int
    seq: int
    """Position in the document."""
    json: bytes
    """JSON-LD, whole."""


ValueKind = Literal["epc", "bizStep", "bizLocation", "readPoint", "disposition"]
"""What EPCIS lists as resources of their own."""


class MasterDataRow(msgspec.Struct, frozen=True):
    """One attribute of one vocabulary element, as the latest document's header states it."""

    vocabulary: str
    """The type of vocabulary, a URN."""
    element: str
    """Canonical."""
    attribute: str
    """A URI, or `children`."""
    value: str
    """JSON."""
    party: str
    """Who states it."""
    record_time: int


class VerdictCounts(msgspec.Struct, frozen=True):
    """How far the events of a document are decided."""

    events: int
    """Events that the graph has (0 = the document is not projected yet)."""
    decided: int
    """Events with at least one verdict."""
    outcomes: dict[str, int]
    """Verdicts on the events' own observations."""
    edges: dict[str, int]
    """Verdicts on what followed in other units (children packed, outputs made)."""
    findings: dict[str, int]
    """By code."""


class Counts(msgspec.Struct, frozen=True):
    """The size of the graph."""

    units: int
    events: int
    documents: int
    undecidable: int
    verdicts: dict[str, int]
    findings: dict[str, int]
    anchored: dict[str, int]
    """'generation/partition' -> decisions that the ledger has."""
