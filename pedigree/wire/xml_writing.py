"""Writing EPCIS 2.0 XML.

Events that came as 2.0 XML keep the order of their elements; others get the schema's. A field `prefix:local` becomes an element
of that namespace, `@prefix:local` an attribute; a prefix that nothing declares stands for the namespace `prefix:`.
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from pedigree.errors import DocumentError
from pedigree.namespaces import EPCIS, QUERY
from pedigree.wire import shape
from pedigree.wire.document import Document, Event
from pedigree.wire.notation import spelled_for_xml
from pedigree.wire.xml_builder import Builder
from pedigree.wire.xml_header import write_header

_FRAME = frozenset(
    ("type", "epcisHeader", "epcisBody", "schemaVersion", "creationDate", "sender", "receiver", "instanceIdentifier")
)


def to_xml(document: Document) -> bytes:
    """Write a document (a single event stays one). Raises DocumentError for what XML can't say: control characters, field names
    that are no XML names."""
    if document.source == "json":
        document = spelled_for_xml(document)
    try:
        return etree.tostring(_tree(document), xml_declaration=True, encoding="UTF-8")
    except ValueError as wrong:
        raise DocumentError(f"can't be written as XML: {wrong}") from wrong


def _tree(document: Document) -> etree._Element:
    build = Builder(document)
    if document.alone:
        root = build.root(str(document.events[0]["type"]))
        _event(build, root, document, document.events[0])
        return root
    query = document.header.get("type") == "EPCISQueryDocument"
    root = build.root(f"{{{QUERY if query else EPCIS}}}{document.header.get('type')}")
    root.set("schemaVersion", "2.0")
    if "creationDate" in document.header:
        root.set("creationDate", str(document.header["creationDate"]))
    write_header(build, root, document.header)
    body = build.child(root, "EPCISBody")
    inner: dict[str, Any] = document.header.get("epcisBody", {})
    if query:
        body = build.child(body, f"{{{QUERY}}}QueryResults")
        inner = inner.get("queryResults", {})
        for name in ("queryName", "subscriptionID"):
            if name in inner:
                build.child(body, name).text = str(inner[name])
        body = build.child(body, "resultsBody")
    events = build.child(body, "EventList")
    for event in document.events:
        _event(build, build.child(events, str(event["type"])), document, event)
    for key, value in document.header.items():
        if key not in _FRAME and (key[0] == "@" or ":" in key):
            build.extension(root, key, value)
    return root


def _event(build: Builder, node: etree._Element, document: Document, event: Event) -> None:
    keys = list(event)
    if document.source != "xml":
        order = {name: place for place, name in enumerate(shape.ORDER.get(event["type"], ()))}
        keys.sort(key=lambda key: order.get(key, len(order)))  # stable: extensions stay in their order
    for key in keys:
        value = event[key]
        if key in ("type", "@context"):
            continue
        if key in shape.TEXTS:
            build.text(node, key, value)
        elif key == "certificationInfo":
            for item in value if isinstance(value, list) else [value]:
                build.text(node, key, item)
        elif key in shape.EPC_LISTS:
            build.texts(build.child(node, key), shape.ELEMENTS[key], value)
        elif key in shape.QUANTITY_LISTS:
            parent = build.child(node, key)
            for item in value:
                build.part(build.child(parent, "quantityElement"), item, ("epcClass", "quantity", "uom"))
        elif key in shape.REFERENCES:
            _references(build, build.child(node, key), shape.REFERENCES[key], value)
        elif key in shape.PLACES:
            build.part(build.child(node, key), value, ("id",))
        elif key == "sensorElementList":
            _sensors(build, build.child(node, key), value)
        elif key == "persistentDisposition":
            build.part(build.child(node, key), value, ("set", "unset"))
        elif key == "errorDeclaration":
            _declaration(build, build.child(node, key), value)
        elif key == "ilmd":
            build.part(build.child(node, key), value, ())
        else:
            build.extension(node, key, value)


def _references(build: Builder, node: etree._Element, element: str, values: list[dict[str, Any]]) -> None:
    for value in values:
        child = build.child(node, element)
        for key, item in value.items():
            if key == element:
                child.text = str(item)
            else:
                build.attribute(child, key, item)


def _sensors(build: Builder, node: etree._Element, values: list[dict[str, Any]]) -> None:
    for value in values:
        sensor = build.child(node, "sensorElement")
        for key, item in value.items():
            if key in ("sensorMetadata", "sensorReport"):
                for report in item if isinstance(item, list) else [item]:
                    build.attributes(build.child(sensor, key), report)
            else:
                build.extension(sensor, key, item)


def _declaration(build: Builder, node: etree._Element, value: dict[str, Any]) -> None:
    for key, item in value.items():
        if key == "correctiveEventIDs":
            build.texts(build.child(node, key), "correctiveEventID", item)
        elif key in ("declarationTime", "reason"):
            build.text(node, key, item)
        else:
            build.extension(node, key, item)
