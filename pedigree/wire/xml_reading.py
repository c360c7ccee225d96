"""XML documents of EPCIS 2.0 and 1.2: the frame around the events."""

from __future__ import annotations

from typing import Any, Literal

from lxml import etree

from pedigree.errors import DocumentError, Fault
from pedigree.namespaces import CONTEXT, EPCIS, EPCIS_1, QUERY, QUERY_1
from pedigree.wire import shape
from pedigree.wire.document import Document, Event
from pedigree.wire.limits import Limits
from pedigree.wire.xml_event import EventReader
from pedigree.wire.xml_header import read_header
from pedigree.wire.xml_names import Prefixes, attributes
from pedigree.wire.xml_safe import parse_tree

_ROOTS: dict[str, tuple[str, Literal["xml", "xml12"]]] = {
    f"{{{EPCIS}}}EPCISDocument": ("EPCISDocument", "xml"),
    f"{{{EPCIS_1}}}EPCISDocument": ("EPCISDocument", "xml12"),
    f"{{{QUERY}}}EPCISQueryDocument": ("EPCISQueryDocument", "xml"),
    f"{{{QUERY_1}}}EPCISQueryDocument": ("EPCISQueryDocument", "xml12"),
    f"{{{EPCIS}}}EPCISQueryDocument": ("EPCISQueryDocument", "xml"),
}


def parse_xml(body: bytes, limits: Limits | None = None) -> Document:
    """Read a document of 2.0 or 1.x. Raises DocumentError: not well-formed, a DTD, no EPCIS document, elements out of place."""
    root = parse_tree(body, limits or Limits())
    known = _ROOTS.get(root.tag)
    if known is None:
        raise _refuse([Fault("/*", f"the element {root.tag[:200]}", f"EPCISDocument of {EPCIS}")])
    kind, source = known
    prefixes = Prefixes(root)
    reader = EventReader(prefixes)
    header: dict[str, Any] = {"type": kind}
    for name, value in attributes(root):
        plain = name in ("schemaVersion", "creationDate")
        header[name if plain else "@" + prefixes.name(name, None)] = value
    events: list[Event] | None = None
    for child in root:
        if child.tag == "EPCISBody":
            header["epcisBody"], events = _body(child, reader, prefixes)
        elif child.tag == "EPCISHeader":
            header |= read_header(child, reader, prefixes)
        else:
            header[prefixes.element(child)] = reader.extension(child)
    if events is None:
        reader.faults.insert(0, Fault("/*", "no event list", "EPCISBody with an EventList"))
    if reader.faults:
        raise _refuse(reader.faults)
    return _document(events or [], prefixes, header, source)


def parse_xml_event(body: bytes, limits: Limits | None = None) -> Document:
    """Read one event element that stands alone. Raises DocumentError."""
    root = parse_tree(body, limits or Limits())
    name = etree.QName(root)
    if name.localname not in shape.EVENTS or name.namespace not in (None, EPCIS):
        raise _refuse([Fault("/*", f"the element {root.tag[:200]}", "one of " + ", ".join(shape.EVENTS))])
    prefixes = Prefixes(root)
    reader = EventReader(prefixes)
    event = {**reader.event(root), "type": name.localname}
    if reader.faults:
        raise _refuse(reader.faults)
    return _document([event], prefixes, {}, "xml")


def _document(events: list[Event], prefixes: Prefixes, header: dict[str, Any], source: Literal["xml", "xml12"]) -> Document:
    context: list[Any] = [CONTEXT]
    if prefixes.declared:
        context.append(dict(prefixes.declared))
    return Document(events=events, context=context, namespaces=prefixes.declared, header=header, source=source)


def _body(node: etree._Element, reader: EventReader, prefixes: Prefixes) -> tuple[dict[str, Any], list[Event] | None]:
    """The body as an object whose event list is empty, and the events (None when there is no list)."""
    found: dict[str, Any] = {}
    events: list[Event] | None = None
    for child in node:
        local = etree.QName(child).localname
        if child.tag == "EventList":
            found["eventList"] = []
            events = [*(events or []), *_events(child, reader)]
        elif local == "QueryResults" or child.tag == "resultsBody":
            inner, more = _body(child, reader, prefixes)
            found["queryResults" if local == "QueryResults" else local] = inner
            events = events if more is None else more
        elif child.tag in ("queryName", "subscriptionID"):
            found[local] = (child.text or "").strip()
        else:
            found[prefixes.element(child)] = reader.extension(child)
    return found, events


def _events(node: etree._Element, reader: EventReader) -> list[Event]:
    events: list[Event] = []
    for child in node:
        if child.tag == "extension":  # where 1.x hides transformations
            events += _events(child, reader)
        else:
            events.append(reader.event(child))
    return events


def _refuse(faults: list[Fault]) -> DocumentError:
    return DocumentError(f"not an EPCIS document: {faults[0]}", tuple(faults))
