"""Does a step fit the state that it meets? One table, read by the stream and by the ledger.

`judge(state, leaf)` answers (fit, code). Fit 2: exact, the step is what must come next (a code is a remark). Fit 1: loose,
consistent but something is missing or odd; the code says what. Fit 0: it contradicts the state; the code says how. (-1, a
container's answer is missing, is the fold's business.) Codes are those of `pedigree.findings`.
"""

from __future__ import annotations

from collections.abc import Callable

from pedigree.custody.leaf import Leaf
from pedigree.custody.state import State, own_hold, packed_at_dispatch, reborn, untouched
from pedigree.custody.steps import ENDED, Flag, Status, Step

EXACT, LOOSE, NO = 2, 1, 0
Fit = tuple[int, str]
EPSILON = 1e-6
OK: Fit = (EXACT, "")
UNDO_MS = 10 * 86_400_000
"""The same premises may take back what they dispensed or decommissioned for ten days (EU 2016/161, article 13)."""


def judge(s: State, e: Leaf) -> Fit:
    """How `e` fits a unit that stands free (not inside a container) in state `s`."""
    status = s.status
    if e.step == Step.BALANCE:
        return OK if max(s.remaining, 0.0) + e.quantity >= -EPSILON else (LOOSE, "balance_short")
    if status == Status.NONE or reborn(s, e):
        return _unborn(s, e)
    if status in ENDED:
        return _ended(s, e)
    if status == Status.IN_TRANSIT:
        return _TRANSIT[e.step](s, e)
    return _IN_HAND[e.step](s, e)


def _unborn(s: State, e: Leaf) -> Fit:
    step = e.step
    if step == Step.COMMISSION:
        return OK if e.flags & Flag.MAY_COMMISSION else (NO, "not_entitled_to_commission")
    if step == Step.BECAME:
        return OK if e.flags & Flag.MAY_COMMISSION else (LOOSE, "not_entitled_to_commission")
    if step in (Step.ONBOARD, Step.FORM, Step.FED):
        return OK
    logistic = bool(e.flags & Flag.LOGISTIC)
    if logistic and step in (Step.PACK, Step.SHIP, Step.CONSIGN, Step.PACKED):
        return OK
    if step == Step.VOID_SHIP:
        return NO, "not_in_transit"
    if step in (Step.RELEASE, Step.ARRIVE):
        return NO, "no_effect"
    if step == Step.HOLD:
        return NO, "unknown_origin"
    if step == Step.PACKED and e.circle:
        return NO, "aggregation_circle"
    if logistic:
        # A container that nobody announced: a hole in the record, but no product of unknown origin.
        if step == Step.UNPACKED:
            return (NO, "aggregation_circle") if e.circle else (EXACT, "not_in_container")
        return LOOSE, "no_shipment"
    if e.flags & Flag.LEGACY:
        return EXACT, "legacy_stock"  # declared beforehand: nothing is missing, and late notes need not wait
    return LOOSE, "origin_missing" if e.flags & Flag.UPLOAD_CLOSED else "unknown_origin"


def _ended(s: State, e: Leaf) -> Fit:
    step, same = e.step, e.actor == s.possessor
    if step == Step.UNPACKED:
        return NO, "emptied"
    if step in (Step.RELEASE, Step.ARRIVE):
        return NO, "no_effect"
    if step in (Step.RECEIVE, Step.ACCEPT) and same and e.time < s.since and not e.flags & Flag.RETURNED:
        return NO, "no_effect"  # who ended it had taken it in before, and says so late: that contradicts nothing
    undone = step == Step.RECEIVE and same and bool(e.flags & Flag.RETURNED)
    if undone and s.status in (Status.DISPENSED, Status.DECOMMISSIONED):
        return OK if e.time - s.since <= UNDO_MS else (LOOSE, "late_return")
    if s.status == Status.DISPENSED:
        if step == Step.DISPENSE:
            if same:
                return NO, "repeat" if e.sale == s.sale else "dispensed_twice_here"
            return NO, "repeat_dispensing"
        if step in (Step.DECOMMISSION, Step.DESTROY) and same:
            return OK
    if step in (Step.COMMISSION, Step.ONBOARD, Step.BECAME):
        return NO, "already_commissioned"
    if same and (s.status == Status.DECOMMISSIONED or _repeats_end(s, e)):
        return NO, "repeat" if _repeats_end(s, e) else "after_decommissioning"
    return NO, "after_end"


def _repeats_end(s: State, e: Leaf) -> bool:
    return (e.step, s.status) in (
        (Step.DECOMMISSION, Status.DECOMMISSIONED),
        (Step.DESTROY, Status.DESTROYED),
        (Step.TRANSFORM, Status.USED_UP),
    )


# --- in somebody's hands -------------------------------------------------------------------------------------------


def _made_again(s: State, e: Leaf) -> Fit:
    if e.actor != s.possessor:
        return NO, "already_commissioned"
    # A container that its first packing brought into being, then commissioned in due form, is nothing odd.
    return OK if e.step == Step.COMMISSION and e.flags & Flag.LOGISTIC else (NO, "repeat")


def _received_in_hand(s: State, e: Leaf) -> Fit:
    return (NO, "repeat") if e.actor == s.possessor else (LOOSE, "no_shipment")


def _accepted_in_hand(s: State, e: Leaf) -> Fit:
    return OK if e.actor == s.possessor else (LOOSE, "no_shipment")


def _by_holder(code: str) -> Callable[[State, Leaf], Fit]:
    def check(s: State, e: Leaf) -> Fit:
        return OK if e.actor == s.possessor else _elsewhere(s, code)

    return check


def _elsewhere(s: State, code: str) -> Fit:
    """Somebody else than the holder acts. Where the unit has done nothing since it was made (a third of makers note no case
    contents), a hand-over is missing and nothing is contradicted; what its maker notes of it later will be."""
    return (LOOSE, "no_shipment") if untouched(s) else (NO, code)


def _moved_out(code: str) -> Callable[[State, Leaf], Fit]:
    def check(s: State, e: Leaf) -> Fit:
        if e.actor != s.possessor:
            return _elsewhere(s, code)
        return (LOOSE, "on_hold") if _bound(s, e) else OK

    return check


def _bound(s: State, e: Leaf) -> bool:
    """A holder's hold binds himself, the regulator's everyone."""
    return bool(s.hold) and (s.hold == e.actor or not own_hold(s))


def _dispensed_in_hand(s: State, e: Leaf) -> Fit:
    if e.actor != s.possessor:
        return _elsewhere(s, "sale_not_by_holder")
    if s.status == Status.PART_DISPENSED and e.sale and e.sale == s.sale:
        return NO, "repeat"  # two equal sales have two bills
    if s.status == Status.PART_DISPENSED and e.location and s.location and e.location != s.location:
        return LOOSE, "part_elsewhere"
    if _bound(s, e):
        return LOOSE, "on_hold"
    if e.flags & Flag.PARTIAL and 0 <= s.remaining < e.quantity:
        return LOOSE, "over_content"
    return OK


def _packed_in_hand(s: State, e: Leaf) -> Fit:
    if e.circle:
        return NO, "aggregation_circle"
    custody = e.custody
    if custody is not None and custody.status == Status.IN_TRANSIT and custody.shipper == s.possessor:
        return OK  # the container was noted as dispatched a moment before it was noted as packed
    if custody is None or custody.possessor != s.possessor:
        return _elsewhere(s, "packed_elsewhere")
    return OK if custody.status == Status.ACTIVE else (LOOSE, "packed_in_transit")


def _unpacked_in_hand(s: State, e: Leaf) -> Fit:
    same = e.custody is not None and e.custody.possessor == s.possessor
    if same:
        return NO, "emptied"
    # A third of makers note no contents: who opens the case lists what was in it, and that is the first scan since it was made.
    return (EXACT if untouched(s) and e.custody is not None and not e.circle else NO), "not_in_container"


def _void_in_hand(s: State, e: Leaf) -> Fit:
    """A shortage inside a sealed container shows when it is opened: its shipper may take back one child that the container's
    receipt had carried along."""
    if s.inferred and e.actor == s.shipper and e.actor != s.possessor:
        return LOOSE, "concealed_shortage"
    return NO, "not_in_transit"


def _packed_up(s: State, e: Leaf) -> Fit:
    if e.actor == s.possessor:
        return OK
    return (LOOSE, "empty_returned") if e.flags & Flag.REUSABLE else (NO, "handled_without_custody")


def _hold_in_hand(s: State, e: Leaf) -> Fit:
    return OK if e.actor == s.possessor or e.flags & Flag.REGULATOR else (NO, "hold_not_by_holder")


def _release(s: State, e: Leaf) -> Fit:
    return OK if not s.hold or e.actor == s.hold or e.flags & Flag.REGULATOR else (NO, "hold_not_by_holder")


def _fine(s: State, e: Leaf) -> Fit:
    return OK


_IN_HAND: dict[int, Callable[[State, Leaf], Fit]] = {
    Step.COMMISSION: _made_again,
    Step.ONBOARD: _made_again,
    Step.BECAME: _made_again,
    Step.FORM: _fine,
    Step.RECEIVE: _received_in_hand,
    Step.ACCEPT: _accepted_in_hand,
    Step.ARRIVE: _fine,
    Step.UNPACK: _by_holder("handled_without_custody"),
    Step.PACK: _packed_up,
    Step.DISPENSE: _dispensed_in_hand,
    Step.PACKED: _packed_in_hand,
    Step.UNPACKED: _unpacked_in_hand,
    Step.SHIP: _moved_out("shipped_without_custody"),
    Step.CONSIGN: _moved_out("shipped_without_custody"),
    Step.VOID_SHIP: _void_in_hand,
    Step.DECOMMISSION: _by_holder("ended_without_custody"),
    Step.DESTROY: _by_holder("ended_without_custody"),
    Step.TRANSFORM: _moved_out("ended_without_custody"),
    Step.HOLD: _hold_in_hand,
    Step.RELEASE: _release,
    Step.FED: _fine,
}


# --- on the way ----------------------------------------------------------------------------------------------------


def _received_in_transit(s: State, e: Leaf) -> Fit:
    # The shipper who takes his own goods in again had them refused, whoever carried them.
    if e.actor in (s.addressee, s.possessor, s.shipper) or not s.addressee:
        return OK
    # Who sends it on is whom it was for: his own receipt and shipment are missing, and nothing went astray.
    return LOOSE, "no_receipt" if e.other and e.other == s.addressee else "diversion"


def _reshipped(s: State, e: Leaf) -> Fit:
    if e.actor == s.possessor:
        return OK if e.other in ("", s.addressee) or not s.addressee else (LOOSE, "readdressed")
    if e.other and e.other == s.addressee:
        return LOOSE, "no_receipt"  # a carrier takes them on to whom they are for: only his taking over was not noted (yet)
    return (LOOSE, "no_receipt") if _awaited(s, e) else (NO, "shipped_without_custody")


def _awaited(s: State, e: Leaf) -> bool:
    """The actor is whom the goods are for: his receipt is missing, that's all."""
    return e.actor == s.addressee or (not s.addressee and e.actor != s.possessor)


def _used_in_transit(code: str) -> Callable[[State, Leaf], Fit]:
    def check(s: State, e: Leaf) -> Fit:
        if e.actor == s.possessor and e.actor != s.addressee:
            return NO, "used_in_transit"
        if not _awaited(s, e):
            return NO, code
        if e.flags & Flag.AT_RECEIPT and e.step == Step.DECOMMISSION:
            return OK
        return (LOOSE, "on_hold") if e.step == Step.DISPENSE and _bound(s, e) else (LOOSE, "no_receipt")

    return check


def _packed_in_transit(s: State, e: Leaf) -> Fit:
    if e.circle:
        return NO, "aggregation_circle"
    custody = e.custody
    if custody is not None and custody.possessor == s.addressee:
        return LOOSE, "no_receipt"
    if custody is not None and custody.possessor == s.possessor:
        return LOOSE, "packed_in_transit"
    return NO, "packed_elsewhere"


def _packed_up_in_transit(s: State, e: Leaf) -> Fit:
    """Two scanners at one dock, whose clocks differ by less than the slack, tell of the dispatch first."""
    if packed_at_dispatch(s, e):
        return OK
    return _used_in_transit("handled_without_custody")(s, e)


def _void_in_transit(s: State, e: Leaf) -> Fit:
    return OK if e.actor in (s.possessor, s.shipper) else (NO, "not_in_transit")


def _hold_in_transit(s: State, e: Leaf) -> Fit:
    return OK if e.actor in (s.possessor, s.addressee) or e.flags & Flag.REGULATOR else (NO, "hold_not_by_holder")


_TRANSIT: dict[int, Callable[[State, Leaf], Fit]] = {
    **_IN_HAND,
    Step.RECEIVE: _received_in_transit,
    Step.ACCEPT: _fine,
    Step.UNPACK: _used_in_transit("handled_without_custody"),
    Step.PACK: _packed_up_in_transit,
    Step.DISPENSE: _used_in_transit("sale_not_by_holder"),
    Step.PACKED: _packed_in_transit,
    Step.SHIP: _reshipped,
    Step.CONSIGN: _reshipped,
    Step.VOID_SHIP: _void_in_transit,
    Step.DECOMMISSION: _used_in_transit("ended_without_custody"),
    Step.DESTROY: _used_in_transit("ended_without_custody"),
    Step.TRANSFORM: _used_in_transit("ended_without_custody"),
    Step.HOLD: _hold_in_transit,
}
