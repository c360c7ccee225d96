"""Nothing is lost: random events in JSON, random extension elements in XML, and one hash on every way between them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from pedigree.wire import Document, parse_json, parse_xml, to_json, to_xml
from services.epcis import validate
from tests.property.epcis_events import NAMESPACES, events
from tests.shared_documents import xml_meaning

QUICK = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


def _hashes(document: Document) -> list[str]:
    hasher = document.hasher()
    return [hasher.hash(event) for event in document.events]


@QUICK
@given(st.lists(events(), max_size=3))
def test_json_comes_back_and_means_the_same_in_xml(listed: list[dict[str, Any]]) -> None:
    frame = {"@context": [NAMESPACES], "type": "EPCISDocument", "schemaVersion": "2.0", "epcisBody": {"eventList": listed}}
    document = parse_json(json.dumps(frame).encode())
    assert json.loads(to_json(document)) == frame
    twin = parse_xml(to_xml(document))
    assert _hashes(twin) == _hashes(document)
    assert _hashes(parse_json(to_json(twin))) == _hashes(document)
    validate(document)
    assert document.events == listed, "reading, writing, hashing and validating leave events as they were"


uris = st.sampled_from(["https://a.example/", "https://b.example/ns", "urn:c:", "urn:d#"])
local = st.sampled_from(["a", "b", "type", "id", "List", "epcList"])
texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12) | st.sampled_from(
    ["", "7.0", "p0:x", "e:x", "https://x.example/1", "<&>\"'", " padded "]
)
tags = st.builds(lambda uri, name: f"{{{uri}}}{name}", uris, local)
Tree = tuple[str, dict[str, str], str, list[Any]]
trees: st.SearchStrategy[Tree] = st.recursive(
    st.tuples(tags, st.dictionaries(tags | local, texts, max_size=2), texts, st.just([])),
    lambda inner: st.tuples(tags, st.dictionaries(tags | local, texts, max_size=2), st.just(""), st.lists(inner, max_size=4)),
    max_leaves=8,
)
prefixes = st.dictionaries(st.sampled_from(["e", "p0", "q", "ns0", "cbvmda"]), uris, max_size=4)


def _build(parent: etree._Element, tree: Tree, declared: dict[str, str]) -> None:
    tag, attributes, text, children = tree
    node = etree.SubElement(parent, tag, nsmap={prefix: uri for prefix, uri in declared.items() if prefix != "ns0"})
    for name, value in attributes.items():
        node.set(name, value)
    node.text = text or None
    for child in children:
        _build(node, child, {})


@QUICK
@given(st.lists(trees, max_size=4), st.lists(trees, max_size=2), prefixes, prefixes)
def test_extension_elements_survive(own: list[Tree], inner: list[Tree], outside: dict[str, str], inside: dict[str, str]) -> None:
    declared = {"epcis": "urn:epcglobal:epcis:xsd:2", **{prefix: uri for prefix, uri in outside.items() if prefix != "ns0"}}
    root = etree.Element("{urn:epcglobal:epcis:xsd:2}EPCISDocument", nsmap=declared)
    event = etree.SubElement(etree.SubElement(etree.SubElement(root, "EPCISBody"), "EventList"), "ObjectEvent")
    for name, text in (("eventTime", "2024-05-01T09:30:00Z"), ("eventTimeZoneOffset", "+00:00"), ("action", "OBSERVE")):
        etree.SubElement(event, name).text = text
    place = etree.SubElement(event, "readPoint")
    etree.SubElement(place, "id").text = "geo:1,2"
    master = etree.SubElement(event, "ilmd")
    sensor = etree.SubElement(etree.SubElement(event, "sensorElementList"), "sensorElement")
    etree.SubElement(sensor, "sensorReport", {"type": "gs1:Temperature", "{urn:c:}x": "7"})
    for tree in own:
        _build(event, tree, inside)
    for parent in (place, master, sensor):
        for tree in inner:
            _build(parent, tree, inside)
    root.set("schemaVersion", "2.0")
    body = etree.tostring(root)

    document = parse_xml(body)
    written = to_xml(document)
    assert xml_meaning(etree.fromstring(written)) == xml_meaning(etree.fromstring(body))
    assert _hashes(parse_xml(written)) == _hashes(document)
    assert _hashes(parse_json(to_json(document))) == _hashes(document)
