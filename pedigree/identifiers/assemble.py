"""From checked (AI, value) pairs to the key that they name and the fields that describe it."""

from __future__ import annotations

from typing import NamedTuple

from pedigree.errors import IdentifierError
from pedigree.identifiers.dates import iso_date
from pedigree.identifiers.digitallink import Link, canonical_link
from pedigree.identifiers.grammar import KEYS, QUALIFIERS
from pedigree.identifiers.key import Key, describe
from pedigree.identifiers.separators import Pairs

# Which key a code with several is about: the finest thing first. An SSCC stands before the GTIN of what it holds, a GTIN with a
# serial before an SSCC, since both then name the same thing and the serial outlives the shipment.
_ORDER = ("00", "8006", "8003", "8004", "01", "8010", "253", "255", "414", "417", "415", "8018", "8017", "401", "402", "8013")
_SCAN_FIELDS = {"00": "sscc", "01": "gtin", "10": "lot", "21": "serial"}


class Found(NamedTuple):
    """The key and the fields of a `Scan` that come straight from AIs."""

    key: Key
    fields: dict[str, str]
    other: dict[str, str]


def assemble(pairs: Pairs, year: int, *, first: str = "") -> Found:
    """The key that `pairs` name; `first` is its AI where the form of the code says so (the path of a Digital Link).

    Raises IdentifierError (`unreadable`) when there is no key, only attributes, or a date that does not exist.
    """
    values = dict(pairs)
    primary = first or _primary(values)
    if not primary:
        raise IdentifierError("the code carries no key, only attributes of one", field="gtin")
    rule = KEYS[primary]
    qualifiers = {q: values[q] for q in rule.qualifiers if q in values}
    well_formed = all(QUALIFIERS[q].fullmatch(v) for q, v in qualifiers.items())
    if not rule.value.fullmatch(values[primary]) or not well_formed:
        raise IdentifierError(f"({primary}) {values[primary][:40]} is no key", field=primary)
    key = describe(canonical_link(Link(primary, values[primary], qualifiers)))
    fields = {name: values[ai] for ai, name in _SCAN_FIELDS.items() if ai in values}
    if key.gtin:
        fields["gtin"] = key.gtin
    if key.is_unit and key.serial:
        fields["serial"] = key.serial
    gln = next((ai for ai in ("414", "417", "415") if ai in values), "")
    if gln:
        fields["gln"] = values[gln]
    if "17" in values:
        fields["expiry"] = iso_date(values["17"], "17", year)
    if "11" in values:
        fields["produced"] = iso_date(values["11"], "11", year)
    used = {*_SCAN_FIELDS, "17", "11", gln, primary, *qualifiers} - {"22"}
    return Found(key, fields, {ai: value for ai, value in values.items() if ai not in used})


def _primary(values: dict[str, str]) -> str:
    if "01" in values and ("21" in values or "235" in values):
        return "01"
    return next((ai for ai in _ORDER if ai in values), "")
