"""Findings become cases by cause, and people's word changes what is pressing."""

from __future__ import annotations

from pedigree.cases import Feedback, Item, Note, Rhythm, apart, feedback_of, folded, group, rhythm_cases, weighed
from pedigree.findings import severity

GTIN = "https://id.gs1.org/01/06901234000009"
SITE, PARTY, MAKER = "6900000000011", "6900000000004", "6900000000028"
HOUR, DAY = 3_600_000, 86_400_000


class World:
    def __init__(self, *known: str) -> None:
        self.known = {folded(unit): unit for unit in known}

    def meant(self, unit: str) -> str:
        return self.known.get(folded(unit), "")

    def owner(self, unit: str) -> str:
        return MAKER


def item(unit: str, code: str, event: int = 0, party: str = PARTY, time: int = 0, **told: str) -> Item:
    gate = told.pop("gate", "")
    evidence = tuple(told.items())
    return Item(unit, event.to_bytes(32, "big"), code, severity(code), evidence, time, time + 1000, party, SITE, gate=gate)


def pack(serial: str) -> str:
    return f"{GTIN}/21/{serial}"


def test_a_scanner_with_caps_lock_is_one_case_that_names_the_scanner() -> None:
    real = [pack(f"aBc{n}") for n in range(50)]
    wrong = [item(one.upper().replace("HTTPS://ID.GS1.ORG", "https://id.gs1.org"), "unknown_origin", gate="G7") for one in real]
    (case,) = group(wrong, World(*real))
    assert (case.kind, case.gate, case.subject, case.units) == ("misread", "G7", "case", 50)


def test_an_invented_serial_names_who_brought_it_in() -> None:
    (case,) = group([item(pack("X9"), "unknown_origin"), item(pack("X9"), "after_end", 1, MAKER, HOUR)], World(pack("A1")))
    assert (case.kind, case.party, case.units) == ("origin", PARTY, 1)


def test_a_lot_that_was_never_uploaded_is_one_case_of_its_maker() -> None:
    found = [item(pack(f"L{n}7"), "unknown_origin", party=("a", "b", "c")[n % 3]) for n in range(30)]
    (case,) = group(found, World())
    assert (case.kind, case.party, case.units) == ("upload", MAKER, 30)


def test_one_wrong_clock_is_a_clock_and_offsets_of_all_sizes_are_made_up_times() -> None:
    def proven(offsets: list[int]) -> str:
        found = [
            item(pack(f"C{n}"), "clock_error", n, gate="G1", ms=str(one), not_before="x") for n, one in enumerate(offsets)
        ]
        return group(found, World())[0].kind

    assert proven([8 * HOUR, 8 * HOUR + 60_000, 8 * HOUR]) == "clock"
    assert proven([HOUR, 9 * HOUR, 4 * HOUR]) == "times"


def test_a_few_low_findings_are_no_case() -> None:
    assert group([item(pack("A"), "clock_error")], World()) == []


def test_the_case_of_a_pack_is_what_came_first_not_who_stumbled_over_it() -> None:
    found = [item(pack("Q"), "repeat_dispensing", 2, "victim", 5 * DAY)]
    found.append(item(pack("Q"), "shipped_without_custody", 1, "dealer", DAY))
    (case,) = group(found, World())
    assert (case.kind, case.party) == ("custody", "dealer")


def test_what_people_say_changes_the_score_until_something_new_comes() -> None:
    (case,) = group([item(pack("Q"), "repeat_dispensing")], World())
    dismissed = weighed(case, feedback_of({"verdict": "dismissed", "reason": "double scan", "by": PARTY, "at": case.last}))
    assert (dismissed.state, dismissed.score < case.score / 2) == ("dismissed", True)
    assert weighed(case, Feedback("confirmed", at=case.last)).score > case.score
    reopened = weighed(case, Feedback("dismissed", "double scan", at=case.last - 1))
    assert (reopened.state, reopened.reason) == ("open", "double scan")
    assert feedback_of({"verdict": "maybe"}) is None


def test_the_order_of_findings_changes_no_case() -> None:
    found = [item(pack(f"P{n % 7}"), code, n) for n, code in enumerate(("after_end", "diversion", "backdated") * 5)]
    assert group(found, World()) == group(reversed(found), World())


def test_a_week_of_full_hours_stands_out_at_a_place_that_writes_minutes_and_a_habit_does_not() -> None:
    rhythm = Rhythm()
    for day in range(30):
        for n in range(10):
            hour = day * DAY + (8 + n) * HOUR
            rhythm.note("liar", hour + (0 if 10 <= day < 15 else (n * 7 + 1) * 60_000), hour + DAY // 2)
            rhythm.note("habit", hour, hour + DAY // 2)
            rhythm.note("plain", hour + n * 60_000 + 1, hour + DAY // 2)
    (found,) = rhythm.stretches()
    assert (found.location, found.kind, found.first // DAY, found.last // DAY) == ("liar", "full_hours", 10, 14)


def notes(uploads: dict[int, list[int]], place: str = SITE) -> list[Note]:
    """`uploads`: record time -> event times."""
    flat = [(at, time) for at, times in uploads.items() for time in times]
    return [Note(n.to_bytes(32, "big"), pack(str(n)), place, "", PARTY, time, at) for n, (at, time) in enumerate(flat)]


def daily(days: int, each: int = 6) -> dict[int, list[int]]:
    """A place that uploads every night what it did by day."""
    return {(day + 1) * DAY: [day * DAY + (8 + n) * HOUR + n * 60_000 for n in range(each)] for day in range(days)}


def test_a_sale_moved_back_ten_days_stands_apart_from_the_day_it_was_uploaded_with_and_a_late_upload_does_not() -> None:
    lie = daily(20)
    lie[15 * DAY].append(4 * DAY + 9 * HOUR)
    (found,) = apart(notes(lie))
    assert (found.kind, found.note.time, found.ms > 9 * DAY) == ("older", 4 * DAY + 9 * HOUR, True)
    late = {at + (12 * DAY if at == 15 * DAY else 0): times for at, times in daily(20).items()}
    assert apart(notes(late)) == []
    (case,) = rhythm_cases([], [found], {SITE: PARTY})
    assert (case.kind, case.subject, case.location, case.severity, case.units) == ("rhythm", "older", SITE, "medium", 1)


def test_a_place_that_always_uploads_old_and_new_together_has_that_as_its_norm() -> None:
    mixed = {at: [*times, at - 9 * DAY] for at, times in daily(20).items()}
    assert apart(notes(mixed)) == []


def test_one_sale_dated_tomorrow_stands_apart_and_a_fast_clock_does_not() -> None:
    lie = daily(20)
    lie[10 * DAY].append(10 * DAY + 5 * HOUR)
    (found,) = apart(notes(lie))
    assert (found.kind, found.ms) == ("ahead", 5 * HOUR)
    fast = {at: [time + 11 * HOUR for time in times] for at, times in daily(20).items()}
    assert apart(notes(fast)) == []


def test_a_place_with_few_notes_is_not_judged() -> None:
    few = daily(4)
    few[2 * DAY].append(-20 * DAY)
    assert apart(notes(few)) == []


def test_a_week_of_full_hours_is_a_case_of_the_place_and_late_notes_are_a_low_one() -> None:
    rhythm = Rhythm()
    for day in range(40):
        for n in range(10):
            hour = day * DAY + (8 + n) * HOUR
            rhythm.note("liar", hour + (0 if 10 <= day < 15 else (n * 7 + 1) * 60_000), hour + HOUR)
            rhythm.note("outage", hour + 60_000, hour + (9 * DAY if 20 <= day < 26 else HOUR))
    cases = {case.subject: case for case in rhythm_cases(rhythm.stretches(), [], {"liar": PARTY, "outage": MAKER})}
    assert {name: (case.party, case.severity) for name, case in cases.items()} == {
        "full_hours": (PARTY, "medium"),
        "late": (MAKER, "low"),
    }
    assert cases["full_hours"].examples[0].told("notes") == "50"


def test_a_scanner_that_upper_cases_five_thousand_serials_is_one_case_that_names_the_scanner() -> None:
    """Among them a scanner at another gate that does the same, and a serial that somebody invented."""
    real = [pack(f"q{n}Ab") for n in range(5_000)]
    wrong = [pack(f"Q{n}AB") for n in range(5_000)]
    found = [item(unit, "unknown_origin", n, gate="G7") for n, unit in enumerate(wrong)]
    found += [item(unit, "after_end", 9_000 + n, gate="G7") for n, unit in enumerate(wrong[:40])]
    other = [pack(f"z{n}Cd") for n in range(30)]
    found += [item(pack(f"Z{n}CD"), "unknown_origin", 20_000 + n, gate="G8") for n in range(30)]
    found.append(item(pack("INVENTED"), "unknown_origin", 30_000, "dealer"))
    cases = group(found, World(*real, *other))
    assert sorted((one.kind, one.gate, one.units) for one in cases) == [
        ("misread", "G7", 5_000),
        ("misread", "G8", 30),
        ("origin", "", 1),
    ]
    assert cases[0].members[0] in wrong
