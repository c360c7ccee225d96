"""What is indexed of captured events and documents. Pure, and the same for every store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from pedigree.errors import DocumentError
from pedigree.eventhash.values import canonical_text
from pedigree.events import EventView, read_event
from pedigree.identifiers import canonical, gln_of
from pedigree.messages import DocumentMessage, StampedEvent
from pedigree.query.fields import Field, fields_of
from pedigree.query.match import named
from pedigree.query.patterns import all_serials

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_TRADING = ("owning_party", "possessing_party")


class EventFacts(NamedTuple):
    """What is indexed of an event."""

    declared: int
    type: str
    action: str
    biz_step: str
    disposition: str
    time: int
    location: str
    read_point: str
    biz_location: str
    event_id: str
    named: list[tuple[int, str]]
    """(role, canonical key), each pair once."""
    serials: list[tuple[int, str]]
    """(role, `class_key`) for the GTINs of the serials among them: a pattern of all serials is then one name."""
    fields: list[Field]
    parties: list[str]
    """Who may see it because it names them: GLNs, or the URIs that a partner without one uses."""


def class_key(stem: str) -> str:
    """The name under which a GTIN's serials are indexed together; no URI begins so. `stem`: what all of them begin with."""
    return "*" + stem


def event_facts(stamped: StampedEvent, message: DocumentMessage) -> EventFacts:
    """The indexed part of a captured event. One that can't be read (capture refuses those) is kept under type '?'."""
    try:
        event = _decode(stamped.event)
        view = read_event(event)
    except (msgspec.DecodeError, DocumentError):
        return EventFacts(0, "?", "", "", "", message.record_time, "", "", "", "", [], [], [], [message.party])
    pairs: list[tuple[int, str]] = [(int(role), key) for role, key in named(view)]
    stems = {(role, stem): None for role, key in pairs if (stem := all_serials(key))}
    return EventFacts(
        declared=view.declaration.time if view.declaration else 0,
        type=view.type,
        action=view.action,
        biz_step=view.biz_step,
        disposition=view.disposition,
        time=view.time,
        location=view.biz_location or view.read_point,
        read_point=view.read_point,
        biz_location=view.biz_location,
        event_id=view.event_id,
        named=pairs,
        serials=[(role, class_key(stem)) for role, stem in stems],
        fields=fields_of(event),
        parties=_parties(view, stamped, message),
    )


def _parties(view: EventView, stamped: StampedEvent, message: DocumentMessage) -> list[str]:
    found = {message.party: None, stamped.actor: None, stamped.other: None, stamped.owner: None}
    for kind, uri in (*view.sources, *view.destinations):
        if kind in _TRADING:
            found[gln_of(uri) or uri] = None
    found.pop("", None)
    return list(found)


class MasterData(NamedTuple):
    """One attribute of one vocabulary element, as a document's header states it (EPCIS 2.0 section 9.3)."""

    vocabulary: str
    """The type of vocabulary, a URN."""
    element: str
    """Canonical."""
    attribute: str
    """Its name, or `children`."""
    value: str
    """JSON."""


def master_data(message: DocumentMessage) -> Iterator[MasterData]:
    """What the header of a document says. Lists in other shapes than the standard's say nothing."""
    if b"epcisMasterData" not in message.context:
        return
    header = msgspec.json.decode(message.context).get("header", {}).get("epcisHeader", {})
    for vocabulary in _objects(_inside(header, "epcisMasterData", "vocabularyList")):
        kind = vocabulary.get("type")
        for element in _objects(vocabulary.get("vocabularyElementList")):
            key = element.get("id")
            if not isinstance(kind, str) or not isinstance(key, str):
                continue
            for attribute in _objects(element.get("attributes")):
                name, value = attribute.get("id"), attribute.get("attribute")
                if isinstance(name, str):
                    yield MasterData(kind, canonical(key), attribute_name(name), msgspec.json.encode(value).decode())
            children = element.get("children")
            if isinstance(children, list):
                below = [canonical(child) for child in children if isinstance(child, str)]
                yield MasterData(kind, canonical(key), "children", msgspec.json.encode(below).decode())


def attribute_name(name: str) -> str:
    """One name for a master data attribute: `cbvmda:x` and its URN are the same."""
    return "urn:epcglobal:cbv:mda:" + name[7:] if name.startswith("cbvmda:") else name


def attribute_text(value: str) -> str:
    """How a stored attribute value is compared: its text in canonical form, '' for what has none."""
    found = msgspec.json.decode(value)
    while isinstance(found, list):
        found = found[0] if found else None
    if isinstance(found, dict):
        found = found.get("#text", found.get("@value"))
    return canonical_text(found) if isinstance(found, str) else "" if found is None else canonical_text(str(found))


def _inside(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
