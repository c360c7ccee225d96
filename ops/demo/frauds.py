"""What dishonest parties claim, with their own keys and right formats: only the contradiction gives them away."""

from __future__ import annotations

from ops.demo.calendar import DAY, DAYS, HOUR
from ops.demo.cast import BY_KEY, DISTRIBUTORS
from ops.demo.picking import Picker, drug
from ops.demo.recording import Record, arrival_of
from ops.demo.stories import Stories
from ops.demo.truth import Act, Case, Truth


class Frauds:
    """Adds claims beside the honest records, and the stories that they make.

    Make it before the records are written: the cases that it is about may have to be brought to their place first.
    """

    def __init__(self, truth: Truth, stories: Stories) -> None:
        self.truth, self.stories = truth, stories
        self.picker = Picker(truth, stories)
        self.claims: list[Record] = []
        self._sold_on_paper = self._take(("h1", "h2"), days=5)
        self._diverted = self._take(DISTRIBUTORS, days=9)

    def all(self) -> list[Record]:
        self._clone()
        self._resale()
        self._paper_sale()
        self._diversion()
        self._unknown()
        return self.claims

    def _claim(
        self, time: int, step: str, who: str, *units: str, other: str = "", disposition: str = "", sale: bool = False
    ) -> None:
        act = Act(time, step, who, units, other=other, disposition=disposition, sale=self.truth.sale(who) if sale else "")
        self.claims.append(Record(act, time, arrival_of(who, time, self.truth.calendar)))

    def _sell(self, time: int, who: str, *units: str) -> None:
        hospital = BY_KEY[who].role == "hospital"
        step, disposition = ("dispensing", "dispensed") if hospital else ("retail_selling", "retail_sold")
        self._claim(time, step, who, *units, disposition=disposition, sale=True)

    def _clone(self) -> None:
        """The code of a pack was copied; the copy is sold in another city three hours later."""
        pack = self.picker.sold(["p1", "h1"], days=2)
        sale = self.truth.sold[pack]
        there = next(who for who in ("p2", "p1", "h1") if BY_KEY[who].city != BY_KEY[sale.who].city)
        self._sell(sale.time + 3 * HOUR, there, pack)
        self._tell("clone", pack, who=(sale.who, there))

    def _resale(self) -> None:
        """Packs that a hospital gave out are bought up and go through the trade once more."""
        pack = self.picker.sold(["h1", "h2"], lambda pack, _: drug(self.truth.case_of[pack].lot.item), days=10)
        sale = self.truth.sold[pack]
        day = self.truth.calendar.day_of(sale.time)
        buyer = next(who for who in ("d3", "d1") if BY_KEY[who].city != BY_KEY[sale.who].city)
        self._claim(self._on(day + 3, 9), "receiving", buyer, pack, disposition="in_progress")
        self._claim(self._on(day + 4, 15), "shipping", buyer, pack, other="p2", disposition="in_transit")
        self._claim(self._on(day + 6, 9), "receiving", "p2", pack, other=buyer, disposition="in_progress")
        self._sell(self._on(day + 7, 14), "p2", pack)
        self._tell("resale", pack, who=(sale.who, buyer, "p2"))

    def _paper_sale(self) -> None:
        """A dealer sells what a hospital has received long ago; nothing ever arrives."""
        holder, case = self._sold_on_paper
        sender = next(act.who for act in reversed(self.truth.acts) if act.step == "shipping" and case.sscc in act.units)
        seller = next(who for who in DISTRIBUTORS if who != sender)
        self._claim(case.since + DAY, "shipping", seller, case.sscc, other="p1", disposition="in_transit")
        self._tell("paper_sale", case.packs[0], case.sscc, who=(holder, seller, "p1"))

    def _diversion(self) -> None:
        """Sent to one customer, received and sold by another."""
        holder, case = self._diverted
        to, taker = ("h1", "p2") if drug(case.lot.item) else ("h1", "h2")
        time = max(self._on(DAYS - 9, 15), case.since + 2 * HOUR)
        self._claim(time, "shipping", holder, case.sscc, other=to, disposition="in_transit")
        day = self.truth.calendar.day_of(time)
        self._claim(self._on(day + 2, 9), "receiving", taker, case.sscc, other=holder, disposition="in_progress")
        opened = Act(self._on(day + 2, 11), "unpacking", taker, tuple(case.packs), case.sscc, disposition="in_progress")
        self.claims.append(Record(opened, opened.time, arrival_of(taker, opened.time, self.truth.calendar)))
        self._sell(self._on(day + 3, 14), taker, *case.packs[:2])
        self._tell("diversion", case.packs[-1], case.sscc, who=(holder, to, taker))

    def _unknown(self) -> None:
        """A made-up serial under a true product number, sold; and one that nobody reported."""
        item = self.truth.case_of[self.picker.sold(["p1"])].lot.item
        unit = self.truth.pack(item)
        self._sell(self._on(DAYS - 8, 15), "p1", unit)
        self.stories.tell("unknown", unit, who=("p1",))
        self.stories.tell("unknown_code", self.truth.pack(item))

    def _take(self, sites: tuple[str, ...], days: int) -> tuple[str, Case]:
        where, case = self.picker.closed_case(sites, drug, days)
        self.stories.use(case.sscc, *case.packs)
        return where, case

    def _on(self, day: int, hour: float) -> int:
        return self.truth.calendar.between(self.truth.rng, day, hour, hour + 1)

    def _tell(self, id: str, pack: str, *others: str, who: tuple[str, ...]) -> None:
        lot = self.truth.case_of[pack].lot
        self.stories.tell(id, pack, *others, lot=lot.number, expiry=lot.expiry, who=who)
