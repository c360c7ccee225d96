"""When a scheduled subscription runs (EPCIS 2.0 section 8.2.5.3): fields that a moment, in UTC, has to fit.

A field that is left out fits any value; units smaller than the smallest one given are zero: `hour: 1, minute: 5` is once a day.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

_FIELDS = {"second": (0, 59), "minute": (0, 59), "hour": (0, 23), "dayOfMonth": (1, 31), "month": (1, 12), "dayOfWeek": (1, 7)}
_ELEMENT = re.compile(r"(\d{1,2})|\[?(\d{1,2})-(\d{1,2})\]?")
_YEARS = 29
"""A 29th of February on a given day of the week comes within 28 years, but for a turn of the century."""


class Schedule(msgspec.Struct, frozen=True):
    """Sorted values that fit; `days` of the week: 1 is Monday."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    dates: frozenset[int]
    months: frozenset[int]
    days: frozenset[int]

    def after(self, time: int) -> int | None:
        """The first moment behind `time` (both ms UTC); None when there is none."""
        start = datetime.fromtimestamp(time // 1000 + 1, UTC)
        day = start.replace(hour=0, minute=0, second=0)
        clock = (start.hour, start.minute, start.second)
        for _ in range(_YEARS * 366):
            if day.month in self.months and day.day in self.dates and day.isoweekday() in self.days:
                found = self._first(clock)
                if found is not None:
                    return int((day + timedelta(hours=found[0], minutes=found[1], seconds=found[2])).timestamp() * 1000)
            day, clock = day + timedelta(days=1), (0, 0, 0)
        return None

    def _first(self, clock: tuple[int, int, int]) -> tuple[int, int, int] | None:
        """The first time of a day from `clock` on."""
        for hour in self.hours:
            for minute in self.minutes:
                if (hour, minute) >= clock[:2]:
                    for second in self.seconds:
                        if (hour, minute, second) >= clock:
                            return hour, minute, second
        return None


def read_schedule(given: Any) -> Schedule:
    """From its JSON object. ValueError that names the field."""
    if not isinstance(given, dict) or not given:
        raise ValueError(f"a schedule has at least one of {', '.join(_FIELDS)}")
    unknown = next((name for name in given if name not in _FIELDS), None)
    if unknown is not None:
        raise ValueError(f"{str(unknown)[:40]!r} is none of {', '.join(_FIELDS)}")
    smallest = min((place for place, name in enumerate(_FIELDS) if name in given), default=0)
    found = {}
    for place, (name, (low, high)) in enumerate(_FIELDS.items()):
        if name in given:
            found[name] = _values(name, given[name], low, high)
        else:
            found[name] = (low,) if place < min(smallest, 3) else tuple(range(low, high + 1))
    return Schedule(
        found["second"], found["minute"], found["hour"], frozenset(found["dayOfMonth"]), frozenset(found["month"]),
        frozenset(found["dayOfWeek"]),
    )  # fmt: skip


def _values(name: str, given: Any, low: int, high: int) -> tuple[int, ...]:
    text = str(given) if isinstance(given, int) and not isinstance(given, bool) else given
    if not isinstance(text, str):
        raise ValueError(f"{name} is a text such as 0 or 0,30 or [1-5]")
    found: set[int] = set()
    for part in text.replace(" ", "").split(","):
        match = _ELEMENT.fullmatch(part)
        if match is None:
            raise ValueError(f"{name} is a text such as 0 or 0,30 or [1-5], not {text[:40]!r}")
        first, last = (match[1], match[1]) if match[1] else (match[2], match[3])
        if not low <= int(first) <= int(last) <= high:
            raise ValueError(f"{name} lies between {low} and {high}")
        found.update(range(int(first), int(last) + 1))
    return tuple(sorted(found))
