"""EPC URNs to canonical Digital Link URIs (TDS 2.0 sections 6 to 8; mapping of CBV 2.0 section 8)."""

from __future__ import annotations

from collections.abc import Callable

from pedigree.identifiers.charset import PLAIN, SET_39, SET_82, URN_VALUE, decode, encode, is_digits
from pedigree.identifiers.checkdigit import check_digit

_BASE = "https://id.gs1.org"


def _number(prefix: str, reference: str, digits: int) -> bool:
    """Whether company prefix and reference together are `digits` digits, the prefix 6 to 12 of them."""
    return 6 <= len(prefix) <= 12 and len(prefix) + len(reference) == digits and (prefix + reference).isdigit()


def _text(component: str, longest: int) -> str | None:
    """A component of free form as Digital Link segment; None when it breaks the URN's syntax or set 82."""
    if PLAIN.fullmatch(component):
        return component if len(component) <= longest else None
    if not URN_VALUE.fullmatch(component):
        return None
    value = decode(component)
    if value is None or len(value) > longest or not SET_82.fullmatch(value):
        return None
    return encode(value)


def _checked(body: str) -> str:
    return body + check_digit(body)


def _gtin(prefix: str, item: str) -> str | None:
    return _checked(item[0] + prefix + item[1:]) if _number(prefix, item, 13) else None


def _gln(prefix: str, reference: str) -> str | None:
    return _checked(prefix + reference) if _number(prefix, reference, 12) else None


def _on_gtin(qualifier: str, longest: int) -> Callable[[str], str | None]:
    """prefix.item.serial with the serial (or lot) under `qualifier`; a pattern's `*` names the GTIN alone."""

    def convert(body: str) -> str | None:
        parts = body.split(".", 2)
        if len(parts) != 3 or (gtin := _gtin(parts[0], parts[1])) is None:
            return None
        if not qualifier:
            return f"{_BASE}/01/{gtin}" if parts[2] == "*" else None
        serial = _text(parts[2], longest)
        return f"{_BASE}/01/{gtin}/{qualifier}/{serial}" if serial else None

    return convert


def _itip(pattern: bool) -> Callable[[str], str | None]:
    def convert(body: str) -> str | None:
        parts = body.split(".", 4)
        if len(parts) != 5 or (gtin := _gtin(parts[0], parts[1])) is None:
            return None
        piece, total = parts[2], parts[3]
        if len(piece) != 2 or len(total) != 2 or not (piece + total).isdigit():
            return None
        uri = f"{_BASE}/8006/{gtin}{piece}{total}"
        if pattern:
            return uri if parts[4] == "*" else None
        serial = _text(parts[4], 20)
        return f"{uri}/21/{serial}" if serial else None

    return convert


def _on_gln(ai: str, lead: str, longest: int, *, pattern: bool = False, numeric: bool = False) -> Callable[[str], str | None]:
    """prefix.reference.serial where the serial is part of the key's value: GRAI (with a leading zero), GDTI, GCN."""

    def convert(body: str) -> str | None:
        parts = body.split(".", 2)
        if len(parts) != 3 or not _number(parts[0], parts[1], 12):
            return None
        number = _checked(lead + parts[0] + parts[1])
        if pattern:
            return f"{_BASE}/{ai}/{number}" if parts[2] == "*" else None
        if numeric and not parts[2].isdigit():
            return None
        serial = _text(parts[2], longest)
        return f"{_BASE}/{ai}/{number}{serial}" if serial else None

    return convert


def _sgln(body: str) -> str | None:
    parts = body.split(".", 2)
    if len(parts) != 3 or (gln := _gln(parts[0], parts[1])) is None:
        return None
    if parts[2] == "0":  # "no extension"
        return f"{_BASE}/414/{gln}"
    extension = _text(parts[2], 20)
    return f"{_BASE}/414/{gln}/254/{extension}" if extension else None


def _pgln(body: str) -> str | None:
    prefix, dot, reference = body.partition(".")
    gln = _gln(prefix, reference) if dot else None
    return f"{_BASE}/417/{gln}" if gln else None


def _sscc(body: str) -> str | None:
    prefix, _, reference = body.partition(".")
    if not _number(prefix, reference, 17):
        return None
    return f"{_BASE}/00/{_checked(reference[0] + prefix + reference[1:])}"


def _numeric(ai: str, digits: int) -> Callable[[str], str | None]:
    def convert(body: str) -> str | None:
        prefix, _, reference = body.partition(".")
        return f"{_BASE}/{ai}/{_checked(prefix + reference)}" if _number(prefix, reference, digits) else None

    return convert


def _free(ai: str) -> Callable[[str], str | None]:
    """prefix.reference of at most 30 characters together: GIAI, GINC."""

    def convert(body: str) -> str | None:
        prefix, _, reference = body.partition(".")
        if not 6 <= len(prefix) <= 12 or not is_digits(prefix):
            return None
        text = _text(reference, 30 - len(prefix))
        return f"{_BASE}/{ai}/{prefix}{text}" if text else None

    return convert


def _cpi(pattern: bool) -> Callable[[str], str | None]:
    def convert(body: str) -> str | None:
        parts = body.split(".")
        if len(parts) != 3 or not 6 <= len(parts[0]) <= 12 or not is_digits(parts[0]) or not URN_VALUE.fullmatch(parts[1]):
            return None
        reference = decode(parts[1])
        if reference is None or len(reference) > 30 - len(parts[0]) or not SET_39.fullmatch(reference):
            return None
        uri = f"{_BASE}/8010/{parts[0]}{encode(reference)}"
        if pattern:
            return uri if parts[2] == "*" else None
        return f"{uri}/8011/{parts[2]}" if is_digits(parts[2]) and len(parts[2]) <= 12 else None

    return convert


CONVERTERS: dict[str, Callable[[str], str | None]] = {
    "id:sgtin": _on_gtin("21", 20),
    "id:sscc": _sscc,
    "id:sgln": _sgln,
    "id:pgln": _pgln,
    "id:grai": _on_gln("8003", "0", 16),
    "id:giai": _free("8004"),
    "id:gsrn": _numeric("8018", 17),
    "id:gsrnp": _numeric("8017", 17),
    "id:gdti": _on_gln("253", "", 17),
    "id:cpi": _cpi(False),
    "id:sgcn": _on_gln("255", "", 12, numeric=True),
    "id:ginc": _free("401"),
    "id:gsin": _numeric("402", 16),
    "id:itip": _itip(False),
    "id:upui": _on_gtin("235", 28),
    "class:lgtin": _on_gtin("10", 20),
    "idpat:sgtin": _on_gtin("", 0),
    "idpat:upui": _on_gtin("", 0),
    "idpat:grai": _on_gln("8003", "0", 0, pattern=True),
    "idpat:gdti": _on_gln("253", "", 0, pattern=True),
    "idpat:sgcn": _on_gln("255", "", 0, pattern=True),
    "idpat:cpi": _cpi(True),
    "idpat:itip": _itip(True),
}
"""`kind:scheme` of an EPC URN -> converter of its body to a canonical Digital Link, None when the body is malformed."""


def from_urn(urn: str) -> str | None:
    """The canonical Digital Link of an EPC URN; None where there is none (other schemes, malformed).

    `urn` is ASCII. `urn:epc:` may be in any case (RFC 8141), what follows may not.
    """
    parts = urn.split(":", 4)
    if len(parts) != 5:
        return None
    convert = CONVERTERS.get(f"{parts[2]}:{parts[3]}")
    return convert(parts[4]) if convert else None
