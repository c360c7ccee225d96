"""The rhythm of a place's notes: how late they come, and how many bear a full hour. A place is compared with itself, on other
days: who always writes full hours is a habit, who does so for one week fills in a form at night."""

from __future__ import annotations

import math
from collections import defaultdict

import msgspec

DAY_MS, HOUR_MS = 86_400_000, 3_600_000
LEAST = 8
"""Events that a stretch of days must have to be judged."""
SURE = 6.0
"""Standard deviations of a binomial above the place's own norm."""


class Stretch(msgspec.Struct, frozen=True):
    """Days [first, last] (ms UTC, starts of days) on which a place differed from its norm. Shares in [0, 1]."""

    location: str
    kind: str
    """full_hours | late"""
    first: int
    last: int
    events: int
    share: float
    norm: float


class _Day(msgspec.Struct):
    events: int = 0
    round: int = 0
    late: int = 0


class Rhythm:
    """`note` each event once, then ask for `stretches`."""

    def __init__(self) -> None:
        self._days: dict[str, dict[int, _Day]] = defaultdict(dict)

    def note(self, location: str, time: int, record_time: int) -> None:
        """One event of a place. Date-only notes are not to be given: their hour means nothing."""
        day = self._days[location].setdefault(time // DAY_MS * DAY_MS, _Day())
        day.events += 1
        day.round += time % HOUR_MS == 0
        day.late += record_time - time > DAY_MS

    def stretches(self) -> list[Stretch]:
        """Every place's runs of odd days, the longest first."""
        found = []
        for location, days in self._days.items():
            for kind in ("full_hours", "late"):
                found += _runs(location, kind, days)
        return sorted(found, key=lambda one: (-one.events, one.location, one.first))


def _runs(location: str, kind: str, days: dict[int, _Day]) -> list[Stretch]:
    odd = {day: (one.round if kind == "full_hours" else one.late) for day, one in days.items()}
    busy = [day for day in sorted(days) if odd[day] > 0.5 * days[day].events]
    runs: list[list[int]] = []
    for day in busy:
        if runs and day - runs[-1][-1] <= 3 * DAY_MS:
            runs[-1].append(day)
        else:
            runs.append([day])
    found = []
    for run in runs:
        inside = [day for day in days if run[0] <= day <= run[-1]]
        events, hits = sum(days[day].events for day in inside), sum(odd[day] for day in inside)
        rest = [day for day in days if day < run[0] or day > run[-1]]
        others = sum(days[day].events for day in rest)
        norm = (sum(odd[day] for day in rest) + 1) / (others + 20)
        if events < LEAST or others < LEAST:
            continue
        deviation = (hits - events * norm) / math.sqrt(events * norm * (1 - norm))
        if deviation > SURE and hits / events > 0.6:
            found.append(Stretch(location, kind, run[0], run[-1], events, hits / events, round(norm, 4)))
    return found
