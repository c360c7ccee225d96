"""Notes that stand apart from the others of their place: one that is much older than what it was uploaded with, one that is dated
ahead of its upload where no other is. A place is compared with itself only: who always uploads old and new notes together, or
whose clock is fast, has that as his norm and stands apart by nothing."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from statistics import median_low
from typing import Literal, NamedTuple

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
KNOWN = 40
"""Notes of a place from which its norm can be told."""
TOGETHER = 3
"""Notes in an upload, so that one of them can stand apart."""
OLDER_MS = 30 * HOUR_MS
"""No upload of a day holds older ones; clocks and zones are seldom off by more."""
AHEAD_MS = HOUR_MS
AROUND_MS = 3 * DAY_MS
"""How far around a note that is dated ahead others of the place are looked at."""
NEAR = 12
"""So many must lie there."""
FEW_OF_ALL = 0.02
"""More than this share of a place's notes is its way, and nothing apart."""


class Note(NamedTuple):
    """An event as it was noted. Times ms UTC; `location` a GLN, `gate` its read point; `unit`: one that it names."""

    event: bytes
    unit: str
    location: str
    gate: str
    party: str
    time: int
    record_time: int


class Apart(NamedTuple):
    """`ms`: older than the middle of its upload, or ahead of it, by so much; `norm`: 98 % of the place's notes stay below it."""

    kind: Literal["older", "ahead"]
    note: Note
    ms: int
    norm: int


def apart(notes: Iterable[Note]) -> list[Apart]:
    """All of them, by place and time. `notes`: each event once, without those that bear a date only; in any order."""
    places: dict[str, list[Note]] = defaultdict(list)
    for note in notes:
        places[note.location].append(note)
    found: list[Apart] = []
    for _, own in sorted(places.items()):
        if len(own) >= KNOWN:
            own.sort(key=lambda note: (note.record_time, note.time, note.event))
            few = max(2, int(FEW_OF_ALL * len(own)))
            for kind in (_older(own), _ahead(own)):
                strange = list(kind)
                found += strange if len(strange) <= few else ()
    return found


def _older(own: list[Note]) -> Iterator[Apart]:
    """`own`: of one place, by record time: notes of one upload have the same."""
    uploads: dict[int, list[Note]] = defaultdict(list)
    for note in own:
        uploads[note.record_time].append(note)
    ages: list[tuple[int, Note]] = []
    for together in uploads.values():
        if len(together) >= TOGETHER:
            middle = median_low(note.time for note in together)
            ages += [(middle - note.time, note) for note in together]
    if len(ages) < KNOWN:
        return
    norm = max(0, sorted(age for age, _ in ages)[int((1 - FEW_OF_ALL) * len(ages))])
    for age, note in ages:
        if age > max(OLDER_MS, 4 * norm):
            yield Apart("older", note, age, norm)


def _ahead(own: list[Note]) -> Iterator[Apart]:
    """A fast clock shows again and again: in other uploads of those days too."""
    recorded = [note.record_time for note in own]
    for note in own:
        ahead = note.time - note.record_time
        if ahead <= AHEAD_MS:
            continue
        start, end = bisect_left(recorded, note.record_time - AROUND_MS), bisect_right(recorded, note.record_time + AROUND_MS)
        others = [one for one in own[start:end] if one.event != note.event]
        fast = sum(one.time - one.record_time > AHEAD_MS // 6 for one in others)
        if len(others) >= NEAR and not fast:
            yield Apart("ahead", note, ahead, 0)
