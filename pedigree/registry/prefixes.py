"""Whose identifier it is, by company prefix: the longest registered one wins."""

from __future__ import annotations

from collections.abc import Iterable

from pedigree.identifiers.canonical import canonical
from pedigree.identifiers.key import describe

_GTIN = "https://id.gs1.org/01/"
_GTIN_END = len(_GTIN) + 14
_CACHE = 50_000
# Where the company prefix starts: behind the indicator, extension or filler digit (GS1 General Specifications, section 3).
_STARTS = {"sscc": 1, "sgtin": 1, "gtin": 1, "lgtin": 1, "itip": 1, "upui": 1, "grai": 1, "grai_class": 1}


class Prefixes:
    """A lookup over (prefix, party) pairs; a prefix is 4 to 12 digits, or the beginning of an opaque code's URI."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._digits: dict[str, str] = {}
        self._opaque: dict[str, str] = {}
        for prefix, party in pairs:
            # Two parties can't register one prefix (factcheck); were it to happen, the first keeps it.
            (self._digits if prefix.isdigit() else self._opaque).setdefault(prefix, party)
        self._gtins: dict[str, str] = {}

    def owner(self, uri: str) -> str:
        """The party, '' = none registered."""
        uri = canonical(uri)
        if not uri.startswith(_GTIN):
            return self._find(uri)
        gtin = uri[len(_GTIN) : _GTIN_END]
        found = self._gtins.get(gtin)
        if found is None:
            found = self._find(uri)
            if len(self._gtins) < _CACHE:
                self._gtins[gtin] = found
        return found

    def _find(self, uri: str) -> str:
        key = describe(uri)
        if uri.startswith("https://id.gs1.org/") and key.value:
            if key.gtin.startswith("000000"):  # a GTIN-8: its digits come from GS1 itself
                return ""
            start = _STARTS.get(key.kind, 0)
            return self._longest(self._digits, key.value[start : start + 12])
        return self._longest(self._opaque, uri) if self._opaque else ""

    @staticmethod
    def _longest(prefixes: dict[str, str], text: str) -> str:
        for end in range(len(text), 3, -1):
            found = prefixes.get(text[:end])
            if found is not None:
                return found
        return ""
