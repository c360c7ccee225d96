"""Sales as the page tells them: one that may be the visitor's, several that can't all be, parts, and what looks like a sale."""

from __future__ import annotations

import pytest

from pedigree.custody.steps import Status, Step
from pedigree.identifiers import parse_scan
from services.verify.outcome import Case, outcomes
from services.verify.sale import Answer
from services.verify.view import tone_of
from tests.contract.graph_builder import CLINIC, DEALER, MAKER, SHOP
from tests.unit.passports import KINDS, OK, PACK, passport, step, verdict

TODAY = "2026-05-01"
SELLER = ("pharmacy", "广州市", "2026-04-30", "2026-04-30")
PLAIN = parse_scan(PACK)
SOLD = passport(Status.DISPENSED, path=[step(0, Status.ACTIVE, SHOP, 5), step(5, Status.DISPENSED, SHOP)])


def said(passport: object, **more: object) -> tuple[str, ...]:
    case = {"scan": PLAIN, "passport": passport, "integrity": OK, "kinds": KINDS, "today": TODAY, "seller": SELLER}
    return outcomes(Case(**{**case, **more})).codes


def sales(*more: object) -> list[object]:
    return [verdict(0, Step.COMMISSION, MAKER), verdict(5, Step.DISPENSE, SHOP), *more]


def test_sold_once_asks_before_it_says_anything() -> None:
    answered = outcomes(Case(scan=PLAIN, passport=SOLD, integrity=OK, kinds=KINDS, today=TODAY, seller=SELLER))
    assert (answered.codes, answered.asks, tone_of(answered)) == ((), True, "ask")
    assert answered.sale is not None
    assert answered.sale.party == SHOP


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(yes=True), "SOLD_HERE"),
        (Answer(yes=False), "SOLD_ELSEWHERE"),
        (Answer(None, "pharmacy", "广州", "2026-04-30"), "SOLD_HERE"),
        (Answer(None, "hospital", "广州", "2026-04-30"), "SOLD_ELSEWHERE"),
        (Answer(None, "pharmacy", "成都", ""), "SOLD_ELSEWHERE"),
        (Answer(True, "", "", "2026-04-29"), "SOLD_ELSEWHERE"),
    ],
)
def test_the_visitors_answer(answer: Answer, code: str) -> None:
    assert said(SOLD, answer=answer) == (code,)


def test_no_answer_about_a_pack_that_was_not_sold() -> None:
    assert said(passport(), answer=Answer(yes=True)) == ("NOT_SOLD",)


def test_two_sellers() -> None:
    clone = sales(verdict(8, Step.DISPENSE, CLINIC, "rejected", ("repeat_dispensing", "high")))
    assert said(passport(Status.DISPENSED, verdicts=clone)) == ("SOLD_MULTIPLE",)
    first = [verdict(3, Step.DISPENSE, CLINIC, "rejected", ("sale_not_by_holder", "high")), *sales()]
    assert said(passport(Status.DISPENSED, verdicts=first)) == ("SOLD_MULTIPLE",)


def test_a_sale_by_somebody_else_alone_is_suspect() -> None:
    odd = verdict(3, Step.DISPENSE, CLINIC, "rejected", ("sale_not_by_holder", "high"))
    assert said(passport(verdicts=[verdict(0, Step.COMMISSION, MAKER), odd])) == ("SUSPECT",)


@pytest.mark.parametrize("code", ["repeat", "dispensed_twice_here"])
def test_honest_repeats_at_one_counter_are_nothing(code: str) -> None:
    again = sales(verdict(6, Step.DISPENSE, SHOP, "rejected", (code, "low")))
    assert said(passport(Status.DISPENSED, path=SOLD.path, verdicts=again), answer=Answer(True)) == ("SOLD_HERE",)


def test_sold_and_traded_again() -> None:
    resale = sales(
        verdict(9, Step.RECEIVE, DEALER, "rejected", ("after_end", "high")),
        verdict(12, Step.DISPENSE, CLINIC, "rejected", ("repeat_dispensing", "high")),
    )
    assert said(passport(Status.DISPENSED, verdicts=resale)) == ("SUSPECT", "SOLD_MULTIPLE")


def test_a_voided_or_pending_claim_is_none() -> None:
    for outcome in ("voided", "pending"):
        claim = sales(verdict(8, Step.DISPENSE, CLINIC, outcome, ("repeat_dispensing", "high")))
        assert said(passport(Status.DISPENSED, path=SOLD.path, verdicts=claim), answer=Answer(True)) == ("SOLD_HERE",)


def test_given_out_in_part_asks_nothing() -> None:
    opened = passport(Status.PART_DISPENSED, remaining=12.0)
    answered = outcomes(Case(scan=PLAIN, passport=opened, integrity=OK, kinds=KINDS, today=TODAY))
    assert (answered.codes, answered.asks) == (("PART_PACK",), False)


def test_given_out_in_parts_until_empty_is_one_sale() -> None:
    path = [step(0, Status.ACTIVE, SHOP, 5), step(5, Status.PART_DISPENSED, SHOP, 9), step(9, Status.DISPENSED, SHOP)]
    answered = outcomes(Case(scan=PLAIN, passport=passport(Status.DISPENSED, path=path), integrity=OK, today=TODAY))
    assert answered.sale is not None
    assert (answered.sale.first, answered.sale.last) == (path[1].t_from, path[2].t_from)


@pytest.mark.parametrize(
    ("status", "holder", "expected"),
    [
        (Status.DESTROYED, SHOP, ("SUSPECT",)),
        (Status.USED_UP, MAKER, ("SUSPECT",)),
        (Status.DECOMMISSIONED, DEALER, ("SUSPECT",)),
        (Status.DECOMMISSIONED, CLINIC, ()),  # hospitals may do that instead of a sale: the page asks
    ],
)
def test_after_its_end(status: Status, holder: str, expected: tuple[str, ...]) -> None:
    answered = outcomes(Case(scan=PLAIN, passport=passport(status, holder), integrity=OK, kinds=KINDS, today=TODAY))
    assert answered.codes == expected
    assert answered.asks == (not expected)
