"""What the client can take: notation, versions, forms of identifiers (EPCIS 2.0 section 12.5 and 12.6)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from fastapi import Request

from services.pages import weighted
from services.problems import Problem, invalid

EpcFormat = Literal["Always_GS1_Digital_Link", "Always_EPC_URN", "Never_Translates"]
CbvFormat = Literal["Always_Web_URI", "Always_URN", "Never_Translates"]
EPC_FORMATS: tuple[EpcFormat, ...] = ("Always_GS1_Digital_Link", "Always_EPC_URN", "Never_Translates")
CBV_FORMATS: tuple[CbvFormat, ...] = ("Always_Web_URI", "Always_URN", "Never_Translates")
VERSION = "2.0.0"
JSON_TYPES = ("application/json", "application/ld+json")
XML_TYPES = ("application/xml", "text/xml")
T = TypeVar("T", bound=str)
_VERSION = re.compile(r"(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?")


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the answer is to be written."""

    media: str
    epcs: EpcFormat
    cbv: CbvFormat

    @property
    def xml(self) -> bool:
        return self.media in XML_TYPES


def wanted(request: Request) -> Wanted:
    """From the request's headers. Raises 406 when it accepts nothing that is spoken here, 400 for a form that is none."""
    headers = request.headers
    versions(headers)
    return Wanted(
        media(headers),
        _one_of(headers, "GS1-EPC-Format", EPC_FORMATS, "Never_Translates"),
        _one_of(headers, "GS1-CBV-XML-Format", CBV_FORMATS, "Never_Translates"),
    )


def media(headers: Mapping[str, str], offered: tuple[str, ...] = (*JSON_TYPES, *XML_TYPES)) -> str:
    """The offered media type that is liked best; the first one offered where nothing is said."""
    text = headers.get("accept", "").strip()
    accepted = weighted(text) if text else [("*/*", 1.0)]
    refused = {name for name, weight in accepted if weight <= 0}
    for name, weight in accepted:
        for one in offered:
            if weight > 0 and one not in refused and name in (one, "*/*", one.partition("/")[0] + "/*"):
                return one
    raise Problem(406, "NotAcceptableException", f"answers are written as {', '.join(offered)}")


def versions(headers: Mapping[str, str]) -> None:
    """Whether 2.0 lies between the lowest and the highest version that the client knows."""
    for standard in ("EPCIS", "CBV"):
        for bound in ("Min", "Max"):
            name = f"GS1-{standard}-{bound}"
            text = headers.get(name, "").strip()
            if not text:
                continue
            found = _VERSION.fullmatch(text)
            if found is None:
                raise invalid(f"{name}: {text[:40]!r} is no version such as {VERSION}")
            asked = int(found[1]), int(found[2])
            if (asked > (2, 0)) if bound == "Min" else (asked < (2, 0)):
                raise Problem(406, "NotAcceptableException", f"{name} {text}: only {standard} {VERSION} is spoken here")


def _one_of(headers: Mapping[str, str], name: str, known: tuple[T, ...], default: T) -> T:
    text = headers.get(name, "").strip()
    if not text:
        return default
    for one in known:
        if one.lower() == text.lower():
            return one
    raise invalid(f"{name} is one of {', '.join(known)}, not {text[:40]!r}")
