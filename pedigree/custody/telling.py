"""Which edges a decision sends: to children and outputs where turns changed, to containers where the fold asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest

import msgspec

from pedigree.custody.edges import Outgoing, asked_difference, changed_turns, suspicious
from pedigree.custody.history import History, leaf_id
from pedigree.custody.leaf import decode_leaf
from pedigree.custody.marks import marks_of
from pedigree.custody.open import Turn
from pedigree.custody.row import Identity, LeafId, Row
from pedigree.custody.steps import Flag, Kind, Status, Step
from pedigree.custody.words import label
from pedigree.messages import Entry, Place

TELLS = frozenset({Step.PACK, Step.UNPACK, Step.TRANSFORM, Step.FORM})


def tell(history: History, old: Row, new: Row, outgoing: Outgoing) -> None:
    """Send the difference between what follows from `new` and what followed from `old`."""
    if not any(entry.step in TELLS for entry in history.entries.values()):
        _ask(history, old, new, outgoing)
        return
    before, after = old.closed(), new.closed()
    changed: dict[LeafId, Turn | None] = dict(changed_turns(before, after))
    turns = {turn.by: turn for turn in after}
    for identity in history.upserted:
        by = leaf_id(identity, history.coder)
        if by in turns:
            changed.setdefault(by, turns[by])
    if _marks(before) != _marks(after):
        # What went into a transformation marks everything that came out of it, whichever was known first.
        changed.update((by, turn) for by, turn in turns.items() if by[1] == Kind.EVENT)
    inputs = {e.identity[:2] for e in history.entries.values() if e.step == Step.TRANSFORM}
    if inputs and _handed_on(history, old) != _handed_on(history, new):
        changed.update((by, turn) for by, turn in turns.items() if by[:2] in inputs)
    _tell_members(history, before, after, changed, turns, new, outgoing)
    _ask(history, old, new, outgoing)


def _tell_members(
    history: History,
    before: Sequence[Turn],
    after: Sequence[Turn],
    changed: dict[LeafId, Turn | None],
    turns: dict[LeafId, Turn],
    new: Row,
    outgoing: Outgoing,
) -> None:
    handed_on = _handed_on(history, new)
    moved: set[str] = set()
    for by, turn in changed.items():
        entry = history.by_leaf(by)
        if entry is None or entry.kind != Kind.EVENT or entry.step not in TELLS or entry.flags & Flag.ALL_CHILDREN:
            continue
        marks = history.coder.named_marks(_marks(after)) if entry.step == Step.FORM else handed_on
        members = history.members(entry.event)
        if entry.step in (Step.PACK, Step.UNPACK):
            moved.update(members)
        outgoing.turned(entry, turn, _packed_in(history, after, turn), members, marks)
    emptied = [entry for entry in history.entries.values() if empties(entry)]
    if emptied:
        _tell_let_out(history, before, after, emptied, moved, changed, outgoing)


def _tell_let_out(
    history: History,
    before: Sequence[Turn],
    after: Sequence[Turn],
    emptied: Sequence[Entry],
    moved: set[str],
    changed: Mapping[LeafId, Turn | None],
    outgoing: Outgoing,
) -> None:
    """What leaves with these depends on all that came before them: each after the first difference is looked at again."""
    old, turns = {turn.by: turn for turn in before}, {turn.by: turn for turn in after}
    since = _first_difference(before, after)
    for entry in emptied:
        by = leaf_id(entry.identity, history.coder)
        was, turn = old.get(by), turns.get(by)
        places = [one.place for one in (was, turn) if one is not None]
        if by not in changed and (since is None or not places or max(places) < since):
            continue
        inside, earlier = _let_out(history, after, entry, turn), _let_out(history, before, entry, was)
        outgoing.turned(entry, _as_it_stood(after, turn), _packed_in(history, after, turn), sorted(inside), ())
        outgoing.turned(entry, None, None, sorted((moved | earlier) - inside), ())


def _first_difference(before: Sequence[Turn], after: Sequence[Turn]) -> Place | None:
    for one, other in zip_longest(before, after):
        if one is not other and one != other:
            return min(turn.place for turn in (one, other) if turn is not None)
    return None


def empties(entry: Entry) -> bool:
    """Whether everything leaves the container: unpacked without a list, or a returnable one that goes home (but no loan set)."""
    if entry.kind != Kind.EVENT:
        return False
    if entry.flags & Flag.ALL_CHILDREN:
        return True
    home = Flag.REUSABLE | Flag.RETURNED
    return entry.step in (Step.SHIP, Step.CONSIGN) and entry.flags & (home | Flag.ASSET) == home


def _let_out(history: History, turns: Sequence[Turn], entry: Entry, turn: Turn | None) -> frozenset[str]:
    if turn is None:
        return frozenset()
    inside = contents_before(history, turns, turn.place)
    # What who returns it has packed himself goes along; what had come to him in it stays with him, scanned or not.
    return inside if entry.step == Step.UNPACK else inside - _packed_by(history, turns, turn.place, entry.actor)


def _packed_by(history: History, turns: Sequence[Turn], place: Place, actor: str) -> frozenset[str]:
    own: set[str] = set()
    for turn in turns:
        if turn.place >= place:
            break
        entry = history.by_leaf(turn.by)
        if entry is not None and entry.kind == Kind.EVENT and entry.step == Step.PACK:
            members = history.members(entry.event)
            (own.update if entry.actor == actor else own.difference_update)(members)
    return frozenset(own)


def _as_it_stood(turns: Sequence[Turn], turn: Turn | None) -> Turn | None:
    """A shipment's turn with the state before it: what stays behind was never under way."""
    if turn is None or turn.state.status != Status.IN_TRANSIT:
        return turn
    index = turns.index(turn)
    return msgspec.structs.replace(turn, state=turns[index - 1].state) if index else turn


def _handed_on(history: History, row: Row) -> tuple[str, ...]:
    """What a unit that is used up says of itself to what is made of it."""
    suspect = ("suspect_input",) if suspicious({**dict(row.outcomes), **dict(row.endings)}) else ()
    return (*suspect, *marks_of(history.unit, *label(history, row)))


def _marks(turns: Sequence[Turn]) -> tuple[str, ...]:
    return turns[-1].state.marks if turns else ()


def contents_before(history: History, turns: Sequence[Turn], place: Place) -> frozenset[str]:
    """The children that are inside just before `place`, by the container's own packings and unpackings."""
    inside: set[str] = set()
    for turn in turns:
        if turn.place >= place:
            break
        entry = history.by_leaf(turn.by)
        if entry is None or entry.kind != Kind.EVENT:
            continue
        if entry.step == Step.PACK:
            inside.update(history.members(entry.event))
        elif entry.step == Step.UNPACK:
            if entry.flags & Flag.ALL_CHILDREN:
                inside.clear()
            inside.difference_update(history.members(entry.event))
        elif empties(entry):
            inside &= _packed_by(history, turns, turn.place, entry.actor)
    return frozenset(inside)


def _packed_in(history: History, turns: Sequence[Turn], turn: Turn | None) -> Entry | None:
    """The edge that had put the unit into the container it was in at this turn."""
    if turn is None or not turn.state.container:
        return None
    found = None
    for earlier in turns:
        if earlier.place > turn.place:
            break
        if earlier.by[1] == Kind.PACKED:
            found = earlier.by
    return history.by_leaf(found) if found is not None else None


def _ask(history: History, old: Row, new: Row, outgoing: Outgoing) -> None:
    take_back(history, history.upserted, new, outgoing)
    if not (old.asked or old.asking or new.asked or new.asking):
        return
    ask, withdraw = asked_difference((*old.asked, *old.asking), (*new.asked, *new.asking))
    changed = {leaf_id(i, history.coder) for i in history.upserted if i[1] != Kind.PROBE and _has_leaf(history, i)}
    again = [(by, container) for by, container in (*new.asked, *new.asking) if by in changed and (by, container) not in ask]
    latest = history.latest()
    for pairs, alive in ((ask, True), (again, True), (withdraw, False)):
        for by, container in pairs:
            entry = history.by_leaf(by)
            if entry is not None and entry.identity in latest:
                if alive and (by, container) in again and not _moved(history, entry):
                    continue
                outgoing.ask(history.coder.name(container), decode_leaf(latest[entry.identity]), alive=alive)


def take_back(history: History, identities: Iterable[Identity], new: Row, outgoing: Outgoing) -> None:
    """Withdraw (again) what these entries have an answer to and no longer ask: an answer and the withdrawal of its question may
    have crossed, and of a process that died nobody knows whether it had sent the withdrawal."""
    asked: set[tuple[LeafId, str]] | None = None
    for identity in identities:
        entry = history.entries.get(identity)
        if entry is None or not entry.quotes:
            continue
        asked = asked if asked is not None else {*new.asked, *new.asking}
        by = leaf_id(identity, history.coder)
        for quote in entry.quotes:
            if quote.known and (by, history.coder.code(quote.container)) not in asked and identity in history.latest():
                outgoing.ask(quote.container, decode_leaf(history.latest()[identity]), alive=False)


def _has_leaf(history: History, identity: Identity) -> bool:
    return any(arrival.identity == identity for arrival in history.new_arrivals)


def _moved(history: History, entry: Entry) -> bool:
    """Whether the entry's place or deadline changed with this decision: an answer alone moves neither."""
    before = [a.leaf for a in [*(history.genesis or []), *history.row.arrivals] if a.identity == entry.identity]
    if not before:
        return True
    old, new = decode_leaf(before[-1]), decode_leaf(history.latest()[entry.identity])
    return (old.place, old.deadline) != (new.place, new.deadline)
