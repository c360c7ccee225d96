"""Records as EPCIS 2.0 documents: JSON-LD with Digital Link URIs, or XML with EPC URNs for the maker that works so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

from ops.demo.calendar import ZONE_TEXT, utc_text
from ops.demo.cast import BY_KEY
from ops.demo.recording import Record
from pedigree.identifiers import to_urn
from pedigree.wire import Document, to_json, to_xml

XML_PARTIES = ("m2",)
CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
OWN = {"medtrace": "urn:medtrace:"}
JSON, XML = "application/ld+json", "application/xml"
_PREFIX_DIGITS = 7
_CBV = {
    "bizStep": "urn:epcglobal:cbv:bizstep:",
    "disposition": "urn:epcglobal:cbv:disp:",
    "sdt": "urn:epcglobal:cbv:sdt:",
    "btt": "urn:epcglobal:cbv:btt:",
    "er": "urn:epcglobal:cbv:er:",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """A document on its way: `who` sends it, and it arrives at `arrival` (ms UTC)."""

    who: str
    arrival: int
    content_type: str
    body: bytes
    events: int


def letters(records: Iterable[Record], rng: Random) -> list[Letter]:
    """One document for each party and time of arrival, the earliest first."""
    bundles: dict[tuple[int, str], list[Record]] = {}
    for record in records:
        bundles.setdefault((record.arrival, record.act.who), []).append(record)
    return [_letter(who, arrival, bundles[arrival, who], rng) for arrival, who in sorted(bundles)]


def _letter(who: str, arrival: int, records: list[Record], rng: Random) -> Letter:
    events = [event(record, rng) for record in sorted(records, key=lambda one: one.time)]
    xml = who in XML_PARTIES
    document = Document(
        events=[_with_urns(one) for one in events] if xml else events,
        context=[CONTEXT, OWN],
        namespaces={"cbvmda": "urn:epcglobal:cbv:mda", **OWN},
        header={
            **({} if xml else {"@context": [CONTEXT, OWN]}),
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": utc_text(arrival),
            "epcisBody": {"eventList": []},
        },
        source="xml" if xml else "json",
    )
    return Letter(who, arrival, XML if xml else JSON, to_xml(document) if xml else to_json(document), len(events))


def event(record: Record, rng: Random) -> dict[str, Any]:
    """The JSON-LD event of a record."""
    act, company = record.act, BY_KEY[record.act.who]
    made: dict[str, Any] = {
        "type": "AggregationEvent" if act.parent else "ObjectEvent",
        "eventID": f"urn:uuid:{UUID(int=rng.getrandbits(128), version=4)}",
        "eventTime": utc_text(record.time),
        "eventTimeZoneOffset": ZONE_TEXT,
    }
    if record.declared:
        made["errorDeclaration"] = {"declarationTime": utc_text(record.declared), "reason": "did_not_occur"}
    if act.parent:
        made |= {"parentID": act.parent, "childEPCs": list(act.units)}
    else:
        made["epcList"] = list(act.units)
    made["action"] = _action(act.step)
    made["bizStep"] = act.step
    if act.disposition:
        made["disposition"] = act.disposition
    made["readPoint"] = {"id": company.place_uri}
    if act.step != "shipping":
        made["bizLocation"] = {"id": company.place_uri}
    if act.sale:
        made["bizTransactionList"] = [{"type": "inv", "bizTransaction": act.sale}]
    if act.other:
        sender, receiver = (act.who, act.other) if act.step == "shipping" else (act.other, act.who)
        made["sourceList"] = _ends("source", sender)
        made["destinationList"] = _ends("destination", receiver)
    if act.lot:
        made["ilmd"] = {"cbvmda:lotNumber": act.lot.number, "cbvmda:itemExpirationDate": act.lot.expiry}
        if act.lot.item.units > 1:
            made["ilmd"]["medtrace:contentQuantity"] = str(act.lot.item.units)
    if act.amount:
        made["quantityList"] = [{"epcClass": act.units[0].partition("/21/")[0], "quantity": act.amount}]
    return made


def _action(step: str) -> str:
    return {"commissioning": "ADD", "packing": "ADD", "unpacking": "DELETE", "destroying": "DELETE"}.get(step, "OBSERVE")


def _ends(name: str, who: str) -> list[dict[str, str]]:
    uri = BY_KEY[who].party_uri
    return [{"type": "owning_party", name: uri}, {"type": "possessing_party", name: uri}]


def _with_urns(event: dict[str, Any]) -> dict[str, Any]:
    """The same event in the notations of XML."""
    made = dict(event)
    for name in ("bizStep", "disposition"):
        if name in made:
            made[name] = _CBV[name] + made[name]
    for name in ("epcList", "childEPCs"):
        if name in made:
            made[name] = [_urn(uri) for uri in made[name]]
    if "parentID" in made:
        made["parentID"] = _urn(made["parentID"])
    for name in ("readPoint", "bizLocation"):
        if name in made:
            made[name] = {"id": _urn(made[name]["id"])}
    for name, end in (("sourceList", "source"), ("destinationList", "destination")):
        if name in made:
            made[name] = [{"type": _CBV["sdt"] + one["type"], end: _urn(one[end])} for one in made[name]]
    return made


def _urn(uri: str) -> str:
    return to_urn(uri, _PREFIX_DIGITS) or uri
