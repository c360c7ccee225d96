"""Canonical Digital Link URIs back to EPC URNs, for partners and queries that ask for them (GS1-EPC-Format)."""

from __future__ import annotations

from pedigree.identifiers.canonical import canonical
from pedigree.identifiers.charset import encode_urn, is_digits
from pedigree.identifiers.checkdigit import has_valid_check_digit
from pedigree.identifiers.digitallink import Link, parse_link
from pedigree.identifiers.grammar import KEYS
from pedigree.identifiers.urn import CONVERTERS

_NUMERIC = {"8018": "gsrn", "8017": "gsrnp", "402": "gsin", "417": "pgln"}
_SERIALISED = {"8003": "grai", "253": "gdti", "255": "sgcn"}
_FREE = {"8004": "giai", "401": "ginc"}
_ON_GTIN = {"21": "id:sgtin", "235": "id:upui", "10": "class:lgtin"}


def to_urn(uri: str, prefix_length: int) -> str | None:
    """The EPC URN of a key whose GS1 company prefix has `prefix_length` (6 to 12) digits.

    None where no URN exists: keys that TDS gives none, a wrong check digit (a URN carries none and would hide it), what is no
    GS1 key. The length can't be read off a key: it comes from the registry of parties.
    """
    link = parse_link(canonical(uri)) if 6 <= prefix_length <= 12 else None
    if link is None:
        return None
    checked = KEYS[link.ai].checked
    if checked and not has_valid_check_digit(link.value[:checked]):
        return None
    body = _body(link, prefix_length)
    return None if body is None else f"urn:epc:{body}"


def prefix_length(urn: str) -> int | None:
    """The number of digits of the GS1 company prefix in an EPC URN; None where it shows none."""
    parts = urn.split(":", 4)
    if len(parts) != 5 or f"{parts[0]}:{parts[1]}".lower() != "urn:epc" or f"{parts[2]}:{parts[3]}" not in CONVERTERS:
        return None
    prefix = parts[4].partition(".")[0]
    return len(prefix) if 6 <= len(prefix) <= 12 and is_digits(prefix) else None


def _body(link: Link, n: int) -> str | None:
    ai, value, qualifiers = link
    match ai:
        case "01":
            for qualifier, scheme in _ON_GTIN.items():
                if qualifier in qualifiers:
                    return f"{scheme}:{_gtin(value, n)}.{encode_urn(qualifiers[qualifier])}"
            return f"idpat:sgtin:{_gtin(value, n)}.*"
        case "8006":
            pieces = f"{_gtin(value[:14], n)}.{value[14:16]}.{value[16:]}"
            if "10" in qualifiers and "21" not in qualifiers:
                return None
            return f"id:itip:{pieces}.{encode_urn(qualifiers['21'])}" if "21" in qualifiers else f"idpat:itip:{pieces}.*"
        case "00":
            return f"id:sscc:{value[1 : n + 1]}.{value[0]}{value[n + 1 : -1]}"
        case "8010":
            if not is_digits(value[:n]) or len(value) <= n:
                return None
            reference = f"{value[:n]}.{encode_urn(value[n:])}"
            return f"id:cpi:{reference}.{qualifiers['8011']}" if "8011" in qualifiers else f"idpat:cpi:{reference}.*"
    return _simple(link, n)


def _simple(link: Link, n: int) -> str | None:
    ai, value, qualifiers = link
    if ai == "414" and "7040" not in qualifiers:
        extension = qualifiers.get("254", "")
        # "0" stands for "no extension" in the URN, so an extension that is really 0 has no URN.
        return None if extension == "0" else f"id:sgln:{value[:n]}.{value[n:12]}.{encode_urn(extension) or '0'}"
    if qualifiers:
        return None
    if ai in _NUMERIC:
        return f"id:{_NUMERIC[ai]}:{value[:n]}.{value[n:-1]}"
    if ai in _SERIALISED:
        number, serial = (value[1:14], value[14:]) if ai == "8003" else (value[:13], value[13:])
        kind = "id" if serial else "idpat"
        return f"{kind}:{_SERIALISED[ai]}:{number[:n]}.{number[n:12]}.{encode_urn(serial) or '*'}"
    if ai in _FREE and is_digits(value[:n]) and len(value) > n:
        return f"id:{_FREE[ai]}:{value[:n]}.{encode_urn(value[n:])}"
    return None


def _gtin(gtin: str, n: int) -> str:
    return f"{gtin[1 : n + 1]}.{gtin[0]}{gtin[n + 1 : 13]}"
