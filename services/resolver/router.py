"""Where the resolver's links lead that are nobody else's: product information and recall status, as JSON for anybody."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from pedigree.identifiers import has_valid_check_digit
from pedigree.times import format_time
from services.acceptable import acceptable
from services.context import Services
from services.openapi import errors, parameter
from services.problems import not_found
from services.ratelimit import RateLimiter
from services.resolver.linkset import description

_GTIN = re.compile(r"\d{8}|\d{12,14}", re.ASCII)
_OBJECT = {"application/json": {"schema": {"type": "object"}}}
_SCOPE = {"parameters": [parameter("lot", "Of the pack, where it is known"), parameter("serial", "Of the pack, where known")]}


def resolver_router(services: Services) -> APIRouter:
    """Public, with the limits of public pages."""
    limit = Depends(RateLimiter(services.settings.public_rate, services.settings.public_burst))
    router = APIRouter(dependencies=[limit, Depends(acceptable)], tags=["Digital Link resolver"])
    answers = _answers("What is known", 404)

    @router.get("/products/{gtin}", responses=answers)
    async def get_product(gtin: str) -> Response:
        """A product as its maker states it: registered data, and what the maker's own documents say."""
        made = await run_in_threadpool(_product, services, _checked(gtin))
        return JSONResponse(made, headers={"Access-Control-Allow-Origin": "*"})

    @router.get("/products/{gtin}/recall", responses=answers, openapi_extra=_SCOPE)
    async def get_recall(gtin: str, request: Request) -> Response:
        """Recalls and holds that stand now for the product, its lot, or one pack of it."""
        lot, serial = request.query_params.get("lot", "")[:20], request.query_params.get("serial", "")[:20]
        made = await run_in_threadpool(_recall, services, _checked(gtin), lot, serial)
        return JSONResponse(made, headers={"Access-Control-Allow-Origin": "*"})

    @router.get("/.well-known/gs1resolver", responses=_answers("This resolver"))
    async def get_description(request: Request) -> Response:
        base = services.settings.base_url or str(request.base_url).rstrip("/")
        return JSONResponse(description(base), headers={"Access-Control-Allow-Origin": "*"})

    return router


def _answers(what: str, *statuses: int) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": what, "content": _OBJECT}, **errors(406, 429, *statuses)}


def _checked(gtin: str) -> str:
    if not _GTIN.fullmatch(gtin) or not has_valid_check_digit(gtin):
        raise not_found(f"{gtin[:20]!r} is no GTIN")
    return gtin.zfill(14)


def _product(services: Services, gtin: str) -> dict[str, Any]:
    registry = services.registry.current()
    known = registry.product(gtin)
    uri = f"https://id.gs1.org/01/{gtin}"
    owner = registry.owner_of(uri)
    stated = services.graph.master_data(uri) if services.graph is not None else []
    # Only what the owner of the number says of it is told to everybody.
    own = {row.attribute: msgspec.json.decode(row.value) for row in stated if owner and row.party == owner}
    if known is None and not own:
        raise not_found(f"nothing is known of the product {gtin}")
    made: dict[str, Any] = {"gtin": gtin, "id": uri}
    if known is not None:
        plain = {"names": known.names, "strength": known.strength, "form": known.form, "units": known.units, "kind": known.kind}
        made |= {name: value for name, value in plain.items() if value}
    if own:
        made["masterData"] = own
    return made


def _recall(services: Services, gtin: str, lot: str, serial: str) -> dict[str, Any]:
    registry, now = services.registry.current(), services.clock()
    recalls = [
        {"id": one.id, "class": one.level, "lot": one.lot, "reason": one.reason, "since": format_time(one.since)}
        for one in registry.recalls(gtin, lot, serial, now)
    ]
    holds = [
        {"id": one.id, "lot": one.lot, "reason": one.reason, "since": format_time(one.since)}
        for one in registry.holds(gtin, lot, serial, now)
    ]
    return {"gtin": gtin, "lot": lot, "serial": serial, "recalled": bool(recalls), "recalls": recalls, "holds": holds}
