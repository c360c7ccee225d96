"""How honest people note what they did: with their clocks, at their hours, and with the mistakes that happen."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ops.demo.calendar import DAY, DAYS, HOUR, MINUTE, Calendar
from ops.demo.cast import CUSTOMERS
from ops.demo.picking import OFFLINE, OFFLINE_DAYS, Picker, drug
from ops.demo.stories import Stories
from ops.demo.truth import Act, Truth

SLOW = "d3"
"""Its warehouse's clock is five minutes slow."""
WHOLE_MINUTES = "h1"


@dataclass(frozen=True, slots=True)
class Record:
    """A claim about an act. `time`: the event time that is claimed; `arrival`: when the document comes in (both ms UTC)."""

    act: Act
    time: int
    arrival: int
    declared: int = 0
    """Not 0: an error declaration of that time, which takes the claim back."""


def record(truth: Truth, stories: Stories) -> list[Record]:
    """Everybody's records of everything that happened."""
    who, (mistaken,) = Picker(truth, stories).shelf_pack(["h2", "h1"], drug, days=5)  # it may have to be brought there first
    stories.use(mistaken)
    records = [_note(act, truth.calendar) for act in truth.acts]
    for change in (_late, _double_scan, _clocks, _wrong_case, _misread, _no_unpacking):
        records = change(truth, stories, records)
    return [*records, *_declared_error(truth, stories, who, mistaken)]


def arrival_of(who: str, time: int, calendar: Calendar) -> int:
    """Companies send every half hour, hospitals and pharmacies each evening; each a little later than the others."""
    own = (sum(map(ord, who)) % 5 + 1) * MINUTE
    if who in CUSTOMERS:
        day = calendar.day_of(time)
        if who == OFFLINE and day in OFFLINE_DAYS:
            return calendar.at(OFFLINE_DAYS[-1] + 5, 9) + own
        return calendar.at(day if time < calendar.at(day, 21.5) else day + 1, 21.5) + own
    return (time // (HOUR // 2) + 1) * (HOUR // 2) + own


def _note(act: Act, calendar: Calendar) -> Record:
    time = act.time
    if act.who == SLOW:
        time -= 5 * MINUTE
    elif act.who == WHOLE_MINUTES:
        time -= time % MINUTE
    return Record(act, time, arrival_of(act.who, act.time, calendar))


def _late(truth: Truth, stories: Stories, records: list[Record]) -> list[Record]:
    pack = Picker(truth, stories).sold([OFFLINE], late=True)
    _tell(truth, stories, "late_upload", pack)
    return records


def _double_scan(truth: Truth, stories: Stories, records: list[Record]) -> list[Record]:
    pack = Picker(truth, stories).sold(["h1"], lambda pack, _: drug(truth.case_of[pack].lot.item))
    _tell(truth, stories, "double_scan", pack)
    again = next(one for one in records if one.act is truth.sold[pack])
    return [*records, replace(again, act=replace(again.act, units=(pack,)), time=again.time + 2 * MINUTE)]


def _clocks(truth: Truth, stories: Stories, records: list[Record]) -> list[Record]:
    picker = Picker(truth, stories)
    through = {unit for act in truth.acts if act.who == SLOW and act.step == "shipping" for unit in act.units}
    _tell(truth, stories, "minute_clock", picker.sold([WHOLE_MINUTES]))
    _tell(truth, stories, "slow_clock", picker.sold(["p2"], lambda pack, _: truth.case_of[pack].sscc in through))
    return records


def _wrong_case(truth: Truth, stories: Stories, records: list[Record]) -> list[Record]:
    """Two packs are swapped in the packing lists; whoever opens the cases copies the list."""
    picker = Picker(truth, stories)

    def elsewhere(pack: str) -> list[str]:
        case = truth.case_of[pack]  # both were on the packing table on that day
        return [
            other for there in truth.pallets[case.pallet] for other in there.packs
            if there.opened and there.where != case.where and other not in stories.used
        ]  # fmt: skip

    pack = picker.sold(["h2", "p2", "h1"], lambda pack, _: bool(elsewhere(pack)))
    other = truth.rng.choice(elsewhere(pack))
    swap = {pack: other, other: pack}
    _tell(truth, stories, "wrong_case", pack, other)
    cases = (truth.case_of[pack].sscc, truth.case_of[other].sscc)
    return [
        replace(one, act=replace(one.act, units=tuple(swap.get(unit, unit) for unit in one.act.units)))
        if one.act.parent in cases and one.act.step in ("packing", "unpacking")
        else one
        for one in records
    ]


def _misread(truth: Truth, stories: Stories, records: list[Record]) -> list[Record]:
    pack = Picker(truth, stories).sold(["p2"])
    head, _, serial = pack.rpartition("/")
    wrong = f"{head}/{serial.lower()}"
    _tell(truth, stories, "misread_real", pack)
    stories.tell("misread", wrong, pack, who=(truth.sold[pack].who,))
    return [
        replace(one, act=replace(one.act, units=tuple(wrong if unit == pack else unit for unit in one.act.units)))
        if one.act is truth.sold[pack]
        else one
        for one in records
    ]


def _no_unpacking(truth: Truth, stories: Stories, records: list[Record]) -> list[Record]:
    touched = {truth.case_of[unit].sscc for unit in stories.used if unit in truth.case_of}
    pack = Picker(truth, stories).sold(["h2"], lambda pack, _: truth.case_of[pack].sscc not in touched)
    case = truth.case_of[pack]
    _tell(truth, stories, "no_unpacking", pack)
    stories.use(*case.packs)
    return [one for one in records if not (one.act.step == "unpacking" and one.act.parent == case.sscc)]


def _declared_error(truth: Truth, stories: Stories, who: str, pack: str) -> list[Record]:
    time = truth.calendar.between(truth.rng, DAYS - 4, 13, 18)
    wrong = Act(time, "dispensing", who, (pack,), disposition="dispensed", sale=truth.sale(who))
    _tell(truth, stories, "declared_error", pack)
    noted = _note(wrong, truth.calendar)
    declared = time + DAY
    return [noted, replace(noted, declared=declared, arrival=arrival_of(who, declared, truth.calendar))]


def _tell(truth: Truth, stories: Stories, id: str, pack: str, *others: str) -> None:
    lot = truth.case_of[pack].lot
    who = (truth.sold[pack].who,) if pack in truth.sold else ()
    stories.tell(id, pack, *others, lot=lot.number, expiry=lot.expiry, who=who)
