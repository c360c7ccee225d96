"""Which part of a unit's history has to be folded again, and folding it.

In order of preference: onto OPEN; from the newer base; from the older base; from the beginning (reading the archive).
The ledger takes the same way: `Refolded.base` tells it from where, and the leaves since then are its witness.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from pedigree.custody.appending import appendable
from pedigree.custody.fold import Fold
from pedigree.custody.leaf import Leaf
from pedigree.custody.open import Open, Outcome, Turn
from pedigree.custody.row import Arrival, Asked, Base, Identity, LeafId, Row, current
from pedigree.custody.state import State
from pedigree.messages import Place


class Refolded(msgspec.Struct, frozen=True):
    """What folding gave. Turns and outcomes are those since `base`; the ones before it stand as they were."""

    base: int
    """Leaf count of the state it started from; the count before this decision = appended onto OPEN."""
    start: Open
    open: Open
    closed: State
    turns: list[Turn]
    cut: Place | None
    """Earlier turns from this place on are taken back."""
    ending: list[Turn]
    ending_cut: Place | None
    """The same, by closing."""
    outcomes: dict[LeafId, Outcome]
    endings: dict[LeafId, Outcome]
    asked: Asked
    asking: Asked


def refold(row: Row, new: Sequence[tuple[Identity, Leaf, bool]], genesis: list[Arrival] | None) -> Refolded:
    """`new`: (identity, leaf, whether an earlier leaf of that identity exists). `genesis`: the archived arrivals, where
    they had to be read; None where they are known not to matter."""
    leaves = [leaf for _, leaf, _ in new]
    if not any(known for _, _, known in new) and genesis is None and appendable(row.open, leaves):
        return _run(row.n, row.open, leaves, row.asked)
    if genesis is None:
        base = _base_for(row, new)
        if base is not None:
            since = row.arrivals[base.count - row.start :]
            return _run(base.count, base.open, _together(since, new), base.asked)
    arrivals = [*(genesis or []), *row.arrivals]
    return _run(0, Open(), _together(arrivals, new), ())


def needs_archive(row: Row, new: Sequence[tuple[Identity, Leaf, bool]]) -> bool:
    """Whether the change lies before what the row's bases can take."""
    if row.start == 0:
        return False
    if not any(known for _, _, known in new) and appendable(row.open, [leaf for _, leaf, _ in new]):
        return False
    return _base_for(row, new) is None


def _base_for(row: Row, new: Sequence[tuple[Identity, Leaf, bool]]) -> Base | None:
    """The newest base that every changed leaf can be appended to and that contains none of them."""
    changed = {identity for identity, _, known in new if known}
    for base in reversed(row.bases):
        before = row.arrivals[: base.count - row.start]
        if changed and any(arrival.identity in changed for arrival in before):
            continue
        if appendable(base.open, _together(row.arrivals[base.count - row.start :], new)):
            return base
    return None


def _together(arrivals: list[Arrival], new: Sequence[tuple[Identity, Leaf, bool]]) -> list[Leaf]:
    latest: Mapping[Identity, Leaf] = {**current(arrivals), **{identity: leaf for identity, leaf, _ in new}}
    return list(latest.values())


def _run(base: int, start: Open, leaves: Sequence[Leaf], asked: Asked) -> Refolded:
    fold = Fold(start, leaves)
    opened = fold.open()
    turns, cut, outcomes = list(fold.turns), fold.cut, dict(fold.outcomes)
    asked_open = tuple(sorted({*asked, *fold.asked}))
    fold.asked, fold.cut = set(), None
    closed = fold.close()
    kept = [turn for turn in turns if fold.cut is None or turn.place < fold.cut]
    ending = fold.turns[len(kept) :]
    endings = {identity: o for identity, o in fold.outcomes.items() if outcomes.get(identity) != o}
    asking = tuple(sorted(fold.asked - set(asked_open)))
    return Refolded(base, start, opened, closed, turns, cut, ending, fold.cut, outcomes, endings, asked_open, asking)
