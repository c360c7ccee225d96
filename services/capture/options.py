"""What this implementation can do, as EPCIS 2.0 has it told in headers (section 12.5)."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from services.context import EdgeSettings

VERSIONS = {
    "GS1-EPCIS-Version": "2.0.0",
    "GS1-EPCIS-Min": "2.0.0",
    "GS1-EPCIS-Max": "2.0.0",
    "GS1-CBV-Version": "2.0.0",
    "GS1-EPC-Format": "Never_Translates",
    "GS1-CBV-XML-Format": "Never_Translates",
    "GS1-Extensions": "medtrace=urn:medtrace:",
}


def common(settings: EdgeSettings) -> dict[str, str]:
    """Headers of every answer of the capture interface."""
    headers = {"GS1-EPCIS-Version": VERSIONS["GS1-EPCIS-Version"], "GS1-Extensions": VERSIONS["GS1-Extensions"]}
    return {**headers, "Medtrace-Simulation": "true"} if settings.simulation else headers


def limits(settings: EdgeSettings) -> dict[str, str]:
    return {
        "GS1-EPCIS-Capture-Limit": str(settings.capture_limit),
        "GS1-EPCIS-Capture-File-Size-Limit": str(settings.capture_bytes),
        "GS1-Capture-Error-Behaviour": "rollback",
    }


def install(router: APIRouter, settings: EdgeSettings) -> None:
    """An OPTIONS route for each resource; that of /events belongs to the query interface."""

    def add(path: str, allow: str, more: dict[str, str]) -> None:
        headers = {"Allow": allow, **VERSIONS, **common(settings), **more}

        async def answer() -> Response:
            return Response(status_code=204, headers=headers)

        router.add_api_route(path, answer, methods=["OPTIONS"], status_code=204, include_in_schema=False)

    add("/capture", "GET, POST, OPTIONS", limits(settings))
    add("/capture/{id}", "GET, OPTIONS", {})
    add("/scan", "POST, OPTIONS", limits(settings))
    add("/inbox", "GET, OPTIONS", {})
