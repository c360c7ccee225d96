"""More scenarios, each fraud beside its honest twin: clocks, containers that come and go, missing contents, territories."""

from __future__ import annotations

import random

import pytest

from pedigree.clocks import clock_explains
from pedigree.custody.steps import Flag, Step
from pedigree.messages import Attestation, DocumentMessage, Observation, StampedEvent, event_uri
from pedigree.seal import JournalEntry
from pedigree.times import format_time
from services.capture.context import CaptureContext, HeadAfter, JournalPart, encode_context
from tests.acceptance.test_inspector import DAY, PACK, Story
from tests.property.units import Units
from tests.property.worlds import HOUR, MINUTE, START

TOTE = "boxtote"


def boxed(story: Story, box: str = "box1", at: int = MINUTE) -> Story:
    story.tell(Step.COMMISSION, 0, "maker")
    return story.tell(Step.PACK, at, "maker", unit=box, members=(PACK,))


def delivered(story: Story, box: str, receiver: str = "pharmacy", **more: object) -> Story:
    return story.tell(Step.SHIP, HOUR, "maker", receiver, unit=box, **more).tell(Step.RECEIVE, 20 * HOUR, receiver, unit=box)


# --- two scanners at one dock ------------------------------------------------------------------------------------------


def test_a_case_noted_as_packed_a_minute_after_its_dispatch_was_packed_and_nobody_is_blamed() -> None:
    story = Story().tell(Step.COMMISSION, 0, "maker").tell(Step.SHIP, HOUR, "maker", "pharmacy", unit="box1")
    story.tell(Step.PACK, HOUR + MINUTE, "maker", unit="box1", members=(PACK,))
    story.tell(Step.RECEIVE, 20 * HOUR, "pharmacy", unit="box1").tell(Step.DISPENSE, 30 * HOUR, "pharmacy").judged()
    assert (story.word(), story.codes(), story.codes("box1")) == ("confirmed", set(), set())


def test_packs_added_on_paper_hours_after_the_dispatch_are_not_in_the_case() -> None:
    story = Story().tell(Step.COMMISSION, 0, "maker").tell(Step.SHIP, HOUR, "maker", "pharmacy", unit="box1")
    story.tell(Step.PACK, 6 * HOUR, "maker", unit="box1", members=(PACK,)).judged()
    assert "used_in_transit" in story.codes("box1")
    assert story.units.row(PACK).shown.container == ""


def test_goods_refused_at_the_dock_come_home_though_a_carrier_had_taken_them_over() -> None:
    def journey(last: str) -> Story:
        story = Story().tell(Step.COMMISSION, 0, "maker").tell(Step.SHIP, HOUR, "maker", "pharmacy")
        story.tell(Step.ACCEPT, 5 * HOUR, "carrier").tell(Step.SHIP, 10 * HOUR, "carrier", biz_step="departing")
        return story.tell(Step.RECEIVE, 30 * HOUR, last).judged()

    assert journey("maker").codes() == set()
    assert journey("pharmacy").codes() == set()
    assert journey("trader").codes() == {"diversion"}


def test_goods_that_pass_through_a_dealer_who_reports_nothing_are_no_diversion() -> None:
    def journey(sender: str) -> Story:
        story = Story().tell(Step.COMMISSION, 0, "maker").tell(Step.SHIP, HOUR, "maker", "silent")
        return story.tell(Step.RECEIVE, 60 * HOUR, "pharmacy", sender).judged()

    assert journey("silent").codes() == {"no_receipt"}
    assert journey("maker").codes() == {"diversion"}


# --- cases whose contents nobody noted -----------------------------------------------------------------------------------


def test_packs_of_a_maker_who_notes_no_contents_are_found_when_the_case_is_opened() -> None:
    story = delivered(Story().tell(Step.COMMISSION, 0, "maker"), "box1", "dealer")
    story.tell(Step.UNPACK, 30 * HOUR, "dealer", unit="box1", members=(PACK,)).tell(Step.SHIP, 40 * HOUR, "dealer", "pharmacy")
    story.tell(Step.RECEIVE, 50 * HOUR, "pharmacy").tell(Step.DISPENSE, 60 * HOUR, "pharmacy").judged()
    assert (story.word(), story.codes()) == ("confirmed", {"not_in_container"})
    assert story.units.row(PACK).shown.chain == "unexplained"


def test_a_late_list_of_contents_explains_the_sale_that_came_first() -> None:
    story = delivered(Story().tell(Step.COMMISSION, 0, "maker"), "box1", "dealer")
    story.tell(Step.UNPACK, 30 * HOUR, "dealer", unit="box1", members=(PACK,), lag=9 * DAY)
    story.tell(Step.SHIP, 40 * HOUR, "dealer", "pharmacy").tell(Step.RECEIVE, 50 * HOUR, "pharmacy").judged()
    assert story.word() == "confirmed"


def test_a_dealer_who_ships_what_a_pharmacy_holds_is_not_excused_by_missing_contents() -> None:
    story = Story().made_and_delivered().tell(Step.UNPACK, 30 * HOUR, "dealer", unit="box1", members=(PACK,))
    story.tell(Step.SHIP, 40 * HOUR, "dealer", "clinic").judged()
    assert "shipped_without_custody" in story.codes()
    assert story.units.row(PACK).shown.possessor == "pharmacy"


def test_two_parties_who_both_ship_a_fresh_pack_make_it_suspect() -> None:
    story = Story().tell(Step.COMMISSION, 0, "maker").tell(Step.SHIP, 5 * HOUR, "trader", "clinic")
    story.tell(Step.SHIP, 30 * HOUR, "maker", "pharmacy").judged()
    assert story.word() == "suspect"


def test_a_case_that_nobody_announced_is_a_hole_and_no_product_of_unknown_origin() -> None:
    case = "https://id.gs1.org/00/069012340000000018"
    story = delivered(Story(), "boxpallet", "dealer").tell(Step.UNPACK, 30 * HOUR, "dealer", unit="boxpallet", members=(case,))
    assert story.judged().codes(case) == {"not_in_container"}


def test_a_makers_late_upload_accuses_nobody_for_a_week_and_an_invented_serial_is_found_then() -> None:
    story = Story().tell(Step.SHIP, 0, "dealer", "pharmacy").tell(Step.RECEIVE, 20 * HOUR, "pharmacy").judged(2)
    assert (story.word(), story.codes()) == ("pending", {"unknown_origin"})
    story.units.run_to(START + 9 * DAY)
    assert story.word() == "suspect"
    sold = Story().tell(Step.DISPENSE, 0, "pharmacy").judged(1)
    assert sold.word() == "suspect"  # a patient is told at once


def test_declared_old_stock_may_be_sold_and_an_invented_serial_may_not() -> None:
    old = Story().tell(Step.SHIP, HOUR, "dealer", "pharmacy", flags=Flag.LEGACY).tell(Step.RECEIVE, 20 * HOUR, "pharmacy")
    old.tell(Step.DISPENSE, 30 * HOUR, "pharmacy").judged()
    assert (old.word(), old.codes(), old.units.row(PACK).shown.chain) == ("confirmed", set(), "legacy")
    late = Story().tell(Step.SHIP, HOUR, "dealer", "pharmacy", flags=Flag.LEGACY, lag=5 * DAY)
    late.tell(Step.RECEIVE, 20 * HOUR, "pharmacy", flags=Flag.LEGACY).tell(Step.DISPENSE, 30 * HOUR, "pharmacy").judged()
    assert (late.word(), late.codes(PACK, "medium")) == ("confirmed", set())
    fake = Story().tell(Step.SHIP, HOUR, "dealer", "pharmacy").tell(Step.RECEIVE, 20 * HOUR, "pharmacy").judged()
    assert fake.codes() == {"unknown_origin"}


# --- totes that come home ------------------------------------------------------------------------------------------------


def returned(story: Story) -> Story:
    delivered(story, TOTE, flags=Flag.REUSABLE)
    flags = Flag.REUSABLE | Flag.RETURNED
    story.tell(Step.SHIP, 40 * HOUR, "pharmacy", "maker", unit=TOTE, flags=flags)
    return story.tell(Step.RECEIVE, 50 * HOUR, "maker", unit=TOTE, flags=flags)


def test_what_came_in_a_tote_stays_when_the_tote_goes_home_unopened_on_paper() -> None:
    story = returned(boxed(Story(), TOTE)).tell(Step.DISPENSE, 60 * HOUR, "pharmacy").judged()
    assert (story.word(), story.codes(PACK, "medium")) == ("confirmed", set())


def test_what_left_in_a_tote_and_is_sold_where_the_tote_never_was_is_suspect() -> None:
    story = returned(boxed(Story(), TOTE)).tell(Step.DISPENSE, 60 * HOUR, "clinic").judged()
    assert story.word() == "suspect"


def test_what_was_not_used_of_a_loan_set_comes_home_in_it() -> None:
    flags = Flag.REUSABLE | Flag.ASSET
    story = boxed(Story(), "boxset").tell(Step.SHIP, HOUR, "maker", "clinic", unit="boxset", flags=flags)
    story.tell(Step.RECEIVE, 20 * HOUR, "clinic", unit="boxset", flags=flags)
    story.tell(Step.SHIP, 40 * HOUR, "clinic", "maker", unit="boxset", flags=flags | Flag.RETURNED)
    story.tell(Step.RECEIVE, 50 * HOUR, "maker", unit="boxset", flags=flags | Flag.RETURNED)
    story.tell(Step.UNPACK, 51 * HOUR, "maker", unit="boxset", members=(PACK,)).tell(Step.SHIP, 60 * HOUR, "maker", "pharmacy")
    story.tell(Step.RECEIVE, 70 * HOUR, "pharmacy").judged()
    assert (story.word(), story.codes()) == ("confirmed", set())


def test_returned_goods_travel_home_in_the_tote_that_they_were_packed_into() -> None:
    story = delivered(Story().tell(Step.COMMISSION, 0, "maker").tell(Step.SHIP, HOUR, "maker", "pharmacy"), TOTE)
    story.tell(Step.RECEIVE, 21 * HOUR, "pharmacy").tell(Step.PACK, 30 * HOUR, "pharmacy", unit=TOTE, members=(PACK,))
    flags = Flag.REUSABLE | Flag.RETURNED
    story.tell(Step.SHIP, 40 * HOUR, "pharmacy", "maker", unit=TOTE, flags=flags)
    story.tell(Step.RECEIVE, 50 * HOUR, "maker", unit=TOTE, flags=flags).judged()
    assert story.units.row(PACK).shown.container == TOTE


@pytest.mark.parametrize("seed", range(12))
def test_a_tote_that_comes_home_gives_the_same_in_any_order(seed: int) -> None:
    story = returned(boxed(Story(), TOTE)).tell(Step.DISPENSE, 60 * HOUR, "pharmacy", lag=3 * DAY)
    story.tell(Step.PACK, 55 * HOUR, "maker", unit=TOTE, members=("pack2",))
    story.tell(Step.COMMISSION, 54 * HOUR, "maker", unit="pack2")
    documents: list[list[Observation]] = [observations for _, observations in story.writer.out]
    expected = story.judged().units.summary()
    rng = random.Random(seed)
    rng.shuffle(documents)
    units = Units()
    for observations in documents:
        units.deliver(observations, rng)
    units.run_to(START + 60 * DAY)
    assert units.summary() == expected


# --- time ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ahead", "code"), [(20 * HOUR, "clock_error"), (5 * DAY, "post_dated")])
def test_a_sale_dated_days_ahead_is_post_dated_and_one_by_a_wrong_clock_is_not(ahead: int, code: str) -> None:
    story = Story().made_and_delivered().tell(Step.DISPENSE, 30 * HOUR + ahead, "pharmacy", lag=-ahead).judged()
    assert story.codes() == {code}


@pytest.mark.parametrize(("before", "code"), [(7 * HOUR + 20 * MINUTE, "order_conflict"), (5 * DAY, "time_contradiction")])
def test_a_dispatch_days_before_the_pack_was_made_contradicts_and_hours_are_a_clock(before: int, code: str) -> None:
    story = Story().tell(Step.COMMISSION, 10 * DAY, "maker")
    story.tell(Step.SHIP, 10 * DAY - before, "maker", "pharmacy", lag=before + HOUR).judged()
    assert story.codes() == {code}


def test_a_late_upload_with_its_true_time_is_late_and_nothing_worse() -> None:
    story = Story().tell(Step.COMMISSION, 0, "maker").tell(Step.SHIP, HOUR, "maker", "pharmacy", lag=20 * DAY)
    story.tell(Step.RECEIVE, 20 * HOUR, "pharmacy").tell(Step.DISPENSE, 30 * HOUR, "pharmacy").judged()
    assert (story.word(), story.codes(PACK, "medium")) == ("confirmed", set())


def journaled(*leads: int, before: tuple[int, ...] = ()) -> list[bool]:
    """Events half an hour apart, the clock of each ahead by so much, in one upload (`before`: in earlier ones). Whether a wrong
    clock explains each."""
    entries, events = [], []
    for number, lead in enumerate(leads):
        hash_ = bytes([number]) * 32
        true = START + number * 30 * MINUTE
        event = f'{{"type":"ObjectEvent","eventTime":"{format_time(true + lead)}","eventTimeZoneOffset":"+00:00"}}'
        events.append(StampedEvent(event.encode(), hash_, "a", "", "", True, 0, 600_000, earliest=true - MINUTE))
        ticks = number * 30 * MINUTE
        entries.append(JournalEntry("0" * 16, "boot", ticks, number, "0" * 64, event_uri(hash_), None, signature=""))
    earlier = tuple(START + lead for lead in before)
    part = JournalPart("0" * 16, tuple(entries), HeadAfter(len(leads), "", "boot", 0, None), earlier)
    context = encode_context(CaptureContext(journal=part))
    message = DocumentMessage(1, "d", "a", START, 0, 1, "", b"", b"", None, context, events)
    return [clock_explains(message, one.hash) for one in events]


def test_a_scanner_that_is_eight_hours_slow_is_a_clock_and_one_note_moved_back_is_not() -> None:
    assert journaled(*[-8 * HOUR] * 5) == [True] * 5
    assert journaled(0, 0, -8 * HOUR, 0)[2] is False
    assert journaled(0, 0, -3 * DAY, 0)[2] is False


def test_one_note_moved_back_stands_apart_from_those_of_earlier_uploads() -> None:
    assert journaled(-13 * HOUR) == [True]
    assert journaled(-16 * HOUR) == [False]
    assert journaled(-16 * HOUR, before=(0, MINUTE, 0)) == [False]
    assert journaled(-16 * HOUR, before=(-16 * HOUR, -16 * HOUR)) == [True]


def test_times_made_up_at_the_end_of_the_day_are_no_clock_and_a_single_note_is_given_the_benefit_of_the_doubt() -> None:
    assert not any(journaled(-HOUR, -3 * HOUR, -2 * HOUR - 20 * MINUTE, -5 * HOUR))
    assert journaled(-8 * HOUR) == [True]
    assert journaled(-5 * DAY) == [False]


def test_a_proven_time_of_a_wrong_clock_is_a_clock_error_and_that_of_a_made_up_note_is_backdating() -> None:
    def sale(flags: int) -> Story:
        at = START + 60 * HOUR
        attestation = Attestation(at, "pharmacy", True, device="scanner", earliest=at - HOUR)
        story = Story().made_and_delivered()
        return story.tell(Step.DISPENSE, 52 * HOUR, "pharmacy", attestations=(attestation,), flags=flags).judged()

    assert sale(Flag.CLOCK).codes() == {"clock_error"}
    assert sale(0).codes() == {"backdated"}


@pytest.mark.parametrize(("before", "code"), [(6 * HOUR + 20 * MINUTE, "order_conflict"), (5 * DAY, "backdated")])
def test_what_comes_before_a_proven_time_by_days_is_backdated_and_by_hours_a_matter_of_clocks(before: int, code: str) -> None:
    made = START + 10 * DAY
    proof = Attestation(made + HOUR, "maker", True, device="scanner", earliest=made - MINUTE)
    story = Story().tell(Step.COMMISSION, 10 * DAY, "maker", attestations=(proof,))
    story.tell(Step.SHIP, 10 * DAY - before, "maker", "pharmacy", lag=before + HOUR).judged()
    assert story.codes() == {code}


def test_a_journaled_note_is_not_blamed_for_the_fast_clock_of_what_came_before() -> None:
    at = START + 30 * HOUR
    proof = Attestation(at + MINUTE, "maker", True, device="scanner", earliest=at - MINUTE)
    story = Story().tell(Step.COMMISSION, 38 * HOUR + 20 * MINUTE, "maker", lag=0)
    story.tell(Step.SHIP, 30 * HOUR, "maker", "pharmacy", attestations=(proof,)).judged()
    assert "backdated" not in story.codes()


def test_a_lot_without_serials_may_be_in_two_cities_and_a_pack_may_not() -> None:
    wuhan, harbin = (30.6, 114.3), (45.8, 126.5)
    lot, pack = (f"https://id.gs1.org/01/06901234000009/{part}" for part in ("10/L9#dealer", "10/L9/21/7"))
    for unit, codes in ((lot, set()), (pack, {"impossible_travel"})):
        story = Story().tell(Step.NEUTRAL, 0, "dealer", unit=unit, geo=wuhan)
        assert story.tell(Step.NEUTRAL, HOUR, "dealer", unit=unit, geo=harbin).judged().codes(unit) == codes


# --- territory -----------------------------------------------------------------------------------------------------------


def test_goods_sold_outside_the_territory_are_diverted_and_goods_sold_within_are_not() -> None:
    for flags, codes in ((Flag.TERRITORY, {"diversion"}), (0, set())):
        story = Story().tell(Step.COMMISSION, 0, "maker").tell(Step.SHIP, HOUR, "maker", "pharmacy", flags=flags)
        assert story.tell(Step.RECEIVE, 20 * HOUR, "pharmacy").judged().codes() == codes


# --- notes that are weeks late -----------------------------------------------------------------------------------------------


def test_a_pack_sold_out_of_a_case_whose_receipt_is_weeks_late_is_not_accused_and_a_copy_of_it_is_in_the_end() -> None:
    """The case stands at the dealer as far as anybody noted. Its shipment and receipt come a week later, or never."""

    def sold() -> Story:
        story = delivered(boxed(Story()), "box1", "dealer")
        return story.tell(Step.DISPENSE, 60 * HOUR, "pharmacy").judged(4)

    honest = sold()
    assert (honest.word(), honest.codes()) == ("pending", {"not_where_inferred"})
    honest.tell(Step.SHIP, 40 * HOUR, "dealer", "pharmacy", unit="box1", lag=9 * DAY)
    honest.tell(Step.RECEIVE, 50 * HOUR, "pharmacy", unit="box1", lag=9 * DAY).judged(12)
    assert (honest.word(), "not_where_inferred" in honest.codes()) == ("confirmed", False)
    copy = sold()
    copy.units.run_to(START + 20 * DAY)
    assert (copy.word(), copy.codes()) == ("suspect", {"not_where_inferred"})


def test_goods_whose_receipt_is_overdue_are_a_question_first_and_suspect_two_weeks_later() -> None:
    story = Story().tell(Step.COMMISSION, 0, "maker").tell(Step.SHIP, HOUR, "maker", "pharmacy", norm=3 * DAY).judged(5)
    assert (story.word(), story.codes()) == ("confirmed", {"not_received"})
    story.units.run_to(START + 18 * DAY)
    assert (story.word(), story.codes()) == ("suspect", {"not_received"})


def test_who_notes_his_receipt_after_his_sale_contradicts_nothing_and_who_takes_in_a_sold_pack_does() -> None:
    late = Story().tell(Step.COMMISSION, 0, "maker").tell(Step.DISPENSE, 60 * HOUR, "pharmacy")
    late.tell(Step.RECEIVE, 50 * HOUR, "pharmacy", lag=5 * DAY).judged()
    assert "after_end" not in late.codes()
    bought_back = Story().made_and_delivered().tell(Step.DISPENSE, 60 * HOUR, "pharmacy")
    bought_back.tell(Step.RECEIVE, 90 * HOUR, "trader").judged()
    assert "after_end" in bought_back.codes()


def test_a_carrier_whose_taking_over_was_not_noted_sells_nothing_and_a_dealer_without_the_goods_does() -> None:
    sent = Story().tell(Step.COMMISSION, 0, "maker").tell(Step.SHIP, HOUR, "maker", "pharmacy")
    sent.tell(Step.SHIP, 5 * HOUR, "carrier", "pharmacy", biz_step="departing").tell(Step.RECEIVE, 20 * HOUR, "pharmacy").judged()
    assert (sent.word(), sent.codes()) == ("confirmed", {"no_receipt"})
    sold = Story().tell(Step.COMMISSION, 0, "maker").tell(Step.SHIP, HOUR, "maker", "pharmacy")
    assert "shipped_without_custody" in sold.tell(Step.SHIP, 5 * HOUR, "dealer", "clinic").judged().codes()
