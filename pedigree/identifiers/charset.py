"""Characters of GS1 values and how URIs carry them.

Sources: GS1 General Specifications figure 7.11-1 (character set 82) and 7.11-2 (set 39), TDS 2.0 section 6.3 (URN escapes),
GS1 Digital Link URI syntax section 4, RFC 3986 section 6.2.2 (normalisation of percent-encoding).
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

MAX_LENGTH = 2_000
"""No URI or scanned text longer than this is looked into; longer ones would also fill the caches."""

# What a canonical Digital Link URI carries as it is. All else of set 82 is escaped: TDS forbids some of it in URNs and the
# Digital Link standard asks for the rest, so that a URN and its Digital Link twin give one string, hence one event hash.
_LITERAL = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._';=")
_ESCAPE = {ord(c): f"%{ord(c):02X}" for c in map(chr, range(0x21, 0x7F)) if c not in _LITERAL}
# A URN carries these escaped and everything else of set 82 as it is (TDS table 6-1).
_URN_ESCAPE = {ord(c): f"%{ord(c):02X}" for c in '"%&/<>?#'}

PLAIN = re.compile(r"[A-Za-z0-9\-._';=]+")
"""A value that is the same in an element string, a URN and a canonical Digital Link."""
SET_82 = re.compile(r"[!\"%-?A-Z_a-z]+")
SET_39 = re.compile(r"[#\-/0-9A-Z]+")
URN_VALUE = re.compile(r"(?:[!'()*+,\-.0-9:;=A-Z_a-z]|%[0-9A-Fa-f]{2})+")
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def decode(text: str) -> str | None:
    """Percent-decoded `text`; None for a malformed escape (`%ZZ`) or one that is no ASCII character."""
    if "%" not in text:
        return text
    if is_malformed(text):
        return None
    raw = unquote_to_bytes(text)
    return raw.decode("ascii") if raw.isascii() else None


def is_malformed(text: str) -> bool:
    """Whether `text` has a percent sign that starts no escape."""
    return _BAD_PERCENT.search(text) is not None


def encode(value: str) -> str:
    """`value` (GS1 characters) as a path segment of a canonical Digital Link URI."""
    return value if PLAIN.fullmatch(value) else value.translate(_ESCAPE)


def encode_urn(value: str) -> str:
    """`value` (GS1 characters) as a component of an EPC URN."""
    return value.translate(_URN_ESCAPE)


def is_digits(text: str) -> bool:
    """ASCII digits only: `str.isdigit` alone also takes Arabic, full-width and superscript ones."""
    return text.isascii() and text.isdigit()
