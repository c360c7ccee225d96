"""What a visitor is told, case by case: each outcome by name, what hides what, and the order."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pedigree.custody.steps import Status, Step
from pedigree.facts import Hold, Recall
from pedigree.identifiers import parse_scan
from pedigree.messages import Finding
from pedigree.ports import Integrity
from services.verify.outcome import MANY, ORDER, Case, Code, outcomes, unread
from services.verify.sale import Answer
from services.verify.view import tone_of
from tests.contract.graph_builder import DEALER, GTIN, MAKER, SHOP, sscc
from tests.unit.passports import KINDS, OK, PACK, finding_row, passport, step, verdict

TODAY = "2026-05-01"
SELLER = ("pharmacy", "广州市", "2026-04-30", "2026-04-30")
RECALL = Recall(id="R1", gtin=GTIN, lot="L1", reason="particles", since=1)
PLAIN = parse_scan(PACK)
SOLD = passport(Status.DISPENSED, path=[step(0, Status.ACTIVE, SHOP, 5), step(5, Status.DISPENSED, SHOP)])


def said(passport: object, **more: object) -> tuple[str, ...]:
    case = {"scan": PLAIN, "passport": passport, "integrity": OK, "kinds": KINDS, "today": TODAY, "seller": SELLER}
    return outcomes(Case(**{**case, **more})).codes


def sales(*more: object) -> list[object]:
    return [verdict(0, Step.COMMISSION, MAKER), verdict(5, Step.DISPENSE, SHOP), *more]


def test_a_genuine_pack_on_the_shelf_is_calm_and_clear() -> None:
    answered = outcomes(Case(scan=PLAIN, passport=passport(), integrity=OK, kinds=KINDS, today=TODAY))
    assert answered.codes == ("NOT_SOLD",)
    assert answered.outcomes[0].reasons == ()
    assert (answered.asks, tone_of(answered)) == (False, "ok")


def test_recall_stands_above_all() -> None:
    assert said(passport(), recalls=(RECALL,)) == ("RECALLED",)
    assert said(SOLD, recalls=(RECALL,)) == ("RECALLED",)
    assert said(None, integrity=Integrity("unknown", (), 0, 0, 0), recalls=(RECALL,)) == ("RECALLED", "UNKNOWN")
    assert said(None, integrity=Integrity("differs", ("graph.unit",), 3, 3, 0), recalls=(RECALL,)) == ("RECALLED", "INTEGRITY")


def test_what_differs_is_not_told() -> None:
    answered = outcomes(Case(scan=PLAIN, passport=SOLD, integrity=Integrity("differs", ("graph.stay",), 3, 3, 0), today=TODAY))
    assert answered.codes == ("INTEGRITY",)
    assert (answered.sale, answered.asks) == (None, False)


def test_unknown() -> None:
    assert said(None, integrity=Integrity("unknown", (), 0, 0, 0)) == ("UNKNOWN",)
    case = Case(scan=PLAIN, upload_closed=True, today=TODAY)
    assert outcomes(case).outcomes[0].reasons == ("upload_closed",)


def test_sold_though_nobody_made_it_is_unknown_not_suspect() -> None:
    odd = verdict(5, Step.DISPENSE, SHOP, "suspect", ("unknown_origin", "medium"))
    assert said(passport(Status.DISPENSED, verdicts=[odd])) == ("UNKNOWN",)


def test_sold_though_its_maker_has_uploaded_all_others_is_both() -> None:
    odd = verdict(5, Step.DISPENSE, SHOP, "suspect", ("origin_missing", "high"))
    assert said(passport(Status.DISPENSED, verdicts=[odd]), upload_closed=True) == ("SUSPECT", "UNKNOWN")


def test_a_record_that_has_not_reached_the_page_yet() -> None:
    assert said(None, integrity=Integrity("catching_up", (), 1, 0, 0)) == ("LEDGER_PENDING",)


@pytest.mark.parametrize(
    ("change", "integrity"),
    [
        ({}, Integrity("catching_up", (), 3, 3, 0)),
        ({}, Integrity("ok", (), 3, 2, 0)),
        ({"verdict": "pending"}, OK),
    ],
)
def test_the_newest_entry_waits(change: dict[str, str], integrity: Integrity) -> None:
    answered = outcomes(
        Case(scan=PLAIN, passport=passport(**change), integrity=integrity, kinds=KINDS, today=TODAY)
    )
    assert answered.codes == ("LEDGER_PENDING", "NOT_SOLD")
    assert tone_of(answered) == "wait"


def test_what_happened_to_its_case_counts() -> None:
    false_outbound = verdict(4, Step.SHIP, DEALER, "rejected", ("shipped_without_custody", "high"))
    row = finding_row(false_outbound, Finding("shipped_without_custody", "high"), sscc(1))
    found = outcomes(Case(scan=PLAIN, passport=passport(findings=[row], verdict="confirmed"), integrity=OK, today=TODAY))
    assert found.codes == ("SUSPECT",)
    assert found.outcomes[0].reasons == ("shipped_without_custody",)


def test_low_findings_make_nothing_suspect() -> None:
    late = [verdict(0, Step.COMMISSION, MAKER, "confirmed", ("late", "info"), ("no_receipt", "low"))]
    assert said(passport(verdicts=late)) == ("NOT_SOLD",)


@pytest.mark.parametrize(
    ("suffix", "reasons"),
    [
        ("?17=270630", ()),
        ("?10=L1", ()),
        ("?17=270600", ()),
        ("?10=L2", ("lot_mismatch",)),
        ("?10=l1", ("lot_mismatch",)),
        ("?17=280630", ("expiry_mismatch",)),
        ("?10=L2&17=280630", ("lot_mismatch", "expiry_mismatch")),
    ],
)
def test_label_against_record(suffix: str, reasons: tuple[str, ...]) -> None:
    answered = outcomes(Case(scan=parse_scan(PACK + suffix), passport=passport(), integrity=OK, kinds=KINDS, today=TODAY))
    assert answered.codes == (("SUSPECT",) if reasons else ("NOT_SOLD",))
    assert answered.outcomes[0].reasons == reasons


@pytest.mark.parametrize(("today", "code"), [("2027-06-30", "NOT_SOLD"), ("2027-07-01", "EXPIRED")])
def test_the_last_day_of_use_is_still_one(today: str, code: str) -> None:
    assert said(passport(), today=today) == (code,)
    assert said(passport(expiry="2027-06"), today=today) == (code,)


def test_the_labels_date_counts_where_nothing_is_recorded() -> None:
    assert said(passport(expiry=""), scan=parse_scan(f"{PACK}?17=250101")) == ("EXPIRED",)


def test_green_never_beside_a_recall_or_past_the_date() -> None:
    mine = Case(scan=PLAIN, passport=SOLD, integrity=OK, kinds=KINDS, seller=SELLER, answer=Answer(True), today=TODAY)
    for changed in ({"recalls": (RECALL,)}, {"today": "2030-01-01"}):
        answered = outcomes(msgspec.structs.replace(mine, **changed))
        assert "SOLD_HERE" in answered.codes
        assert tone_of(answered) == "stop"


def test_on_its_way() -> None:
    assert said(passport(Status.IN_TRANSIT, DEALER)) == ("IN_TRANSIT",)
    in_a_case = msgspec.structs.replace(passport().custody, status=Status.IN_TRANSIT, via=sscc(1), depth=1)
    assert said(passport(custody=in_a_case)) == ("IN_TRANSIT",)


def test_on_hold() -> None:
    own = outcomes(Case(scan=PLAIN, passport=passport(hold=SHOP), integrity=OK, kinds=KINDS, today=TODAY))
    assert [(one.code, one.reasons) for one in own.outcomes] == [(Code.ON_HOLD, ())]
    authority = {**KINDS, "6900000000059": "regulator"}
    assert said(passport(hold="6900000000059"), kinds=authority) == ("SUSPECT",)
    assert said(passport(), holds=(Hold(id="H1", gtin=GTIN, since=1),)) == ("SUSPECT",)


def test_a_hole_in_the_chain_is_told_and_is_no_alarm() -> None:
    answered = outcomes(Case(scan=PLAIN, passport=passport(chain="unexplained"), integrity=OK, kinds=KINDS, today=TODAY))
    assert [(one.code, one.reasons) for one in answered.outcomes] == [(Code.NOT_SOLD, ("chain_unexplained",))]


def test_many_looks() -> None:
    assert said(passport(), scans=MANY - 1) == ("NOT_SOLD",)
    assert said(passport(), scans=MANY) == ("MANY_SCANS", "NOT_SOLD")


def test_a_pallet_needs_no_calming_words() -> None:
    pallet = passport(epc=sscc(1), holder=DEALER)
    assert said(pallet, scan=parse_scan("00395210110000000015")) == ()


def test_codes_without_a_serial() -> None:
    lot = parse_scan(f"https://id.gs1.org/01/{GTIN}/10/L1?17=270630")
    assert outcomes(Case(scan=lot, today=TODAY)).codes == ()
    assert outcomes(Case(scan=lot, today=TODAY, lot_known=False)).codes == ("UNKNOWN",)
    assert outcomes(Case(scan=lot, today="2028-01-01", recalls=(RECALL,))).codes == ("RECALLED", "EXPIRED")
    place = parse_scan("https://id.gs1.org/414/6900000000014")
    assert outcomes(Case(scan=place, today=TODAY)).codes == ("UNREADABLE",)


def test_codes_that_are_none() -> None:
    assert unread("check_digit").codes == ("CHECK_DIGIT",)
    for fault in ("unreadable", "duplicate_ai", "unknown_scheme"):
        assert unread(fault).codes == ("UNREADABLE",)


def test_the_order_is_worst_first() -> None:
    assert list(ORDER) == [
        "RECALLED", "INTEGRITY", "SUSPECT", "SOLD_MULTIPLE", "SOLD_ELSEWHERE", "EXPIRED", "ON_HOLD", "IN_TRANSIT", "UNKNOWN",
        "MANY_SCANS", "LEDGER_PENDING", "PART_PACK", "SOLD_HERE", "NOT_SOLD", "UNREADABLE", "CHECK_DIGIT",
    ]  # fmt: skip


@given(
    st.sampled_from(list(Status)),
    st.sampled_from(["ok", "catching_up", "differs"]),
    st.booleans(),
    st.sampled_from([TODAY, "2030-01-01"]),
    st.sampled_from(["confirmed", "suspect", "pending"]),
    st.sampled_from([None, True, False]),
    st.integers(0, 2 * MANY),
    st.sampled_from(["", "?10=L2"]),
)
def test_whatever_comes_together(
    status: Status, state: str, recalled: bool, today: str, word: str, yes: bool | None, scans: int, suffix: str
) -> None:
    """Something is always said or asked; worst first; nothing twice; green only when there is nothing worse to say."""
    case = Case(
        scan=parse_scan(PACK + suffix), passport=passport(status, verdict=word), integrity=Integrity(state, (), 3, 3, 0),
        recalls=(RECALL,) if recalled else (), kinds=KINDS, today=today, scans=scans, answer=Answer(yes), seller=SELLER,
    )  # fmt: skip
    answered = outcomes(case)
    places = [ORDER[one.code] for one in answered.outcomes]
    assert places == sorted(set(places))
    assert answered.codes or answered.asks
    assert ("RECALLED" in answered.codes) == recalled
    assert ("INTEGRITY" in answered.codes) == (state == "differs")
    if tone_of(answered) == "ok":
        assert set(answered.codes) <= {"SOLD_HERE", "NOT_SOLD"}
        assert (state, recalled, today, word, suffix) == ("ok", False, TODAY, "confirmed", "")
