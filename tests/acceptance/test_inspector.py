"""Scenarios with names that an inspector understands: each fraud beside its honest twin."""

from __future__ import annotations

import random

import pytest

from pedigree.custody.steps import Flag, Step
from pedigree.messages import Attestation, Entry
from tests.property.units import Units
from tests.property.worlds import HOUR, MINUTE, START, Writer

PACK = "pack1"
DAY = 24 * HOUR


class Story:
    """Writes events about one pack and reads what an inspector would see."""

    def __init__(self) -> None:
        self.writer = Writer(random.Random(1))
        self.units = Units()

    def tell(self, step: int, at: int, actor: str, other: str = "", unit: str = PACK, **more: object) -> Story:
        more.setdefault("lag", 1_000)
        self.writer.event(step, START + at, actor, [unit], other, **more)  # type: ignore[arg-type]
        return self

    def made_and_delivered(self) -> Story:
        self.tell(Step.COMMISSION, 0, "maker", lot="L1", expiry="2028-01-31")
        self.tell(Step.SHIP, HOUR, "maker", "pharmacy")
        return self.tell(Step.RECEIVE, 20 * HOUR, "pharmacy")

    def judged(self, days: int = 60) -> Story:
        for _, observations in sorted(self.writer.out, key=lambda pair: pair[0]):
            self.units.deliver(observations)
        self.units.run_to(START + days * DAY)
        return self

    def codes(self, unit: str = PACK, least: str = "low") -> set[str]:
        worth = {"info": {"info", "low", "medium", "high"}, "low": {"low", "medium", "high"}, "medium": {"medium", "high"}}
        return {f.code for v in self.units.verdicts[unit].values() for f in v.findings if f.severity in worth[least]}

    def word(self, unit: str = PACK) -> str:
        return self.units.row(unit).shown.verdict


def test_a_pack_sold_once_by_its_holder_is_in_order() -> None:
    story = Story().made_and_delivered().tell(Step.DISPENSE, 30 * HOUR, "pharmacy").judged()
    assert (story.word(), story.codes()) == ("confirmed", set())


def test_resale_of_a_dispensed_pack_is_suspect() -> None:
    story = Story().made_and_delivered().tell(Step.DISPENSE, 30 * HOUR, "pharmacy")
    story.tell(Step.RECEIVE, 60 * HOUR, "trader").tell(Step.DISPENSE, 90 * HOUR, "clinic").judged()
    assert story.word() == "suspect"
    assert story.codes() >= {"after_end", "repeat_dispensing"}


def test_a_return_to_the_same_pharmacy_within_ten_days_is_in_order() -> None:
    story = Story().made_and_delivered().tell(Step.DISPENSE, 30 * HOUR, "pharmacy")
    story.tell(Step.RECEIVE, 50 * HOUR, "pharmacy", flags=Flag.RETURNED).tell(Step.DISPENSE, 60 * HOUR, "pharmacy").judged()
    assert (story.word(), story.codes()) == ("confirmed", set())


def test_a_double_scan_at_the_counter_is_no_alarm() -> None:
    story = Story().made_and_delivered().tell(Step.DISPENSE, 30 * HOUR, "pharmacy", sale="bill 7")
    story.tell(Step.DISPENSE, 30 * HOUR + MINUTE, "pharmacy", sale="bill 7").judged()
    assert story.word() == "confirmed"


def test_goods_shipped_by_somebody_who_never_had_them_are_a_paper_sale() -> None:
    story = Story().made_and_delivered().tell(Step.SHIP, 40 * HOUR, "trader", "clinic").judged()
    assert "shipped_without_custody" in story.codes()
    assert story.word() == "suspect"


def test_goods_that_never_arrive_are_noticed_when_the_lane_s_norm_has_passed() -> None:
    late = Story().tell(Step.COMMISSION, 0, "maker").tell(Step.SHIP, HOUR, "maker", "pharmacy", norm=3 * DAY)
    assert late.judged(2).codes() == set()
    late.units.run_to(START + 10 * DAY)
    assert late.codes() == {"not_received"}
    good = Story().tell(Step.COMMISSION, 0, "maker").tell(Step.SHIP, HOUR, "maker", "pharmacy", norm=3 * DAY)
    good.tell(Step.RECEIVE, 2 * DAY, "pharmacy").judged(10)
    assert good.codes() == set()


def test_a_late_receipt_takes_the_alarm_back() -> None:
    story = Story().tell(Step.COMMISSION, 0, "maker").tell(Step.SHIP, HOUR, "maker", "pharmacy", norm=3 * DAY).judged(10)
    assert story.codes() == {"not_received"}
    story.writer.out.clear()
    story.tell(Step.RECEIVE, 2 * DAY, "pharmacy", lag=9 * DAY).judged(20)
    assert story.codes() == set()
    assert story.word() == "confirmed"


def test_received_by_somebody_else_than_the_addressee_is_diversion_and_a_refused_delivery_is_not() -> None:
    story = Story().tell(Step.COMMISSION, 0, "maker").tell(Step.SHIP, HOUR, "maker", "pharmacy")
    assert story.tell(Step.RECEIVE, 20 * HOUR, "trader").judged().codes() == {"diversion"}
    refused = Story().tell(Step.COMMISSION, 0, "maker").tell(Step.SHIP, HOUR, "maker", "pharmacy")
    assert refused.tell(Step.RECEIVE, 20 * HOUR, "maker").judged().codes() == set()


@pytest.mark.parametrize("proof", [False, True])
def test_only_a_proven_time_makes_late_news_backdated(proof: bool) -> None:
    """The shipment is claimed for an hour before the pack was made; a journal proves that it was written after."""
    story = Story().tell(Step.COMMISSION, 10 * HOUR, "maker")
    record = START + 30 * HOUR
    earliest = START + 25 * HOUR if proof else 0
    attestation = Attestation(record, "maker", True, device="scanner" if proof else "", earliest=earliest)
    story.tell(Step.SHIP, 9 * HOUR, "maker", "pharmacy", attestations=(attestation,), lag=21 * HOUR).judged()
    assert ("backdated" in story.codes()) is proof
    assert story.word() == ("suspect" if proof else "confirmed")


def test_one_serial_in_two_cities_at_once_is_impossible_travel_and_a_slow_truck_is_not() -> None:
    wuhan, harbin = (30.6, 114.3), (45.8, 126.5)
    clone = Story().made_and_delivered().tell(Step.DISPENSE, 30 * HOUR, "pharmacy", geo=wuhan)
    assert "impossible_travel" in clone.tell(Step.DISPENSE, 31 * HOUR, "clinic", geo=harbin).judged().codes()
    truck = Story().tell(Step.COMMISSION, 0, "maker", geo=wuhan).tell(Step.SHIP, HOUR, "maker", "pharmacy", geo=wuhan)
    assert truck.tell(Step.RECEIVE, 40 * HOUR, "pharmacy", geo=harbin).judged().codes() == set()


def test_use_before_the_commissioning_is_known_waits_then_is_of_unknown_origin_until_the_upload_comes() -> None:
    story = Story().tell(Step.DISPENSE, 30 * HOUR, "pharmacy").judged(3)
    assert story.codes() == {"unknown_origin"}
    story.writer.out.clear()
    story.tell(Step.COMMISSION, 0, "maker", lag=100 * HOUR).tell(Step.SHIP, HOUR, "maker", "pharmacy", lag=100 * HOUR)
    story.tell(Step.RECEIVE, 20 * HOUR, "pharmacy", lag=100 * HOUR).judged()
    assert (story.word(), story.codes("pack1", "medium")) == ("confirmed", set())


def test_use_of_a_serial_that_a_closed_upload_does_not_have_is_worse() -> None:
    story = Story().tell(Step.DISPENSE, 30 * HOUR, "pharmacy", flags=Flag.UPLOAD_CLOSED).judged(3)
    assert story.codes() == {"origin_missing"}


def test_a_shortage_found_when_the_case_is_opened_lets_the_shipper_take_one_pack_back() -> None:
    story = Story().tell(Step.COMMISSION, 0, "maker").tell(Step.PACK, MINUTE, "maker", unit="box1", members=(PACK,))
    story.tell(Step.SHIP, HOUR, "maker", "pharmacy", unit="box1").tell(Step.RECEIVE, 20 * HOUR, "pharmacy", unit="box1")
    story.tell(Step.VOID_SHIP, 30 * HOUR, "maker").judged()
    assert (story.word(), story.codes()) == ("confirmed", set())
    assert story.units.row(PACK).shown.possessor == "maker"


def test_a_pallet_whose_case_is_sold_out_of_it_shows_as_opened_and_nobody_is_blamed() -> None:
    story = Story().tell(Step.COMMISSION, 0, "maker").tell(Step.PACK, MINUTE, "maker", unit="box1", members=(PACK,))
    story.tell(Step.SHIP, HOUR, "maker", "pharmacy", unit="box1").tell(Step.RECEIVE, 20 * HOUR, "pharmacy", unit="box1")
    story.tell(Step.DISPENSE, 30 * HOUR, "pharmacy").judged()
    assert (story.word(), story.codes()) == ("confirmed", set())
    assert "opened" in story.units.row("box1").shown.marks
    assert "implied_unpack" in story.codes(PACK, "info")


def test_a_lot_without_serials_is_a_balance_and_going_below_nothing_is_told() -> None:
    lot = "https://id.gs1.org/01/06901234000009/10/L9#pharmacy"
    story = Story().tell(Step.BALANCE, 0, "pharmacy", unit=lot, quantity=10.0)
    story.tell(Step.BALANCE, HOUR, "pharmacy", unit=lot, quantity=-4.0).judged()
    assert story.units.row(lot).shown.remaining == 6.0
    assert story.codes(lot) == set()
    story.writer.out.clear()
    story.tell(Step.BALANCE, 2 * HOUR, "pharmacy", unit=lot, quantity=-8.0).judged()
    assert story.codes(lot) == {"balance_short"}


def test_a_sale_that_was_declared_an_error_leaves_the_pack_in_stock_and_the_sale_on_record() -> None:
    story = Story().made_and_delivered().tell(Step.DISPENSE, 30 * HOUR, "pharmacy")
    sale: Entry = story.writer.out[-1][1][0].entry
    story.judged(3)
    assert story.units.row(PACK).shown.status == 3
    story.writer.out.clear()
    attestation = Attestation(START + 80 * HOUR, "pharmacy", True)
    story.tell(Step.DISPENSE, 30 * HOUR, "pharmacy", kind=1, declared=START + 79 * HOUR, attestations=(attestation,))
    story.writer.out[-1][1][0].entry.event = sale.event
    story.judged()
    assert story.units.row(PACK).shown.status == 1
    assert {v.outcome for v in story.units.verdicts[PACK].values() if v.event == sale.event and v.kind == 0} == {"voided"}


def test_packs_made_by_somebody_who_does_not_own_the_number_are_refused() -> None:
    story = Story()
    story.writer.event(Step.COMMISSION, START, "pirate", [PACK], lag=1_000)
    entry = story.writer.out[-1][1][0].entry
    entry.flags = 0
    story.judged()
    assert story.codes() == {"not_entitled_to_commission"}
    assert story.word() == "suspect"


def test_a_sale_attested_by_a_stranger_moves_nothing() -> None:
    story = Story().made_and_delivered()
    attestation = Attestation(START + 30 * HOUR, "stranger", False)
    story.tell(Step.DISPENSE, 30 * HOUR, "pharmacy", attestations=(attestation,)).judged()
    assert story.units.row(PACK).shown.status == 1
    assert story.codes() == {"not_entitled"}


def test_a_transformation_hands_suspicion_on_and_repackaging_launders_nothing() -> None:
    hub = "urn:medtrace:transformation:1"
    story = Story().made_and_delivered().tell(Step.SHIP, 25 * HOUR, "trader", "clinic")
    story.tell(Step.TRANSFORM, 30 * HOUR, "pharmacy", container=hub)
    story.tell(Step.FORM, 30 * HOUR, "pharmacy", unit=hub, members=("newpack",)).judged()
    assert story.units.row("newpack").shown.possessor == "pharmacy"
    assert "suspect_input" in story.units.row("newpack").shown.marks
    assert story.word("newpack") == "suspect"
