"""OPTIONS of the query interface: what it can do, in headers (EPCIS 2.0 section 12.5)."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from services.capture import options as capture
from services.context import EdgeSettings
from services.query.accept import CBV_FORMATS, EPC_FORMATS

READ = "GET, OPTIONS"


def headers(settings: EdgeSettings) -> dict[str, str]:
    """The formats that are told are those which are used when the client names none; all of each list are understood."""
    return {
        **capture.VERSIONS,
        **capture.common(settings),
        "GS1-EPC-Format": EPC_FORMATS[-1],
        "GS1-CBV-XML-Format": CBV_FORMATS[-1],
    }


def install(router: APIRouter, settings: EdgeSettings, resources: dict[str, str]) -> None:
    """`resources`: path -> Allow. POST /events is the capture interface's: its limits are told here too."""

    def add(path: str, allow: str) -> None:
        made = {"Allow": allow, **headers(settings)}
        if path == "/events":
            made |= capture.limits(settings)

        async def answer() -> Response:
            return Response(status_code=204, headers=made)

        router.add_api_route(path, answer, methods=["OPTIONS"], status_code=204, include_in_schema=False)

    for path, allow in resources.items():
        add(path, allow)
