"""A unit's whole history from the store, checked against itself, and folded again from the beginning."""

from __future__ import annotations

import msgspec

from pedigree.custody.decide import decide
from pedigree.custody.history import Consortium, History
from pedigree.custody.leaf import encode_leaf
from pedigree.custody.project import project
from pedigree.custody.row import Archive, Row
from pedigree.custody.steps import Kind
from pedigree.messages import Entry, Observation, Packed, Shown, Stay, Verdict
from pedigree.proof import chain_acc


class Whole(msgspec.Struct, frozen=True):
    """Entries and leaves of a unit, archive included. `differs`: rows that don't agree with each other."""

    unit: str
    row: Row
    key: bytes
    entries: list[Entry]
    leaves: list[bytes]
    """In arrival order."""
    differs: list[str]


class Refolded(msgspec.Struct, frozen=True):
    """What the whole history comes to."""

    shown: Shown
    verdicts: list[Verdict]
    stays: list[Stay]
    packed: list[Packed]


def whole(unit: str, row: Row, consortium: Consortium, archive: Archive) -> Whole:
    """Read everything about the unit and compare: leaves with their chain, entries with their leaves."""
    history = History(unit, row, consortium, archive)
    if row.start:
        history.load_archive()
    leaves = [arrival.leaf for arrival in [*(history.genesis or []), *row.arrivals]]
    differs = []
    if len(leaves) != row.n or chain_acc(leaves) != row.acc:
        differs.append(f"custody.unit {unit} (leaves)")
    declared = [e for e in history.entries.values() if e.kind == Kind.DECLARATION]
    latest = history.latest()
    if set(latest) != set(history.entries):
        differs.append(f"custody.unit {unit} (entries)")
    for identity, entry in history.entries.items():
        declarations = [d for d in declared if d.event == entry.event] if entry.kind == Kind.EVENT else []
        received = history.received(entry) if declarations else 0
        if latest.get(identity) != encode_leaf(project(entry, history.coder, declarations, received=received)):
            differs.append(f"custody.entry {entry.event.hex()} of {unit}")
    return Whole(unit, row, history.coder.key, list(history.entries.values()), leaves, differs)


def refolded(one: Whole, consortium: Consortium, archive: Archive, tick: int) -> Refolded:
    """Fold `one.entries` from the beginning, deadlines judged by `tick`."""
    observations = [Observation(one.unit, entry) for entry in one.entries]
    decided = decide(
        one.unit, None, observations, tick=tick, consortium=consortium, archive=archive, revision=(0, 0), alone=True
    )
    assert decided is not None  # a unit in the store has at least one entry
    decision = decided.decision
    verdicts = sorted(decision.verdicts, key=lambda v: (v.event, v.kind, v.source, v.declared))
    return Refolded(decision.shown, verdicts, decision.stays, decision.packed)
