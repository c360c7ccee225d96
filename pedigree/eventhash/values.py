"""How single values stand in the prehash string: numbers, CBV words, GS1 keys, times."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pedigree.cbv import URNS
from pedigree.identifiers import canonical
from pedigree.times import format_time, parse_time

_EXACT = 1 << 53


@lru_cache(4096)
def _stem(urn: str) -> str:
    """What the canonical links of all serials (lots) under one GTIN begin with; '' when `urn` is no GTIN."""
    link = canonical(urn + ".0")
    return link[:-1] if link.startswith("https://id.gs1.org/01/") and link.endswith("/0") else ""


def canonical_key(text: str) -> str:
    """`canonical`, faster for what most lists consist of: many plain serials of one GTIN."""
    if text.startswith(("urn:epc:id:sgtin:", "urn:epc:class:lgtin:")):
        prefix, _, rest = text.partition(".")
        item, _, serial = rest.partition(".")
        if serial.isalnum() and serial.isascii() and len(serial) <= 20:
            stem = _stem(f"{prefix}.{item}")
            if stem:
                return stem + serial
    return canonical(text)


def canonical_text(text: str) -> str:
    """A text value: no outer space, CBV URNs as web URIs, numbers in their shortest form, GS1 keys as canonical Digital Links."""
    text = text.strip()
    if not text:
        return ""
    if text.startswith(("urn:epc:", "http")):
        return canonical_key(text)
    if "urn:epcglobal:cbv:" in text:
        for urn, web in URNS:
            text = text.replace(urn, web)
    head = text[0]
    if head.isdecimal() or head in "+-.":
        return _number(text)
    return text


def _number(text: str) -> str:
    """What reads as a number is one, as the reference has it: `07` and `7.0` are `7`; 20 digits lose their last ones."""
    try:
        value = float(text)
    except ValueError:
        return text
    return _float(value, text)


def _float(value: float, text: str) -> str:
    if value.is_integer():
        return str(int(value))
    return text if value in (float("inf"), float("-inf")) or value != value else str(value)


def canonical_scalar(value: Any) -> str:
    """A JSON scalar; null is no value, true and false are written as XML has them."""
    if isinstance(value, str):
        return canonical_text(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and -_EXACT < value < _EXACT:
        return str(value)
    try:
        return _float(float(value), str(value))
    except (OverflowError, ValueError, TypeError):
        return str(value)


def canonical_time(text: str) -> str:
    """UTC with milliseconds and Z. Raises DocumentError for what is no time."""
    return format_time(parse_time(text.strip()))
