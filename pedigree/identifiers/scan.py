"""What a scanner read or a person typed, whatever its scheme, as one structure."""

from __future__ import annotations

from typing import Literal

import msgspec

from pedigree.errors import IdentifierError
from pedigree.identifiers.assemble import Found, assemble
from pedigree.identifiers.canonical import canonical
from pedigree.identifiers.charset import decode, is_digits, is_malformed
from pedigree.identifiers.checkdigit import check_digit, has_valid_check_digit
from pedigree.identifiers.digitallink import parse_link, parse_segments, split_web
from pedigree.identifiers.element import Reading, looks_like_gtin_first, parse_element_string, parse_hri, parse_pairs
from pedigree.identifiers.key import Key, describe
from pedigree.identifiers.opaque import OpaqueKind, opaque_kind, opaque_uri, recognise
from pedigree.identifiers.scantext import Raw, clean
from pedigree.identifiers.strict import faults

Scheme = Literal["gs1", "digital-link", "china20", "udi-ma", "hibc", "epc-urn"]
_OPAQUE: dict[OpaqueKind, Scheme] = {"china20": "china20", "ma": "udi-ma", "hibc": "hibc"}
_MOST_ALTERNATIVES = 8


class Scan(msgspec.Struct, frozen=True):
    """A code as it was read. Text fields that the code does not carry are ''."""

    key: Key
    """The finest key in the code: of the unit, else of its lot, product, place."""
    uri: str
    """Canonical URI of the one thing that the code names; '' when it names none (a GTIN, with or without lot; a place)."""
    scheme: Scheme
    gtin: str = ""
    serial: str = ""
    lot: str = ""
    sscc: str = ""
    gln: str = ""
    expiry: str = ""
    """AI 17, ISO date; day 00 is given as the month's last day."""
    produced: str = ""
    """AI 11, ISO date."""
    symbology: str = ""
    """As the scanner's prefix says: QR, DataMatrix, Code128, DataBar, EAN, ...; '' without a prefix."""
    warnings: tuple[str, ...] = ()
    """`lost_separator`: fields may have run together, see `alternatives`; `maybe_gs1`: 20 digits that could also be an element
    string; `serial_in_query`: a Digital Link with its serial in the query, where other readers drop it; `opaque`: taken whole."""
    alternatives: tuple[str, ...] = ()
    """Canonical URIs of units worth looking up when the one that was read is not known."""
    other: dict[str, str] = msgspec.field(default_factory=dict)
    """AI -> value of everything else in the code."""


def parse_scan(text: str | bytes, *, year: int = 2026) -> Scan:
    """Read a scanned or typed code.

    Taken: element strings with or without symbology prefix, FNC1 as GS, caret notation or placeholder; `(01)...(21)...`; Digital
    Link URIs of any domain; EPC URNs; a bare GTIN (8, 12, 13, 14 digits) or SSCC (18, or 20 with AI 00); the Chinese 20-digit
    code; MA and HIBC device codes. `year` is the reader's, for the century of two-digit years.

    20 digits: an SSCC when they start with 00 (drug codes start with 8); an element string when they start with 01 and a GTIN
    with a right check digit and all of it parses, or when the symbology says GS1 and it parses; else the opaque Chinese code.

    Raises IdentifierError with `code` unreadable, check_digit, duplicate_ai or unknown_scheme, and the `field` that is wrong.
    """
    raw = clean(text)
    compact = raw.text.replace(" ", "")
    if is_digits(compact):
        return _digits(raw, compact, year)
    lower = raw.text[:8].lower()
    if lower.startswith(("http://", "https://")):
        return _digital_link(raw, year)
    if lower.startswith("urn:"):
        return _urn(raw, year)
    if raw.text[0] == "(":
        return _scan(assemble(parse_hri(raw.text), year), "gs1", raw)
    kind = recognise(raw.text)
    if kind is not None:
        return _opaque(kind, raw.text, raw, ("opaque",))
    if raw.text[0].isdigit():
        return _element_string(raw, raw.text, year)
    raise IdentifierError("neither a GS1 code nor a known device code", field="text", code="unknown_scheme")


def _digits(raw: Raw, digits: str, year: int) -> Scan:
    n = len(digits)
    if n == 20:
        return _twenty(raw, digits, year)
    if raw.is_gs1 or n not in (8, 12, 13, 14, 18):
        return _element_string(raw, digits, year)
    ai, field = ("00", "sscc") if n == 18 else ("01", "gtin")
    if not has_valid_check_digit(digits):
        if n == 18 and looks_like_gtin_first(digits):  # an element string that was cut off, not an SSCC
            return _element_string(raw, digits, year)
        message = f"wrong check digit in {digits}: expected {check_digit(digits[:-1])}"
        raise IdentifierError(message, field=field, code="check_digit")
    return _scan(assemble([(ai, digits.zfill(14))], year), "gs1", raw)


def _twenty(raw: Raw, digits: str, year: int) -> Scan:
    if digits.startswith("00"):
        return _element_string(raw, digits, year)
    if raw.is_gs1 or looks_like_gtin_first(digits):
        try:
            return _element_string(raw, digits, year)
        except IdentifierError as error:
            # Code 128 without FNC1 is reported as GS1-128 by some scanners, so the prefix alone is no proof.
            if raw.is_gs1 and error.code != "unreadable":
                raise
    return _opaque("china20", digits, raw, ("maybe_gs1",) if digits.startswith("01") else ())


def _element_string(raw: Raw, text: str, year: int) -> Scan:
    reading = parse_element_string(text)
    return _scan(assemble(reading.pairs, year), "gs1", raw, reading)


def _digital_link(raw: Raw, year: int) -> Scan:
    web = split_web(raw.text)
    if web is None or is_malformed(raw.text):
        raise IdentifierError("malformed web address", field="text")
    link = parse_segments(web.segments)
    if link is None:
        wrong = faults(raw.text)
        code = "unreadable" if wrong else "unknown_scheme"
        raise IdentifierError(wrong[0] if wrong else "a web address, but no GS1 Digital Link", field="text", code=code)
    given = [(ai, decode(value) or "") for ai, _, value in (part.partition("=") for part in web.query.split("&"))]
    query = [(ai, value) for ai, value in given if is_digits(ai) and 2 <= len(ai) <= 4]
    pairs = parse_pairs([(link.ai, link.value), *link.qualifiers.items(), *query], lenient=True)
    warnings = ("serial_in_query",) if any(ai == "21" for ai, _ in query) else ()
    return _scan(assemble(pairs, year, first=link.ai), "digital-link", raw, warnings=warnings)


def _urn(raw: Raw, year: int) -> Scan:
    kind, code = opaque_kind(raw.text)
    if kind in _OPAQUE:
        return _opaque(kind, code, raw, ())
    uri = canonical(raw.text)
    link = parse_link(uri)
    if link is not None:
        return _scan(assemble([(link.ai, link.value), *link.qualifiers.items()], year, first=link.ai), "epc-urn", raw)
    wrong = faults(raw.text)
    if wrong:
        raise IdentifierError(wrong[0], field="text")
    if not uri[:8].lower().startswith("urn:epc:"):
        raise IdentifierError("a URN of no scheme known here", field="text", code="unknown_scheme")
    return Scan(describe(uri), "" if uri.startswith("urn:epc:idpat:") else uri, "epc-urn", symbology=raw.symbology)


def _opaque(kind: OpaqueKind, code: str, raw: Raw, warnings: tuple[str, ...]) -> Scan:
    key = describe(opaque_uri(kind, code))
    return Scan(key, key.uri, _OPAQUE[kind], symbology=raw.symbology, warnings=warnings)


def _scan(found: Found, scheme: Scheme, raw: Raw, reading: Reading | None = None, warnings: tuple[str, ...] = ()) -> Scan:
    alternatives: list[str] = []
    for pairs in reading.others if reading else ():
        # The dates are left out: a reading worth a look-up needs none, and 29 February may not exist in its year.
        unit = assemble([(ai, value) for ai, value in pairs if ai not in ("11", "17")], 2000).key
        if unit.is_unit and unit.uri not in alternatives:
            alternatives.append(unit.uri)
    if reading and reading.lost_separator:
        warnings = (*warnings, "lost_separator")
    key = found.key
    return Scan(
        key=key,
        uri=key.uri if key.is_unit else "",
        scheme=scheme,
        symbology=raw.symbology,
        warnings=warnings,
        alternatives=tuple(alternatives[:_MOST_ALTERNATIVES]),
        **found.fields,
        other=found.other,
    )
