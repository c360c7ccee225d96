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
        root = build.root(_kind(document.events[0]))
        _event(build, root, document, document.events[0])
        return root
    query = document.header.get("type") == "EPCISQueryDocument"
    root = build.root(f"{{{QUERY if query else EPCIS}}}{document.header.get('type')}")
    root.set("schemaVersion", "2.0")
    if "creationDate" in document.header:
        root.set("creationDate", str(document.header["creationDate"]))
    write_header(build, root, document.header)
    body = build.child(root, "EPCISBody")
    if query:
        body = build.child(body, f"{{{QUERY}}}QueryResults")
        inner = document.header["epcisBody"]["queryResults"]
        for name in ("queryName", "subscriptionID"):
            if name in inner:
                build.child(body, name).text = str(inner[name])
        body = build.child(body, "resultsBody")
    events = build.child(body, "EventList")
    for event in document.events:
        _event(build, build.child(events, _kind(event)), document, event)
    for key, value in document.header.items():
        if key not in _FRAME and (key[:1] == "@" or ":" in key):
            build.extension(root, key, value)
    return root


def _kind(event: Event) -> str:
    kind = event.get("type")
    if not isinstance(kind, str):
        raise DocumentError("an event without a type can't be written as XML")
    return kind


def _event(build: Builder, node: etree._Element, document: Document, event: Event) -> None:
    keys = list(event)
    if document.source != "xml":
        order = {name: place for place, name in enumerate(shape.ORDER.get(_kind(event), ()))}
        keys.sort(key=lambda key: order.get(key, len(order)))  # stable: extensions stay in their order
    for key in keys:
        value = event[key]
        if key in ("type", "@context"):
            continue
        if key in shape.TEXTS:
            build.text(node, key, value)
        elif key == "certificationInfo":
            build.texts(node, key, value)
        elif key in shape.EPC_LISTS and isinstance(value, list):
            build.texts(build.child(node, key), shape.ELEMENTS[key], value)
        elif key in shape.ELEMENTS and _are_objects(value):
            parent = build.child(node, key)
            for item in value:
                _element(build, build.child(parent, shape.ELEMENTS[key]), item)
        elif key in _PARTS and isinstance(value, dict):
            _part(build, build.child(node, key), key, value)
        else:
            build.extension(node, key, value)


_PARTS = {
    **dict.fromkeys(shape.PLACES, ("id",)),
    "persistentDisposition": ("set", "unset"),
    "errorDeclaration": ("declarationTime", "reason"),
    "ilmd": (),
}


def _are_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _part(build: Builder, node: etree._Element, name: str, value: dict[str, Any]) -> None:
    for key, item in value.items():
        if key in _PARTS[name]:
            build.texts(node, key, item)
        elif key == "correctiveEventIDs" and isinstance(item, list):
            build.texts(build.child(node, key), shape.ELEMENTS[key], item)
        else:
            build.extension(node, key, item)


def _element(build: Builder, node: etree._Element, value: dict[str, Any]) -> None:
    """An element of a list: a quantity, a typed reference, sensor data."""
    tag = str(node.tag)
    for key, item in value.items():
        if tag == "quantityElement" and key in ("epcClass", "quantity", "uom"):
            build.text(node, key, item)
        elif key in ("sensorMetadata", "sensorReport") and (_are_objects(item) or isinstance(item, dict)):
            for report in item if isinstance(item, list) else [item]:
                build.attributes(build.child(node, key), report)
        elif key == shape.VALUES.get(tag) and isinstance(item, str):
            node.text = item
        elif tag in shape.VALUES and not isinstance(item, (dict, list)):
            build.attribute(node, key, item)
        else:
            build.extension(node, key, item)
