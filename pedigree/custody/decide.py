"""One unit, whatever arrived for it, the latest tick: what is decided. Pure; the custody step calls it for each unit of an
envelope.

`decide` answers None where nothing changed: a repeat costs nothing downstream.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pedigree.custody.answers import answer_probes
from pedigree.custody.bases import next_bases
from pedigree.custody.claim import claim
from pedigree.custody.edges import Outgoing
from pedigree.custody.history import Consortium, History
from pedigree.custody.open import Outcome, Turn
from pedigree.custody.refold import Refolded, needs_archive, refold
from pedigree.custody.row import Archive, Base, LeafId, Row, Segment, encode_row, encode_segment
from pedigree.custody.telling import tell
from pedigree.custody.timeline import changed_intervals
from pedigree.custody.verdicts import unit_word
from pedigree.custody.words import archived_ranks, judge_entries, shown
from pedigree.messages import Observation, UnitDecision
from pedigree.proof import next_acc

MAX_WITNESS = 2_000
"""Leaves; a decision that would need more leaves the ledger's judgement to a later `refold`."""


class Decided(msgspec.Struct, frozen=True):
    """The decision about one unit, and what it tells others."""

    decision: UnitDecision
    sent: list[Observation]


def decide(
    unit: str,
    row: Row | None,
    observations: Sequence[Observation],
    *,
    tick: int,
    consortium: Consortium,
    archive: Archive,
    revision: tuple[int, int],
    alone: bool = False,
) -> Decided | None:
    """`row`: as stored, None for a new unit. `revision`: (generation, number) of the decision that this becomes part of.
    `alone`: fold again a history that is known (for a page or a check); nobody is told anything."""
    history = History(unit, row or Row(), consortium, archive)
    history.keep_ended = alone
    history.take(observations)
    if not history.upserted and not history.due(tick):
        return None
    old = history.row
    new_leaves = history.project()
    if new_leaves and needs_archive(old, new_leaves):
        history.load_archive()
    result = refold(old, new_leaves, history.genesis) if new_leaves else None
    row_after = _advance(history, result, new_leaves_count=len(new_leaves))
    verdicts, gone = judge_entries(history, row_after, result, tick)
    word = unit_word([s for _, s in row_after.said], row_after.archived_rank)
    row_after.shown = shown(history, row_after, word)
    since, stays, packed = changed_intervals(old.closed(), row_after.closed(), history.coder)
    outgoing = Outgoing(unit, history.coder, archive, revision)
    if result is not None and not alone:
        tell(history, old, row_after, outgoing)
    if not alone:
        answer_probes(history, old, row_after, outgoing, revision)
    if (
        result is None
        and not verdicts
        and not gone
        and not outgoing.sent
        and not history.upserted
        and (row_after.shown == old.shown and row_after.wake == old.wake)
    ):
        return None
    segments = _archive(history, row_after)
    row_after.names, row_after.key_version = history.coder.names, history.consortium.version
    base = result.base if result is not None else old.n
    decision = UnitDecision(
        unit=unit,
        key=history.coder.key,
        before=old.n,
        acc=row_after.acc,
        entries=history.upserted_entries(),
        members=history.new_members,
        leaves=history.new_bytes,
        witness=history.witness(base) if result is not None else [],
        base=base,
        claim=claim(result.closed, {**result.outcomes, **result.endings}) if result is not None else b"",
        row=encode_row(row_after),
        shown=row_after.shown,
        verdicts=verdicts,
        gone=gone,
        since=since,
        stays=stays,
        packed=packed,
        wake=row_after.wake,
        segments=segments,
    )
    return Decided(decision, outgoing.sent)


def _advance(history: History, result: Refolded | None, new_leaves_count: int) -> Row:
    """The row after the new leaves: arrivals, OPEN, timeline, bases. Verdicts and what is shown come later."""
    old = history.row
    new = msgspec.structs.replace(old, entries=history.row_entries())
    if result is None:
        return new
    acc = old.acc
    for leaf in history.new_bytes:
        acc = next_acc(acc, leaf)
    new.n, new.acc = old.n + new_leaves_count, acc
    new.arrivals = [*old.arrivals, *history.new_arrivals]
    new.open, new.asked, new.asking = result.open, result.asked, result.asking
    timeline, outcomes = _before(history, result)
    if result.cut is not None:
        timeline = [turn for turn in timeline if turn.place < result.cut]
    new.timeline = [*timeline, *result.turns]
    new.ending, new.ending_cut = result.ending, result.ending_cut
    new.outcomes = list({**dict(outcomes), **result.outcomes}.items())
    new.endings = list(result.endings.items())
    now = Base(new.n, acc, new.open, new.asked, new.timeline, new.outcomes)
    new.bases = next_bases(old.bases, result.base, now)
    return new


def _before(history: History, result: Refolded) -> tuple[list[Turn], list[tuple[LeafId, Outcome]]]:
    """Timeline and outcomes at the state that the fold started from."""
    old = history.row
    if result.base == old.n:
        return old.timeline, old.outcomes
    for base in old.bases:
        if base.count == result.base:
            return base.timeline, base.outcomes
    return [], []


def _archive(history: History, row: Row) -> list[tuple[int, bytes]]:
    """Move what lies before the older of two bases out of the row."""
    if len(row.bases) < 2 or row.bases[0].count <= row.start:
        return []
    cut = row.bases[0].count - row.start
    going, staying = row.arrivals[:cut], row.arrivals[cut:]
    leaving = {arrival.identity for arrival in going} - {arrival.identity for arrival in staying}
    waiting = {leaf.identity for base in row.bases for leaf in base.open.waiting} | {leaf.identity for leaf in row.open.waiting}
    kept_ids = history.waiting_identities(waiting)
    entries = [e for e in row.entries if e.identity in leaving]
    segment = encode_segment(Segment(going, entries))
    start = row.start
    row.arrivals, row.start = staying, row.bases[0].count
    gone = leaving - kept_ids
    row.horizon = max([row.horizon, *(max(e.time, e.place[0] if e.place else 0) for e in entries)])
    row.entries = [e for e in row.entries if e.identity not in gone]
    row.archived_rank = max(row.archived_rank, archived_ranks(row, gone))
    row.said = [(identity, s) for identity, s in row.said if identity not in gone]
    _prune(row)
    return [(start, segment)]


def _prune(row: Row) -> None:
    """Forget turns and outcomes from before the older base, but for the last turn before it."""
    top = row.bases[0].open.position[:3]

    def recent(turns: list[Turn]) -> list[Turn]:
        before = [turn for turn in turns if turn.place <= top]
        return [*before[-1:], *(turn for turn in turns if turn.place > top)]

    known = {(e.event, e.kind, e.source) for e in row.entries}
    alive = {(event, kind) for event, kind, _ in known}
    row.timeline = recent(row.timeline)
    row.outcomes = [(i, o) for i, o in row.outcomes if i[:2] in alive]
    row.bases = [
        msgspec.structs.replace(
            base, timeline=recent(base.timeline), outcomes=[(i, o) for i, o in base.outcomes if i[:2] in alive]
        )
        for base in row.bases
    ]
