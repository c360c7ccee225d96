"""Scenarios of holds, decommissioning, part packs and kits, each fraud beside its honest twin."""

from __future__ import annotations

import pytest

from pedigree.custody.marks import parts_of
from pedigree.custody.steps import Flag, Status, Step
from pedigree.messages import Attestation
from tests.acceptance.test_inspector import DAY, PACK, Story
from tests.property.worlds import HOUR, MINUTE, START

# --- holds ---------------------------------------------------------------------------------------------------------------


def test_who_put_a_pack_on_hold_may_not_sell_it_before_he_lifts_the_hold() -> None:
    held = Story().made_and_delivered().tell(Step.HOLD, 25 * HOUR, "pharmacy")
    assert held.tell(Step.DISPENSE, 30 * HOUR, "pharmacy").judged().codes() == {"on_hold"}
    lifted = Story().made_and_delivered().tell(Step.HOLD, 25 * HOUR, "pharmacy").tell(Step.RELEASE, 26 * HOUR, "pharmacy")
    assert lifted.tell(Step.DISPENSE, 30 * HOUR, "pharmacy").judged().codes() == set()


@pytest.mark.parametrize("boxed", [False, True])
def test_a_makers_own_hold_ends_where_he_sends_the_pack_on_and_the_regulators_binds_all_who_follow(boxed: bool) -> None:
    def journey(holder: str, flags: int = 0) -> Story:
        story = Story().tell(Step.COMMISSION, 0, "maker").tell(Step.HOLD, MINUTE, holder, flags=flags)
        if boxed:
            story.tell(Step.PACK, 2 * MINUTE, "maker", unit="box1", members=(PACK,))
        unit = "box1" if boxed else PACK
        story.tell(Step.SHIP, HOUR, "maker", "dealer", unit=unit).tell(Step.RECEIVE, 20 * HOUR, "dealer", unit=unit)
        story.tell(Step.SHIP, 25 * HOUR, "dealer", "pharmacy").tell(Step.RECEIVE, 30 * HOUR, "pharmacy")
        return story.tell(Step.DISPENSE, 40 * HOUR, "pharmacy").judged()

    def accused(story: Story) -> set[str]:
        return {v.actor for v in story.units.verdicts[PACK].values() for f in v.findings if f.code == "on_hold"}

    assert accused(journey("maker")) == (set() if boxed else {"maker"})
    assert accused(journey("agency", Flag.REGULATOR)) == {"dealer", "pharmacy"} | (set() if boxed else {"maker"})


def test_a_holder_cannot_lift_the_regulators_hold_by_a_hold_of_his_own() -> None:
    story = Story().made_and_delivered().tell(Step.HOLD, 25 * HOUR, "agency", flags=Flag.REGULATOR)
    story.tell(Step.HOLD, 26 * HOUR, "pharmacy").tell(Step.RELEASE, 27 * HOUR, "pharmacy")
    assert story.tell(Step.DISPENSE, 30 * HOUR, "pharmacy").judged().codes() == {"hold_not_by_holder", "on_hold"}
    honest = Story().made_and_delivered().tell(Step.HOLD, 25 * HOUR, "agency", flags=Flag.REGULATOR)
    honest.tell(Step.RELEASE, 27 * HOUR, "agency", flags=Flag.REGULATOR)
    assert honest.tell(Step.DISPENSE, 30 * HOUR, "pharmacy").judged().codes() == set()


def test_a_stranger_puts_nothing_on_hold() -> None:
    story = Story().made_and_delivered().tell(Step.HOLD, 25 * HOUR, "rival").tell(Step.DISPENSE, 30 * HOUR, "pharmacy").judged()
    assert (story.word(), story.codes()) == ("confirmed", {"hold_not_by_holder"})


# --- decommissioning -----------------------------------------------------------------------------------------------------


def decommissioned(flags: int = Flag.AT_RECEIPT) -> Story:
    story = Story().tell(Step.COMMISSION, 0, "maker").tell(Step.SHIP, HOUR, "maker", "hospital")
    return story.tell(Step.DECOMMISSION, 20 * HOUR, "hospital", flags=flags)


def test_a_hospital_that_decommissions_as_goods_come_in_has_received_them_and_who_else_does_has_left_out_its_receipt() -> None:
    story = decommissioned().judged()
    assert (story.word(), story.codes(), story.units.row(PACK).shown.chain) == ("confirmed", set(), "complete")
    assert decommissioned(0).judged().codes() == {"no_receipt"}


def test_what_a_hospital_decommissioned_it_may_still_give_its_patients_and_nobody_else_may_sell_it() -> None:
    ward = decommissioned().tell(Step.DISPENSE, 40 * HOUR, "hospital").judged()
    assert (ward.word(), ward.codes()) == ("confirmed", set())
    resold = decommissioned().tell(Step.RECEIVE, 40 * HOUR, "trader").tell(Step.DISPENSE, 60 * HOUR, "clinic").judged()
    assert (resold.word(), resold.codes()) == ("suspect", {"after_end"})


def test_a_hospital_may_take_a_decommissioning_back_within_ten_days_and_a_trader_may_not() -> None:
    back = decommissioned().tell(Step.RECEIVE, 9 * DAY, "hospital", flags=Flag.RETURNED)
    back.tell(Step.SHIP, 10 * DAY, "hospital", "pharmacy").tell(Step.RECEIVE, 11 * DAY, "pharmacy").judged()
    assert (back.word(), back.codes(), back.units.row(PACK).shown.possessor) == ("confirmed", set(), "pharmacy")
    late = decommissioned().tell(Step.RECEIVE, 20 * DAY, "hospital", flags=Flag.RETURNED).judged()
    assert late.codes() == {"late_return"}
    trader = decommissioned().tell(Step.RECEIVE, 9 * DAY, "trader", flags=Flag.RETURNED).judged()
    assert trader.codes() == {"after_end"}


def test_what_was_destroyed_does_not_come_back() -> None:
    story = Story().made_and_delivered().tell(Step.DESTROY, 30 * HOUR, "pharmacy")
    story.tell(Step.RECEIVE, 40 * HOUR, "pharmacy", flags=Flag.RETURNED).judged()
    assert (story.word(), story.codes()) == ("suspect", {"after_end"})


# --- part packs ----------------------------------------------------------------------------------------------------------


def tablets(*sales: tuple[float, str, str]) -> Story:
    """A pack of 20 tablets given out bit by bit: (tablets, bill, by whom)."""
    story = Story().tell(Step.COMMISSION, 0, "maker", quantity=20.0).tell(Step.SHIP, HOUR, "maker", "pharmacy")
    story.tell(Step.RECEIVE, 20 * HOUR, "pharmacy")
    for n, (quantity, bill, actor) in enumerate(sales):
        story.tell(Step.DISPENSE, (30 + n) * HOUR, actor, quantity=quantity, sale=bill, flags=Flag.PARTIAL)
    return story.judged()


def test_a_pack_given_out_in_parts_by_one_pharmacy_is_in_order_until_more_is_given_out_than_was_in_it() -> None:
    honest = tablets((10.0, "1", "pharmacy"), (10.0, "2", "pharmacy"))
    assert (honest.codes(), honest.units.row(PACK).shown.status) == (set(), Status.DISPENSED)
    assert tablets((10.0, "1", "pharmacy"), (8.0, "2", "pharmacy"), (4.0, "3", "pharmacy")).codes() == {"over_content"}


def test_two_equal_sales_have_two_bills_and_one_bill_read_twice_is_one_sale() -> None:
    assert tablets((5.0, "1", "pharmacy"), (5.0, "2", "pharmacy")).units.row(PACK).shown.remaining == 10.0
    twice = tablets((5.0, "1", "pharmacy"), (5.0, "1", "pharmacy"))
    assert (twice.codes(), twice.units.row(PACK).shown.remaining) == (set(), 15.0)


def test_the_rest_of_an_opened_pack_sold_by_somebody_else_is_an_alarm() -> None:
    assert tablets((5.0, "1", "pharmacy"), (5.0, "2", "clinic")).codes() == {"sale_not_by_holder"}


def test_the_rest_of_an_opened_pack_given_out_in_another_shop_of_the_chain_is_asked_about_unless_it_was_brought_there() -> None:
    def chain(*, brought: bool) -> Story:
        story = Story().tell(Step.COMMISSION, 0, "maker", quantity=20.0).tell(Step.SHIP, HOUR, "maker", "pharmacy")
        story.tell(Step.RECEIVE, 20 * HOUR, "pharmacy", location="shop 1")
        story.tell(Step.DISPENSE, 30 * HOUR, "pharmacy", location="shop 1", quantity=5.0, sale="1", flags=Flag.PARTIAL)
        if brought:
            story.tell(Step.SHIP, 31 * HOUR, "pharmacy", "pharmacy", location="shop 1")
            story.tell(Step.RECEIVE, 33 * HOUR, "pharmacy", location="shop 2")
        story.tell(Step.DISPENSE, 40 * HOUR, "pharmacy", location="shop 2", quantity=5.0, sale="2", flags=Flag.PARTIAL)
        return story.judged()

    assert (chain(brought=False).word(), chain(brought=False).codes()) == ("suspect", {"part_elsewhere"})
    honest = chain(brought=True)
    assert (honest.word(), honest.codes()) == ("confirmed", set())


def test_a_whole_pack_taken_back_may_be_given_out_in_parts_afterwards() -> None:
    story = Story().tell(Step.COMMISSION, 0, "maker", quantity=20.0).tell(Step.SHIP, HOUR, "maker", "pharmacy")
    story.tell(Step.RECEIVE, 20 * HOUR, "pharmacy").tell(Step.DISPENSE, 30 * HOUR, "pharmacy")
    story.tell(Step.RECEIVE, 40 * HOUR, "pharmacy", flags=Flag.RETURNED)
    story.tell(Step.DISPENSE, 50 * HOUR, "pharmacy", quantity=5.0, sale="2", flags=Flag.PARTIAL).judged()
    assert (story.word(), story.codes()) == ("confirmed", set())


# --- instruments and labels that come round --------------------------------------------------------------------------------


def test_an_instrument_that_goes_to_be_sterilised_and_back_a_hundred_times_is_no_anomaly() -> None:
    story = Story().tell(Step.COMMISSION, 0, "hospital")
    for n in range(100):
        at = (n * 4 + 1) * HOUR
        story.tell(Step.SHIP, at, "hospital", "steriliser").tell(Step.RECEIVE, at + HOUR, "steriliser")
        story.tell(Step.SHIP, at + 2 * HOUR, "steriliser", "hospital").tell(Step.RECEIVE, at + 3 * HOUR, "hospital")
    story.judged()
    assert (story.word(), story.codes(), story.units.row(PACK).shown.possessor) == ("confirmed", set(), "hospital")


@pytest.mark.parametrize(("days", "codes"), [(400, set()), (100, {"already_commissioned"})])
def test_a_label_of_a_case_may_be_used_again_a_year_after_and_not_before(days: int, codes: set[str]) -> None:
    story = Story().tell(Step.COMMISSION, 0, "maker", unit="box1").tell(Step.SHIP, HOUR, "maker", "pharmacy", unit="box1")
    story.tell(Step.RECEIVE, 20 * HOUR, "pharmacy", unit="box1")
    story.tell(Step.COMMISSION, days * DAY, "maker", unit="box1").judged(500)
    assert story.codes("box1") == codes


def test_after_a_commissioning_was_declared_an_error_who_has_the_pack_is_not_blamed_for_its_origin() -> None:
    story = Story().made_and_delivered()
    made = story.writer.out[0][1][0].entry
    attestation = Attestation(START + 30 * HOUR, "maker", True)
    story.tell(Step.COMMISSION, 0, "maker", kind=1, declared=START + 29 * HOUR, attestations=(attestation,))
    story.writer.out[-1][1][0].entry.event = made.event
    story.judged()
    assert (story.word(), story.codes()) == ("confirmed", {"origin_disputed"})


# --- repackaging and kits ------------------------------------------------------------------------------------------------

HUB = "urn:medtrace:transformation:kit"
KIT = "https://id.gs1.org/01/06901234000207/21/K1"
PARTS = {
    "https://id.gs1.org/01/06901234000108/21/A": ("LA", "2027-03-31"),
    "https://id.gs1.org/01/06901234000115/21/B": ("LB", "2028-12-31"),
}


def kit(expiry: str, *, late: int = 1_000) -> Story:
    """Two products of different makers go into one kit. `late`: how late one of them is commissioned."""
    story = Story()
    for part, (lot, expires) in PARTS.items():
        story.tell(Step.COMMISSION, 0, "maker", unit=part, lot=lot, expiry=expires, lag=late if lot == "LA" else 1_000)
        story.tell(Step.TRANSFORM, 30 * HOUR, "maker", unit=part, container=HUB)
    return story.tell(Step.FORM, 30 * HOUR, "maker", unit=HUB, members=(KIT,), lot="LK", expiry=expiry).judged()


@pytest.mark.parametrize("late", [1_000, 3 * DAY])
def test_a_kit_expires_with_the_first_of_its_parts_and_a_later_date_on_it_is_a_fraud(late: int) -> None:
    honest = kit("2027-03-31", late=late)
    assert (honest.word(KIT), honest.codes(KIT), honest.units.row(KIT).shown.expiry) == ("confirmed", set(), "2027-03-31")
    relabelled = kit("2029-12-31", late=late)
    assert (relabelled.word(KIT), relabelled.codes(KIT)) == ("suspect", {"expiry_mismatch"})
    assert relabelled.units.row(KIT).shown.expiry == "2027-03-31"


def test_a_recall_of_a_parts_lot_can_find_the_kit_and_the_kit_of_kits() -> None:
    story = kit("2027-03-31")
    assert set(parts_of(story.units.row(KIT).shown.marks)) == {("06901234000108", "LA"), ("06901234000115", "LB")}
    story.writer.out.clear()
    story.tell(Step.TRANSFORM, 40 * HOUR, "maker", unit=KIT, container="urn:medtrace:transformation:2")
    story.tell(Step.FORM, 40 * HOUR, "maker", unit="urn:medtrace:transformation:2", members=("bigkit",)).judged()
    shown = story.units.row("bigkit").shown
    assert set(parts_of(shown.marks)) == {("06901234000108", "LA"), ("06901234000115", "LB"), ("06901234000207", "LK")}
    assert shown.expiry == "2027-03-31"


# --- owners who never hold -------------------------------------------------------------------------------------------------


def test_a_wholesaler_may_own_what_goes_past_him_to_the_pharmacy_and_may_not_give_it_out() -> None:
    def dropped() -> Story:
        return Story().tell(Step.COMMISSION, 0, "maker").tell(Step.SHIP, HOUR, "maker", "pharmacy", owner="wholesaler")

    on_the_way = dropped().judged(0)
    shown = on_the_way.units.row(PACK).shown
    assert (shown.owner, shown.possessor, shown.addressee) == ("wholesaler", "maker", "pharmacy")
    honest = dropped().tell(Step.RECEIVE, 20 * HOUR, "pharmacy", owner="pharmacy")
    honest.tell(Step.DISPENSE, 30 * HOUR, "pharmacy").judged()
    assert (honest.word(), honest.codes(), honest.units.row(PACK).shown.owner) == ("confirmed", set(), "pharmacy")
    paper = dropped().tell(Step.DISPENSE, 30 * HOUR, "wholesaler").judged()
    assert (paper.word(), paper.codes()) == ("suspect", {"sale_not_by_holder"})


def test_consigned_goods_are_the_receivers_from_the_dispatch_and_nobody_elses() -> None:
    story = Story().tell(Step.COMMISSION, 0, "maker").tell(Step.CONSIGN, HOUR, "maker", "pharmacy").judged(1)
    shown = story.units.row(PACK).shown
    assert (shown.possessor, shown.status) == ("pharmacy", Status.IN_TRANSIT)
    assert story.tell(Step.RECEIVE, 30 * HOUR, "pharmacy").judged().codes() == set()
    stolen = Story().tell(Step.COMMISSION, 0, "maker").tell(Step.CONSIGN, HOUR, "maker", "pharmacy")
    assert stolen.tell(Step.RECEIVE, 20 * HOUR, "trader").judged().codes() == {"diversion"}
