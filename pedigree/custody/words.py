"""What is said about a unit's entries and about the unit: verdicts that changed, and the state as people see it."""

from __future__ import annotations

import msgspec

from pedigree.custody.history import History, leaf_id
from pedigree.custody.marks import EXPIRES, earliest_expiry
from pedigree.custody.refold import Refolded
from pedigree.custody.row import Identity, Row
from pedigree.custody.steps import Kind, Status, Step
from pedigree.custody.travel import is_one_body, travelled
from pedigree.custody.verdicts import About, said, settles, verdict
from pedigree.findings import LOW, severity
from pedigree.messages import Entry, Finding, Shown, Verdict
from pedigree.rules import rules_of

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
    travel = travelled(history.entries.values()) if is_one_body(history.unit) and _is_scanned_in_places(history) else {}
    candidates = list(dict.fromkeys([*candidates, *travel, *(i for i in row.travel if i in history.entries)]))
    row.travel = tuple(travel)
    overdue = _overdue(history, row)
    # Goods have their norm to arrive in; the note of their receipt may take so much longer before the pack is suspect.
    missing = overdue[1] + rules_of(history.entries[overdue[0]].rules).receipt_grace_ms if overdue is not None else 0
    disputed = any(e.step == Step.COMMISSION and e.declared for e in history.entries.values())
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
        extra = [travel[identity]] if identity in travel else []
        if overdue is not None and overdue[0] == identity and overdue[1] <= tick:
            evidence = (("shipped_to", entry.other), ("days", str(entry.norm // 86_400_000)))
            level = LOW if tick < missing else severity("not_received")
            extra.append(Finding("not_received", level, evidence))
        about = About(tick, lot, expiry, disputed, tuple(extra))
        outcome = outcomes.get(leaf_id(identity, history.coder))
        new = verdict(entry, leaf, outcome, history.coder, about)
        say = said(new, _encode(new))
        if told.get(identity) != say:
            verdicts.append(new)
        if identity in kept:
            told[identity] = say
        if new.outcome == "pending" and (due := settles(leaf, outcome)) > tick:
            wake = min(wake, due) if wake else due
    if overdue is not None:
        later = [due for due in (overdue[1], missing) if due > tick]
        wake = min([*later, *([wake] if wake else [])], default=0)
    row.said = list(told.items())
    row.wake = wake
    return verdicts, gone


def _candidates(history: History, row: Row, result: Refolded | None, tick: int, *, everything: bool) -> list[Identity]:
    """Entries whose verdict may have changed, without looking at more than must be."""
    if everything or (result is not None and result.base != history.row.n):
        return [i for i in history.latest() if i in history.entries]
    chosen: dict[Identity, None] = {i: None for i in history.upserted if i[1] != Kind.PROBE}
    chosen.update((i, None) for i, s in row.said if s.pending)
    for turns in (history.row.closed(), row.closed()):
        # Goods on their way may have become overdue, or have arrived.
        entry = history.by_leaf(turns[-1].by) if turns else None
        if entry is not None and entry.norm:
            chosen[entry.identity] = None
    if result is not None:
        ids = [*result.outcomes, *result.endings, *(i for i, _ in history.row.endings)]
        for found in ids:
            entry = history.by_leaf(found)
            if entry is not None:
                chosen[entry.identity] = None
    return [i for i in chosen if i in history.entries]


def _is_scanned_in_places(history: History) -> bool:
    return len({entry.geo for entry in history.entries.values() if entry.geo is not None}) > 1


def _overdue(history: History, row: Row) -> tuple[Identity, int] | None:
    """The shipment that the unit is on, and when it should have arrived; None when it is not under way or nothing is known."""
    turns = row.closed()
    if not turns or turns[-1].state.status != Status.IN_TRANSIT or turns[-1].state.container:
        return None
    entry = history.by_leaf(turns[-1].by)
    if entry is None or not entry.norm or entry.step not in (Step.SHIP, Step.CONSIGN):
        return None
    if opened(history):
        return None  # something out of it was seen by itself: it did arrive
    return entry.identity, turns[-1].place[0] + entry.norm


def _probes(history: History) -> list[Entry]:
    if not any(entry.step == Step.PACK for entry in history.entries.values()):
        return []
    known = {probe.identity: probe for probe in history.archive.probes(history.unit, 0)}
    return list({**known, **history.probes}.values())


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
    marks = tuple(mark for mark in history.coder.named_marks(state.marks) if not mark.startswith(EXPIRES))
    chain = "legacy" if state.legacy else ("complete", "nonparticipant", "unexplained")[state.gap]
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
        marks=(*marks, "opened") if opened(history) else marks,
        lot=lot,
        expiry=earliest_expiry(state.marks, expiry),
        since=turns[-1].place[0] if turns else 0,
    )


def opened(history: History) -> bool:
    """Something was seen by itself that is packed in this container: it has been opened."""
    return any(probe.alive and probe.asker is not None and probe.asker[1] == Kind.EVENT for probe in _probes(history))


def archived_ranks(row: Row, gone: set[Identity]) -> int:
    """The worst of what leaves the row."""
    return max((s.rank for i, s in row.said if i in gone), default=-1)
