"""Honest things that don't happen every day: half packs, holds, returns, breakage. And the stories that ordinary packs tell."""

from __future__ import annotations

from ops.demo.calendar import DAYS
from ops.demo.cast import BY_KEY, CUSTOMERS
from ops.demo.picking import Picker, device, drug, in_parts
from ops.demo.stories import Stories
from ops.demo.truth import Act, Truth


def add_incidents(truth: Truth, stories: Stories) -> None:
    """Adds acts to the truth; each unit that they touch is used up for other stories."""
    picker, calendar, rng = Picker(truth, stories), truth.calendar, truth.rng

    def on(day: int) -> int:
        return calendar.between(rng, day, 13, 18)

    who, (pack,) = picker.shelf_pack(["h1", "h2"], in_parts)
    half = truth.case_of[pack].lot.item.units // 2
    step = "dispensing" if BY_KEY[who].role == "hospital" else "retail_selling"
    truth.do(Act(on(DAYS - 5), step, who, (pack,), disposition="partially_dispensed", sale=truth.sale(who), amount=half))
    _tell(truth, stories, "part_pack", pack, who)

    who, packs = picker.shelf_pack(["h2"], drug, count=2)
    truth.do(Act(on(DAYS - 6), "holding", who, tuple(packs), disposition="non_sellable_other"))
    truth.do(Act(on(DAYS - 4), "inspecting", who, (packs[1],), disposition="sellable_accessible"))
    _tell(truth, stories, "held", packs[0], who)
    _tell(truth, stories, "released", packs[1], who)

    pack = picker.sold(["p2", "p1"], lambda pack, _: drug(truth.case_of[pack].lot.item), days=4)
    who, day = truth.sold[pack].who, calendar.day_of(truth.sold[pack].time)
    truth.do(Act(on(day + 2), "receiving", who, (pack,), disposition="returned"))
    _tell(truth, stories, "returned", pack, who)

    who, case = picker.closed_case(CUSTOMERS)
    back = next(act.who for act in reversed(truth.acts) if act.step == "shipping" and case.sscc in act.units)
    truth.do(Act(on(DAYS - 5), "shipping", who, (case.sscc,), other=back, disposition="returned"))
    truth.do(Act(calendar.between(rng, DAYS - 3, 8, 10), "receiving", back, (case.sscc,), other=who, disposition="returned"))
    case.where = back
    _tell(truth, stories, "returned_case", case.packs[0], who, back)
    stories.use(case.sscc, *case.packs)

    who, (pack,) = picker.shelf_pack(["p1"], drug)
    truth.do(Act(on(DAYS - 3), "destroying", who, (pack,), disposition="destroyed"))
    truth.on_shelf[who].remove(pack)
    _tell(truth, stories, "destroyed", pack, who)


def tell_ordinary(truth: Truth, stories: Stories) -> None:
    """Stories that need no act of their own."""
    picker = Picker(truth, stories)
    who, (pack,) = picker.shelf_pack(["h1"], drug, days=2)
    _tell(truth, stories, "genuine", pack, who)
    pack = picker.sold(["p1", "p2"], lambda pack, _: drug(truth.case_of[pack].lot.item))
    _tell(truth, stories, "sold", pack, truth.sold[pack].who)
    pack = picker.sold(["h1", "h2"], lambda pack, _: device(truth.case_of[pack].lot.item), days=0)
    _tell(truth, stories, "device", pack, truth.sold[pack].who)
    moving = [case for case in truth.cases if not case.where]
    _tell(truth, stories, "in_transit", moving[-1].packs[0])

    recalled = [case for case in truth.cases if case.lot.last_day < DAYS and case.lot.item.key == "amoxicillin"]
    unsold = [pack for case in recalled for pack in case.packs if pack not in truth.sold]
    shelf = [pack for pack in unsold if any(pack in packs for packs in truth.on_shelf.values())]
    _tell(truth, stories, "recalled", (shelf or unsold)[0])
    sold = [pack for case in recalled for pack in case.packs if pack in truth.sold]
    _tell(truth, stories, "recalled_sold", sold[0], truth.sold[sold[0]].who)
    expired = [case for case in truth.cases if case.lot.last_day < DAYS and case.lot.item.key == "ibuprofen"]
    _tell(truth, stories, "expired", next(pack for case in expired for pack in case.packs if pack not in truth.sold))

    travelled = [case for case in truth.cases if case.opened and case.where in CUSTOMERS and case.sscc not in stories.used]
    case = travelled[0]
    stories.tell("case", case.sscc, who=(case.where,))
    stories.tell("pallet", case.pallet)


def _tell(truth: Truth, stories: Stories, id: str, pack: str, *who: str) -> None:
    lot = truth.case_of[pack].lot
    stories.tell(id, pack, lot=lot.number, expiry=lot.expiry, who=who)
