"""Events as an answer: EPCISQueryDocument (EPCIS 2.0 sections 9.5 and 12), one event alone, in JSON-LD or XML."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from starlette.responses import Response

from graph.model import EventRow
from pedigree.messages import event_uri
from pedigree.registry import Registry
from pedigree.times import format_time
from pedigree.wire import Document, to_json, to_xml
from services.query.accept import VERSION, Wanted
from services.query.context import context_of, joined
from services.query.notation import epc_speller, with_epcs, with_web_words

SIMPLE = "SimpleEventQuery"
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_FIRST = ("type", "eventID", "eventTime", "recordTime", "eventTimeZoneOffset")


def event_of(row: EventRow) -> dict[str, Any]:
    """The event with what the repository adds: when it was recorded, and a name where it brought none (its hash)."""
    event = _decode(row.json)
    added = {"eventID": event.get("eventID") or event_uri(row.hash), "recordTime": format_time(row.record_time)}
    first = {key: added.get(key, event.get(key)) for key in _FIRST if key in event or key in added}
    return {**first, **{key: value for key, value in event.items() if key not in first}}


def write(
    rows: Sequence[EventRow],
    how: Wanted,
    registry: Registry,
    now: int,
    *,
    name: str = SIMPLE,
    subscription: str = "",
) -> bytes:
    """A query document with these events. `name`: of the query."""
    spell = _speller(how, registry)
    events, declared = joined(spell(event_of(row)) for row in rows)
    results: dict[str, Any] = {"queryName": name}
    if subscription:
        results["subscriptionID"] = subscription
    header = {
        "@context": context_of(declared),
        "type": "EPCISQueryDocument",
        "schemaVersion": "2.0",
        "creationDate": format_time(now),
        "epcisBody": {"queryResults": {**results, "resultsBody": {"eventList": []}}},
    }
    document = Document(events=events, context=context_of(declared), namespaces=declared, header=header, source="json")
    return to_xml(document) if how.xml else to_json(document)


def write_event(row: EventRow, how: Wanted, registry: Registry) -> bytes:
    """One event, standing alone."""
    (event,), declared = joined([_speller(how, registry)(event_of(row))])
    header = {"@context": context_of(declared)}
    document = Document(events=[event], context=context_of(declared), namespaces=declared, header=header, source="json")
    return to_xml(document) if how.xml else to_json(document)


def _speller(how: Wanted, registry: Registry) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Made once an answer: what it has found out about one identifier is kept for the next."""
    spell = epc_speller(how.epcs, registry)

    def spelled(event: dict[str, Any]) -> dict[str, Any]:
        if spell is not None:
            event = with_epcs(event, spell)
        return with_web_words(event) if how.xml and how.cbv == "Always_Web_URI" else event

    return spelled


def response(body: bytes, how: Wanted, headers: dict[str, str] | None = None) -> Response:
    made = {
        "GS1-EPCIS-Version": VERSION,
        "GS1-CBV-Version": VERSION,
        "GS1-EPC-Format": how.epcs,
        "Vary": "Accept, GS1-EPC-Format, GS1-CBV-XML-Format",
        **(headers or {}),
    }
    if how.xml:
        made["GS1-CBV-XML-Format"] = how.cbv
    return Response(body, headers=made, media_type=how.media)
