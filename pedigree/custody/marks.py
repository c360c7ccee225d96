"""Marks: what a unit carries on from what it was made of. Suspicion, the earliest expiry of its contents, their lots.

A transformation takes its inputs' marks in and hands all of them on to its outputs, so that a repackaged product or a kit never
outlives what is in it, and a recall of a component's lot reaches the kit. Whether a lot is recalled is asked when somebody reads.
"""

from __future__ import annotations

from collections.abc import Iterable

EXPIRES = "expires:"
"""Then the date, YYYY-MM-DD. Only the earliest is kept."""
PART = "part:"
"""Then GTIN and lot with a colon between (in leaves a code instead)."""
MOST_PARTS = 24
"""A leaf has its size: of more lots than these the first ones (by code) are kept."""
_GTIN = "https://id.gs1.org/01/"


def joined(one: Iterable[str], other: Iterable[str]) -> tuple[str, ...]:
    """Both sets of marks, sorted. The same whatever is joined first."""
    marks = sorted({*one, *other})
    dates = [mark for mark in marks if mark.startswith(EXPIRES)]
    parts = [mark for mark in marks if mark.startswith(PART)]
    if len(dates) < 2 and len(parts) <= MOST_PARTS:
        return tuple(marks)
    dropped = {*dates[1:], *parts[MOST_PARTS:]}
    return tuple(mark for mark in marks if mark not in dropped)


def marks_of(unit: str, lot: str, expiry: str) -> tuple[str, ...]:
    """What a unit that is used up hands on of its own label; '' for what is not known."""
    found = [f"{EXPIRES}{expiry}"] if expiry else []
    if unit.startswith(_GTIN) and lot:
        found.append(f"{PART}{unit[len(_GTIN) : len(_GTIN) + 14]}:{lot}")
    return tuple(found)


def earliest_expiry(marks: Iterable[str], expiry: str = "") -> str:
    """The earlier of a label's expiry and that of the contents, '' when neither is known."""
    return min([*(mark[len(EXPIRES) :] for mark in marks if mark.startswith(EXPIRES)), *([expiry] if expiry else [])], default="")


def parts_of(marks: Iterable[str]) -> list[tuple[str, str]]:
    """GTIN and lot of what the unit was made of."""
    found = [mark[len(PART) :].partition(":") for mark in marks if mark.startswith(PART)]
    return [(gtin, lot) for gtin, _, lot in found if lot]
