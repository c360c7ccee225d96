"""Routes about lots: where one is, recalls and holds declared and lifted, their progress."""

from __future__ import annotations

import re
import secrets
from typing import Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from starlette.responses import Response, StreamingResponse

from pedigree.errors import Fault
from pedigree.facts import Hold, Recall, RecallClass, Scope, fact_of
from services.console.names import Names, typed_time
from services.console.pages import next_of, query
from services.console.routes import done
from services.problems import Problem, bad_query, invalid, not_found
from services.regulator.desk import Desk
from services.regulator.lots import NOTICE_DAYS, csv_of, figures, figures_of, holders
from services.regulator.units import WORDS
from services.session import Posted

_DAY = 86_400_000
_ID = re.compile(r"[A-Za-z0-9._-]{1,60}")


class Declared(BaseModel):
    """What a recall or hold says. `from`: a time, now when left out; `serials`: only these packs."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, str_strip_whitespace=True)
    id: str = Field("", max_length=60)
    gtin: str = Field(pattern=r"^[0-9]{8,14}$")
    lot: str = Field("", max_length=20)
    serials: list[str] = Field(default_factory=list, max_length=5000)
    reason: str = Field(min_length=1, max_length=500)
    market: str = Field("", max_length=100)
    level: RecallClass = Field("I", alias="class")
    since: str = Field("", alias="from", max_length=40)

    @field_validator("serials", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return [one for one in re.split(r"[\s,;，；、]+", value) if one] if isinstance(value, str) else value


def add(router: APIRouter, desk: Desk) -> None:
    """Register the routes."""
    read = [Depends(desk.sessions.reader)]
    writer = Depends(desk.sessions.writer)

    @router.get("/regulator/recall", dependencies=read)
    def lot(
        request: Request, gtin: str = Query(max_length=14), lot: str = Query("", max_length=20), format: str = Query("")
    ) -> Response:
        """Who has the lot: holders with counts by status and share, the units. `format=csv`: all units as a file."""
        names, now = desk.names(request), desk.now()
        if not gtin.isascii() or not gtin.isdigit():
            raise bad_query("gtin must be digits")
        gtin, lot = gtin.zfill(14), lot.strip()
        if format == "csv":
            headers = {"Content-Disposition": f'attachment; filename="lot-{gtin}.csv"', "Cache-Control": "no-store"}
            return StreamingResponse(csv_of(desk.graph, names, gtin, lot), headers=headers, media_type="text/csv; charset=utf-8")
        asked = desk.console.asked(request, 100)
        found = desk.graph.recall(gtin, lot, asked.cursor, asked.per_page)
        more = desk.console.more(request, found.units.next)
        registry = desk.registry()
        counts = [(row.party, row.status, row.units) for row in found.holders]
        data = {
            "gtin": gtin,
            "lot": lot,
            "product": names.product(gtin),
            "total": found.total,
            "figures": _figures(figures(counts, registry.owner_of(f"https://id.gs1.org/01/{gtin}"))) if found.holders else None,
            "holders": holders(names, found.holders, found.total),
            "units": [
                {
                    "epc": one.epc, "verdict": one.verdict, "status": one.custody.status, "party": names.party(one.custody.party),
                    "place": names.place(one.custody.location), "container": one.custody.via,
                }
                for one in found.units.items
            ],
            "recalls": [_scope(names, one, now) for one in registry.recalls(gtin, lot, "", now)],
            "holds": [_scope(names, one, now) for one in registry.holds(gtin, lot, "", now)],
        }  # fmt: skip
        new = {"recall": _new_id("R", now), "hold": _new_id("H", now)}
        return desk.answer(
            request, "lot.html", data, headers=more, next=next_of(more), words=WORDS, new=new,
            first=asked.cursor is None,
        )  # fmt: skip

    @router.get("/regulator/recalls", dependencies=read)
    def recalls(request: Request) -> Response:
        """All recalls, standing ones first, each with its progress."""
        names, now = desk.names(request), desk.now()
        every = sorted(desk.registry().all_recalls(), key=lambda one: (0 < one.lifted <= now, -one.since, one.id))
        shown, more = desk.console.sliced(request, every, 20)
        data = {
            "recalls": [
                {**_scope(names, one, now), "figures": _figures(figures_of(desk.graph, desk.registry(), one))} for one in shown
            ]
        }
        return desk.answer(
            request, "recalls.html", data, headers=more, next=next_of(more), new=_new_id("R", now)
        )

    @router.post("/regulator/recalls")
    def declare_recall(request: Request, posted: Posted = writer) -> Response:
        """Declare a recall. 201; the same `id` again is answered with what stands under it (200), or 409 when it differs."""
        said, since, gtin = _declared(posted.values, desk.now())
        value = Recall(
            id=said.id or _new_id("R", desk.now()), gtin=gtin, lot=said.lot, serials=tuple(said.serials), market=said.market,
            reason=said.reason, since=since, level=said.level,
        )  # fmt: skip
        known = next((one for one in desk.registry().all_recalls() if one.id == value.id), None)
        status = _state(desk, "recall", value, known, posted)
        names = desk.names(request)
        made = _scope(names, value, desk.now())
        return done(request, f"/regulator/recall?{query(gtin=gtin, lot=said.lot)}", made, status, desk.console)

    @router.post("/regulator/recalls/{id}/lift")
    def lift_recall(request: Request, id: str, posted: Posted = writer) -> Response:
        """End a recall now. 409 when it has ended already."""
        known = next((one for one in desk.registry().all_recalls() if one.id == id), None)
        lifted = _lift(desk, "recall", known, id, posted)
        target = f"/regulator/recall?{query(gtin=lifted.gtin, lot=lifted.lot)}"
        return done(request, target, _scope(desk.names(request), lifted, desk.now()), 200, desk.console)

    @router.post("/regulator/holds")
    def declare_hold(request: Request, posted: Posted = writer) -> Response:
        """Put a lot (or packs of it) on hold. As recalls, without a class."""
        said, since, gtin = _declared(posted.values, desk.now())
        value = Hold(
            id=said.id or _new_id("H", desk.now()), gtin=gtin, lot=said.lot, serials=tuple(said.serials), market=said.market,
            reason=said.reason, since=since, by=posted.caller.party,
        )  # fmt: skip
        standing = desk.registry().holds(gtin, said.lot, said.serials[0] if said.serials else "", desk.now())
        status = _state(desk, "hold", value, next((one for one in standing if one.id == value.id), None), posted)
        made = _scope(desk.names(request), value, desk.now())
        return done(request, f"/regulator/recall?{query(gtin=gtin, lot=said.lot)}", made, status, desk.console)

    @router.post("/regulator/holds/{id}/lift")
    def lift_hold(request: Request, id: str, posted: Posted = writer) -> Response:
        """End a hold now; the body names its gtin, and lot and serial where it has them."""
        at = {name: str(posted.values.get(name, "")) for name in ("gtin", "lot", "serial")}
        standing = desk.registry().holds(at["gtin"].zfill(14), at["lot"], at["serial"], desk.now())
        lifted = _lift(desk, "hold", next((one for one in standing if one.id == id), None), id, posted)
        target = f"/regulator/recall?{query(gtin=lifted.gtin, lot=lifted.lot)}"
        return done(request, target, _scope(desk.names(request), lifted, desk.now()), 200, desk.console)


def _declared(values: dict[str, Any], now: int) -> tuple[Declared, int, str]:
    """(what is said, since when, the GTIN's 14 digits); 400 with every fault."""
    try:
        said = Declared.model_validate({name: value for name, value in values.items() if value != ""})
    except ValidationError as error:
        faults = [Fault("/".join(map(str, one["loc"])), repr(one["input"])[:100], one["msg"]) for one in error.errors()]
        raise invalid(f"{faults[0].where}: {faults[0].expected}", faults) from error
    if said.id and not _ID.fullmatch(said.id):
        raise invalid("id: letters, digits and . _ - only", [Fault("id", said.id, "letters, digits and . _ -")])
    return said, typed_time(said.since, "from") if said.since else now, said.gtin.zfill(14)


def _state(desk: Desk, kind: str, value: Scope, known: Scope | None, posted: Posted) -> int:
    if known is not None:
        about = [(one.gtin, one.lot, one.serials, one.first_serial, one.last_serial) for one in (known, value)]
        if about[0] != about[1]:
            raise Problem(409, "DuplicateNameException", f"{kind} {value.id} exists and is about something else")
        return 200
    desk.services.registry.state(fact_of(kind, value, posted.caller.party, desk.now()))
    return 201


def _lift(desk: Desk, kind: str, known: Scope | None, id: str, posted: Posted) -> Scope:
    now = desk.now()
    if known is None:
        raise not_found(f"there is no standing {kind} {id[:60]}")
    if known.lifted and known.lifted <= now:
        raise Problem(409, "ValidationException", f"{kind} {id} was lifted already")
    lifted = msgspec.structs.replace(known, lifted=max(now, known.since))
    desk.services.registry.state(fact_of(kind, lifted, posted.caller.party, now))
    return lifted


def _scope(names: Names, one: Scope, now: int) -> dict[str, Any]:
    """A recall or hold as it is shown."""
    level = one.level if isinstance(one, Recall) else ""
    return {
        "id": one.id,
        "class": level,
        "gtin": one.gtin,
        "product": names.product(one.gtin),
        "lot": one.lot,
        "serials": list(one.serials[:50]),
        "serialsInAll": len(one.serials),
        "firstSerial": one.first_serial,
        "lastSerial": one.last_serial,
        "reason": one.reason,
        "market": one.market,
        "from": names.moment(one.since),
        "lifted": names.moment(one.lifted),
        "stands": one.since <= now and not 0 < one.lifted <= now,
        "announceBy": names.moment(one.since + NOTICE_DAYS[level] * _DAY) if level else None,
        "overdue": bool(level) and now > one.since + NOTICE_DAYS[level] * _DAY,
    }


def _figures(found: Any) -> dict[str, Any]:
    return {**msgspec.to_builtins(found), "toRecall": found.to_recall, "done": round(found.done, 4)}


def _new_id(letter: str, now: int) -> str:
    """A number for a new recall, given out with the form: sending the form twice declares one recall."""
    return f"{letter}{now // _DAY}-{secrets.token_hex(3)}"
