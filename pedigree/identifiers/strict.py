"""Strict validation of identifiers at capture: what `canonical` forgives is named here."""

from __future__ import annotations

import re
from functools import lru_cache

from pedigree.identifiers.charset import MAX_LENGTH, SET_82, decode
from pedigree.identifiers.checkdigit import check_digit
from pedigree.identifiers.digitallink import parse_segments, split_web
from pedigree.identifiers.grammar import KEYS, QUALIFIERS, SHORT_NAMES, TITLES
from pedigree.identifiers.urn import CONVERTERS, from_urn

# EPC schemes that have no GS1 Digital Link form, with the shape of their bodies (TDS 2.0 section 6.3).
_OTHER_SCHEMES = {
    "id:gid": re.compile(r"[0-9]+\.[0-9]+\.[0-9]+"),
    "id:usdod": re.compile(r"[0-9A-HJ-NP-Z]{5,6}\.[0-9]+"),
    "id:adi": re.compile(r"[0-9A-HJ-NP-Z]{5,6}\.(?:[A-Z0-9\-]|%2F)*\.(?:%23)?(?:[A-Z0-9\-]|%2F)+"),
    "id:bic": re.compile(r"[A-Z]{4}[0-9]{7}|[A-Z]{3}[JUZ][0-9]{6}"),
    "id:imovn": re.compile(r"[0-9]{7}"),
}
_PATTERN = re.compile(r"[^*]*\*[.*]*")


def faults(uri: str) -> tuple[str, ...]:
    """What is wrong with an EPC URN or a Digital Link URI, in words; () when nothing is, or when it is neither.

    Wrong check digits, lengths and characters; malformed or unknown EPC schemes; a malformed key on id.gs1.org. Of an http URI on
    another domain only a well-formed key is looked at, or a malformed one with qualifiers behind it: paths are free there.
    """
    if len(uri) > MAX_LENGTH:
        return (f"{len(uri)} characters, at most {MAX_LENGTH} are looked into",)
    return _faults(uri)


@lru_cache(maxsize=32_768)
def _faults(uri: str) -> tuple[str, ...]:
    head = uri[:8].lower()
    if head == "urn:epc:":
        return _urn_faults(uri)
    if head.startswith(("https://", "http://")):
        return _web_faults(uri)
    return ()


def _urn_faults(urn: str) -> tuple[str, ...]:
    parts = urn.split(":", 4)
    scheme = ":".join(parts[2:4])
    if not urn.isascii() or len(parts) != 5:
        return ("not a well-formed EPC URN",)
    if parts[2] in ("raw", "tag"):  # bit patterns of RFID tags, not names of things
        return (f"urn:epc:{parts[2]} names the contents of a tag, not a thing",)
    shape = _OTHER_SCHEMES.get(scheme)
    if shape is not None:
        return () if shape.fullmatch(parts[4]) else (f"not a well-formed urn:epc:{scheme}",)
    # A pattern may leave more open than its last component; such a one names no single class and has no Digital Link.
    known = scheme in CONVERTERS or scheme.replace("idpat:", "id:", 1) in (*CONVERTERS, *_OTHER_SCHEMES)
    if not known:
        return (f"unknown EPC scheme urn:epc:{scheme}",)
    if parts[2] == "idpat" and _PATTERN.fullmatch(parts[4]):
        return ()
    return () if from_urn(urn) else (f"not a well-formed urn:epc:{scheme}: wrong length or characters",)


def _web_faults(uri: str) -> tuple[str, ...]:
    web = split_web(uri)
    own = uri[8:].lower().startswith("id.gs1.org/")
    if web is None:
        return ("not a well-formed URI",) if own else ()
    link = parse_segments(web.segments)
    if link is not None:
        return _check_faults(link.ai, link.value)
    segments = web.segments
    for start in range(len(segments) - 1):
        ai = SHORT_NAMES.get(segments[start], segments[start])
        if ai not in KEYS:
            continue
        names = [SHORT_NAMES.get(s, s) for s in segments[start + 2 :: 2]]
        if own or any(n in KEYS[ai].qualifiers for n in names):
            return _key_faults(ai, segments[start + 1 :])
    return ("no GS1 key in a URI of id.gs1.org",) if own else ()


def _check_faults(ai: str, value: str) -> tuple[str, ...]:
    number = value.zfill(14) if ai == "01" else value[: KEYS[ai].checked]
    expected = check_digit(number[:-1]) if number else ""
    return (f"wrong check digit in {TITLES[ai]} {number}: expected {expected}",) if number[-1:] != expected else ()


def _key_faults(ai: str, rest: list[str]) -> tuple[str, ...]:
    """All that keeps `rest`, the path behind the key's AI, from being that key."""
    rule = KEYS[ai]
    found = list(_check_faults(ai, decode(rest[0]) or "")) if _fits(rule.value, rest[0]) else [_value_fault(ai, rest[0])]
    seen: set[str] = set()
    for name, segment in zip(rest[1::2], rest[2::2], strict=False):
        qualifier = SHORT_NAMES.get(name, name)
        if qualifier not in rule.qualifiers:
            found.append(f"({qualifier[:20]}) can't follow ({ai})")
        elif qualifier in seen:
            found.append(f"({qualifier}) twice")
        elif not _fits(QUALIFIERS[qualifier], segment):
            found.append(_value_fault(qualifier, segment))
        seen.add(qualifier)
    if len(rest) % 2 == 0:
        found.append(f"({rest[-1][:20]}) without a value")
    return tuple(found)


def _fits(pattern: re.Pattern[str], segment: str) -> bool:
    text = decode(segment)
    return text is not None and pattern.fullmatch(text) is not None


def _value_fault(ai: str, segment: str) -> str:
    title = TITLES.get(ai, f"({ai})")
    text = decode(segment)
    if text is None:
        return f"malformed percent-encoding in {title}"
    if not SET_82.fullmatch(text):
        return f"{title} has characters outside the GS1 character set" if text else f"{title} is empty"
    return f"{title} {text[:40]} has a wrong length or form ({len(text)} characters)"
