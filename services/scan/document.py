"""A scanner's file as an EPCIS document, and where in the file what is wrong with it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from pedigree.errors import Fault
from pedigree.wire import Document
from services.scan import platform
from services.scan.events import events_of
from services.scan.lines import media_of, read_lines

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
MEDIA = frozenset({"text/csv", "text/plain"}) | platform.MEDIAS
_START = "/epcisBody/eventList/"
_SHOWN = 5


class Scans(msgspec.Struct, frozen=True):
    """`lines`: per event, the places in the file that it was made of. `faults`: of places that no event was made of."""

    document: Document
    lines: list[list[str]]
    faults: list[Fault]

    def placed(self, fault: Fault) -> Fault:
        """A fault of the document as a fault of the file."""
        index, _, rest = fault.where.removeprefix(_START).partition("/")
        if not fault.where.startswith(_START) or not index.isdigit():
            return fault
        places = self.lines[int(index)]
        shown = "; ".join(places[:_SHOWN]) + (f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else "")
        return Fault(f"{shown} ({rest})" if rest else shown, fault.found, fault.expected)


def read_scans(body: bytes, content_type: str, aliases: Mapping[str, str]) -> Scans:
    """`aliases`: id on a code platform -> GLN. Raises DocumentError for a file that can't be read at all."""
    media, given = media_of(content_type)
    if media in platform.MEDIAS:
        bills = platform.read_bills(body, aliases, media, given.get("site", ""))
        lines, faults = bills.lines, bills.faults
    else:
        lines, faults = read_lines(body, content_type), []
    read = events_of(lines)
    header: dict[str, Any] = {
        "@context": [CONTEXT],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        # The same file is the same document, whenever it is read.
        "creationDate": max((event["eventTime"] for event in read.events), default="1970-01-01T00:00:00.000Z"),
        "epcisBody": {"eventList": []},
    }
    document = Document(events=read.events, context=[CONTEXT], namespaces={}, header=header, source="json")
    return Scans(document, read.lines, [*faults, *read.faults])


def is_scans(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() in MEDIA


def with_columns(media: str, given: Sequence[tuple[str, str]]) -> str:
    """The media type with columns that hold for the whole file."""
    quoted = "".join(f'; {name}="{value}"' for name, value in given)
    return media + quoted
