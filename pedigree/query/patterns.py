"""What the MATCH_ parameters take: identifiers, pure identity patterns (`urn:epc:idpat:...`, TDS section 8), and Digital Links or
other URIs with `*`.

A pattern is a glob over canonical keys (`*` any characters, `[0-9]` a digit), which stores can run as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from pedigree.identifiers import canonical
from pedigree.identifiers.charset import is_digits
from pedigree.identifiers.checkdigit import check_digit
from pedigree.identifiers.digitallink import split_web
from pedigree.identifiers.grammar import KEYS, SHORT_NAMES

BASE = "https://id.gs1.org/"
_GTIN = BASE + "01/"
_SERIAL = "/21/"
_GTIN_ONLY = re.compile(r"https://id\.gs1\.org/01/[0-9]{14}")
_DIGIT = "[0-9]"
_TOKEN = re.compile(r"\*|\[0-9\]|[^*\[]+|\[")
_COMPONENTS = {
    "sgtin": 3, "lgtin": 3, "upui": 3, "sscc": 2, "sgln": 3, "pgln": 2, "grai": 3, "giai": 2, "gsrn": 2, "gsrnp": 2, "gdti": 3,
    "sgcn": 3, "cpi": 3, "ginc": 2, "gsin": 2, "itip": 5,
}  # fmt: skip
_QUALIFIERS = {"sgtin": "21", "lgtin": "10", "upui": "235"}
# AI, what stands between it and the company prefix, digits of prefix and reference before the serial (0: there is no serial).
_PREFIXED = {
    "sscc": ("00", _DIGIT, 0), "sgln": ("414", "", 12), "pgln": ("417", "", 0), "grai": ("8003", "0", 12),
    "giai": ("8004", "", 0), "gsrn": ("8018", "", 0), "gsrnp": ("8017", "", 0), "gdti": ("253", "", 12),
    "sgcn": ("255", "", 12), "cpi": ("8010", "", 0), "ginc": ("401", "", 0), "gsin": ("402", "", 0),
    "itip": ("8006", _DIGIT, 0),
}  # fmt: skip


class Pattern(msgspec.Struct, frozen=True):
    """`glob` '': exactly `key`. Else what fits the glob, all of which begins with `key`."""

    key: str
    glob: str = ""

    @property
    def exact(self) -> bool:
        return not self.glob

    @property
    def gtins(self) -> str:
        """For a pattern of all serials of GTINs: the glob that these GTINs' `all_serials` fit; '' for other patterns."""
        return self.glob.removesuffix("*") if self.glob.startswith(_GTIN) and self.glob.endswith(_SERIAL + "*") else ""

    def fits(self, key: str) -> bool:
        """Whether a canonical key is one of those."""
        return key == self.key if self.exact else _compiled(self.glob).fullmatch(key) is not None


def all_serials(key: str) -> str:
    """What all serials of the GTIN of a serialised key begin with, '' for any other key."""
    return key[: len(_GTIN) + 14 + len(_SERIAL)] if key.startswith(_GTIN) and key.startswith(_SERIAL, len(_GTIN) + 14) else ""


@lru_cache(1024)
def _compiled(glob: str) -> re.Pattern[str]:
    made = (".*" if token == "*" else token if token == _DIGIT else re.escape(token) for token in _TOKEN.findall(glob))
    return re.compile("".join(made), re.DOTALL)


def pattern(text: str, *, classes: bool = False) -> Pattern:
    """Read one value. ValueError for a pattern that can't be one.

    `classes`: it is about classes (MATCH_epcClass); there a bare GTIN is that class, elsewhere it is any serial of it.
    """
    text = text.strip()
    if text[:14].lower() == "urn:epc:idpat:" or (text.startswith("urn:epc:class:lgtin:") and text.endswith(".*")):
        return _pure_identity(text, classes)
    if "*" in text:
        return _glob(_from_web(text) if text.startswith(("http://", "https://")) else _escaped(text))
    key = canonical(text)
    if not classes and _GTIN_ONLY.fullmatch(key):
        return _glob(key + _SERIAL + "*")
    return Pattern(key)


def _glob(glob: str) -> Pattern:
    return Pattern(glob[: min(at for at in (glob.find("*"), glob.find("[")) if at >= 0)], glob)


def _escaped(text: str) -> str:
    if "[" in text:
        raise ValueError("`[` is not allowed beside `*`")
    return text


def _from_web(text: str) -> str:
    """A Digital Link with `*` as value of keys or qualifiers, on any domain; GTINs get 14 digits."""
    web = split_web(_escaped(text))
    segments = web.segments if web else []
    for start in range(len(segments) % 2, len(segments) - 1, 2):
        ai = SHORT_NAMES.get(segments[start], segments[start])
        if ai in KEYS:
            value = segments[start + 1]
            found = [ai, value.zfill(14) if ai == "01" and value.isdigit() else value]
            if ai == "01" and value == "*":
                found[1] = _DIGIT * 14
            for name, part in zip(segments[start + 2 :: 2], segments[start + 3 :: 2], strict=True):
                found += [SHORT_NAMES.get(name, name), part]
            return BASE + "/".join(found)
    return text


def _pure_identity(text: str, classes: bool) -> Pattern:
    scheme, _, body = text.split(":", 3)[3].partition(":")
    if scheme not in _COMPONENTS:
        raise ValueError(f"{scheme[:40]!r} is no scheme of pure identity patterns")
    count = _COMPONENTS[scheme]
    parts = body.split(".", count - 1)
    known = next((at for at, part in enumerate(parts) if part == "*"), len(parts))
    if len(parts) != count or any("*" in part for part in parts[:known]) or set(parts[known:]) - {"*"}:
        raise ValueError(f"a pattern of {scheme} has {count} components, and `*` for the last ones, each as a whole")
    if known and not (6 <= len(parts[0]) <= 12 and is_digits(parts[0])):
        raise ValueError("a pattern begins with a GS1 company prefix of 6 to 12 digits")
    if known == len(parts):
        return Pattern(canonical(f"urn:epc:{'class' if scheme == 'lgtin' else 'id'}:{scheme}:{body}"))
    if scheme in _QUALIFIERS:
        return _on_gtin(scheme, parts, known, classes)
    ai, lead, digits = _PREFIXED[scheme]
    if known == 0:
        return _glob(f"{BASE}{ai}/*")
    if known == 1:
        return _glob(f"{BASE}{ai}/{lead}{parts[0]}*")
    number = ("0" if ai == "8003" else "") + parts[0] + parts[1]
    if not digits or len(parts[0] + parts[1]) != digits or not is_digits(number):
        raise ValueError(f"a pattern of {scheme} ends in `*` behind the company prefix, or behind {digits or 'no'} digits")
    return _glob(f"{BASE}{ai}/{number}{check_digit(number)}*")


def _on_gtin(scheme: str, parts: list[str], known: int, classes: bool) -> Pattern:
    prefix, item = parts[0], parts[1]
    if known == 0:
        number = _DIGIT * 14
    elif known == 1:
        number = _DIGIT + prefix + _DIGIT * (13 - len(prefix))
    else:
        body = item[:1] + prefix + item[1:]
        if len(body) != 13 or not is_digits(body):
            raise ValueError("company prefix and item reference have 13 digits together")
        number = body + check_digit(body)
    if classes and scheme == "sgtin":  # a class: the GTIN itself, not its serials
        return Pattern(_GTIN + number) if known == 2 else _glob(_GTIN + number)
    return _glob(f"{_GTIN}{number}/{_QUALIFIERS[scheme]}/*")
