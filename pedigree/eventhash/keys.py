"""GS1 keys as the event hash writes them: Digital Link URIs on id.gs1.org (CBV 2.0 section 8.9, EPC URN forms of TDS 1.13).

`normal` takes EPC, EPC class and EPC pattern URNs and Digital Links of any domain, keeps the finest level of identification
(a serial drops the lot; product variants and query strings go) and leaves everything else alone. It belongs to the hash, so it is
frozen: it neither checks check digits nor refuses anything, unlike `pedigree.identifiers`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

HOST = "https://id.gs1.org/"

# TDS: a GS1 character, either literal or as an escape triple
_CHAR = r"(?:%2[125-9A-Fa-f]|%3[0-9A-Fa-f]|%4[1-9A-Fa-f]|%5[0-9AaFf]|%6[1-9A-Fa-f]|%7[0-9Aa]|[!')(*+,.0-9:;=A-Za-z_-])"
_PART = r"(?:%2[3dfDF]|%3[0-9]|%4[1-9A-Fa-f]|%5[0-9Aa]|[0-9A-Z-])"
_ESCAPED = str.maketrans({char: f"%{ord(char):02X}" for char in "!()*+,:"})


def check_digit(digits: str) -> str:
    """The GS1 check digit of a key without it (GenSpecs 7.9.1): weights 3, 1, 3, ... from the right."""
    values = digits.encode("ascii")
    threes, ones = values[::-2], values[-2::-2]
    total = 3 * sum(threes) + sum(ones) - 48 * (3 * len(threes) + len(ones))
    return "0123456789"[-total % 10]


def _escape(text: str) -> str:
    return text if text.isalnum() else text.translate(_ESCAPED)


def _pattern(text: str) -> re.Pattern[str]:
    """`P` stands for a company prefix of 6 to 12 digits, `C` for a GS1 character."""
    return re.compile(text.replace("P", r"(\d{6,12})").replace("C", _CHAR), re.ASCII)


Read = Callable[[re.Match[str]], "str | None"]


def _gtin(prefix: str, item: str) -> str | None:
    if len(prefix) + len(item) != 13:
        return None
    digits = item[0] + prefix + item[1:]
    return digits + check_digit(digits)


def _trade(key: str, qualifier: str) -> Read:
    def read(found: re.Match[str]) -> str | None:
        gtin = _gtin(found[1], found[2])
        return gtin and f"{HOST}{key}/{gtin}/{qualifier}/{_escape(found[3])}"

    return read


def _trade_class(found: re.Match[str]) -> str | None:
    gtin = _gtin(found[1], found[2])
    return gtin and f"{HOST}01/{gtin}"


def _piece(found: re.Match[str]) -> str | None:
    gtin = _gtin(found[1], found[2])
    serial = "" if found[5] == "*" else "/21/" + _escape(found[5])
    return gtin and f"{HOST}8006/{gtin}{found[3]}{found[4]}{serial}"


def _sscc(found: re.Match[str]) -> str | None:
    if len(found[1]) + len(found[2]) != 17:
        return None
    digits = found[2][0] + found[1] + found[2][1:]
    return f"{HOST}00/{digits}{check_digit(digits)}"


def _checked(key: str, length: int, lead: str = "", tail: Callable[[str], str] | None = None) -> Read:
    """Prefix and reference are `length` digits together; the check digit follows, then what `tail` makes of the serial."""

    def read(found: re.Match[str]) -> str | None:
        digits = lead + found[1] + found[2]
        if len(digits) != length + len(lead):
            return None
        return f"{HOST}{key}/{digits}{check_digit(digits)}{tail(found[3]) if tail else ''}"

    return read


def _unchecked(key: str) -> Read:
    """A company prefix and a reference of together at most 30 characters, no check digit."""

    def read(found: re.Match[str]) -> str | None:
        size = len(found[1]) + len(found[2]) - 2 * found[2].count("%")
        return f"{HOST}{key}/{found[1]}{_escape(found[2])}" if size <= 30 else None

    return read


def _component(found: re.Match[str]) -> str | None:
    size = len(found[1]) + len(found[2]) - 2 * found[2].count("%")
    serial = "" if found[3] == "*" else "/8011/" + found[3]
    return f"{HOST}8010/{found[1]}{found[2]}{serial}" if size <= 30 else None


def _extension(text: str) -> str:
    return "" if text == "0" else "/254/" + _escape(text)


def _any(_: str) -> str:
    return ""


_URNS: dict[str, tuple[re.Pattern[str], Read]] = {
    "id:sgtin": (_pattern(r"P\.(\d{1,7})\.(C{1,20})"), _trade("01", "21")),
    "id:sscc": (_pattern(r"P\.(\d{5,11})"), _sscc),
    "id:sgln": (_pattern(r"P\.(\d{0,6})\.(C{1,20})"), _checked("414", 12, tail=_extension)),
    "id:grai": (_pattern(r"P\.(\d{0,6})\.(C{1,16})"), _checked("8003", 12, "0", _escape)),
    "id:giai": (_pattern(r"P\.(C{1,24})"), _unchecked("8004")),
    "id:gsrn": (_pattern(r"P\.(\d{5,11})"), _checked("8018", 17)),
    "id:gsrnp": (_pattern(r"P\.(\d{5,11})"), _checked("8017", 17)),
    "id:gdti": (_pattern(r"P\.(\d{0,6})\.(C{1,19})"), _checked("253", 12, tail=_escape)),
    "id:cpi": (_pattern(rf"P\.({_PART}{{1,24}})\.(\d{{1,12}})"), _component),
    "id:sgcn": (_pattern(r"P\.(\d{0,6})\.(\d{1,12})"), _checked("255", 12, tail=_escape)),
    "id:ginc": (_pattern(r"P\.(C{1,24})"), _unchecked("401")),
    "id:gsin": (_pattern(r"P\.(\d{4,10})"), _checked("402", 16)),
    "id:itip": (_pattern(r"P\.(\d{1,7})\.(\d\d)\.(\d\d)\.(C{1,20})"), _piece),
    "id:upui": (_pattern(r"P\.(\d{1,7})\.(C{1,28})"), _trade("01", "235")),
    "id:pgln": (_pattern(r"P\.(\d{0,6})"), _checked("417", 12)),
    "class:lgtin": (_pattern(r"P\.(\d{1,7})\.(C{1,20})"), _trade("01", "10")),
    "idpat:sgtin": (_pattern(r"P\.(\d{1,7})\.\*"), _trade_class),
    "idpat:grai": (_pattern(r"P\.(\d{0,6})\.(\*)"), _checked("8003", 12, "0", _any)),
    "idpat:gdti": (_pattern(r"P\.(\d{0,6})\.(\*)"), _checked("253", 12, tail=_any)),
    "idpat:sgcn": (_pattern(r"P\.(\d{0,6})\.(\*)"), _checked("255", 12, tail=_any)),
    "idpat:cpi": (_pattern(rf"P\.({_PART}{{1,24}})\.(\*)"), _component),
    "idpat:itip": (_pattern(r"P\.(\d{1,7})\.(\d\d)\.(\d\d)\.(\*)"), _piece),
    "idpat:upui": (_pattern(r"P\.(\d{1,7})\.\*"), _trade_class),
}


def normal(text: str) -> str:
    """The canonical Digital Link of a GS1 key in any notation; any other text as it is."""
    if text.startswith("urn:epc:"):
        return _from_urn(text)
    if text.startswith("http"):
        return _from_link(text)
    return text


@lru_cache(16384)
def _from_urn(text: str) -> str:
    start = text.find(":", text.find(":", 8) + 1)
    known = _URNS.get(text[8:start])
    if known is None:
        return text
    found = known[0].fullmatch(text, start + 1)
    return (found and known[1](found)) or text


_NAMES = {
    "gtin": "01", "itip": "8006", "cpid": "8010", "gln": "414", "party": "417", "gsrnp": "8017", "gsrn": "8018", "gcn": "255",
    "sscc": "00", "gdti": "253", "ginc": "401", "gsin": "402", "grai": "8003", "giai": "8004", "cpv": "22", "lot": "10",
    "ser": "21",
}  # fmt: skip
_SHORT = re.compile("/(" + "|".join(_NAMES) + ")(?=/)")
_KEYS = ("00", "01", "253", "255", "401", "402", "414", "417", "8003", "8004", "8006", "8010", "8017", "8018")
_HAS_KEY = re.compile(rf"[^?#]*/(?:{'|'.join(_KEYS)})/\d{{4}}[^/]", re.ASCII)
_ON_HOST = re.compile(rf"https://id\.gs1\.org/(?:{'|'.join(_KEYS)})/\d{{4}}[^/]", re.ASCII)

# characters that a Digital Link shows as they are, or escaped
_WEB = r"(?:[\"'.0-9;<=>?A-Z_a-z-]|%[0-9A-Fa-f]{2})"
_VALID = re.compile(
    r"https://id\.gs1\.org/(?:"
    r"00/\d{18}"
    r"|01/\d{14}(?:/(?:21|10)/W{1,20}|/235/W{1,28})?"
    r"|253/\d{13}W{0,17}|255/\d{13,25}|401/W{1,30}|402/\d{17}"
    r"|414/\d{13}(?:/254/W{1,20})?|417/\d{13}"
    r"|8003/\d{14}W{0,16}|8004/W{1,30}"
    r"|8006/\d{18}(?:/(?:21|10)/W{1,20})?"
    r"|8010/(?:[#0-9A-Z/-]|%[0-9A-Fa-f]{2}){1,30}(?:/8011/\d{0,12})?"
    r"|801[78]/\d{18})".replace("W", _WEB),
    re.ASCII,
)
_SHORT_GTIN = re.compile(r"(https://id\.gs1\.org/01/)(\d{8}|\d{12,13})(?=/|$)", re.ASCII)
_VARIANT = re.compile(rf"(/(?:01/\d{{14}}|8006/\d{{18}}))/22/{_WEB}{{0,20}}(?=/|$)", re.ASCII)
_LOT = re.compile(rf"(/(?:01/\d{{14}}|8006/\d{{18}}))/10/{_WEB}{{0,20}}(/21/{_WEB}{{0,20}})$", re.ASCII)


def _from_link(text: str) -> str:
    if _VALID.fullmatch(text) and "?" not in text:
        return text
    return _from_foreign_link(text)


@lru_cache(16384)
def _from_foreign_link(text: str) -> str:
    if not text.startswith(("http:", "https:")) or len(text) > 2048:
        return text
    link = _SHORT.sub(lambda found: "/" + _NAMES[found[1]], text)
    if not _HAS_KEY.match(link):
        return text
    link = link.partition("?")[0]
    if not _ON_HOST.match(link):
        at = next((at for at in (link.find(f"/{key}/") for key in _KEYS) if at >= 0), 0)
        link = HOST[:-1] + link[at:]
    link = _SHORT_GTIN.sub(lambda found: found[1] + found[2].zfill(14), link)
    link = _VARIANT.sub(r"\1", link)
    link = _LOT.sub(r"\1\2", link)
    return link if _VALID.fullmatch(link) else text
