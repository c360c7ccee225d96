"""Settings: how each product is to be ordered."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from pedigree.errors import Fault
from pedigree.facts import Note, fact_of
from services.auth import Caller
from services.console.pages import next_of, query
from services.console.routes import done
from services.problems import invalid
from services.procurement.desk import Desk
from services.procurement.settings import EVERY, KIND, Setting, setting_of
from services.session import Posted


def add(router: APIRouter, desk: Desk) -> None:
    """Register the routes."""
    reader, writer = Depends(desk.sessions.reader), Depends(desk.sessions.writer)

    @router.get("/procurement/settings")
    def settings(request: Request, gtin: str = Query(EVERY, max_length=14), caller: Caller = reader) -> Response:
        """The settings in force for a product (`*`: all that have none of their own), and which products have their own."""
        names, values = desk.names(request), desk.settings()
        own = sorted(key.split("/", 1)[1] for key in values if key.startswith(f"{caller.party}/") and not key.endswith(EVERY))
        shown, more = desk.console.sliced(request, [{"gtin": one, "product": names.product(one)} for one in own], 50)
        data = {
            "gtin": gtin,
            "product": names.product(gtin),
            "setting": msgspec.to_builtins(setting_of(values, caller.party, gtin)),
            "own": shown,
        }
        return desk.answer(request, "settings.html", data, headers=more, next=next_of(more), every=EVERY)

    @router.post("/procurement/settings")
    def state(request: Request, posted: Posted = writer) -> Response:
        """Set them: `gtin` (14 digits or `*`) and any of the fields; what is not named takes its usual value."""
        gtin, setting = _setting(posted.values)
        value = Note(id=f"{posted.caller.party}/{gtin}", value=msgspec.to_builtins(setting))
        desk.services.registry.state(fact_of(KIND, value, posted.caller.party, desk.now()))
        return done(request, f"/procurement/settings?{query(gtin=gtin)}", {"gtin": gtin, **value.value}, 200, desk.console)


def _setting(values: dict[str, Any]) -> tuple[str, Setting]:
    said = {name: value for name, value in values.items() if value != ""}
    gtin = str(said.pop("gtin", ""))
    if gtin != EVERY:
        if not re.fullmatch(r"[0-9]{8,14}", gtin):
            raise invalid("gtin: 14 digits, or * for all products", [Fault("gtin", gtin[:40], "14 digits or *")])
        gtin = gtin.zfill(14)
    try:
        if isinstance(said.get("leadDays"), str):
            said["leadDays"] = re.findall(r"[^\s,;，；、]+", said["leadDays"])
        if "service" in said and float(said["service"]) > 1:  # typed as a percentage
            said["service"] = float(said["service"]) / 100
        return gtin, msgspec.convert(said, Setting, strict=False)
    except (msgspec.ValidationError, ValueError, TypeError) as wrong:
        where = re.search(r"`\$\.?([^`]*)`", str(wrong))
        raise invalid(str(wrong), [Fault(where[1] if where else "", "what was given", str(wrong))]) from wrong
