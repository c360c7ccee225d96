"""Routes about one unit: its page, its contents, its events as captured, its proof."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from graph.model import EventRow
from pedigree.identifiers import canonical
from pedigree.messages import event_bytes, event_uri
from pedigree.times import format_time
from services.console.names import Names, typed_time
from services.console.pages import next_of, unavailable
from services.console.words import CHAIN, FINDING, INTEGRITY, OUTCOME, PROOF, SEVERITY, STATUS, STEP
from services.problems import bad_query, not_found
from services.regulator import papers
from services.regulator import unit as units
from services.regulator.desk import Desk

WORDS = {
    "status": STATUS, "step": STEP, "outcome": OUTCOME, "proof": PROOF, "chain": CHAIN, "severity": SEVERITY,
    "integrity": INTEGRITY, "finding": FINDING, "paper": papers.KIND, "paperState": papers.STATE,
}  # fmt: skip


def add(router: APIRouter, desk: Desk) -> None:
    """Register the routes."""
    read = [Depends(desk.sessions.reader)]

    @router.get("/regulator/unit", dependencies=read)
    def unit(
        request: Request,
        epc: str = Query(max_length=500),
        known_at: str = Query("", max_length=40),
        lot: str = Query("", max_length=40),
        expiry: str = Query("", max_length=20),
    ) -> Response:
        """Custody path, verdicts with evidence, integrity. `known_at`: as known then; `lot`, `expiry`: as they were scanned."""
        names, now, key = desk.names(request), desk.now(), canonical(epc.strip())
        view = _view(desk, names, key, known_at)
        if view is None:
            raise not_found(f"{key} is not known here: it may not have been uploaded, or was misread; this is no proof of a fake")
        given = {"lot": lot, "expiry": expiry}
        view["mismatch"] = [name for name, value in given.items() if value and view[name] and value != view[name]]
        view["standing"] = units.standing(desk.registry(), view, now)
        view["papers"] = papers.papers_of(desk, names, key, typed_time(known_at, "known_at") if known_at else None)
        view["knownAt"] = names.moment(typed_time(known_at, "known_at")) if known_at else None
        shown, more = desk.console.sliced(request, view["verdicts"], 40)
        total = len(view["verdicts"])
        page_only: dict[str, Any] = {
            "picture": units.picture(view, names, now), "worst": units.worst(view["verdicts"])[:10], "words": WORDS,
            "next": next_of(more), "total": total, "given": given, "now": format_time(now),
        }  # fmt: skip
        return desk.answer(request, "unit.html", {**view, "verdicts": shown}, headers=more, **page_only)

    @router.get("/regulator/contents", dependencies=read)
    def contents(request: Request, epc: str = Query(max_length=500), at: str = Query("", max_length=40)) -> Response:
        """What is (was, `at` a time) directly inside, with totals by depth."""
        names, key = desk.names(request), canonical(epc.strip())
        moment = typed_time(at, "at") if at else None
        asked = desk.console.asked(request, 100)
        found = desk.graph.contents(key, moment, asked.cursor, asked.per_page)
        more = desk.console.more(request, found.children.next)
        data = {
            "epc": key,
            "at": names.moment(moment) if moment is not None else None,
            "levels": found.levels,
            "children": [
                {
                    "epc": child.epc, "gtin": child.gtin, "lot": child.lot, "expiry": child.expiry, "verdict": child.verdict,
                    "children": child.children, "from": names.moment(child.t_from), "to": names.moment(child.t_to),
                }
                for child in found.children.items
            ],
        }  # fmt: skip
        return desk.answer(request, "contents.html", data, headers=more, next=next_of(more), asked_at=at)

    @router.get("/regulator/events", dependencies=read)
    def events(request: Request, epc: str = Query(max_length=500)) -> Response:
        """The events that name the unit, as captured, latest first."""
        names, key = desk.names(request), canonical(epc.strip())
        asked = desk.console.asked(request, 30)
        found = desk.graph.unit_events(key, asked.cursor, asked.per_page)
        more = desk.console.more(request, found.next)
        data = {"epc": key, "events": [_event(names, row) for row in found.items]}
        return desk.answer(request, "events.html", data, headers=more, next=next_of(more), words=WORDS)

    @router.get("/regulator/event", dependencies=read)
    def event(request: Request, hash: str = Query(max_length=200), declared: int = Query(0, ge=0)) -> Response:
        """One event by its CBV hash (and declaration time)."""
        try:
            digest = event_bytes(hash)
        except ValueError as wrong:
            raise bad_query(str(wrong)) from wrong
        row = desk.graph.event(digest, declared)
        if row is None:
            raise not_found(f"no event {hash} was captured here")
        data = {"epc": "", "events": [_event(desk.names(request), row)]}
        return desk.answer(request, "events.html", data, next="", words=WORDS)

    @router.get("/regulator/proof", dependencies=read)
    def proof(epc: str = Query(max_length=500)) -> Response:
        """The proof file: every leaf of the unit that a signed checkpoint covers; check it with `medtrace proof verify`."""
        history = desk.history
        found = history.proof(canonical(epc.strip())) if history is not None else None
        if found is None:
            raise not_found("there is no proof yet: the unit is unknown, or no checkpoint covers it so far")
        headers = {"Content-Disposition": 'attachment; filename="proof.json"', "Cache-Control": "no-store"}
        return Response(found, headers=headers, media_type="application/json")


def _view(desk: Desk, names: Names, epc: str, known_at: str) -> dict[str, Any] | None:
    if not known_at:
        return units.as_now(desk.graph, desk.history, names, epc)
    if desk.history is None:
        raise unavailable("the history of units")
    return units.as_known_at(desk.history, names, epc, typed_time(known_at, "known_at"))


def _event(names: Names, row: EventRow) -> dict[str, Any]:
    return {
        "hash": event_uri(row.hash),
        "declared": row.declared,
        "type": row.type,
        "bizStep": row.biz_step,
        "eventTime": names.moment(row.time, row.location),
        "recordTime": names.moment(row.record_time, row.location),
        "attestedBy": names.party(row.party),
        "actor": names.party(row.actor),
        "place": names.place(row.location),
        "captureID": row.capture,
        "event": msgspec.json.decode(row.json),
    }
