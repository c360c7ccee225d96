"""The values of events and what is wrong with them (EPCIS 2.0 section 7.3, CBV 2.0)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from pedigree.cbv import URNS, WEB, WORDS, Kind, bare
from pedigree.errors import DocumentError
from pedigree.identifiers import canonical, faults
from pedigree.times import parse_offset, parse_time

FIRST_TIME = 0
"""1970-01-01."""
LAST_TIME = 4_133_980_799_999
"""The end of 2100."""

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x20<>\"{}|\\^`\x7f]+")
_CLASS = re.compile(
    r"urn:epc:(?:class|idpat):.*|https://id\.gs1\.org/(?:01/\d{14}(?:/10/[^/]+)?|8006/\d{18}(?:/10/[^/]+)?|8003/\d{14}"
    r"|253/\d{13}|255/\d{13}|8010/[^/]+)",
    re.DOTALL,
)
_OLD_WORDS: dict[Kind, frozenset[str]] = {
    "disposition": frozenset(
        f"non_sellable_{why}" for why in ("expired", "damaged", "disposed", "no_pedigree_match", "recalled")
    ),
}
"""Words that CBV 1.x had and 2.0 has no more; documents of 1.2 may carry them as URNs."""

_TITLES: dict[Kind, str] = {
    "bizStep": "a business step",
    "disposition": "a disposition",
    "btt": "a business transaction type",
    "sdt": "a source or destination type",
    "er": "an error reason",
    "measurement": "a measurement type",
    "exception": "a sensor exception",
    "component": "a component",
}


def _wrong(expected: str, found: str = "") -> PydanticCustomError:
    return PydanticCustomError("epcis", "{expected}", {"expected": expected, "found": found})


def _uri(text: str) -> str:
    if not _URI.fullmatch(text):
        raise _wrong("a URI")
    return text


@lru_cache(65_536)
def _identifier_faults(text: str) -> tuple[str, bool]:
    """What is wrong with an identifier ('' for nothing), and whether it names a class of things."""
    if not _URI.fullmatch(text):
        return "a URI", False
    found = faults(text)
    return "; ".join(found), _CLASS.fullmatch(canonical(text)) is not None


def _identifier(text: str) -> str:
    wrong, _ = _identifier_faults(text)
    if wrong:
        raise _wrong("a well-formed identifier", text if wrong == "a URI" else f"{text} ({wrong})")
    return text


@lru_cache(4096)
def _serials_under(head: str) -> bool:
    """Whether `head` with a plain serial behind it is a well-formed identifier of one thing."""
    return _identifier_faults(head + "0") == ("", False)


def _instance(text: str) -> str:
    if text.startswith(("urn:epc:id:sgtin:", "https://id.gs1.org/01/")):  # what most lists consist of: many serials of one GTIN
        at = text.rfind("." if text[0] == "u" else "/") + 1
        serial = text[at:]
        if len(serial) <= 20 and serial.isalnum() and serial.isascii() and _serials_under(text[:at]):
            return text
    wrong, is_class = _identifier_faults(text)
    if wrong:
        raise _wrong("a well-formed identifier", text if wrong == "a URI" else f"{text} ({wrong})")
    if is_class:
        raise _wrong("the identifier of one thing (classes and lots belong in a quantity list)", text)
    return text


def _time(text: str) -> str:
    try:
        milli = parse_time(text)
    except DocumentError:
        raise _wrong("a time with offset such as 2024-05-01T09:30:00.000+08:00") from None
    if not FIRST_TIME <= milli <= LAST_TIME:
        raise _wrong("a time within the years 1970 to 2100")
    return text


def _offset(text: str) -> str:
    try:
        parse_offset(text)
    except DocumentError:
        raise _wrong("an offset such as +08:00") from None
    return text


def _word(kind: Kind) -> Callable[[str], str]:
    """A word of the standard's vocabulary in any notation, or a URI of somebody else's."""
    words = WORDS[kind] | _OLD_WORDS.get(kind, frozenset())
    open_ended = kind in ("measurement", "exception")  # GS1's web vocabulary has more words for them than CBV lists
    own = (WEB, "cbv:", *(urn for urn, _ in URNS))

    @lru_cache(4096)
    def known(text: str) -> bool:
        word = bare(kind, text)
        if word in words or (open_ended and word != text):
            return True
        return _URI.fullmatch(word) is not None and not word.startswith(own)

    def check(text: str) -> str:
        if not known(text):
            raise _wrong(f"{_TITLES[kind]} of CBV 2.0 or a URI")
        return text

    return check


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Uri = Annotated[str, AfterValidator(_uri)]
Identifier = Annotated[str, AfterValidator(_identifier)]
Instance = Annotated[str, AfterValidator(_instance)]
Time = Annotated[str, AfterValidator(_time)]
Offset = Annotated[str, AfterValidator(_offset)]
Uris = Annotated[list[Uri], BeforeValidator(_listed)]
Text = Annotated[str, StringConstraints(min_length=1)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Unit = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2,3}$")]
"""UN/ECE Recommendation 20."""
HexBinary = Annotated[str, StringConstraints(pattern=r"^(?:[0-9A-Fa-f]{2})*$")]
BizStep = Annotated[str, AfterValidator(_word("bizStep"))]
Disposition = Annotated[str, AfterValidator(_word("disposition"))]
TransactionType = Annotated[str, AfterValidator(_word("btt"))]
PartyType = Annotated[str, AfterValidator(_word("sdt"))]
Reason = Annotated[str, AfterValidator(_word("er"))]
Measurement = Annotated[str, AfterValidator(_word("measurement"))]
SensorException = Annotated[str, AfterValidator(_word("exception"))]
Component = Annotated[str, AfterValidator(_word("component"))]
