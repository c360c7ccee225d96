"""How single values stand in the prehash string: numbers, CBV words, GS1 keys, times."""

from __future__ import annotations

from typing import Any

from pedigree.cbv import URNS
from pedigree.identifiers import canonical
from pedigree.times import format_time, parse_time

_EXACT = 1 << 53


def canonical_text(text: str) -> str:
    """A text value: no outer space, CBV URNs as web URIs, numbers in their shortest form, GS1 keys as canonical Digital Links."""
    text = text.strip()
    if not text:
        return ""
    if text.startswith(("urn:epc:", "http")):
        return canonical(text)
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
