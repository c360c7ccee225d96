"""Makers and distributors: packs are made, packed and shipped on pallets; pallets are taken apart; cases are sent on."""

from __future__ import annotations

from ops.demo.calendar import DAYS
from ops.demo.cast import CUSTOMERS, DISTRIBUTORS, ITEMS, Item
from ops.demo.truth import Act, Case, Lot, Truth

RECALL_DAY = DAYS - 4
"""The regulator recalls the first lot of the first product on this day."""
EXPIRED_DAY = DAYS - 10
"""The first lot of ibuprofen expires on this day."""
_NEAREST = {"h1": "d1", "h2": "d1", "p1": "d2", "p2": "d3"}


class Supply:
    """`due`: (day, from, to, pallets or cases) under way, for whoever receives."""

    def __init__(self, truth: Truth) -> None:
        self.truth = truth
        self.due: list[tuple[int, str, str, tuple[str, ...], list[Case]]] = []
        count = truth.sizes.pallets
        # The last pallet leaves its maker so late that it is on the road today.
        self.plan = {index: round(index * 44 / (count - 2)) for index in range(count - 1)} | {count - 1: DAYS - 2}

    def day(self, day: int) -> None:
        """What happens at makers and distributors before noon, and the makers' shipments."""
        for index, planned in self.plan.items():
            if planned == day:
                self._make(index, day)
            if planned + 1 == day:
                self._ship_pallet(index, day)
        for arrival in [one for one in self.due if one[0] == day and one[2] in DISTRIBUTORS]:
            self._take_pallet(*arrival)

    def order(self, day: int, customer: str, item: Item, cases: int) -> list[Case]:
        """Cases that a distributor can send to the customer today, the ones that expire first."""
        for who in sorted(DISTRIBUTORS, key=lambda one: one != _NEAREST[customer]):
            stock = [
                case for case in self.truth.cases
                if case.where == who and case.lot.item is item and not case.opened and _good(case.lot, day)
                and self.truth.calendar.day_of(case.since) <= day
            ]  # fmt: skip
            if stock:
                return sorted(stock, key=lambda case: case.lot.expiry)[:cases]
        return []

    def send(self, day: int, who: str, customer: str, cases: list[Case]) -> None:
        """One shipment in the afternoon; it takes one to three days."""
        truth = self.truth
        time = truth.calendar.between(truth.rng, day, 14, 17)
        units = tuple(case.sscc for case in cases)
        truth.do(Act(time, "shipping", who, units, other=customer, disposition="in_transit"))
        for case in cases:
            case.where, case.since = "", time
        self.due.append((day + truth.rng.randrange(1, 4), who, customer, units, cases))

    def _make(self, index: int, day: int) -> None:
        truth, rng, calendar = self.truth, self.truth.rng, self.truth.calendar
        item = ITEMS[index % len(ITEMS)]
        lot = self._lot(item, index // len(ITEMS) // 2)
        pallet = truth.sscc(item.maker)
        cases = []
        for number in range(truth.sizes.cases):
            packs = [truth.pack(item) for _ in range(truth.sizes.in_case(item))]
            made = calendar.at(day, 8 + 2 * number / truth.sizes.cases)
            truth.do(Act(made, "commissioning", item.maker, tuple(packs), disposition="active", lot=lot))
            packed = calendar.at(day, 10.5 + 2 * number / truth.sizes.cases)
            case = Case(truth.sscc(item.maker), lot, packs, pallet, item.maker, packed)
            truth.do(Act(packed, "packing", item.maker, tuple(packs), case.sscc, disposition="in_progress"))
            truth.case_of.update(dict.fromkeys(packs, case))
            cases.append(case)
        closed = calendar.between(rng, day, 13, 15)
        truth.do(Act(closed, "packing", item.maker, tuple(c.sscc for c in cases), pallet, disposition="in_progress"))
        truth.cases += cases
        truth.pallets[pallet] = cases

    def _lot(self, item: Item, number: int) -> Lot:
        name = f"{item.key[:2].upper()}{self.truth.calendar.date(0)[2:7].replace('-', '')}{'ABCDEFGHJK'[number % 10]}"
        if name not in self.truth.lots:
            last = EXPIRED_DAY if item.key == "ibuprofen" and number == 0 else 400 + 61 * number + 17 * item.number
            recalled = item is ITEMS[0] and number == 0
            date = self.truth.calendar.date(last)
            self.truth.lots[name] = Lot(item, name, date, min(last, RECALL_DAY - 1) if recalled else last)
        return self.truth.lots[name]

    def _ship_pallet(self, index: int, day: int) -> None:
        truth = self.truth
        pallet, cases = list(truth.pallets.items())[index]
        maker, to = cases[0].lot.item.maker, DISTRIBUTORS[index % len(DISTRIBUTORS)]
        time = truth.calendar.between(truth.rng, day, 14, 17)
        truth.do(Act(time, "shipping", maker, (pallet,), other=to, disposition="in_transit"))
        for case in cases:
            case.where = ""
        self.due.append((day + truth.rng.randrange(1, 4), maker, to, (pallet,), cases))

    def _take_pallet(self, day: int, sender: str, to: str, pallets: tuple[str, ...], cases: list[Case]) -> None:
        truth, calendar = self.truth, self.truth.calendar
        received = calendar.between(truth.rng, day, 8, 10)
        truth.do(Act(received, "receiving", to, pallets, other=sender, disposition="in_progress"))
        opened = calendar.between(truth.rng, day, 10.5, 12)
        units = tuple(case.sscc for case in cases)
        truth.do(Act(opened, "unpacking", to, units, pallets[0], disposition="in_progress"))
        for case in cases:
            case.where, case.since = to, opened


def _good(lot: Lot, day: int) -> bool:
    return day <= lot.last_day


def customers_of(item: Item) -> tuple[str, ...]:
    """Devices go to hospitals only."""
    return CUSTOMERS if item.kind == "drug" else ("h1", "h2")
