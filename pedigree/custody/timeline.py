"""What a fold's turns say as intervals: stays, containment, and a container's answers to its children."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pedigree.custody.open import Turn
from pedigree.custody.project import MAX_DEPTH, Coder
from pedigree.custody.state import State
from pedigree.custody.steps import LAST, Status
from pedigree.messages import END, Custody, Entry, Packed, Place, Quote, Stay


def intervals(turns: Sequence[Turn], coder: Coder) -> tuple[list[Stay], list[Packed]]:
    """Stays (where the unit is handled itself) and containment, ordered, without empty intervals."""
    stays: list[Stay] = []
    packed: list[Packed] = []
    for index, turn in enumerate(turns):
        t_from = turn.place[0]
        t_to = turns[index + 1].place[0] if index + 1 < len(turns) else END
        if t_from >= t_to or turn.state.status == Status.NONE:
            continue
        if turn.state.container:
            _extend_packed(packed, t_from, t_to, coder.name(turn.state.container), turn.by[0])
        else:
            _extend_stay(stays, t_from, t_to, turn, coder)
    return stays, packed


def changed_intervals(before: Sequence[Turn], after: Sequence[Turn], coder: Coder) -> tuple[int, list[Stay], list[Packed]]:
    """(since, stays, containment): from `since` on they replace what was there; (END, [], []) where nothing changed."""
    common = 0
    for old, new in zip(before, after, strict=False):
        if old is not new and old != new:
            break
        common += 1
    if common == len(before) == len(after):
        return END, [], []
    # The last common turn is where the difference shows (its interval ends elsewhere); intervals of equal custody are one.
    start = max(common - 1, 0)
    while start > 0 and (
        _alike(after[start - 1].state, after[start].state)
        or _empty(before, start)
        or _empty(after, start)
        or _empty(after, start - 1)
    ):
        start -= 1
    old_rows, new_rows = intervals(before[start:], coder), intervals(after[start:], coder)
    since = min(_first(old_rows[0], new_rows[0]), _first(old_rows[1], new_rows[1]))
    if since == END:
        return END, [], []
    return since, [s for s in new_rows[0] if s.t_from >= since], [p for p in new_rows[1] if p.t_from >= since]


def _empty(turns: Sequence[Turn], index: int) -> bool:
    """The turn is followed by another at the same time: it makes no interval, and its neighbours may be one."""
    return index + 1 < len(turns) and turns[index].place[0] >= turns[index + 1].place[0]


def _alike(one: State, other: State) -> bool:
    return (one.container, one.status, one.possessor, one.owner, one.location, one.addressee) == (
        other.container,
        other.status,
        other.possessor,
        other.owner,
        other.location,
        other.addressee,
    ) or bool(one.container and one.container == other.container)


def _first(old: Sequence[Stay | Packed], new: Sequence[Stay | Packed]) -> int:
    for k in range(max(len(old), len(new))):
        pair = [*old[k : k + 1], *new[k : k + 1]]
        if len(pair) < 2 or pair[0] != pair[1]:
            return min(interval.t_from for interval in pair)
    return END


def _extend_packed(packed: list[Packed], t_from: int, t_to: int, container: str, event: bytes) -> None:
    last = packed[-1] if packed else None
    if last is not None and last.t_to == t_from and last.container == container:
        packed[-1] = msgspec.structs.replace(last, t_to=t_to)
    else:
        packed.append(Packed(t_from, t_to, container, event))


def _extend_stay(stays: list[Stay], t_from: int, t_to: int, turn: Turn, coder: Coder) -> None:
    s, name = turn.state, coder.name
    stay = Stay(
        t_from,
        t_to,
        s.status,
        name(s.possessor),
        name(s.owner),
        name(s.location),
        name(s.addressee),
        turn.by[0],
        s.inferred,
    )
    last = stays[-1] if stays else None
    if last is not None and last.t_to == t_from and _same(last, stay):
        stays[-1] = msgspec.structs.replace(last, t_to=t_to)
    else:
        stays.append(stay)


def _same(one: Stay, other: Stay) -> bool:
    return (one.status, one.party, one.owner, one.location, one.addressee) == (
        other.status,
        other.party,
        other.owner,
        other.location,
        other.addressee,
    )


def custody_at(state: State, coder: Coder) -> Custody:
    """The state's custody with names."""
    name = coder.name
    return Custody(
        state.status,
        name(state.possessor),
        name(state.owner),
        name(state.location),
        name(state.addressee),
        name(state.hold),
        name(state.shipper),
    )


def quoted(quotes: Sequence[Quote], container: str, place: Place) -> Custody | None:
    """The custody that `container` quoted for `place`: its last one before, else its first; None while it is silent."""
    for quote in quotes:
        if quote.container == container and quote.known and quote.changes:
            custody = quote.changes[0][1]
            for at, later in quote.changes:
                if at <= place:
                    custody = later
            return custody
    return None


def answer(turns: Sequence[Turn], probe: Entry, coder: Coder) -> tuple[list[tuple[Place, Custody]] | None, list[str]]:
    """The container's custody from just before the probe's place up to the asker's deadline, and whom it must ask itself.

    None: it is (at some moment of the window) in a container that has not answered yet.
    """
    place = probe.place
    assert place is not None  # a probe always carries its asker's place
    end: Place = (probe.until, LAST, b"\xff")
    first = -1
    for index, turn in enumerate(turns):
        if turn.place < place:
            first = index
    changes: list[tuple[Place, Custody]] = []
    asks: list[str] = []
    silent = False
    if first < 0:
        changes.append(((0, 0, b""), Custody()))
    for index in range(max(first, 0), len(turns)):
        turn = turns[index]
        if turn.place > end:
            break
        if not turn.state.container:
            _add(changes, turn.place, custody_at(turn.state, coder))
            continue
        container = coder.name(turn.state.container)
        if container in probe.ancestors or len(probe.ancestors) > MAX_DEPTH:
            # Containers in each other in a circle: nobody outside answers for them, so the unit speaks for itself.
            _add(changes, turn.place, custody_at(turn.state, coder))
            continue
        if container not in asks:
            asks.append(container)
        until = turns[index + 1].place if index + 1 < len(turns) else end
        inside = [quote for quote in probe.quotes if quote.container == container and quote.known and quote.changes]
        if not inside:
            silent = True
            continue
        before = [change for change in inside[0].changes if change[0] <= turn.place]
        _add(changes, turn.place, before[-1][1] if before else inside[0].changes[0][1])
        for at, custody in inside[0].changes:
            if turn.place < at < until:
                _add(changes, at, custody)
    return (None if silent else changes), asks


def _add(changes: list[tuple[Place, Custody]], place: Place, custody: Custody) -> None:
    if not changes or changes[-1][1] != custody:
        changes.append((place, custody))
