"""What a canonical URI names: the kind of key, its numbers, whose prefix it is under."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import msgspec

from pedigree.identifiers.canonical import canonical
from pedigree.identifiers.charset import MAX_LENGTH, is_digits
from pedigree.identifiers.digitallink import Link, parse_link
from pedigree.identifiers.opaque import opaque_kind

Kind = Literal[
    "sgtin", "gtin", "lgtin", "sscc", "gln", "sgln", "pgln", "grai", "grai_class", "giai", "gsrn", "gsrnp",
    "gdti", "cpi", "gcn", "itip", "upui", "udi", "china20", "ma", "hibc", "other",
]  # fmt: skip


class Key(msgspec.Struct, frozen=True):
    """A key, taken apart. Numbers are percent-decoded; parts that the kind does not have are ''."""

    uri: str
    """Canonical."""
    kind: Kind
    """`gln` is a place without extension (AI 414), `sgln` one with it, `pgln` a party; `udi` a device code of an issuer that
    is neither GS1, HIBCC nor MA; `other` all that is no key known here."""
    gtin: str = ""
    """14 digits."""
    serial: str = ""
    """Serial of a GTIN, ITIP, UPUI, CPI, GRAI, GDTI or coupon; the extension of an SGLN."""
    lot: str = ""
    value: str = ""
    """The bare number: what stands behind the primary AI, or the whole code of an opaque scheme."""

    @property
    def is_unit(self) -> bool:
        """Whether it names one thing that can be handed over: not a class, a lot, a place or a party."""
        return self.kind in _ALWAYS_UNITS or (self.kind in _UNITS_WITH_SERIAL and self.serial != "")


_ALWAYS_UNITS = frozenset({"sgtin", "upui", "sscc", "grai", "giai", "china20", "ma", "hibc", "udi"})
_UNITS_WITH_SERIAL = frozenset({"itip", "cpi", "gdti", "gcn"})
_KINDS: dict[str, Kind] = {
    "00": "sscc",
    "253": "gdti",
    "255": "gcn",
    "414": "gln",
    "417": "pgln",
    "8003": "grai",
    "8004": "giai",
    "8006": "itip",
    "8010": "cpi",
    "8017": "gsrnp",
    "8018": "gsrn",
}
# Where the bare key ends and its serial, which is part of the same AI, starts.
_SERIAL_AT = {"253": 13, "255": 13, "8003": 14}
# Where the company prefix starts: behind the indicator, extension or filler digit.
_PREFIX_AT = {"00": 1, "01": 1, "8003": 1, "8006": 1}


def describe(uri: str) -> Key:
    """Take a URI apart; an EPC URN or a Digital Link of another domain is made canonical first. Never raises."""
    return _describe(uri) if len(uri) <= MAX_LENGTH else Key(uri, "other")


@lru_cache(maxsize=8_192)
def _describe(given: str) -> Key:
    uri = canonical(given)
    link = parse_link(uri) if uri.startswith("https://id.gs1.org/") else None
    if link is not None:
        return _from_link(uri, link)
    kind, code = opaque_kind(uri)
    return Key(uri, kind, value=code)


def _from_link(uri: str, link: Link) -> Key:
    ai, value, qualifiers = link
    serial, lot = qualifiers.get("21", ""), qualifiers.get("10", "")
    if ai == "01":
        if not serial and "235" in qualifiers:
            return Key(uri, "upui", gtin=value, serial=qualifiers["235"], value=value)
        kind: Kind = "sgtin" if serial else "lgtin" if lot else "gtin"
        return Key(uri, kind, gtin=value, serial=serial, lot=lot, value=value)
    kind = _KINDS.get(ai, "other")
    if ai == "8006":
        return Key(uri, kind, gtin=value[:14], serial=serial, lot=lot, value=value)
    if ai in _SERIAL_AT:
        serial = value[_SERIAL_AT[ai] :]
        kind = "grai_class" if ai == "8003" and not serial else kind
    elif ai == "414" and "254" in qualifiers:
        kind, serial = "sgln", qualifiers["254"]
    elif ai == "8010":
        serial = qualifiers.get("8011", "")
    return Key(uri, kind, serial=serial, value=value)


def gln_of(uri: str) -> str:
    """The 13-digit GLN of a place or party, '' for anything else."""
    key = describe(uri)
    return key.value if key.kind in ("gln", "sgln", "pgln") else ""


def matches_prefix(uri: str, company_prefix: str) -> bool:
    """Whether a GS1 key was issued under `company_prefix` (4 to 12 digits).

    False for a GTIN-8: its digits come from GS1 itself, not from a company's prefix.
    """
    if not 4 <= len(company_prefix) <= 12 or not is_digits(company_prefix):
        return False
    link = parse_link(canonical(uri))
    if link is None or (link.ai == "01" and link.value.startswith("000000")):
        return False
    return link.value.startswith(company_prefix, _PREFIX_AT.get(link.ai, 0))


def is_logistic(uri: str) -> bool:
    """Whether this may come into being just by being packed, without a commissioning: SSCC, GRAI with serial, GIAI."""
    if uri.startswith("https://id.gs1.org/01/"):  # nearly every EPC that is asked about
        return False
    return describe(uri).kind in ("sscc", "grai", "giai")
