"""Keys as labels carry them: element string, its human readable form, Digital Link URI."""

from __future__ import annotations

from pedigree.errors import IdentifierError
from pedigree.identifiers.canonical import canonical
from pedigree.identifiers.dates import gs1_date
from pedigree.identifiers.digitallink import CANONICAL_BASE, Link, parse_link, write_link
from pedigree.identifiers.grammar import KEYS, QUALIFIERS
from pedigree.identifiers.scantext import GS

# AIs of predefined length need no separator behind them (GS1 General Specifications, figure 7.8.5-2), whatever follows.
_PREDEFINED = frozenset({"00", "01", "02", "03", "04", *map(str, range(11, 21)), "31", "32", "33", "34", "35", "36", "41"})


def element_string(uri: str, *, lot: str = "", expiry: str = "") -> str:
    """The data of a barcode, FNC1 as 0x1D between fields where it is needed, without symbology prefix.

    `expiry` is an ISO date, or `YYYY-MM` for a whole month. Raises IdentifierError when `uri` is no GS1 key.
    """
    fields = _fields(uri, lot, expiry)
    text = "".join(f"{ai}{value}{'' if ai[:2] in _PREDEFINED else GS}" for ai, value in fields)
    return text.removesuffix(GS)


def hri(uri: str, *, lot: str = "", expiry: str = "") -> str:
    """The human readable interpretation, `(01)...(17)...(10)...(21)...`. As `element_string`."""
    return "".join(f"({ai}){value}" for ai, value in _fields(uri, lot, expiry))


def digital_link(uri: str, base: str = CANONICAL_BASE, *, lot: str = "", expiry: str = "") -> str:
    """A Digital Link URI under `base` (scheme, domain, path prefix), lot in the path and expiry in the query.

    Its canonical form is `uri` again. Raises IdentifierError when `uri` is no GS1 key, or the lot has no place in it.
    """
    link = _with_lot(uri, lot)
    if lot and "10" not in KEYS[link.ai].qualifiers:
        raise IdentifierError(f"({link.ai}) takes no lot in a Digital Link", field="lot")
    query = f"?17={gs1_date(expiry)}" if expiry else ""
    return write_link(base.rstrip("/"), link.ai, link.value, link.qualifiers) + query


def _fields(uri: str, lot: str, expiry: str) -> list[tuple[str, str]]:
    """Fields of predefined length first: that spares separators."""
    link = _with_lot(uri, lot)
    dates = [("17", gs1_date(expiry))] if expiry else []
    return [(link.ai, link.value), *dates, *link.qualifiers.items()]


def _with_lot(uri: str, lot: str) -> Link:
    link = parse_link(canonical(uri))
    if link is None:
        raise IdentifierError(f"{uri[:80]!r} is no GS1 key", field="uri", code="unknown_scheme")
    if not lot or link.qualifiers.get("10") == lot:
        return link
    if "10" in link.qualifiers or not QUALIFIERS["10"].fullmatch(lot):
        raise IdentifierError(f"{lot[:40]!r} is not the lot of {uri[:80]}", field="lot")
    order = KEYS[link.ai].qualifiers
    merged = {**link.qualifiers, "10": lot}
    # A lot is no qualifier of an SSCC or an asset, yet may stand beside it on a label.
    return link._replace(qualifiers={q: merged[q] for q in (*order, "10") if q in merged})
