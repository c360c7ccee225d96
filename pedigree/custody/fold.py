"""The core fold: a unit's leaves in, its custody out. The stream and the ledger run this very code.

A leaf that does not fit exactly waits inside the fold until its deadline, in case what it depends on still comes.
OPEN is the state when the leaves are used up, later deadlines not run: it is what is stored, and what a later leaf is
appended to. CLOSED is OPEN continued through all deadlines: it is what is claimed and shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from pedigree.custody.judge import EXACT, LOOSE, NO, OK, Fit, judge
from pedigree.custody.leaf import Leaf
from pedigree.custody.open import Fallback, Open, Outcome, Point, Turn
from pedigree.custody.state import KEEPS_CONTAINER, State, step_to, with_custody
from pedigree.custody.steps import CLAIMS, GIVES_OUT, RANK, RECEIPTS, SHIPMENTS, Flag, Kind, Status, Step
from pedigree.messages import Custody, Place

MISSING: Fit = (-1, "container_silent")
CONTRADICTS_HOLDER = frozenset(
    {"sale_not_by_holder", "shipped_without_custody", "ended_without_custody", "handled_without_custody"}
)


class Fold:
    """One run. `outcomes` holds every leaf decided in it, `turns` every change of state, `asked` whom it had to ask."""

    __slots__ = (
        "ahead",
        "asked",
        "claims",
        "cut",
        "fallback",
        "held",
        "index",
        "leaves",
        "outcomes",
        "position",
        "state",
        "top",
        "turns",
        "vague",
        "waiting",
    )

    def __init__(self, start: Open, leaves: Iterable[Leaf]) -> None:
        self.leaves: Sequence[Leaf] = sorted((e for e in leaves if e.acts), key=_place)
        self.index = 0
        self.state = start.state
        self.top = start.top
        self.position: Point = start.position
        self.waiting: list[Leaf] = list(start.waiting)
        self.fallback = start.fallback
        self.held = start.held
        self.vague = start.vague
        self.cut: Place | None = None
        """Turns from here on, of this run or an earlier one, were taken back."""
        self.claims = {step: (record, late) for step, record, late in start.claims}
        self.outcomes: dict[tuple[bytes, int, str], Outcome] = {}
        self.turns: list[Turn] = []
        self.asked: set[tuple[tuple[bytes, int, str], str]] = set()
        self.ahead = {e.step for e in self.leaves if e.step in CLAIMS}

    def open(self) -> Open:
        """Take every leaf; deadlines only as far as they come before one."""
        leaves, count = self.leaves, len(self.leaves)
        while self.index < count:
            leaf = leaves[self.index]
            place = leaf.place
            point = (*place, 0)
            if self.waiting:
                due = self._due()
                if due is not None and due[0] < point:
                    self._pass(due)
                    continue
            self.index += 1
            self.top = place
            self.position = max(self.position, point)
            self._take(leaf)
        return self.snapshot()

    def close(self) -> State:
        """Run all remaining deadlines; afterwards every leaf has its outcome."""
        while self.waiting:
            due = self._due()
            if due is None:
                break
            self._pass(due)
        return self.state

    def snapshot(self) -> Open:
        waiting = tuple(sorted(self.waiting, key=_waiting_order))
        claims = tuple(sorted((step, record, late) for step, (record, late) in self.claims.items()))
        return Open(self.state, self.top, self.position, waiting, self.fallback, claims, self.held, self.vague)

    # --- one point after the other ---------------------------------------------------------------------------------

    def _due(self) -> tuple[Point, Leaf | None] | None:
        """The next deadline or quoted change, None when neither is left."""
        best: tuple[Point, Leaf | None] | None = None
        container = self.state.container
        for leaf in self.waiting:
            deadline = (*leaf.deadline, 0)
            if best is None or deadline < best[0]:
                best = (deadline, leaf)
            if container:
                for place, _ in _changes(leaf, container):
                    point = (*place, 1)
                    if self.position < point < best[0]:
                        best = (point, None)
        return best

    def _pass(self, due: tuple[Point, Leaf | None]) -> None:
        point, leaf = due
        self.position = max(self.position, point)
        if leaf is not None:
            self.waiting.remove(leaf)
            fit, code = self.fits(leaf)
            if fit >= LOOSE:
                self._apply(leaf, fit, code, lag=0)
            else:
                self.outcomes[leaf.identity] = Outcome(fit, code, False, self._here(leaf))
        self._drain(None if leaf is not None else point[0])

    def _take(self, leaf: Leaf) -> None:
        fit, code = self.fits(leaf)
        if fit == EXACT and not self._early(leaf) and not self._held(leaf):
            self._apply(leaf, fit, code, lag=0)
        elif not self._restores(leaf):
            self.waiting.append(leaf)
            self._drain()
            return
        if self.waiting:
            self._drain(leaf.time, leaf.proof > 0)

    def _drain(self, released_at: int | None = None, proven: bool = False) -> None:
        """Apply whatever fits now, the earliest recorded first. `released_at`: event time of what made it fit; `proven`:
        whether that time is."""
        again = True
        while again and self.waiting:
            again = False
            for leaf in sorted(self.waiting, key=_waiting_order):
                fit, code = self.fits(leaf)
                if fit == EXACT and not self._early(leaf) and not self._held(leaf):
                    self.waiting.remove(leaf)
                    lag = max(0, released_at - leaf.time) if released_at is not None else 0
                    self._apply(leaf, fit, code, lag, bounded=proven and lag > 0)
                elif not self._restores(leaf, waiting=True):
                    continue
                released_at, proven, again = leaf.time, leaf.proof > 0, True
                break

    # --- does it fit -----------------------------------------------------------------------------------------------

    def fits(self, leaf: Leaf) -> Fit:
        state = self.state
        if not state.container:
            return _scanned(judge(state, leaf), state, leaf)
        if leaf.step == Step.UNPACKED:
            return OK if leaf.source == state.container else (NO, "not_in_container")
        if leaf.step == Step.PACKED and leaf.source == state.container:
            return NO, "repeat"
        self.asked.add((leaf.identity, state.container))
        outside = self._outside(leaf)
        if outside is None:
            return MISSING
        fit, code = judge(outside, leaf)
        if leaf.step == Step.PACKED:
            return (LOOSE, "implied_unpack") if fit == EXACT else (fit, "two_containers" if fit == NO else code)
        return _scanned((fit, code), outside, leaf)

    def _outside(self, leaf: Leaf) -> State | None:
        """The state as it would be if the unit had just left its container; None while the container is silent."""
        changes = _changes(leaf, self.state.container)
        if not changes:
            return None
        custody = changes[0][1]
        for place, later in changes:
            if (*place, 1) <= self.position:
                custody = later
        if custody.status in (Status.DECOMMISSIONED, Status.USED_UP):
            # The box is gone, its content is not.
            custody = msgspec.structs.replace(custody, status=Status.ACTIVE, addressee="")
        outside = with_custody(self.state, custody)
        if self.state.status == Status.PART_DISPENSED and outside.status == Status.ACTIVE:
            outside = msgspec.structs.replace(outside, status=Status.PART_DISPENSED)
        return outside

    def _held(self, leaf: Leaf) -> bool:
        """Whether an undecided claim of the same kind that was recorded earlier stands in the way."""
        if leaf.step not in CLAIMS or leaf.proof > 0 or (leaf.step not in self.ahead and not self.waiting):
            return False
        for other in self._undecided(leaf.step):
            if other is leaf or other.record > leaf.record:
                continue
            if other.record == leaf.record and not (leaf.place < self.position[:3] <= other.place):
                continue
            if self.fits(other)[0] >= LOOSE and not (other.step == Step.RECEIVE and self._shipped_to(other)):
                self.held = max(self.held, other.deadline) if self.held else other.deadline
                return True
        return False

    def _undecided(self, step: int) -> list[Leaf]:
        return [e for e in self.waiting if e.step == step] + [e for e in self.leaves[self.index :] if e.step == step]

    def _shipped_to(self, receipt: Leaf) -> bool:
        """An undecided shipment to this receiver, with its place before the receipt's deadline, will explain it."""
        deadline = receipt.deadline
        undecided = [*self.waiting, *self.leaves[self.index :]]
        return any(e.step in SHIPMENTS and e.other == receipt.actor and e.place < deadline for e in undecided)

    def _early(self, leaf: Leaf) -> bool:
        """A leaf that is dated to a day waits while something else of that day fits before it, and would not after it."""
        if not leaf.flags & Flag.DATE_ONLY:
            return False
        end, now, asked = leaf.end_of_day, self.state, set(self.asked)
        try:
            for other in self.leaves[self.index :]:
                if other.place > end:
                    break
                if not other.flags & Flag.DATE_ONLY and self._only_before(other, leaf):
                    return True
        finally:
            self.state, self.asked = now, asked  # what might be is asked of no container
        self.vague = max(self.vague, end) if self.vague else end
        return False

    def _only_before(self, first: Leaf, second: Leaf) -> bool:
        """Whether both fit exactly in this order, and not in the other one (`second` fits now)."""
        now = self.state
        if self.fits(first)[0] != EXACT:
            return False
        self.state, _ = self._after(second, second.time, "")
        turned = self.fits(first)[0] == EXACT
        self.state = now
        if turned:
            return False
        self.state, _ = self._after(first, first.time, "")
        found = self.fits(second)[0] == EXACT
        self.state = now
        return found

    # --- what it does ----------------------------------------------------------------------------------------------

    def _here(self, leaf: Leaf) -> Place:
        return max(self.position[:3], leaf.place)

    def _apply(self, leaf: Leaf, fit: int, code: str, lag: int, *, bounded: bool = False) -> None:
        place = self._here(leaf)
        after, implied = self._after(leaf, place[0], code)
        if fit == EXACT:
            self.fallback = None
        elif self.fallback is not None:
            self.fallback = Fallback(self.fallback.state, (*self.fallback.loose, (leaf.identity, place)))
        elif leaf.step in RECEIPTS:
            self.fallback = Fallback(self.state, ((leaf.identity, place),))
        self.state = after
        self.turns.append(Turn(place, self.state, leaf.identity))
        self.outcomes[leaf.identity] = Outcome(fit, code, True, place, lag, implied, bounded)
        if leaf.step in CLAIMS:
            late = place > leaf.place
            record, was_late = self.claims.get(leaf.step, (-1, False))
            if leaf.record >= record:
                self.claims[leaf.step] = (leaf.record, late or (was_late and leaf.record == record))

    def _after(self, leaf: Leaf, time: int, code: str) -> tuple[State, str]:
        """The state after a leaf that fits, and the container that it left by this without having been unpacked ('' = none)."""
        before, implied = self.state, ""
        if before.container and leaf.step not in KEEPS_CONTAINER and leaf.step != Step.UNPACKED:
            outside = self._outside(leaf)
            assert outside is not None  # fits() has just judged on it
            before, implied = msgspec.structs.replace(outside, container=""), before.container
        return step_to(before, leaf, time, code), implied

    def _restores(self, leaf: Leaf, *, waiting: bool = False) -> bool:
        """A leaf that fits only the state before a loose receipt, and fits it exactly, takes the receipt back."""
        fallback = self.fallback
        if fallback is None:
            return False
        kept = self.state
        self.state = fallback.state
        fit, code = self.fits(leaf)
        if fit != EXACT or self._held(leaf):
            self.state = kept
            return False
        for identity, place in fallback.loose:
            self.outcomes[identity] = Outcome(NO, "displaced", False, place)
        if waiting:
            self.waiting.remove(leaf)
        since = fallback.loose[0][1]
        self.cut = min(self.cut, since) if self.cut else since
        self.turns = [turn for turn in self.turns if turn.place < since]
        self._apply(leaf, fit, code, lag=0)
        return True


def _scanned(fit: Fit, state: State, leaf: Leaf) -> Fit:
    """A scan beats an inference: who gives a unit out has it in hand, wherever its container was said to be. Who merely
    ships it on paper does not win it by that."""
    if fit[0] == NO and state.inferred and leaf.kind == Kind.EVENT and fit[1] in CONTRADICTS_HOLDER:
        return LOOSE if leaf.step in GIVES_OUT else NO, "not_where_inferred"
    return fit


def _changes(leaf: Leaf, container: str) -> tuple[tuple[Place, Custody], ...]:
    for name, changes in leaf.quotes:
        if name == container:
            return changes
    return ()


def _place(leaf: Leaf) -> Place:
    return (leaf.time, RANK[leaf.step], leaf.tie)


def _waiting_order(leaf: Leaf) -> tuple[int, Place]:
    return (leaf.record, leaf.place)
