"""What /openapi.json says about the query interface."""

from __future__ import annotations

from typing import Any

from services.openapi import body, errors, json_answer, parameter

__all__ = ["COLLECTION", "EVENTS", "HEADERS", "LIST", "ONE_EVENT", "body", "documents", "errors", "json_answer", "parameter"]

_EXAMPLE = {
    "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
    "type": "EPCISQueryDocument",
    "schemaVersion": "2.0",
    "creationDate": "2026-09-01T10:00:00.000Z",
    "epcisBody": {"queryResults": {"queryName": "SimpleEventQuery", "resultsBody": {"eventList": []}}},
}
_HEADERS = {
    "GS1-EPCIS-Version": {"schema": {"type": "string"}},
    "GS1-Extensions": {"schema": {"type": "string"}},
    "Link": {"description": 'rel="next": the next page', "schema": {"type": "string"}},
}
_DOCUMENT = {"type": "object", "description": "EPCISQueryDocument, EPCIS 2.0 section 9"}
XML = {"schema": {"type": "string", "format": "xml"}}


def documents(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Events as JSON-LD or XML, or a problem."""
    content = {
        "application/json": {"schema": _DOCUMENT, "example": _EXAMPLE},
        "application/ld+json": {"schema": _DOCUMENT},
        "application/xml": XML,
        "text/xml": XML,
    }
    found = {"description": "The events that match", "headers": _HEADERS, "content": content}
    return {200: found, **errors(400, 401, 403, 406, 413, 414, *statuses)}


_LIST = {"type": "array", "items": {"type": "string"}}
_TIME = {"type": "string", "format": "date-time"}
_COUNT = {"type": "integer", "minimum": 1}
PAGING = [
    parameter("perPage", "Events on a page, 30 if not given, at most 1000", {"type": "integer", "minimum": 1, "default": 30}),
    parameter("nextPageToken", "From the Link header of the page before"),
]
HEADERS = [
    parameter("GS1-EPC-Format", "How identifiers are written", {"enum": ["Always_GS1_Digital_Link", "Always_EPC_URN",
               "Never_Translates"], "type": "string"}, place="header"),
    parameter("GS1-CBV-XML-Format", "How vocabulary is written in XML", {"enum": ["Always_Web_URI", "Always_URN",
               "Never_Translates"], "type": "string"}, place="header"),
    parameter("GS1-EPCIS-Min", "The lowest EPCIS version understood", place="header"),
    parameter("GS1-EPCIS-Max", "The highest EPCIS version understood", place="header"),
    parameter("GS1-Extensions", "Prefixes of extension fields: `example=https://ns.example.com/epcis/`", place="header"),
]  # fmt: skip
_PATTERN = "Identifiers (EPC URN or Digital Link), `urn:epc:idpat:` patterns, or URIs with `*`"
QUERY = [
    parameter("eventType", "ObjectEvent, AggregationEvent, TransactionEvent, TransformationEvent, AssociationEvent", _LIST),
    *(parameter(f"{bound}_{name}", f"{name} {'from' if bound == 'GE' else 'before'} this time", _TIME)
      for name in ("eventTime", "recordTime") for bound in ("GE", "LT")),
    parameter("EQ_action", "ADD, OBSERVE, DELETE", _LIST),
    parameter("EQ_bizStep", "Words of CBV in any notation, or URIs", _LIST),
    parameter("EQ_disposition", "Words of CBV in any notation, or URIs", _LIST),
    parameter("EQ_persistentDisposition_set", "Dispositions", _LIST),
    parameter("EQ_persistentDisposition_unset", "Dispositions", _LIST),
    *(parameter(f"{kind}_{name}", "Places" + (", and those below them as master data says" if kind == "WD" else ""), _LIST)
      for name in ("readPoint", "bizLocation") for kind in ("EQ", "WD")),
    *(parameter(f"MATCH_{name}", _PATTERN, _LIST) for name in (
        "epc", "parentID", "inputEPC", "outputEPC", "anyEPC", "epcClass", "inputEPCClass", "outputEPCClass", "anyEPCClass")),
    parameter("EQ_transformationID", "Transformation ids", _LIST),
    parameter("EQ_eventID", "Event ids; the URI of an event's hash is one", _LIST),
    parameter("EXISTS_errorDeclaration", "Only error declarations (no value)"),
    parameter("GE_errorDeclarationTime", "Declared from this time", _TIME),
    parameter("LT_errorDeclarationTime", "Declared before this time", _TIME),
    parameter("EQ_errorReason", "Reasons", _LIST),
    parameter("EQ_correctiveEventID", "Event ids", _LIST),
    parameter("EQ_bizTransaction_po", "Business transactions of any type; as `EQ_source_`, `EQ_destination_`", _LIST),
    parameter("GE_quantity", "Quantities; also EQ, GT, LT, LE, and with a unit of measure behind `_`", {"type": "number"}),
    parameter("EQ_type", "What a sensor measures", _LIST),
    parameter("GE_value_CEL", "A sensor's value in a unit; also EQ, GT, LT, LE; minValue, maxValue, meanValue, sDev, percValue",
               {"type": "number"}),
    parameter("EQ_ILMD_cbvmda:lotNumber", "Any extension: `EQ_`, `GT_`, `GE_`, `LT_`, `LE_`, `EXISTS_` with `INNER_` and a "
               "section (`ILMD_`, `ERROR_DECLARATION_`, `SENSORELEMENT_`, `SENSORMETADATA_`, `SENSORREPORT_`, `readPoint_`, "
               "`bizLocation_`) before its `prefix:name`"),
    parameter("EQATTR_bizLocation_cbvmda:city", "Master data of a vocabulary field; `HASATTR_bizLocation` names attributes only",
               _LIST),
    parameter("orderBy", "eventTime, recordTime, quantity, or an extension field"),
    parameter("orderDirection", "ASC or DESC", {"type": "string", "enum": ["ASC", "DESC"], "default": "DESC"}),
    parameter("eventCountLimit", "Only the first so many events", _COUNT),
    parameter("maxEventCount", "413 when more events match", _COUNT),
    parameter("medtrace_asKnownAt", "Extension of ours: as the repository knew it at this record time", _TIME),
]  # fmt: skip
EVENTS = {"parameters": [*QUERY, *PAGING, *HEADERS]}
ONE_EVENT = {"parameters": HEADERS}
LIST = {"parameters": PAGING}
COLLECTION = {
    "type": "object",
    "required": ["type", "member"],
    "properties": {"type": {"const": "Collection"}, "member": {"type": "array", "items": {"type": "string"}}},
}
