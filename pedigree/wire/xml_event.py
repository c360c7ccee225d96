"""From the elements of one event to its JSON-LD object (EPCIS 2.0 sections 9.4 and 9.5; 1.2's extension nesting unwrapped)."""

from __future__ import annotations

from math import isfinite
from typing import Any

from lxml import etree

from pedigree.errors import Fault
from pedigree.namespaces import XSI
from pedigree.wire import shape
from pedigree.wire.document import Event
from pedigree.wire.xml_names import Prefixes, attributes

_NIL = f"{{{XSI}}}nil"
_NOTATION = f"{{{XSI}}}"
_WRAPPERS = ("extension", "baseExtension")


class EventReader:
    """Reads the events of one document. What does not fit is listed in `faults`."""

    def __init__(self, prefixes: Prefixes) -> None:
        self.faults: list[Fault] = []
        self._prefixes = prefixes

    def event(self, node: etree._Element) -> Event:
        """One event element."""
        event: Event = {"type": self._prefixes.element(node)}
        self._fields(node, event)
        if event["type"] == "QuantityEvent":  # EPCIS 1.x; 2.0 has object events with quantities instead
            element = {key: event.pop(key) for key in ("epcClass", "quantity") if key in event}
            if isinstance(element.get("quantity"), str):
                element["quantity"] = _number(element["quantity"])
            event |= {"type": "ObjectEvent", "action": "OBSERVE", "quantityList": [element]}
        return event

    def _fields(self, node: etree._Element, event: Event) -> None:
        self._attributes(node, event, "@")
        self._no_text(node, node.text)
        for child in node:
            tag = child.tag
            if child.tail is not None:
                self._no_text(node, child.tail)
            if tag in _WRAPPERS:
                self._fields(child, event)
            elif tag in shape.TEXTS:
                self._put(event, tag, self._text(child), child)
            elif tag == "certificationInfo":
                self._repeat(event, tag, self._text(child))
            elif tag in shape.EPC_LISTS:
                self._put(event, tag, [self._text(item) for item in self._items(child, "epc")], child)
            elif tag in shape.QUANTITY_LISTS:
                self._put(event, tag, [self._quantity(item) for item in self._items(child, "quantityElement")], child)
            elif tag in shape.REFERENCES:
                element = shape.REFERENCES[tag]
                self._put(event, tag, [self._reference(item, element) for item in self._items(child, element)], child)
            elif tag in shape.PLACES:
                self._put(event, tag, self._part(child, ("id",)), child)
            elif tag == "sensorElementList":
                self._put(event, tag, [self._sensor(item) for item in self._items(child, "sensorElement")], child)
            elif tag == "persistentDisposition":
                self._put(event, tag, self._lasting(child), child)
            elif tag == "errorDeclaration":
                self._put(event, tag, self._declaration(child), child)
            elif tag == "ilmd":
                self._put(event, tag, self._ilmd(child), child)
            elif tag == "type":
                self._fault(child, "the element type", "an extension with a namespace")
            else:
                self._repeat(event, self._prefixes.element(child), self.extension(child))

    def _quantity(self, node: etree._Element) -> dict[str, Any]:
        found = self._part(node, ("epcClass", "quantity", "uom"))
        quantity = found.get("quantity")
        if isinstance(quantity, str):
            found["quantity"] = _number(quantity)
        return found

    def _reference(self, node: etree._Element, element: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self._attributes(node, found, "")
        found[element] = (node.text or "").strip()
        self._no_children(node)
        return found

    def _sensor(self, node: etree._Element) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self._attributes(node, found, "@")
        for child in node:
            if child.tag == "sensorReport":
                found.setdefault("sensorReport", []).append(self._report(child))
            elif child.tag == "sensorMetadata":
                self._put(found, "sensorMetadata", self._report(child), child)
            else:
                self._repeat(found, self._prefixes.element(child), self.extension(child))
        return found

    def _report(self, node: etree._Element) -> dict[str, Any]:
        """sensorReport, sensorMetadata: fields are attributes, typed as JSON types them; what is an element stays an object."""
        found: dict[str, Any] = {}
        self._attributes(node, found, "")
        for name in shape.NUMBERS & found.keys():
            found[name] = _number(found[name])
        if "booleanValue" in found:
            found["booleanValue"] = {"true": True, "1": True, "false": False, "0": False}.get(
                found["booleanValue"], found["booleanValue"]
            )
        for child in node:
            value = self.extension(child)
            name = self._prefixes.element(child)
            self._repeat(found, name, value if isinstance(value, dict) else {"#text": value})
        return found

    def _lasting(self, node: etree._Element) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for child in node:
            if child.tag in ("set", "unset"):
                found.setdefault(child.tag, []).append(self._text(child))
            else:
                self._repeat(found, self._prefixes.element(child), self.extension(child))
        return found

    def _declaration(self, node: etree._Element) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for child in node:
            if child.tag == "correctiveEventIDs":
                ids = [self._text(item) for item in self._items(child, "correctiveEventID")]
                self._put(found, child.tag, ids, child)
            elif child.tag in ("declarationTime", "reason"):
                self._put(found, child.tag, self._text(child), child)
            elif child.tag in _WRAPPERS:
                found |= self._declaration(child)
            else:
                self._repeat(found, self._prefixes.element(child), self.extension(child))
        return found

    def _ilmd(self, node: etree._Element) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self._attributes(node, found, "@")
        for child in node:
            if child.tag in _WRAPPERS:
                found |= self._ilmd(child)
            else:
                self._repeat(found, self._prefixes.element(child), self.extension(child))
        return found

    def _part(self, node: etree._Element, names: tuple[str, ...]) -> dict[str, Any]:
        """An element whose own children are texts, with extensions."""
        found: dict[str, Any] = {}
        self._attributes(node, found, "@")
        self._no_text(node, node.text)
        for child in node:
            if child.tag in names:
                self._put(found, child.tag, self._text(child), child)
            elif child.tag in _WRAPPERS:
                found |= self._part(child, names)
            else:
                self._repeat(found, self._prefixes.element(child), self.extension(child))
        return found

    def extension(self, node: etree._Element) -> Any:
        """Any element: its text, None when nil, or an object of attributes (`@`), text (`#text`) and children."""
        if len(node) == 0:
            if not node.attrib:
                text = node.text or ""
                return "" if text.isspace() else text
            if len(node.attrib) == 1 and node.get(_NIL) in ("true", "1"):
                return None
        found: dict[str, Any] = {}
        self._attributes(node, found, "@", notation=True)
        if node.text and not node.text.isspace():
            found["#text"] = node.text
        for child in node:
            value = self.extension(child)
            if child.tail and not child.tail.isspace():
                value = {**(value if isinstance(value, dict) else {"#text": value}), "#tail": child.tail}
            self._repeat(found, self._prefixes.element(child), value)
        return found

    def _attributes(self, node: etree._Element, into: dict[str, Any], mark: str, *, notation: bool = False) -> None:
        for name, value in attributes(node):
            if notation or not name.startswith(_NOTATION):
                into[mark + self._prefixes.name(name, _prefix(node, name))] = value

    def _text(self, node: etree._Element) -> str | None:
        if node.attrib:
            for name, _ in attributes(node):
                if not name.startswith(_NOTATION):
                    self._fault(node, f"an attribute {name}", "none")
            if node.get(_NIL) in ("true", "1"):
                return None
        self._no_children(node)
        return (node.text or "").strip()

    def _items(self, node: etree._Element, tag: str) -> list[etree._Element]:
        for child in node:
            if child.tag != tag:
                self._fault(child, f"the element {child.tag}", tag)
        return [child for child in node if child.tag == tag]

    def _no_children(self, node: etree._Element) -> None:
        if len(node):
            self._fault(node, f"the element {node[0].tag}", "text only")

    def _no_text(self, node: etree._Element, text: str | None) -> None:
        """Text between the elements of an event has no place in JSON; it would be lost."""
        if text and not text.isspace():
            self._fault(node, f"the text {text.strip()[:100]!r}", "elements only")

    def _put(self, into: dict[str, Any], name: str, value: Any, node: etree._Element) -> None:
        if name in into:
            self._fault(node, f"{name} a second time", "once")
        into[name] = value

    def _repeat(self, into: dict[str, Any], name: str, value: Any) -> None:
        if name not in into:
            into[name] = value
        elif isinstance(into[name], list):
            into[name].append(value)
        else:
            into[name] = [into[name], value]

    def _fault(self, node: etree._Element, found: str, expected: str) -> None:
        self.faults.append(Fault(node.getroottree().getpath(node), found[:200], expected))


def _prefix(node: etree._Element, name: str) -> str | None:
    """The prefix that the source uses for an attribute; the parser keeps only its namespace."""
    if name[0] != "{":
        return None
    uri = name[1 : name.index("}")]
    return next((prefix for prefix, value in node.nsmap.items() if value == uri and prefix), None)


def _number(text: str) -> Any:
    """The number that `text` writes; `text` itself when it is none, or none that is finite, for the validation to name."""
    try:
        value = float(text)
    except ValueError:
        return text
    if not isfinite(value) or "_" in text:
        return text
    return int(text) if text.isdecimal() and len(text) < 16 else value
