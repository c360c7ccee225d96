"""A unit's history while one decision about it is made: entries by identity, what is new, the leaves it makes."""

from __future__ import annotations

from collections.abc import Iterable

from pedigree.custody.leaf import Leaf, decode_leaf, encode_leaf
from pedigree.custody.merge import answered, merge
from pedigree.custody.project import Coder, project
from pedigree.custody.row import Archive, Arrival, Identity, LeafId, Row, decode_segment
from pedigree.custody.steps import Kind, Step
from pedigree.messages import Entry, Observation
from pedigree.seal import ConsortiumKey, ConsortiumKeys

Consortium = ConsortiumKey | ConsortiumKeys


class History:
    """See the module. `row` is the row as it was; nothing in it is changed."""

    def __init__(self, unit: str, row: Row, consortium: Consortium, archive: Archive) -> None:
        self.unit, self.row, self.archive = unit, row, archive
        self.consortium = consortium.of(row.key_version) if row.key_version else consortium.latest
        self.coder = Coder(unit, self.consortium, dict(row.names))
        self.entries: dict[Identity, Entry] = {entry.identity: entry for entry in row.entries}
        self.upserted: dict[Identity, None] = {}
        self.probes: dict[Identity, Entry] = {}
        """Probes that are new or changed in this decision."""
        self.asked_anew: set[Identity] = set()
        """Those whose question (not an answer to it) is new."""
        self.new_members: list[tuple[bytes, tuple[str, ...]]] = []
        self.new_arrivals: list[Arrival] = []
        self.new_bytes: list[bytes] = []
        self.keep_ended = False
        """Refolding a stored history: its ended edges are known to have been there."""
        self.genesis: list[Arrival] | None = None
        """The archived arrivals, once they had to be read."""
        self._latest: dict[Identity, bytes] | None = None
        self._fresh: dict[Identity, Leaf] = {}
        """Leaves of this decision, as they were made."""

    # --- taking in -------------------------------------------------------------------------------------------------

    def take(self, observations: Iterable[Observation]) -> None:
        for observation in observations:
            entry = observation.entry
            if observation.answer is not None:
                self._answer(observation)
            elif entry.kind == Kind.PROBE:
                self._probe(entry)
            else:
                self._entry(entry, observation.members)

    def _entry(self, entry: Entry, members: tuple[str, ...]) -> None:
        identity = entry.identity
        known = self.entries.get(identity)
        if known is None and self.row.start and (entry.place or (entry.time,))[0] <= self.row.horizon:
            self.load_archive()
            known = self.entries.get(identity)
        if known is None and not entry.alive and not self.keep_ended:
            # The end of an edge that was never here. Edges of one source come in order, so nothing can follow it.
            return
        merged = merge(known, entry)
        if merged is known:
            return
        self.entries[identity] = merged
        self.upserted[identity] = None
        if known is None and members:
            self.new_members.append((entry.event, members))

    def _probe(self, probe: Entry) -> None:
        identity = probe.identity
        known = self.probes.get(identity) or self.archive.probe(self.unit, identity)
        if known is None and not probe.alive:
            return
        merged = merge(known, probe)
        if merged is not known:
            self.probes[identity] = merged
            self.upserted[identity] = None
            self.asked_anew.add(identity)

    def _answer(self, observation: Observation) -> None:
        entry, answer = observation.entry, observation.answer
        assert answer is not None  # the caller has looked
        identity = (entry.event, entry.kind, entry.source, 0)
        if entry.kind == Kind.PROBE:
            probe = self.probes.get(identity) or self.archive.probe(self.unit, identity)
            if probe is None:
                return
            changed = answered(probe, answer)
            if changed is not probe:
                self.probes[identity] = changed
                self.upserted[identity] = None
            return
        known = self.entries.get(identity)
        if known is None and self.row.start:
            self.load_archive()
            known = self.entries.get(identity)
        if known is None:
            return
        changed = answered(known, answer)
        if changed is not known:
            self.entries[identity] = changed
            self.upserted[identity] = None

    def load_archive(self) -> None:
        """Read what lies beside the row; from here on the whole history is at hand."""
        if self.genesis is not None:
            return
        self.genesis = []
        for data in self.archive.segments(self.unit):
            segment = decode_segment(data)
            self.genesis.extend(segment.arrivals)
            for entry in segment.entries:
                self.entries.setdefault(entry.identity, entry)
        self._latest = None

    def due(self, tick: int) -> bool:
        return 0 < self.row.wake <= tick

    # --- leaves ----------------------------------------------------------------------------------------------------

    def latest(self) -> dict[Identity, bytes]:
        """Each entry's latest leaf."""
        if self._latest is None:
            self._latest = {a.identity: a.leaf for a in [*(self.genesis or []), *self.row.arrivals, *self.new_arrivals]}
        return self._latest

    def project(self) -> list[tuple[Identity, Leaf, bool]]:
        """The leaves that this decision adds: (identity, leaf, whether it replaces an earlier one)."""
        declared = [e for e in self.entries.values() if e.kind == Kind.DECLARATION]
        touched = {identity: None for identity in self.upserted if identity[1] != Kind.PROBE}
        for declaration in declared:
            # Whether a declaration still voids depends on what else is in the history, so its event is looked at again.
            asserted = (declaration.event, int(Kind.EVENT), "", 0)
            if asserted in self.entries:
                touched[asserted] = None
        leaves: list[tuple[Identity, Leaf, bool]] = []
        known = self.latest() if self.row.n else {}
        for identity in touched:
            entry = self.entries[identity]
            declarations = [d for d in declared if d.event == entry.event] if entry.kind == Kind.EVENT else []
            leaf = project(entry, self.coder, declarations, received=self.received(entry) if declarations else 0)
            data = encode_leaf(leaf)
            before = known.get(identity)
            if before == data:
                continue
            leaves.append((identity, leaf, before is not None))
            self._fresh[identity] = leaf
            self.new_arrivals.append(Arrival(identity, data))
            self.new_bytes.append(data)
        if leaves:
            self._latest = None
        return leaves

    def leaf(self, identity: Identity) -> Leaf:
        """The entry's latest leaf."""
        return self._fresh.get(identity) or decode_leaf(self.latest()[identity])

    def received(self, shipping: Entry) -> int:
        """Record time of the counterpart's receipt of this shipment, 0 = none."""
        if shipping.step not in (Step.SHIP, Step.CONSIGN):
            return 0
        times = [
            a.record_time
            for e in self.entries.values()
            if e.step == Step.RECEIVE and e.actor != shipping.actor and e.time + e.slack >= shipping.time
            for a in e.attestations
            if a.entitled
        ]
        return min(times, default=0)

    def witness(self, base: int) -> list[bytes]:
        """The leaves between the base and this decision, in arrival order."""
        if base >= self.row.n:
            return []
        arrivals = [*(self.genesis or []), *self.row.arrivals]
        start = self.row.start if self.genesis is None else 0
        return [arrival.leaf for arrival in arrivals[base - start :]]

    # --- looking up ------------------------------------------------------------------------------------------------

    def upserted_entries(self) -> list[Entry]:
        return [self.probes[i] if i[1] == Kind.PROBE else self.entries[i] for i in self.upserted]

    def row_entries(self) -> list[Entry]:
        """Entries that the row holds: those it held, and the new ones (but not those read from the archive)."""
        if not self.upserted:
            return self.row.entries
        identities = {entry.identity: None for entry in self.row.entries}
        identities.update((i, None) for i in self.upserted if i[1] != Kind.PROBE)
        return [self.entries[i] for i in identities]

    def by_leaf(self, leaf_id: LeafId) -> Entry | None:
        """The entry behind a leaf's identity (its source is a code)."""
        event, kind, source = leaf_id
        return self.entries.get((event, kind, self.coder.name(source), 0))

    def waiting_identities(self, leaf_ids: set[LeafId]) -> set[Identity]:
        return {(event, kind, self.coder.name(source), 0) for event, kind, source in leaf_ids}

    def members(self, event: bytes) -> tuple[str, ...]:
        """The children that an event lists."""
        for at, members in self.new_members:
            if at == event:
                return members
        return self.archive.members(self.unit, event)


def leaf_id(identity: Identity, coder: Coder) -> LeafId:
    """The identity as the fold has it."""
    return (identity[0], identity[1], coder.code(identity[2]))
