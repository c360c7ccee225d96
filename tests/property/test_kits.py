"""What is made of other things: whatever arrives first, it carries the same of each of them."""

from __future__ import annotations

import random

import pytest

from pedigree.custody.marks import EXPIRES, MOST_PARTS, PART, earliest_expiry, joined, parts_of
from pedigree.custody.steps import Step
from tests.property.units import Units
from tests.property.worlds import HOUR, START, Writer

DAY = 24 * HOUR


@pytest.mark.parametrize("seed", range(60))
def test_marks_are_joined_to_the_same_in_any_order_and_never_too_many(seed: int) -> None:
    rng = random.Random(seed)
    marks = [f"{PART}{rng.randrange(60):02d}:L" for _ in range(80)]
    marks += [f"{EXPIRES}20{rng.randrange(27, 40)}-01-31" for _ in range(9)]
    first = min(mark for mark in marks if mark.startswith(EXPIRES))
    groups = [tuple(rng.sample(marks, rng.randrange(1, 30))) for _ in range(8)] + [tuple(marks)]
    whole: set[tuple[str, ...]] = set()
    for _ in range(4):
        rng.shuffle(groups)
        found: tuple[str, ...] = ("suspect_input",)
        for group in groups:
            found = joined(found, group)
        whole.add(found)
    (found,) = whole
    assert [mark for mark in found if mark.startswith(EXPIRES)] == [first]
    assert len(parts_of(found)) == min(MOST_PARTS, len({mark for mark in marks if mark.startswith(PART)}))
    assert "suspect_input" in found


@pytest.mark.parametrize("seed", range(40))
def test_a_kit_carries_lots_and_earliest_expiry_of_all_that_went_in_however_late_it_is_told(seed: int) -> None:
    rng = random.Random(seed)
    writer, lots, dates = Writer(rng), set(), []
    hubs = [f"urn:medtrace:transformation:{level}" for level in range(rng.randrange(1, 4))]
    carried: list[str] = []
    for level, hub in enumerate(hubs):
        inputs = list(carried)
        for n in range(rng.randrange(1, 5)):
            unit = f"https://id.gs1.org/01/0690123400{n:04d}/21/{level}"
            lot, date = f"L{rng.randrange(3)}", f"20{rng.randrange(27, 40)}-06-30"
            writer.event(Step.COMMISSION, START + level * DAY, "maker", [unit], lot=lot, expiry=date)
            inputs.append(unit)
            lots.add((f"0690123400{n:04d}", lot))
            dates.append(date)
        made = f"https://id.gs1.org/01/06901234999{level:03d}/21/{level}"
        writer.event(Step.TRANSFORM, START + level * DAY + HOUR, "maker", inputs, container=hub)
        writer.event(Step.FORM, START + level * DAY + HOUR, "maker", [hub], members=(made,), lot=f"K{level}")
        if level + 1 < len(hubs):
            lots.add((f"06901234999{level:03d}", f"K{level}"))
        carried = [made]
    batches = [observations for _, observations in writer.out]
    results = []
    for shuffled in (False, True):
        units = Units()
        if shuffled:
            rng.shuffle(batches)
        for batch in batches:
            units.deliver(batch, rng if shuffled else None)
        units.run_to(START + 60 * DAY)
        shown = units.row(carried[0]).shown
        results.append(shown)
        assert set(parts_of(shown.marks)) == lots
        assert shown.expiry == min(dates) == earliest_expiry((), shown.expiry)
        assert "suspect_input" not in shown.marks
    assert results[0] == results[1]
