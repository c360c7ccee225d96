"""Values of parameters: from a query string texts, from the JSON of a named query texts, numbers, truths, and nulls."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

_SPLIT = re.compile(r"[,|](?=[A-Za-z][A-Za-z0-9+.-]*:|[a-z_A-Z]+(?:[,|]|$))")
"""A list in one text is split before what begins as a URI or is a bare word; other commas belong to the value."""


def texts(values: Sequence[Any]) -> list[str]:
    """Each value as a text. ValueError for none, or for what is no scalar."""
    found = [_text(value) for value in values]
    if not found or not all(found):
        raise ValueError("a value is missing")
    return found


def several(values: Sequence[Any]) -> list[str]:
    """URIs or words: repeated, or several in one text with commas between."""
    return [part.strip() for text in texts(values) for part in _SPLIT.split(text)]


def one(values: Sequence[Any]) -> str:
    found = texts(values)
    if len(found) != 1:
        raise ValueError("one value only")
    return found[0]


def flag(values: Sequence[Any]) -> None:
    """The value of a parameter that has none: nothing, null, 1 or true. ValueError for another."""
    for value in values:
        if value not in (None, "", 1, True) and str(value).lower() not in ("true", "1", "null"):
            raise ValueError("this parameter takes no value")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return value.strip()
    raise ValueError("a text or a number, or a list of such")
