"""From what a scanner or a keyboard delivered to clean text: symbology prefix, group separators, stray characters."""

from __future__ import annotations

import re
from typing import NamedTuple

from pedigree.errors import IdentifierError
from pedigree.identifiers.charset import MAX_LENGTH

GS = "\x1d"
"""How FNC1 between two fields arrives from a scanner that is set up well."""

# How it arrives from the others: caret notation of Ctrl+], the control picture, names that scanners and wedges can be told to
# type, the function key F8, and escapes from logs.
_SEPARATORS = re.compile(r"\^\]|␝|[<{\[](?:GS|FNC1|F8)[>}\]]|\\x1[dD]|\\u001[dD]")
_SYMBOLOGY = re.compile(r"\](?P<code>[A-Za-z])(?P<modifier>[0-9A-Za-z])")
_NAMES = {"d": "DataMatrix", "Q": "QR", "C": "Code128", "e": "DataBar", "E": "EAN", "J": "DotCode", "A": "Code39"}
# ISO/IEC 15424 identifiers that promise GS1 element strings (FNC1 in first position).
_GS1 = frozenset({"d2", "Q3", "C1", "e0", "e1", "e2", "J1"})
# Chinese keyboards type full-width brackets.
_BRACKETS = str.maketrans("（）", "()")


class Raw(NamedTuple):
    """Clean text: printable ASCII and group separators only, none at either end."""

    text: str
    symbology: str
    """'' when the scanner did not say."""
    is_gs1: bool
    """The symbology promises element strings."""


def clean(given: str | bytes) -> Raw:
    """Strip and unify what arrived. Raises IdentifierError (`unreadable`) for characters that no scheme uses."""
    if len(given) > MAX_LENGTH:
        raise IdentifierError(f"{len(given)} characters, at most {MAX_LENGTH} are read", field="text")
    text = _SEPARATORS.sub(GS, given if isinstance(given, str) else _decoded(given))
    text = text.translate(_BRACKETS).strip(" \t\r\n")
    symbology, is_gs1 = "", False
    prefix = _SYMBOLOGY.match(text)
    if prefix:
        identifier = prefix["code"] + prefix["modifier"]
        symbology, is_gs1 = _NAMES.get(prefix["code"], identifier), identifier in _GS1
        text = text[3:]
    text = text.strip(" \t\r\n" + GS)
    if not text:
        raise IdentifierError("nothing to read", field="text")
    bad = next((c for c in text if not " " <= c <= "~" and c != GS), "")
    if bad:
        raise IdentifierError(f"character U+{ord(bad):04X} has no place in a code", field="text")
    return Raw(text, symbology, is_gs1)


def _decoded(given: bytes) -> str:
    # 0xF8 is a wedge's F8 sent as a byte; it occurs nowhere in UTF-8.
    try:
        return given.replace(b"\xf8", b"\x1d").decode()
    except UnicodeDecodeError as error:
        raise IdentifierError("bytes that are not text", field="text") from error
