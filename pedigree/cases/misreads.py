"""Serials that are another serial, read wrongly: caps lock, or letters taken for digits."""

from __future__ import annotations

_ALIKE = str.maketrans({"O": "0", "I": "1", "Y": "Z", "B": "8", "S": "5"})
_SERIAL = "/21/"


def folded(unit: str) -> str:
    """A key that a unit shares with what its code may have been read as; '' for what has no serial."""
    head, slash, serial = unit.partition(_SERIAL)
    if not slash:
        return ""
    return f"{head}{_SERIAL}{serial.upper().translate(_ALIKE)}"


def same_letters(one: str, other: str) -> bool:
    """Whether they differ in the case of letters only: a scanner's keyboard setting, not a person's typing."""
    return one != other and one.upper() == other.upper()
