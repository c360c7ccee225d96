"""The custody path as SVG: well-formed, every interval and finding in it, text escaped."""

from __future__ import annotations

from lxml import etree

from pedigree.custody.steps import Status
from pedigree.messages import END
from services.regulator.drawing import Bar, Mark, draw

HOUR = 3_600_000
SVG = "{http://www.w3.org/2000/svg}"
BARS = [
    Bar(0, HOUR, "m", "<Maker> & sons", "maker", Status.ACTIVE, "made"),
    Bar(HOUR, 60 * HOUR, "m", "<Maker> & sons", "maker", Status.IN_TRANSIT, "under way", "case"),
    Bar(60 * HOUR, 900 * HOUR, "p", "药店", "pharmacy", Status.ACTIVE, "there"),
    Bar(900 * HOUR, 901 * HOUR, "d", "", "distributor", Status.ACTIVE, "back", inferred=True),
    Bar(901 * HOUR, END, "p", "药店", "pharmacy", 99, "what a later version knows"),
]
DATES = ["2026-01-01 08:00"] * 5


def drawn(marks: list[Mark] | None = None) -> etree._Element:
    return etree.fromstring(draw(BARS, marks or [], 1000 * HOUR, 'Path of "1" <&>', DATES))


def test_each_interval_is_a_bar_in_its_partys_lane_in_order() -> None:
    root = drawn()
    groups = root.findall(f"{SVG}g")
    bars = [group.find(f"{SVG}rect") for group in groups]
    assert [group.findtext(f"{SVG}title") for group in groups] == [bar.title for bar in BARS]
    left = [int(bar.get("x")) for bar in bars]
    assert left == sorted(set(left))
    lanes = [int(bar.get("y")) for bar in bars]
    assert lanes[0] == lanes[1] < lanes[3] < lanes[2] == lanes[4]  # maker, distributor, pharmacy downwards
    widths = [int(bar.get("width")) for bar in bars]
    assert widths[0] < widths[1] < widths[2]
    right = int(bars[-1].get("x")) + widths[-1]
    assert right <= int(root.get("width"))


def test_names_from_outside_stay_text() -> None:
    root = drawn()
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert "<Maker> & sons" in texts
    assert root.findtext(f"{SVG}title") == 'Path of "1" <&>'


def test_findings_stand_at_their_time_and_mere_notes_do_not() -> None:
    marks = [Mark(30 * HOUR, "high", "one"), Mark(-5, "medium", "before all"), Mark(5000 * HOUR, "low", "after all")]
    root = drawn([*marks, Mark(1, "info", "a note")])
    shown = [path.getparent().findtext(f"{SVG}title") for path in root.iter(f"{SVG}path")]
    assert shown == ["one", "before all", "after all"]
    at = [float(text.get("x")) for text in root.iter(f"{SVG}text") if text.text == "!"]
    assert at[1] < at[0] < at[2] < int(root.get("width"))


def test_nothing_is_drawn_of_nothing() -> None:
    assert draw([], [], 0, "", []) == ""
