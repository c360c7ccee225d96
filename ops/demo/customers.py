"""Hospitals and pharmacies: cases arrive, are opened when the shelf runs low, packs are given out, more is ordered."""

from __future__ import annotations

import math
from random import Random

from ops.demo.calendar import DAYS
from ops.demo.cast import BY_KEY, CUSTOMERS, ITEMS, Item
from ops.demo.supply import Supply, customers_of
from ops.demo.truth import Act, Case, Truth


class Customers:
    """`rate`: packs of a product with demand 1 that one customer gives out on a weekday."""

    def __init__(self, truth: Truth, supply: Supply) -> None:
        self.truth, self.supply = truth, supply
        total = sum(case_count(truth, item) for item in ITEMS)
        self.rate = total * 0.45 / (45 * sum(item.demand * len(customers_of(item)) for item in ITEMS))
        for who in CUSTOMERS:
            truth.on_shelf[who] = []

    def day(self, day: int) -> None:
        for arrival in [one for one in self.supply.due if one[0] == day and one[2] in CUSTOMERS]:
            self._take(*arrival)
        for who in CUSTOMERS:
            wanted = []
            for item in ITEMS:
                if who in customers_of(item):
                    self._give_out(day, who, item)
                    wanted += self._wanted(day, who, item)
            for sender in sorted({case.where for case in wanted}):
                self.supply.send(day, sender, who, [case for case in wanted if case.where == sender])

    def _take(self, day: int, sender: str, to: str, units: tuple[str, ...], cases: list[Case]) -> None:
        time = self.truth.calendar.between(self.truth.rng, day, 8.5, 10)
        self.truth.do(Act(time, "receiving", to, units, other=sender, disposition="in_progress"))
        for case in cases:
            case.where, case.since = to, time

    def _give_out(self, day: int, who: str, item: Item) -> None:
        truth, rng = self.truth, self.truth.rng
        wanted = poisson(rng, self.rate * item.demand * (0.5 if truth.calendar.weekend(day) else 1.0))
        shelf = self._shelf(day, who, item)
        while len(shelf) < wanted and self._open(day, who, item):
            shelf = self._shelf(day, who, item)
        times = sorted(truth.calendar.between(rng, day, 12, 19.5) for _ in range(wanted))
        step, disposition = ("dispensing", "dispensed") if BY_KEY[who].role == "hospital" else ("retail_selling", "retail_sold")
        while shelf and times:
            count = min(rng.choice((1, 1, 1, 2, 3)), len(shelf), len(times))
            packs, shelf = tuple(shelf[:count]), shelf[count:]
            act = truth.do(Act(times[0], step, who, packs, disposition=disposition, sale=truth.sale(who)))
            times = times[count:]
            truth.sold.update(dict.fromkeys(packs, act))
            for pack in packs:
                truth.on_shelf[who].remove(pack)

    def _shelf(self, day: int, who: str, item: Item) -> list[str]:
        good = (
            pack for pack in self.truth.on_shelf[who]
            if (lot := self.truth.case_of[pack].lot).item is item and day <= lot.last_day
        )  # fmt: skip
        return sorted(good, key=lambda pack: self.truth.case_of[pack].lot.expiry)

    def _open(self, day: int, who: str, item: Item) -> bool:
        closed = [
            case for case in self.truth.cases
            if case.where == who and not case.opened and case.lot.item is item and day <= case.lot.last_day
        ]  # fmt: skip
        if not closed:
            return False
        case = min(closed, key=lambda one: one.lot.expiry)
        case.opened = self.truth.calendar.between(self.truth.rng, day, 10.25, 11.75)
        self.truth.do(Act(case.opened, "unpacking", who, tuple(case.packs), case.sscc, disposition="in_progress"))
        self.truth.on_shelf[who] += case.packs
        return True

    def _wanted(self, day: int, who: str, item: Item) -> list[Case]:
        """Reorder when what is here and under way lasts less than six days."""
        on_hand = len(self._shelf(day, who, item))
        for case in self.truth.cases:
            if case.lot.item is item and not case.opened and case.where == who:
                on_hand += len(case.packs)
        on_hand += sum(len(case.packs) for one in self.supply.due if one[2] == who and one[0] > day for case in one[4]
                       if case.lot.item is item)  # fmt: skip
        need = 6 * self.rate * item.demand - on_hand
        if need <= 0 or day >= DAYS:
            return []
        return self.supply.order(day, who, item, max(1, math.ceil(need / self.truth.sizes.in_case(item))))


def case_count(truth: Truth, item: Item) -> int:
    """Packs of the product that are made in all."""
    pallets = sum(1 for index in range(truth.sizes.pallets) if ITEMS[index % len(ITEMS)] is item)
    return pallets * truth.sizes.cases * truth.sizes.in_case(item)


def poisson(rng: Random, mean: float) -> int:
    """Knuth's way; means here are small."""
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count
