"""The leaf: the canonical projection of an entry. It holds every input of the core fold and nothing else, so that the
ledger can judge again without seeing a product, a serial or a party's name.

Every name in it (party, place, container) is a code that differs from unit to unit; the fold only compares codes for
equality, never orders by them.
"""

from __future__ import annotations

import msgspec

from pedigree.custody.steps import LAST, RANK, Kind
from pedigree.messages import Custody, Place
from pedigree.rules import DAY_MS, rules_of

VERSION = 1
NO_RECORD = -1
"""`record` of an entry that no entitled party attests: it has no place in the fold."""

Changes = tuple[tuple[Place, Custody], ...]


class Leaf(msgspec.Struct, array_like=True, frozen=True):
    """One entry as the ledger sees it. Order of fields = order of the msgpack array."""

    version: int
    unit: bytes
    """SM3(epc || s1)."""
    event: bytes
    kind: int
    step: int
    time: int
    """Event time, never later than the record time; edges: the time of their place."""
    record: int
    """The earliest entitled record time."""
    slack: int
    proof: int
    """0 unproven, 1 bounded, 2 proven."""
    actor: str
    other: str
    owner: str
    location: str
    source: str
    """Edges: code of the unit that sent it."""
    quantity: float
    flags: int
    sale: str
    in_force: bool
    circle: bool
    """The chain of ancestors names this unit itself, or is deeper than six."""
    custody: Custody | None
    quotes: tuple[tuple[str, Changes], ...]
    marks: tuple[str, ...]
    rules: int
    registry: int
    attestation: bytes
    """SM3 over the attestations: who, when, under which seal."""

    @property
    def tie(self) -> bytes:
        """What orders entries of the same time and rank."""
        return self.event + self.source.encode() if self.source else self.event

    @property
    def place(self) -> Place:
        return (self.time, RANK.get(self.step, 0), self.tie)

    @property
    def deadline(self) -> Place:
        """Until here the entry may wait for what it depends on."""
        return (max(self.record + self.slack, self.time), LAST, self.tie)

    @property
    def end_of_day(self) -> Place:
        """Of a leaf that is dated to a day: the last place that its deed may have had. Nothing is recorded before it is done."""
        return (min(self.time + DAY_MS, self.record), LAST, b"")

    @property
    def acts(self) -> bool:
        """Whether the entry has a place in the fold at all."""
        return (
            self.in_force
            and self.record != NO_RECORD
            and self.step in RANK
            and self.kind != Kind.PROBE
            and (self.source != "" or self.record - self.time <= rules_of(self.rules).too_old_ms)
        )

    @property
    def identity(self) -> tuple[bytes, int, str]:
        return (self.event, self.kind, self.source)


_decoder = msgspec.msgpack.Decoder(Leaf)
encode_leaf = msgspec.msgpack.Encoder().encode


def decode_leaf(data: bytes) -> Leaf:
    """The leaf in `data`; msgspec.DecodeError (a ValueError) where the bytes are no leaf."""
    return _decoder.decode(data)


def leaf_unit_key(data: bytes) -> bytes:
    """The unit key inside a leaf's bytes, for proof verification."""
    return decode_leaf(data).unit


