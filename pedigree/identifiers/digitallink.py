"""Reading and writing GS1 Digital Link URIs (uncompressed), on any domain."""

from __future__ import annotations

import re
from typing import NamedTuple

from pedigree.identifiers.charset import decode, encode
from pedigree.identifiers.grammar import KEYS, QUALIFIERS, SHORT_NAMES

CANONICAL_BASE = "https://id.gs1.org"
_WEB = re.compile(
    r"https?://([^/?#\x00-\x20\x7f]+)(/[^?#\x00-\x20\x7f]*)?(?:\?([^#\x00-\x20\x7f]*))?(?:#[^\x00-\x20\x7f]*)?",
    re.IGNORECASE,
)


class Link(NamedTuple):
    """What the path of a Digital Link identifies. Values are percent-decoded; a GTIN has 14 digits."""

    ai: str
    value: str
    qualifiers: dict[str, str]
    """AI -> value, in the standard's path order."""


class Web(NamedTuple):
    """An http(s) URI: host in lower case, path segments and query as they stand."""

    host: str
    segments: list[str]
    query: str


def split_web(uri: str) -> Web | None:
    """The parts of an http or https URI; None for anything else. One trailing slash is not a segment."""
    found = _WEB.fullmatch(uri)
    if found is None:
        return None
    path = (found[2] or "").removesuffix("/")
    return Web(found[1].lower(), path.split("/")[1:], found[3] or "")


def parse_link(uri: str) -> Link | None:
    """The key that a Digital Link URI names, whatever its domain, path prefix, query or fragment; None if it is none.

    Forms are checked (lengths, characters), check digits are not: see `faults`.
    """
    web = split_web(uri)
    return None if web is None else parse_segments(web.segments)


def parse_segments(segments: list[str]) -> Link | None:
    """The first key from the left whose value and qualifiers take up the whole rest of the path."""
    for start in range(len(segments) % 2, len(segments) - 1, 2):
        name = segments[start]
        ai = SHORT_NAMES.get(name, name)
        if ai in KEYS:
            link = _parse_key(ai, segments[start + 1 :])
            if link is not None:
                return link
    return None


def _parse_key(ai: str, rest: list[str]) -> Link | None:
    rule = KEYS[ai]
    value = decode(rest[0])
    if value is None or not rule.value.fullmatch(value):
        return None
    found: dict[str, str] = {}
    for name, segment in zip(rest[1::2], rest[2::2], strict=True):
        qualifier = SHORT_NAMES.get(name, name)
        text = decode(segment)
        if qualifier not in rule.qualifiers or qualifier in found or text is None or not QUALIFIERS[qualifier].fullmatch(text):
            return None
        found[qualifier] = text
    if ai == "01":
        value = value.zfill(14)
    return Link(ai, value, {q: found[q] for q in rule.qualifiers if q in found} if len(found) > 1 else found)


def canonical_link(link: Link) -> str:
    """The canonical URI on id.gs1.org with the finest level of identification only (CBV 2.0 section 8)."""
    kept = link.qualifiers
    for qualifier in KEYS[link.ai].identifying:
        if qualifier in kept:
            kept = {qualifier: kept[qualifier]}
            break
    else:
        if KEYS[link.ai].identifying:
            kept = {}
    return write_link(CANONICAL_BASE, link.ai, link.value, kept)


def write_link(base: str, ai: str, value: str, qualifiers: dict[str, str]) -> str:
    """`base` + path, in the order that `qualifiers` has."""
    path = "".join(f"/{q}/{encode(v)}" for q, v in qualifiers.items())
    return f"{base}/{ai}/{encode(value)}{path}"
