"""A unit's row in the custody store: OPEN, the recent history, and what was last said about it.

The row holds every arrival since the older of two bases; what is older lies in the store's archive, 32 arrivals a
segment, and is only read when something arrives that belongs before the bases.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from pedigree.custody.leaf import Leaf, decode_leaf
from pedigree.custody.open import Open, Outcome, Turn
from pedigree.messages import Entry, Place, Shown
from pedigree.proof import ZERO_ACC

Identity = tuple[bytes, int, str, int]
LeafId = tuple[bytes, int, str]
Asked = tuple[tuple[LeafId, str], ...]
"""((event, kind, source code), container code): which entries had to ask which container."""


class Arrival(msgspec.Struct, array_like=True, frozen=True):
    """One leaf as it came in, and whose projection it is."""

    identity: Identity
    leaf: bytes


class Base(msgspec.Struct, array_like=True, frozen=True):
    """The fold's OPEN state after the first `count` leaves."""

    count: int
    acc: bytes
    open: Open
    asked: Asked
    timeline: list[Turn]
    outcomes: list[tuple[LeafId, Outcome]]


class Said(msgspec.Struct, array_like=True, frozen=True):
    """What was last said about an entry: digest of its verdict, and how bad it is (0 info .. 3 high, -1 none)."""

    digest: bytes
    rank: int
    pending: bool


class Row(msgspec.Struct, array_like=True):
    """See the module. `entries` are those of the arrivals in the row (each once) and declarations."""

    n: int = 0
    acc: bytes = ZERO_ACC
    start: int = 0
    """How many leaves lie in the archive."""
    horizon: int = -1
    """Latest event or place time of what lies in the archive."""
    bases: list[Base] = []
    arrivals: list[Arrival] = []
    entries: list[Entry] = []
    open: Open = Open()
    asked: Asked = ()
    """By the fold up to OPEN; `asking` adds what closing asked."""
    asking: Asked = ()
    timeline: list[Turn] = []
    """Turns up to OPEN, as far back as the older base (and the one before it)."""
    ending: list[Turn] = []
    """What closing adds to the timeline; it takes back what stands there from `ending_cut` on."""
    ending_cut: Place | None = None
    outcomes: list[tuple[LeafId, Outcome]] = []
    endings: list[tuple[LeafId, Outcome]] = []
    """Outcomes that only closing gave."""
    said: list[tuple[Identity, Said]] = []
    archived_rank: int = -1
    """The worst verdict among archived entries."""
    names: dict[str, str] = {}
    shown: Shown | None = None
    wake: int = 0
    travel: tuple[Identity, ...] = ()
    """Entries that were last found to be out of reach of the scan before them."""
    key_version: int = 0
    """Version of the consortium key that the unit's codes were made with: it never changes."""

    def closed(self) -> list[Turn]:
        """The whole timeline, deadlines run."""
        cut = self.ending_cut
        return [*(turn for turn in self.timeline if cut is None or turn.place < cut), *self.ending]


class Archive(Protocol):
    """What lies beside the rows: old arrivals, lists of children, probes."""

    def segments(self, unit: str) -> list[bytes]:
        """All segments of the unit, oldest first."""
        ...

    def members(self, unit: str, event: bytes) -> tuple[str, ...]:
        """The children that a packing, unpacking or transformation lists; () if the event lists none."""
        ...

    def probes(self, unit: str, until: int) -> list[Entry]:
        """Probes on the unit whose window ends at or after `until` (ms)."""
        ...

    def probe(self, unit: str, identity: Identity) -> Entry | None: ...


class Segment(msgspec.Struct, array_like=True, frozen=True):
    """Archived arrivals with their entries."""

    arrivals: list[Arrival]
    entries: list[Entry]


_rows = msgspec.msgpack.Decoder(Row)
_segments = msgspec.msgpack.Decoder(Segment)
_encoder = msgspec.msgpack.Encoder()
encode_row = _encoder.encode
encode_segment = _encoder.encode
decode_row = _rows.decode
decode_segment = _segments.decode


def current(arrivals: list[Arrival]) -> dict[Identity, Leaf]:
    """The latest projection of each entry, in order of first arrival."""
    latest: dict[Identity, bytes] = {}
    for arrival in arrivals:
        latest[arrival.identity] = arrival.leaf
    return {identity: decode_leaf(leaf) for identity, leaf in latest.items()}
