"""Finds units of the world for stories: not used by another one, and with enough days left to happen."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ops.demo.calendar import DAYS
from ops.demo.cast import CUSTOMERS, DISTRIBUTORS, ITEMS, Item
from ops.demo.stories import Stories
from ops.demo.truth import Act, Case, Truth

OFFLINE = "p1"
OFFLINE_DAYS = range(31, 34)
"""Its network is down on these days; what it noted comes a week late."""


class Picker:
    """Every choice is the seed's. When what is asked for is not there, conditions are dropped from the last one on."""

    def __init__(self, truth: Truth, stories: Stories) -> None:
        self.truth, self.stories = truth, stories

    def shelf_pack(
        self, sites: Sequence[str], items: Callable[[Item], bool] = bool, days: int = 8, count: int = 1
    ) -> tuple[str, list[str]]:
        """Packs of one opened case that lie on a customer's shelf for at least that many days: (customer, packs)."""
        for who in (*sites, *CUSTOMERS):
            found: dict[str, list[str]] = {}
            for pack in self.truth.on_shelf[who]:
                case = self.truth.case_of[pack]
                if pack not in self.stories.used and _sound(case) and items(case.lot.item) and self._old(case.opened, days):
                    found.setdefault(case.sscc, []).append(pack)
            enough = [packs for packs in found.values() if len(packs) >= count]
            if enough:
                return who, self.truth.rng.choice(enough)[:count]
        who, case = self.closed_case((*sites, *CUSTOMERS), items, days + 1)
        calendar = self.truth.calendar
        case.opened = calendar.between(self.truth.rng, DAYS - 1 - days, 10.25, 11.75)
        self.truth.do(Act(case.opened, "unpacking", who, tuple(case.packs), case.sscc, disposition="in_progress"))
        self.truth.on_shelf[who] += case.packs
        return who, case.packs[:count]

    def closed_case(self, sites: Sequence[str], items: Callable[[Item], bool] = bool, days: int = 8) -> tuple[str, Case]:
        """A case that stands closed at a site for at least that many days: (site, case)."""
        for who in sites:
            found = [
                case for case in self.truth.cases
                if case.where == who and not case.opened and case.sscc not in self.stories.used
                and _sound(case) and items(case.lot.item) and self._old(case.since, days)
            ]  # fmt: skip
            if found:
                return who, self.truth.rng.choice(found)
        return self._sent(sites[0], items, days)

    def _sent(self, who: str, items: Callable[[Item], bool], days: int) -> tuple[str, Case]:
        """Nobody has such a case: a distributor sends one from its stock, in time."""
        if who in DISTRIBUTORS:
            raise LookupError("the world is too small for its stories")
        sender, case = self.closed_case(DISTRIBUTORS, items, days + 3)
        calendar, rng = self.truth.calendar, self.truth.rng
        sent, received = calendar.between(rng, DAYS - days - 3, 14, 17), calendar.between(rng, DAYS - days - 1, 8.5, 10)
        self.truth.do(Act(sent, "shipping", sender, (case.sscc,), other=who, disposition="in_transit"))
        self.truth.do(Act(received, "receiving", who, (case.sscc,), other=sender, disposition="in_progress"))
        case.where, case.since = who, received
        return who, case

    def sold(
        self,
        sites: Sequence[str],
        fits: Callable[[str, Act], bool] = lambda pack, act: True,
        days: int = 2,
        *,
        late: bool = False,
    ) -> str:
        """A pack that was given out at one of the sites, at least that many days ago; `late`: while the site was offline."""
        calendar = self.truth.calendar
        for who in (*((one,) for one in sites), CUSTOMERS):
            found = [
                pack for pack, act in self.truth.sold.items()
                if act.who in who and calendar.day_of(act.time) <= DAYS - 1 - days and pack not in self.stories.used
                and (act.who == OFFLINE and calendar.day_of(act.time) in OFFLINE_DAYS) == late
                and _sound(self.truth.case_of[pack]) and fits(pack, act)
            ]  # fmt: skip
            if found:
                return self.truth.rng.choice(found)
        raise LookupError("the world is too small for its stories")

    def _old(self, since: int, days: int) -> bool:
        return self.truth.calendar.day_of(since) < DAYS - days


def _sound(case: Case) -> bool:
    """Neither of a recalled nor of an expired lot: those have their own stories."""
    return case.lot.last_day >= DAYS


def in_parts(item: Item) -> bool:
    """Drugs that are given out by the tablet or cartridge."""
    return item.units > 1


def drug(item: Item) -> bool:
    return item.kind == "drug"


def device(item: Item) -> bool:
    return item is ITEMS[-1]
