"""Values as queries compare them: a number, a moment, or a text in its canonical form.

What is written as a plain number is one (`7.0` is `7`); what has leading zeros is a text, for lots and serials are texts. Times
and dates are milliseconds UTC, a date being the midnight that begins it.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from pedigree.errors import DocumentError
from pedigree.eventhash.values import canonical_text
from pedigree.times import parse_time

Kind = Literal["n", "t", "s", "e"]
"""Number, moment, text; `e`: something is there, such as an object, that can't be compared itself."""

LONGEST = 200
"""Characters up to which a text stands for itself; a longer one is compared by its hash."""
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?(?:[eE][+-]?\d{1,2})?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_EXACT = 1 << 53


class Value(NamedTuple):
    kind: Kind
    value: float | str


@lru_cache(16_384)
def text_value(text: str) -> Value:
    """The value of a text of unknown type."""
    text = text.strip()
    if _NUMBER.fullmatch(text):
        return Value("n", float(text))
    moment = time_value(text)
    return moment if moment is not None else string_value(text)


def string_value(text: str) -> Value:
    """A text that is meant as one: GS1 keys as canonical Digital Links, words of the CBV as web URIs."""
    found = text.strip()
    # What looks like a number would lose its zeros: only URIs have a canonical form here.
    found = canonical_text(found) if ":" in found else found
    if len(found) > LONGEST:
        found = "sha256:" + hashlib.sha256(found.encode("utf-8", "replace")).hexdigest()
    return Value("s", found)


def time_value(text: str) -> Value | None:
    """A time with offset, or a date; None for anything else."""
    if not text[:4].isdigit():
        return None
    try:
        return Value("t", parse_time(text + "T00:00:00Z" if _DATE.fullmatch(text) else text))
    except DocumentError:
        return None


def value_of(scalar: Any) -> Value:
    """The value of a JSON scalar; null is an empty text."""
    if isinstance(scalar, str):
        return text_value(scalar)
    if isinstance(scalar, bool):
        return Value("s", "true" if scalar else "false")
    if scalar is None:
        return Value("s", "")
    if isinstance(scalar, int) and not -_EXACT < scalar < _EXACT:
        return Value("s", str(scalar))
    return Value("n", float(scalar))
