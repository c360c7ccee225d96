"""Documents to capture, and an app that captures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from services.capture.index_sqlite import SqliteCaptureIndex
from services.capture.router import capture_router
from services.context import EdgeSettings, Services
from services.query.router import query_router
from tests.unit.test_registry import GTIN, SITE
from tests.web.edge import client_of, services_in

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


def unit(n: int | str) -> str:
    return f"https://id.gs1.org/01/{GTIN}/21/{n}"


def event(n: int | str = 1, step: str = "commissioning", **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": "ObjectEvent",
        "action": "ADD" if step == "commissioning" else "OBSERVE",
        "eventTime": "2026-09-01T10:00:00.000Z",
        "eventTimeZoneOffset": "+08:00",
        "bizStep": step,
        "epcList": [unit(n)],
        "readPoint": {"id": f"https://id.gs1.org/414/{SITE}"},
        "bizLocation": {"id": f"https://id.gs1.org/414/{SITE}"},
    }
    return {**made, **more}


def document(*events: Any, **more: Any) -> dict[str, Any]:
    return {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-09-01T10:00:00.000Z",
        "epcisBody": {"eventList": list(events)},
        **more,
    }


def alone(made: dict[str, Any]) -> dict[str, Any]:
    return {"@context": CONTEXT, **made}


def text(value: Any) -> bytes:
    return json.dumps(value).encode()


XML_EVENT = f"""<ObjectEvent><eventTime>2026-09-01T10:00:00.000Z</eventTime>
<eventTimeZoneOffset>+08:00</eventTimeZoneOffset><epcList><epc>{unit("x")}</epc></epcList><action>ADD</action>
<bizStep>urn:epcglobal:cbv:bizstep:commissioning</bizStep>
<readPoint><id>https://id.gs1.org/414/{SITE}</id></readPoint>
<bizLocation><id>https://id.gs1.org/414/{SITE}</id></bizLocation></ObjectEvent>"""
XML = f"""<?xml version="1.0" encoding="UTF-8"?>
<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" schemaVersion="2.0" creationDate="2026-09-01T10:00:00.000Z">
<EPCISBody><EventList>{XML_EVENT}</EventList></EPCISBody></epcis:EPCISDocument>""".encode()


def capture_app(folder: Path, settings: EdgeSettings | None = None, *, max_bytes: int = 0) -> tuple[TestClient, Services]:
    services = services_in(folder, settings, max_bytes=max_bytes)
    services.captures = SqliteCaptureIndex(folder / "captures.sqlite")
    app = FastAPI()
    app.include_router(query_router(services))
    app.include_router(capture_router(services))
    return client_of(app), services
