"""Times of EPCIS events: ISO 8601 text with an offset (xsd:dateTimeStamp) <-> int milliseconds UTC.

The proleptic Gregorian calendar, years 0001 to 9999 in UTC. Milliseconds are rounded as the CBV 2.0 event hash has it (section
8.9): the fraction is cut after the sixth digit, then rounded half to even.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from pedigree.errors import DocumentError, Fault

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = re.compile(
    r"\d{4}-\d\d-\d\dT(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,64})?|(24:00:00)(?:\.0{1,64})?)"
    r"(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))",
    re.ASCII,
)
_OFFSET = re.compile(r"([+-])(?:(0\d|1[0-3]):([0-5]\d)|(14):00)", re.ASCII)
_FIRST = -62_135_596_800_000
_LAST = 253_402_300_799_999
_DAY = 86_400_000


def parse_time(text: str) -> int:
    """Milliseconds since 1970-01-01T00:00:00Z. Raises DocumentError when `text` is no such time."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise _refused(text, "a time such as 2024-05-01T09:30:00.000+08:00")
    midnight = 0
    if found[1]:  # xsd:dateTime writes the end of a day as hour 24; the library does not know it
        text = text.replace("T24:00:00", "T00:00:00")
        midnight = _DAY
    try:
        passed = datetime.fromisoformat(text) - _EPOCH
    except ValueError as wrong:
        raise _refused(text, "a time that the calendar has") from wrong
    milli, rest = divmod((passed.days * 86400 + passed.seconds) * 1_000_000 + passed.microseconds, 1000)
    milli += (rest > 500 or (rest == 500 and milli & 1)) + midnight
    if not _FIRST <= milli <= _LAST:
        raise _refused(text, "a time within the years 0001 to 9999")
    return milli


def format_time(milli: int) -> str:
    """'YYYY-MM-DDTHH:MM:SS.mmmZ'. Raises DocumentError outside the years 0001 to 9999."""
    if not _FIRST <= milli <= _LAST:
        raise _refused(str(milli), "a time within the years 0001 to 9999")
    return (_EPOCH + timedelta(milliseconds=milli)).isoformat(timespec="milliseconds")[:23] + "Z"


def parse_offset(text: str) -> int:
    """Minutes east of UTC from '+hh:mm' or '-hh:mm' (EPCIS 2.0 section 7.3.6). Raises DocumentError."""
    found = _OFFSET.fullmatch(text)
    if found is None:
        raise _refused(text, "an offset such as +08:00")
    minutes = int(found[2] or found[4]) * 60 + int(found[3] or 0)
    return -minutes if found[1] == "-" else minutes


def _refused(text: str, expected: str) -> DocumentError:
    shown = repr(text[:80])
    return DocumentError(f"{shown} is not {expected}", (Fault("", shown, expected),))
