"""What a unit tells others: a function of its history. Only the difference to what was told before is sent.

Container -> child: `packed`, `unpacked`. Child -> container: `probe`; the answer comes back. Input -> transformation:
`fed`; transformation -> output: `became`. A taken-back edge is sent again with `alive` false.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from pedigree.custody.leaf import Leaf
from pedigree.custody.marks import joined
from pedigree.custody.open import Outcome, Turn
from pedigree.custody.project import Coder
from pedigree.custody.row import Archive, Asked, LeafId
from pedigree.custody.steps import RANK, Flag, Kind, Step
from pedigree.custody.timeline import custody_at, quoted
from pedigree.findings import MEDIUM, RANKS, severity
from pedigree.messages import Custody, Entry, Observation, Place
from pedigree.observations import container_flags, legacy_flag
from pedigree.seal import sm3

_EDGE = {
    Step.PACK: (Kind.PACKED, Step.PACKED),
    Step.UNPACK: (Kind.UNPACKED, Step.UNPACKED),
    Step.SHIP: (Kind.UNPACKED, Step.UNPACKED),
    Step.CONSIGN: (Kind.UNPACKED, Step.UNPACKED),
}
"""Shipping tells children only where an empty container goes home."""


def asker_key(leaf_id: LeafId) -> bytes:
    """Which entry of the asking unit a probe speaks for, as the probe's own event hash."""
    event, kind, source = leaf_id
    return event if kind == Kind.EVENT else sm3(event + bytes([kind]) + source.encode())


def after(place: Place, rank: int, tie: bytes) -> Place:
    """An edge's place: its cause's time with the edge's own rank, always after its cause."""
    return (place[0], rank, tie) if (rank, tie) >= place[1:] else (place[0] + 1, rank, tie)


class Outgoing:
    """Collects the edges of one unit in one decision."""

    def __init__(self, unit: str, coder: Coder, archive: Archive, revision: tuple[int, int]) -> None:
        self.unit, self.coder, self.archive, self.revision = unit, coder, archive, revision
        self.sent: list[Observation] = []

    # --- to children and outputs -----------------------------------------------------------------------------------

    def turned(
        self, entry: Entry, turn: Turn | None, packed_in: Entry | None, members: Sequence[str], marks: tuple[str, ...]
    ) -> None:
        """A packing, unpacking or transformation acts with this turn (None: no longer)."""
        if entry.step == Step.TRANSFORM:
            self._feed(entry, turn, marks)
            return
        if entry.step == Step.FORM:
            kind, step = Kind.BECAME, Step.BECAME
        else:
            kind, step = _EDGE[Step(entry.step)]
        custody, ancestors = self._custody(entry, turn, packed_in)
        edge = self._edge(entry, kind, step, turn, custody, ancestors)
        if entry.step == Step.FORM and turn is not None:
            edge = msgspec.structs.replace(edge, marks=marks)
        own = {0: edge}
        for member in members:
            flags = container_flags(member) | legacy_flag(member, entry.legacy)
            if flags not in own:
                own[flags] = msgspec.structs.replace(edge, flags=edge.flags | flags)
            self.sent.append(Observation(member, own[flags]))

    def _custody(self, entry: Entry, turn: Turn | None, packed_in: Entry | None) -> tuple[Custody, tuple[str, ...]]:
        if turn is None:
            return Custody(), ()
        container = self.coder.name(turn.state.container)
        if not container:
            return custody_at(turn.state, self.coder), (self.unit,)
        inherited = packed_in.ancestors if packed_in is not None else (container,)
        custody = quoted(entry.quotes, container, turn.place)
        return custody or custody_at(turn.state, self.coder), (self.unit, *inherited)

    def _edge(
        self, entry: Entry, kind: Kind, step: Step, turn: Turn | None, custody: Custody, ancestors: tuple[str, ...]
    ) -> Entry:
        cause = turn.place if turn is not None else (entry.time, RANK[step], entry.event)
        return Entry(
            event=entry.event,
            kind=kind,
            step=step,
            time=entry.time,
            source=self.unit,
            attestations=entry.attestations,
            actor=entry.actor,
            owner=custody.owner if kind == Kind.BECAME else "",
            location=entry.location,
            flags=entry.flags & (Flag.ASSOCIATION | Flag.SEALED | Flag.MAY_COMMISSION),
            slack=entry.slack,
            lot=entry.lot if kind == Kind.BECAME else "",
            expiry=entry.expiry if kind == Kind.BECAME else "",
            biz_step=entry.biz_step,
            rules=entry.rules,
            registry=entry.registry,
            place=after(cause, RANK[step], entry.event),
            custody=custody,
            ancestors=ancestors,
            revision=self.revision,
            alive=turn is not None,
        )

    def _feed(self, entry: Entry, turn: Turn | None, marks: tuple[str, ...]) -> None:
        custody, ancestors = self._custody(entry, turn, None)
        edge = self._edge(entry, Kind.FED, Step.FED, turn, custody, ancestors)
        own = self.coder.named_marks(turn.state.marks) if turn is not None else ()
        self.sent.append(Observation(entry.container, msgspec.structs.replace(edge, marks=joined(own, marks))))

    # --- to containers ---------------------------------------------------------------------------------------------

    def ask(self, container: str, leaf: Leaf, *, alive: bool) -> None:
        """Probe `container` about the time around `leaf`."""
        self.sent.append(Observation(container, self.probe(leaf.identity, leaf.place, leaf.deadline[0], alive=alive)))

    def probe(
        self, asker: LeafId, place: Place, until: int, *, alive: bool, chain: tuple[str, ...] = ()
    ) -> Entry:
        """`chain`: the units that have passed the question on so far."""
        return Entry(
            event=asker_key(asker),
            kind=Kind.PROBE,
            step=Step.PROBE,
            time=place[0],
            source=self.unit,
            place=place,
            until=until,
            ancestors=(*chain, self.unit),
            revision=self.revision,
            alive=alive,
            asker=(asker[0], asker[1], self.coder.name(asker[2]) if asker[1] != Kind.PROBE else asker[2]),
        )


def changed_turns(old: Sequence[Turn], new: Sequence[Turn]) -> Iterator[tuple[LeafId, Turn | None]]:
    """Identities whose (last) turn differs: (identity, new turn or None)."""
    before = {turn.by: turn for turn in old}
    after_ = {turn.by: turn for turn in new}
    for by, turn in after_.items():
        if before.get(by) != turn:
            yield by, turn
    for by in before:
        if by not in after_:
            yield by, None


def suspicious(outcomes: Mapping[LeafId, Outcome]) -> bool:
    """Whether anything about the unit would make a person suspicious: carried on to what is made of it."""
    return any(o.code and RANKS[severity(o.code)] >= RANKS[MEDIUM] for o in outcomes.values())


def asked_difference(old: Asked, new: Asked) -> tuple[Asked, Asked]:
    """(to ask, to take back)."""
    before, now = set(old), set(new)
    return tuple(sorted(now - before)), tuple(sorted(before - now))
