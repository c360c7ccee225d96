"""A unit's state inside the fold, and what an applied step makes of it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from pedigree.custody.leaf import Leaf
from pedigree.custody.marks import joined
from pedigree.custody.steps import ENDED, Flag, Status, Step
from pedigree.messages import Custody
from pedigree.rules import rules_of


class State(msgspec.Struct, array_like=True, frozen=True):
    """Who has the unit. Names are codes (see `leaf`). Immutable: a step makes a new one."""

    status: int = 0
    possessor: str = ""
    owner: str = ""
    location: str = ""
    addressee: str = ""
    hold: str = ""
    """Who put it on hold, '' = nobody."""
    container: str = ""
    """The container it is in; then the five fields above are those at the time of packing, and the container's count."""
    remaining: float = -1.0
    """Content that is left, -1 = unknown."""
    since: int = 0
    """Time of the last change of status."""
    inferred: bool = False
    sale: str = ""
    marks: tuple[str, ...] = ()
    shipper: str = ""
    """Who sent it last (no carrier in between)."""
    gap: int = 0
    """A hand-over is missing somewhere in the chain: 1 of a party that takes no part, 2 unexplained."""
    legacy: bool = False


EMPTY = State()
Effect = Callable[[State, Leaf], State]

KEEPS_CONTAINER = frozenset({Step.PACK, Step.UNPACK, Step.HOLD, Step.RELEASE, Step.ARRIVE, Step.FED})
"""Steps that a packed unit can undergo without having left its container."""

GAPS = frozenset({"no_shipment", "no_receipt", "unknown_origin", "origin_missing", "not_in_container"})
"""Loose fits that leave a hole in the chain."""


def custody_of(state: State) -> Custody:
    return Custody(
        state.status, state.possessor, state.owner, state.location, state.addressee, state.hold, state.shipper
    )


def own_hold(s: State) -> bool:
    """The hold is of one who has, sends or awaits the unit; everybody else's is the regulator's."""
    return s.hold in (s.possessor, s.shipper, s.addressee)


def with_custody(state: State, custody: Custody) -> State:
    """The state as it would stand outside the container, with the container's custody."""
    passed_on = bool(state.hold) and state.hold == state.possessor != custody.possessor
    return msgspec.structs.replace(
        state,
        status=custody.status,
        possessor=custody.possessor,
        owner=custody.owner,
        location=custody.location,
        addressee=custody.addressee,
        hold=custody.hold if passed_on else state.hold or custody.hold,
        shipper=custody.shipper,
        inferred=True,
    )


def step_to(state: State, e: Leaf, time: int, code: str) -> State:
    """The state after `e` acted at `time`. `code`: what the fit had to say, '' for nothing."""
    if reborn(state, e):
        state = EMPTY
    new = _EFFECTS[e.step](state, e)
    changes: dict[str, object] = {}
    if new.status != state.status:
        changes["since"] = time
    if code in GAPS:
        changes["gap"] = max(new.gap, 1 if e.flags & Flag.NONPARTICIPANT else 2)
    if code == "legacy_stock":
        changes["legacy"] = True
    return msgspec.structs.replace(new, **changes) if changes else new


def reborn(s: State, e: Leaf) -> bool:
    """An SSCC may be given to another container a year after it was last used (GS1 General Specifications)."""
    return bool(
        s.status != Status.NONE
        and e.flags & Flag.LOGISTIC
        and e.step in (Step.COMMISSION, Step.PACK)
        and e.time - s.since > rules_of(e.rules).reuse_ms
    )


def packed_at_dispatch(s: State, e: Leaf) -> bool:
    """The shipper's note of packing lies after that of the dispatch by less than he can tell times apart."""
    return s.status == Status.IN_TRANSIT and e.actor == s.shipper and e.time - s.since <= e.slack


def untouched(s: State) -> bool:
    """Made, and since then in nobody else's hands as far as anybody told."""
    return s.status == Status.ACTIVE and not (s.shipper or s.gap or s.inferred or s.legacy or s.container)


def _create(s: State, e: Leaf) -> State:
    return State(
        status=Status.ACTIVE,
        possessor=e.actor,
        owner=e.owner or e.actor,
        location=e.location,
        remaining=e.quantity if e.quantity > 0 else -1.0,
        marks=joined(s.marks, e.marks),
        inferred=e.step == Step.BECAME,
        legacy=e.step == Step.ONBOARD,
        gap=s.gap,
    )


def _form(s: State, e: Leaf) -> State:
    """A transformation that is told in several events comes into being with the first."""
    return s if s.status != Status.NONE else _create(s, e)


def _receive(s: State, e: Leaf) -> State:
    back = s.status in ENDED
    return msgspec.structs.replace(
        s,
        status=Status.PART_DISPENSED if s.remaining >= 0 and s.status == Status.PART_DISPENSED else Status.ACTIVE,
        possessor=e.actor,
        owner=e.owner or s.owner or e.actor,
        location=e.location,
        addressee="",
        hold="" if s.hold != e.actor and own_hold(s) else s.hold,
        inferred=False,
        sale="" if back else s.sale,
        # What of it had been given out before it was sold whole, nobody can tell any more.
        remaining=-1.0 if back else s.remaining,
    )


def _accept(s: State, e: Leaf) -> State:
    status = s.status if s.status in (Status.IN_TRANSIT, Status.PART_DISPENSED) else Status.ACTIVE
    return msgspec.structs.replace(s, status=status, possessor=e.actor, location=e.location or s.location, inferred=False)


def _arrive(s: State, e: Leaf) -> State:
    if s.container:
        return s
    return msgspec.structs.replace(s, location=e.location or s.location, inferred=False)


def _ship(s: State, e: Leaf) -> State:
    forwarded = s.status == Status.IN_TRANSIT and e.other in ("", s.addressee)
    return msgspec.structs.replace(
        s,
        status=Status.IN_TRANSIT,
        possessor=e.actor,
        owner=e.owner or s.owner or e.actor,
        location=e.location,
        addressee=e.other or (s.addressee if s.status == Status.IN_TRANSIT else ""),
        # A carrier's leg does not make him the shipper: who takes the goods in again, or calls them off, is who sent them.
        shipper=s.shipper if forwarded and s.shipper else e.actor,
        inferred=False,
    )


def _consign(s: State, e: Leaf) -> State:
    shipped = _ship(s, e)
    receiver = e.other or shipped.owner
    return msgspec.structs.replace(shipped, possessor=receiver, owner=e.owner or receiver, addressee=receiver)


def _void(s: State, e: Leaf) -> State:
    return msgspec.structs.replace(
        s, status=Status.ACTIVE, possessor=e.actor, addressee="", location=e.location or s.location, inferred=False
    )


def _dispense(s: State, e: Leaf) -> State:
    partial = bool(e.flags & Flag.PARTIAL)
    left = s.remaining
    if partial and left >= 0 and e.quantity > 0:
        left = max(0.0, left - e.quantity)
    status = Status.PART_DISPENSED if partial and left != 0 else Status.DISPENSED
    return msgspec.structs.replace(
        s,
        status=status,
        possessor=e.actor,
        location=e.location or s.location,
        addressee="",
        remaining=left if partial else 0.0,
        sale=e.sale,
        inferred=False,
    )


def _end(status: Status) -> Effect:
    def effect(s: State, e: Leaf) -> State:
        return msgspec.structs.replace(
            s, status=status, possessor=e.actor, location=e.location or s.location, addressee="", inferred=False
        )

    return effect


def _held_by(s: State, e: Leaf) -> State:
    """A holder's own hold does not take the place of the regulator's: he could lift it then."""
    standing = bool(s.hold) and not own_hold(s) and not e.flags & Flag.REGULATOR
    return s if standing else msgspec.structs.replace(s, hold=e.actor)


def _released(s: State, e: Leaf) -> State:
    return msgspec.structs.replace(s, hold="")


def _handle(s: State, e: Leaf) -> State:
    """Packing or unpacking one's own children: whoever does it has the container in hand."""
    if s.container or (e.step == Step.PACK and packed_at_dispatch(s, e)):
        return s
    status = s.status if s.status == Status.PART_DISPENSED else Status.ACTIVE
    return msgspec.structs.replace(
        s,
        status=status,
        possessor=e.actor,
        owner=s.owner or e.actor,
        location=e.location or s.location,
        addressee="",
        inferred=False,
    )


def _packed(s: State, e: Leaf) -> State:
    custody = e.custody or Custody()
    return msgspec.structs.replace(
        s,
        container=e.source,
        status=s.status if s.status == Status.PART_DISPENSED else Status.ACTIVE,
        possessor=custody.possessor,
        owner=s.owner or custody.owner,
        location=custody.location,
        addressee="",
        inferred=True,
    )


def _unpacked(s: State, e: Leaf) -> State:
    custody = e.custody or Custody()
    if s.status == Status.NONE or s.container or custody.possessor != s.possessor:
        part = s.status == Status.PART_DISPENSED
        new = with_custody(s, custody)
        return msgspec.structs.replace(new, container="", status=Status.PART_DISPENSED if part else new.status)
    return s


def _fed(s: State, e: Leaf) -> State:
    return msgspec.structs.replace(s, marks=joined(s.marks, e.marks))


def _balance(s: State, e: Leaf) -> State:
    return msgspec.structs.replace(
        s,
        status=Status.ACTIVE,
        possessor=e.actor,
        owner=s.owner or e.actor,
        location=e.location or s.location,
        remaining=max(0.0, max(s.remaining, 0.0) + e.quantity),
    )


_EFFECTS: dict[int, Effect] = {
    Step.BALANCE: _balance,
    Step.COMMISSION: _create,
    Step.BECAME: _create,
    Step.ONBOARD: _create,
    Step.FORM: _form,
    Step.RECEIVE: _receive,
    Step.ACCEPT: _accept,
    Step.ARRIVE: _arrive,
    Step.SHIP: _ship,
    Step.CONSIGN: _consign,
    Step.VOID_SHIP: _void,
    Step.DISPENSE: _dispense,
    Step.DECOMMISSION: _end(Status.DECOMMISSIONED),
    Step.DESTROY: _end(Status.DESTROYED),
    Step.TRANSFORM: _end(Status.USED_UP),
    Step.HOLD: _held_by,
    Step.RELEASE: _released,
    Step.PACK: _handle,
    Step.UNPACK: _handle,
    Step.PACKED: _packed,
    Step.UNPACKED: _unpacked,
    Step.FED: _fed,
}
