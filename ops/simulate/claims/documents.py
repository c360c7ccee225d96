"""Documents around events: JSON-LD built from encoded events, or XML through the project's own writer."""

from __future__ import annotations

from typing import Any

import msgspec

from ops.simulate import codes
from ops.simulate.claims.event import CONTEXT, OWN
from pedigree.identifiers import to_urn
from pedigree.times import format_time
from pedigree.wire import Document, parse_json, to_xml

_LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")


def json_document(events: list[bytes], at: int) -> bytes:
    """Each event is encoded already."""
    head = {"@context": [CONTEXT, OWN], "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": format_time(at)}
    opened = msgspec.json.encode(head)[:-1] + b',"epcisBody":{"eventList":['
    return opened + b",".join(events) + b"]}}"


def xml_document(events: list[dict[str, Any]], at: int, *, urns: bool) -> bytes:
    """`urns`: units as EPC URNs, as older software writes them."""
    header = {"type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": format_time(at), "epcisBody": {"eventList": []}}
    made = [_with_urns(event) for event in events] if urns else events
    return to_xml(Document(made, [CONTEXT, OWN], {"cbvmda": "urn:epcglobal:cbv:mda", **OWN}, header, "json"))


def _with_urns(event: dict[str, Any]) -> dict[str, Any]:
    made = dict(event)
    for name in _LISTS:
        if name in made:
            made[name] = [_urn(uri) for uri in made[name]]
    if "parentID" in made:
        made["parentID"] = _urn(made["parentID"])
    if "quantityList" in made:
        made["quantityList"] = [{**one, "epcClass": _urn(one["epcClass"])} for one in made["quantityList"]]
    return made


def _urn(uri: str) -> str:
    return to_urn(uri, codes.PREFIX_DIGITS) or uri


HASHER = parse_json(json_document([], 0)).hasher()
"""Hashes the events of JSON documents made here."""
