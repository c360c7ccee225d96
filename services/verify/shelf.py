"""Expiry dates as records and labels write them."""

from __future__ import annotations

import calendar
from datetime import date


def last_day(text: str) -> str:
    """The ISO date of the last day of use: `YYYY-MM-DD` with or without a time behind it, `YYYY-MM` as the month's last day.
    '' for anything else."""
    try:
        if len(text) == 7:
            year, month = int(text[:4]), int(text[5:])
            return date(year, month, calendar.monthrange(year, month)[1]).isoformat()
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:  # calendar.IllegalMonthError is one too
        return ""


def is_past(expiry: str, today: str) -> bool:
    """Whether the last day of use is over. A date that says nothing is never past."""
    last = last_day(expiry)
    return bool(last) and last < today


def same_day(one: str, other: str) -> bool:
    """Whether two dates mean the same, as far as both can be read."""
    first, second = last_day(one), last_day(other)
    return not first or not second or first == second
