"""What the graph answers: the structs of its named queries. The rows that a refold can be compared with are the structs of
`pedigree.messages` themselves (`Shown`, `Stay`, `Packed`, `Verdict`).

Times are int milliseconds UTC, intervals half-open with `END` for still open. Quantities are packs (floats only because a
pack can be dispensed in parts and a lot can be a balance).
"""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from graph.results import (
    ConsumptionRow,
    Counts,
    EventRow,
    Hit,
    InboxRow,
    MasterDataRow,
    StockRow,
    ValueKind,
    VerdictCounts,
)
from pedigree.messages import Packed, Shown, Stay, Verdict

__all__ = [
    "MAX_DEPTH",
    "Child",
    "ConsumptionRow",
    "Contents",
    "Counts",
    "Cursor",
    "Effective",
    "EventRow",
    "FindingRow",
    "Hit",
    "HolderCount",
    "InboxRow",
    "Level",
    "LotUnit",
    "MasterDataRow",
    "Page",
    "Passport",
    "PathStep",
    "Recall",
    "Receipt",
    "StockRow",
    "Unit",
    "UnitRows",
    "ValueKind",
    "VerdictCounts",
]

T = TypeVar("T")
Cursor = tuple[int | str | bytes, ...]
"""Where a page ended. Opaque: hand it back as it came (msgpack and base64 make it a token). None = from the start."""

MAX_DEPTH = 6
"""Containers in containers: nothing is climbed further (the fold refuses deeper nesting)."""


class Page(msgspec.Struct, Generic[T], frozen=True):
    """One page of a list. `next` is None on the last one."""

    items: list[T]
    next: Cursor | None = None


class Receipt(msgspec.Struct, array_like=True, frozen=True):
    """The ledger has the decisions `first..last` (both included) of a partition, as batch `batch` of its lane."""

    generation: int
    partition: int
    first: int
    last: int
    batch: int
    committed_ms: int
    size: int = 0
    """The lane's size (number of batches) after this one."""


class Unit(msgspec.Struct, frozen=True):
    """A unit's row: its CLOSED state as shown, and where its chain of leaves stands."""

    epc: str
    kind: str
    """sgtin | lgtin | sscc | grai | giai | other: the scheme of its identifier."""
    gtin: str
    """14 digits, '' if it has none."""
    serial: str
    """Serial number, or the 18 digits of an SSCC, or the whole of another scheme's value."""
    lot: str
    expiry: str
    generation: int
    partition: int
    number: int
    """The last decisions message that named it."""
    key: bytes
    n: int
    """How many leaves it has."""
    acc: bytes
    """Hash chain over these leaves."""
    anchored: int
    """How many of the leaves the ledger surely has (the graph's view of the receipts): n = all."""
    since: int
    shown: Shown


class Effective(msgspec.Struct, frozen=True):
    """Who answers for a unit now, containers followed upwards."""

    status: int
    party: str
    owner: str
    location: str
    addressee: str
    hold: str
    via: str = ""
    """The outermost container, '' = handled itself."""
    depth: int = 0
    known: bool = True
    """False: it is in a container that the graph has never heard of (or in a circle); the values are its own last ones."""


class PathStep(msgspec.Struct, frozen=True):
    """One custody interval of the unit: its own stay, or a container's, cut to the time that the unit was inside."""

    t_from: int
    t_to: int
    status: int
    party: str
    owner: str
    location: str
    addressee: str
    event: bytes
    via: str
    """The container whose stay this is, '' = the unit's own."""
    depth: int
    inferred: bool


class FindingRow(msgspec.Struct, frozen=True):
    """One finding with the verdict that it belongs to."""

    unit: str
    event: bytes
    code: str
    severity: str
    evidence: tuple[tuple[str, str], ...]
    time: int
    """Event time."""
    record_time: int
    party: str
    """Actor of the event, or the attester where it names none."""
    location: str
    biz_step: str
    outcome: str


class Passport(msgspec.Struct, frozen=True):
    """All that a page about one unit needs."""

    unit: Unit
    custody: Effective
    path: list[PathStep]
    """Ordered by time; containers' intervals included."""
    packed: list[Packed]
    """The unit's own containment rows."""
    verdicts: list[Verdict]
    """The unit's own, by place."""
    findings: list[FindingRow]
    """The unit's, and its containers' with an event time while it was inside."""
    containers: list[Unit]
    """Every container on the path, innermost first, with its n / acc / anchored."""


class UnitRows(msgspec.Struct, frozen=True):
    """Precisely the stored rows of a unit, as the structs of `pedigree.messages`: equal to a refold, or the row was edited."""

    epc: str
    key: bytes
    n: int
    acc: bytes
    generation: int
    partition: int
    number: int
    shown: Shown
    stays: list[Stay]
    packed: list[Packed]
    verdicts: list[Verdict]
    """Ordered by (event, kind, source, declared)."""
    identity: tuple[str, str, str, str] | None = None
    """Kind, GTIN, serial, lot as they are stored beside the key; None where the store keeps nothing but the key."""


class Child(msgspec.Struct, frozen=True):
    """A direct child of a container."""

    epc: str
    t_from: int
    t_to: int
    event: bytes
    gtin: str
    lot: str
    expiry: str
    verdict: str
    children: int
    """How many units are in it directly, now."""


class Level(msgspec.Struct, frozen=True):
    """How much is in a container at one depth (1 = direct children)."""

    depth: int
    units: int
    packs: int
    """Those of the units that have a GTIN and nothing inside."""


class Contents(msgspec.Struct, frozen=True):
    """What a container holds (held)."""

    epc: str
    at: int | None
    children: Page[Child]
    levels: list[Level]
    """Only on the first page ([] later): counting means walking all of it."""


class HolderCount(msgspec.Struct, frozen=True):
    """How many units of a lot one party has in one status at one place."""

    party: str
    location: str
    status: int
    units: int
    in_containers: int
    """Those of the units that are inside a container of that party."""


class LotUnit(msgspec.Struct, frozen=True):
    """One unit of a recalled lot and who answers for it."""

    epc: str
    verdict: str
    custody: Effective


class Recall(msgspec.Struct, frozen=True):
    """Where a lot is."""

    gtin: str
    lot: str
    total: int
    holders: list[HolderCount]
    """Most units first; only on the first page ([] later)."""
    units: Page[LotUnit]
