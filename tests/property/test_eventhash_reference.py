"""Differential test of the event hash against the reference implementation, on events of all types.

Where this project differs on purpose, the strategies stay away:

- the reference replaces any text that ends a CBV URI used elsewhere in the document (an extension that says `shipping`, too);
- true, false and null read `True`, `False` and `None` there, so that XML and JSON differ; here as in XML;
- it loses events whose time rounds up to a full second, whose numbers are infinite, or whose lists of references lack a type,
  and reads `type` after the reference when JSON has it so;
- extension names that end in `List`, comments and `xsi:` attributes read differently from its JSON and its XML; here they don't;
- it leaves extension names that are whole URIs as they are, in JSON; XML, and here both, know namespace and local name;
- it leaves Digital Links with percent-encoded parts, long variants or twelve-digit GRAI prefixes as they are.
"""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from pedigree.wire import parse_json, parse_xml, to_json, to_xml
from tests.property.epcis_events import NAMESPACES, events

pytest.importorskip("epcis_event_hash_generator", reason="the reference implementation is not installed")

def _reference(text: str, module: Any) -> str:
    from epcis_event_hash_generator import hash_generator

    logging.disable(logging.CRITICAL)
    try:
        return str(hash_generator.derive_prehashes_from_events(module.event_list_from_epcis_document_str(text))[0])
    finally:
        logging.disable(logging.NOTSET)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(events())
def test_the_reference_reads_the_same_from_json_and_from_xml(event: dict[str, Any]) -> None:
    from epcis_event_hash_generator import json_to_py, xml_to_py

    base = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
    context = [base, *({key: uri} for key, uri in NAMESPACES.items())]
    frame = {"@context": context, "type": "EPCISDocument", "schemaVersion": "2.0", "epcisBody": {"eventList": [event]}}
    body = json.dumps(frame)
    document = parse_json(body.encode())
    ours = document.hasher().prehash(document.events[0])
    assert ours == _reference(body, json_to_py)

    xml = to_xml(document)
    twin = parse_xml(xml)
    assert twin.hasher().prehash(twin.events[0]) == ours
    assert _reference(xml.decode(), xml_to_py) == ours

    back = parse_json(to_json(twin))
    assert back.hasher().prehash(back.events[0]) == ours
