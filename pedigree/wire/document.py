"""The model of a document, and how a place in it is named."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from pedigree.eventhash import Hasher
from pedigree.wire import shape

Event = dict[str, Any]


class Document(msgspec.Struct, frozen=True):
    """One EPCISDocument, EPCISQueryDocument, or single event."""

    events: list[Event]
    """EPCIS 2.0 JSON-LD events, values in the notation of the source; `@context` only where an event brought its own."""
    context: list[Any]
    """The document's @context; made from the namespace declarations when the source is XML."""
    namespaces: dict[str, str]
    """Prefix -> URI of what the document itself declares."""
    header: dict[str, Any]
    """The document without its events; an empty `eventList` or `event` marks where they were. No `epcisBody`: a single event."""
    source: Literal["json", "xml", "xml12"]

    @property
    def alone(self) -> bool:
        """A single event, without a document around it."""
        return "epcisBody" not in self.header

    def hasher(self) -> Hasher:
        """What hashes this document's events: values of XML are never short for URIs, those of JSON-LD are."""
        return Hasher(self.namespaces, curies=self.source == "json")


def events_path(document: Document) -> tuple[str, ...] | None:
    """The keys that lead to the event list (or to the one event) in `header`; None for a single event."""
    if document.alone:
        return None
    body = document.header["epcisBody"]
    if "queryResults" in body:
        return ("epcisBody", "queryResults", "resultsBody", "eventList")
    return ("epcisBody", "event") if "event" in body else ("epcisBody", "eventList")


def where(document: Document, index: int, path: Iterable[str | int] = ()) -> str:
    """The place `path` inside event `index`: a JSON pointer, or an XPath when the document came as XML."""
    if document.source == "json":
        keys = events_path(document)
        start: list[str | int] = [] if keys is None else [*keys] if keys[-1] == "event" else [*keys, index]
        return _pointer(start) + _pointer(path)
    kind = document.events[index].get("type")
    number = sum(event.get("type") == kind for event in document.events[: index + 1])
    return ("" if document.alone else "/EPCISDocument/EPCISBody/EventList") + f"/{kind}[{number}]" + _xpath(path)


def within(document: Document, start: str, path: Iterable[str | int]) -> str:
    """The place `path` inside the event whose own place is `start`."""
    return start + (_pointer(path) if document.source == "json" else _xpath(path))


def _pointer(path: Iterable[str | int]) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def _xpath(path: Iterable[str | int]) -> str:
    found = element = ""
    for place, step in enumerate(path):
        if isinstance(step, int):
            inner = shape.ELEMENTS.get(element)
            found += f"/{inner}[{step + 1}]" if inner else f"[{step + 1}]"
            element = inner or element
            continue
        if element in shape.VALUES and step == shape.VALUES[element]:
            continue  # the element's own text
        attribute = element in shape.WITH_ATTRIBUTES and place > 0
        found += f"/@{step}" if attribute or step[:1] == "@" else f"/{step}"
        element = step
    return found
