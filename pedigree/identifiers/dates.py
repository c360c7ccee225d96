"""Six-digit dates of element strings (GS1 General Specifications, sections 3.4 and 7.12)."""

from __future__ import annotations

import calendar
from datetime import date

from pedigree.errors import IdentifierError
from pedigree.identifiers.charset import is_digits
from pedigree.identifiers.grammar import TITLES


def iso_date(yymmdd: str, ai: str, year: int) -> str:
    """`YYMMDD` as `YYYY-MM-DD`; day 00 is the month's last. `year` is the reader's: the date lies 49 years before it at most, 50
    years after it at most.

    Raises IdentifierError for a day that does not exist, naming the AI's field.
    """
    short, month, day = int(yymmdd[:2]), int(yymmdd[2:4]), int(yymmdd[4:])
    ahead = short - year % 100
    century = year - year % 100 - (100 if ahead >= 51 else -100 if ahead <= -50 else 0)
    try:
        last = calendar.monthrange(century + short, month)[1]
        return date(century + short, month, day or last).isoformat()
    except ValueError as error:  # calendar.IllegalMonthError is one too
        field = TITLES.get(ai, ai)
        raise IdentifierError(f"({ai}) {yymmdd} is no date", field=field) from error


def gs1_date(iso: str) -> str:
    """`YYYY-MM-DD`, or `YYYY-MM` for a whole month, as `YYMMDD`. Raises IdentifierError for anything else."""
    try:
        whole = date.fromisoformat(iso if len(iso) == 10 else f"{iso}-01")
    except ValueError as error:
        raise IdentifierError(f"{iso[:20]!r} is no ISO date", field="expiry") from error
    text = f"{whole:%y%m%d}"
    return text if len(iso) == 10 else text[:4] + "00"


def is_yymmdd(text: str) -> bool:
    """Whether six digits can be a date, in a leap year at least."""
    if len(text) != 6 or not is_digits(text) or not 1 <= int(text[2:4]) <= 12:
        return False
    return int(text[4:]) <= calendar.monthrange(2000, int(text[2:4]))[1]
