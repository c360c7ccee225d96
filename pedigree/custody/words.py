"""What is said about a unit's entries and about the unit: verdicts that changed, and the state as people see it."""

from __future__ import annotations

import msgspec

from pedigree.custody.history import History, leaf_id
from pedigree.custody.refold import Refolded
from pedigree.custody.row import Identity, Row
from pedigree.custody.steps import Kind, Step
from pedigree.custody.verdicts import said, verdict
from pedigree.messages import Shown, Verdict

CREATING = frozenset({Step.COMMISSION, Step.BECAME, Step.ONBOARD})
_encode = msgspec.msgpack.Encoder().encode


def judge_entries(history: History, row: Row, result: Refolded | None, tick: int) -> tuple[list[Verdict], list[Identity]]:
    """Verdicts that differ from what was last said, and the entries to forget (edges that were taken back).

    Fills `row.said`, `row.wake`.
    """
    outcomes = {**dict(row.outcomes), **dict(row.endings)}
    lot, expiry = label(history, row)
    before = history.row.shown
    label_changed = before is not None and (lot, expiry) != (before.lot, before.expiry)
    told = dict(row.said)
    candidates = _candidates(history, row, result, tick, everything=label_changed)
    verdicts: list[Verdict] = []
    gone: list[Identity] = []
    wake = 0
    kept = {entry.identity for entry in row.entries}
    for identity in candidates:
        entry = history.entries[identity]
        if not entry.alive:
            # An edge that its source took back: it was an inference, and nothing of it stays.
            if told.pop(identity, None) is not None or identity not in kept:
                gone.append(identity)
            continue
        leaf = history.leaf(identity)
        new = verdict(
            entry,
            leaf,
            outcomes.get(leaf_id(identity, history.coder)),
            tick=tick,
            coder=history.coder,
            lot=lot,
            expiry=expiry,
        )
        say = said(new, _encode(new))
        if told.get(identity) != say:
            verdicts.append(new)
        if identity in kept:
            told[identity] = say
        if new.outcome == "pending" and leaf.deadline[0] > tick:
            wake = min(wake, leaf.deadline[0]) if wake else leaf.deadline[0]
    row.said = list(told.items())
    row.wake = wake
    return verdicts, gone


def _candidates(history: History, row: Row, result: Refolded | None, tick: int, *, everything: bool) -> list[Identity]:
    """Entries whose verdict may have changed, without looking at more than must be."""
    if everything or (result is not None and result.base != history.row.n):
        return [i for i in history.latest() if i in history.entries]
    chosen: dict[Identity, None] = {i: None for i in history.upserted if i[1] != Kind.PROBE}
    chosen.update((i, None) for i, s in row.said if s.pending)
    if result is not None:
        ids = [*result.outcomes, *result.endings, *(i for i, _ in history.row.endings)]
        for found in ids:
            entry = history.by_leaf(found)
            if entry is not None:
                chosen[entry.identity] = None
    return [i for i in chosen if i in history.entries]


def label(history: History, row: Row) -> tuple[str, str]:
    """Lot and expiry that the unit was made with, '' where nobody said so."""
    for by, outcome in [*row.outcomes, *row.endings]:
        if outcome.applied and by[1] in (Kind.EVENT, Kind.BECAME):
            entry = history.by_leaf(by)
            if entry is not None and entry.step in CREATING and (entry.lot or entry.expiry):
                return entry.lot, entry.expiry
    if row.start and row.shown is not None:
        return row.shown.lot, row.shown.expiry
    return "", ""


def shown(history: History, row: Row, word: str) -> Shown:
    """The CLOSED state with names."""
    turns = row.closed()
    state = turns[-1].state if turns else row.open.state
    name = history.coder.name
    lot, expiry = label(history, row)
    chain = "legacy" if state.legacy else "unexplained" if state.gap else "complete"
    return Shown(
        status=state.status,
        possessor=name(state.possessor),
        owner=name(state.owner),
        location=name(state.location),
        addressee=name(state.addressee),
        container=name(state.container),
        remaining=state.remaining,
        hold=name(state.hold),
        chain=chain,
        verdict=word,
        marks=state.marks,
        lot=lot,
        expiry=expiry,
        since=turns[-1].place[0] if turns else 0,
    )


def archived_ranks(row: Row, gone: set[Identity]) -> int:
    """The worst of what leaves the row."""
    return max((s.rank for i, s in row.said if i in gone), default=-1)
