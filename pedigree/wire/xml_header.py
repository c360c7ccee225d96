"""The EPCISHeader: Standard Business Document Header and master data (EPCIS 2.0 sections 7.2.1 and 9.3)."""

from __future__ import annotations

from typing import Any

from lxml import etree

from pedigree.namespaces import SBDH
from pedigree.wire.xml_builder import Builder
from pedigree.wire.xml_event import EventReader
from pedigree.wire.xml_names import Prefixes, attributes

_PARTIES = (("Sender", "sender"), ("Receiver", "receiver"))


def read_header(node: etree._Element, reader: EventReader, prefixes: Prefixes) -> dict[str, Any]:
    """`epcisHeader`, and the `sender`, `receiver` and `instanceIdentifier` that JSON writes beside it."""
    header: dict[str, Any] = {}
    found: dict[str, Any] = {}
    for child in node:
        inner = list(child) if child.tag == "extension" else [child]
        for element in inner:
            if element.tag == "EPCISMasterData":
                header["epcisMasterData"] = _master_data(element, reader, prefixes)
            else:
                header[prefixes.element(element)] = reader.extension(element)
            if element.tag == f"{{{SBDH}}}StandardBusinessDocumentHeader":
                found |= _addresses(element)
    return {**found, "epcisHeader": header}


def _addresses(node: etree._Element) -> dict[str, str]:
    found = {}
    for tag, name in _PARTIES:
        text = node.findtext(f"{{{SBDH}}}{tag}/{{{SBDH}}}Identifier")
        if text and text.strip():
            found[name] = text.strip()
    text = node.findtext(f"{{{SBDH}}}DocumentIdentification/{{{SBDH}}}InstanceIdentifier")
    if text and text.strip():
        found["instanceIdentifier"] = text.strip()
    return found


def _master_data(node: etree._Element, reader: EventReader, prefixes: Prefixes) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for child in node:
        if child.tag == "VocabularyList":
            found["vocabularyList"] = [_vocabulary(item, reader, prefixes) for item in child]
        else:
            found[prefixes.element(child)] = reader.extension(child)
    return found


def _vocabulary(node: etree._Element, reader: EventReader, prefixes: Prefixes) -> dict[str, Any]:
    found: dict[str, Any] = dict(attributes(node))
    for child in node:
        if child.tag == "VocabularyElementList":
            found["vocabularyElementList"] = [_element(item, reader, prefixes) for item in child]
        else:
            found[prefixes.element(child)] = reader.extension(child)
    return found


def _element(node: etree._Element, reader: EventReader, prefixes: Prefixes) -> dict[str, Any]:
    found: dict[str, Any] = dict(attributes(node))
    for child in node:
        if child.tag == "attribute":
            value = reader.extension(child)
            if isinstance(value, dict):
                value.pop("@id", None)
                value = value["#text"] if value.keys() == {"#text"} else value or ""
            found.setdefault("attributes", []).append({"id": child.get("id"), "attribute": value})
        elif child.tag == "children":
            found["children"] = [(item.text or "").strip() for item in child]
        else:
            found[prefixes.element(child)] = reader.extension(child)
    return found


def write_header(build: Builder, root: etree._Element, header: dict[str, Any]) -> None:
    """The EPCISHeader, if there is anything to say. JSON's sender and receiver become a Standard Business Document Header."""
    found = header.get("epcisHeader")
    parties = any(name in header for name in ("sender", "receiver", "instanceIdentifier"))
    if found is None and not parties:
        return
    node = build.child(root, "EPCISHeader")
    own: dict[str, Any] = found if isinstance(found, dict) else {}
    if parties and not any(key.endswith(":StandardBusinessDocumentHeader") for key in own):
        build.extension(node, "sbdh:StandardBusinessDocumentHeader", _business_header(header))
    for key, value in own.items():
        if key == "epcisMasterData" and isinstance(value, dict):
            _write_master_data(build, build.child(build.child(node, "extension"), "EPCISMasterData"), value)
        else:
            build.extension(node, key, value)


def _business_header(header: dict[str, Any]) -> dict[str, Any]:
    """UN/CEFACT SBDH 1.3, the part that EPCIS asks for."""
    found: dict[str, Any] = {"sbdh:HeaderVersion": "1.0"}
    for tag, name in _PARTIES:
        if name in header:
            found[f"sbdh:{tag}"] = {"sbdh:Identifier": header[name]}
    about = {"sbdh:Standard": "EPCglobal", "sbdh:TypeVersion": "2.0"}
    if "instanceIdentifier" in header:
        about["sbdh:InstanceIdentifier"] = header["instanceIdentifier"]
    about["sbdh:Type"] = "Events"
    if "creationDate" in header:
        about["sbdh:CreationDateAndTime"] = header["creationDate"]
    return found | {"sbdh:DocumentIdentification": about}


def _write_master_data(build: Builder, node: etree._Element, value: dict[str, Any]) -> None:
    for key, item in value.items():
        if key == "vocabularyList":
            listed = build.child(node, "VocabularyList")
            for vocabulary in _objects(item):
                _write_vocabulary(build, build.child(listed, "Vocabulary"), vocabulary)
        else:
            build.extension(node, key, item)


def _write_vocabulary(build: Builder, node: etree._Element, value: dict[str, Any]) -> None:
    for key, item in value.items():
        if key == "vocabularyElementList":
            elements = build.child(node, "VocabularyElementList")
            for element in _objects(item):
                _write_element(build, build.child(elements, "VocabularyElement"), element)
        elif isinstance(item, (dict, list)):
            build.extension(node, key, item)
        else:
            build.attribute(node, key, item)


def _write_element(build: Builder, node: etree._Element, value: dict[str, Any]) -> None:
    for key, item in value.items():
        if key == "attributes":
            for attribute in _objects(item):
                content = attribute.get("attribute")
                inner = content if isinstance(content, dict) else {"#text": content}
                build.extension(node, "attribute", {"@id": attribute.get("id"), **inner})
        elif key == "children":
            build.texts(build.child(node, "children"), "id", item)
        elif isinstance(item, (dict, list)):
            build.extension(node, key, item)
        else:
            build.attribute(node, key, item)


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
