"""What /openapi.json says about the capture interface."""

from __future__ import annotations

from typing import Any

from services.openapi import errors, json_answer, parameter
from services.scan.lines import COLUMNS

__all__ = ["BILLS", "DOCUMENT", "EVENT", "EVENT_TAKEN", "INBOX", "JOB", "JOBS", "LIST", "SCANS", "TAKEN", "TOKEN", "json_answer"]

_EXAMPLE_EVENT = {
    "type": "ObjectEvent",
    "action": "ADD",
    "eventTime": "2026-09-01T10:00:00.000+08:00",
    "eventTimeZoneOffset": "+08:00",
    "bizStep": "commissioning",
    "epcList": ["https://id.gs1.org/01/06901234000016/21/100"],
    "readPoint": {"id": "https://id.gs1.org/414/6901234000016"},
}
_CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
_EXAMPLE = {
    "@context": _CONTEXT,
    "type": "EPCISDocument",
    "schemaVersion": "2.0",
    "creationDate": "2026-09-01T10:00:00.000Z",
    "epcisBody": {"eventList": [_EXAMPLE_EVENT]},
}
_XML = {"schema": {"type": "string", "format": "xml"}}
_HEADERS = [
    parameter("GS1-Capture-Error-Behaviour", "rollback (all or nothing) or proceed", {"type": "string", "enum": ["rollback",
              "proceed"]}, place="header"),
    parameter("Medtrace-Seal", "An SM2 seal over the body", place="header"),
    parameter("Medtrace-Journal", "The piece of a device's journal that belongs to it", place="header"),
]  # fmt: skip


def _body(description: str, example: Any) -> dict[str, Any]:
    schema = {"type": "object", "description": description}
    content = {
        "application/json": {"schema": schema, "example": example},
        "application/ld+json": {"schema": schema},
        "application/xml": _XML,
    }
    return {"requestBody": {"required": True, "content": content}, "parameters": _HEADERS}


DOCUMENT = _body("EPCISDocument, EPCIS 2.0 section 9; XML of 1.2 is taken too", _EXAMPLE)
EVENT = _body("One event, standing alone", {"@context": _CONTEXT, **_EXAMPLE_EVENT})
_SCAN_LINES = "time,step,site,code\n2026-09-01T10:00:00+08:00,receiving,6901234000009,(01)06901234000016(21)100\n"
_BILL = {
    "bill_code": "XS-20260901-7", "bill_time": "2026-09-01 10:00:00", "bill_type": 201, "ref_user_id": "6901234000009",
    "from_user_id": "6901234000009", "to_user_id": "6901234000108", "trace_codes": "81012350000000157474,81012350000000157475",
}  # fmt: skip
SCANS: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "CSV whose header names its columns; or a code a line, the rest in the query; or a code platform's bills",
        "content": {
            "text/csv": {"schema": {"type": "string"}, "example": _SCAN_LINES},
            "text/plain": {"schema": {"type": "string"}, "example": "(01)06901234000016(21)100\n"},
            "application/vnd.medtrace.code-platform+json": {"schema": {"type": "object"}, "example": _BILL},
        },
    },
    "parameters": [*_HEADERS, *(parameter(name, "Holds for all lines that do not say it themselves") for name in COLUMNS)],
}
_TERMINAL = (
    '<Document><Events><Event Name="SalesWareHouseOut" MainAction="WareHouseOut"><DataField><Data Code="81012350000000157474" '
    'ActDate="2026-09-01 10:00:00" ToCorpID="6901234000108" CorpOrderID="XS-7"/></DataField></Event></Events></Document>'
)
_BILL_LINES = (
    "bill_code,bill_time,bill_type,to_user_id,trace_code\n"
    "XS-7,2026-09-01 10:00:00,201,6901234000108,81012350000000157474\n"
)
BILLS: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "Bills with their codes: as uploaded to a code platform, or as its scanning terminals write them",
        "content": {
            "application/json": {"schema": {"type": ["object", "array"]}, "example": _BILL},
            "application/xml": {"schema": {"type": "string", "format": "xml"}, "example": _TERMINAL},
            "text/csv": {"schema": {"type": "string"}, "example": _BILL_LINES},
        },
    },
    "parameters": [*_HEADERS, parameter("site", "The GLN of whose bills they are, where they do not say it")],
}
JOB: dict[str, Any] = {
    "type": "object",
    "required": ["captureID", "running", "success", "errors"],
    "properties": {
        "captureID": {"type": "string"},
        "running": {"type": "boolean"},
        "success": {"type": "boolean"},
        "captureErrorBehaviour": {"enum": ["rollback", "proceed"]},
        "errors": {"type": "array", "items": {"type": "object"}},
        "progress": {"type": "object"},
    },
}
JOBS = {"type": "array", "items": JOB}
INBOX = {"type": "array", "items": {"type": "object", "required": ["unit", "event", "state", "reasons"]}}
TOKEN = {"type": "object"}
_LOCATION = {"Location": {"schema": {"type": "string"}}}
_ID = {"type": "object", "required": ["captureID"], "properties": {"captureID": {"type": "string"}}}
TAKEN: dict[int | str, dict[str, Any]] = {
    202: {"description": "Safe; Location is its job", "headers": _LOCATION, "content": {"application/json": {"schema": _ID}}},
    **errors(400, 401, 403, 413, 415),
}
EVENT_TAKEN: dict[int | str, dict[str, Any]] = {
    201: {"description": "Safe; Location is the event", "headers": _LOCATION, "content": {"application/json": {"schema": _ID}}},
    **errors(400, 401, 403, 409, 413, 415),
}
LIST = {
    "parameters": [
        parameter("perPage", "Items on a page, 30 if not given, at most 1000", {"type": "integer", "minimum": 1, "default": 30}),
        parameter("nextPageToken", "From the Link header of the page before"),
    ]
}
