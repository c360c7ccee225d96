"""Routes about cases: findings grouped by what caused them, and what inspectors say about them."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import Response

from pedigree.cases import Case, Item
from pedigree.errors import Fault
from pedigree.facts import Note, fact_of
from pedigree.messages import event_uri
from services.console.names import Names, say
from services.console.pages import next_of
from services.console.routes import done
from services.console.words import FINDING
from services.problems import invalid, not_found
from services.regulator.casewords import KIND, NEXT, RHYTHM, STATE
from services.regulator.casework import Casework
from services.regulator.desk import Desk
from services.regulator.unit import named
from services.regulator.units import WORDS
from services.session import Posted

ALL_WORDS = {**WORDS, "finding": {**FINDING, **RHYTHM}, "kind": KIND, "next": NEXT, "state": STATE}
DAYS = 30


class Said(BaseModel):
    """What was found out about a case."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)
    verdict: Literal["confirmed", "dismissed"]
    reason: str = Field(min_length=1, max_length=500)


def add(router: APIRouter, desk: Desk) -> None:
    """Register the routes."""
    read = [Depends(desk.sessions.reader)]
    writer = Depends(desk.sessions.writer)
    work = Casework(desk)

    @router.get("/regulator/cases", dependencies=read)
    def cases(
        request: Request,
        days: int = Query(DAYS, ge=1, le=3_650),
        kind: str = Query("", max_length=20),
        state: str = Query("", max_length=20),
        party: str = Query("", max_length=200),
    ) -> Response:
        """The most pressing first. `party`: whom the cause, or the other side of it, is about."""
        names = desk.names(request)
        wanted = {"kind": kind, "state": state}
        every = [
            case
            for case in work.cases(days)
            if all(not value or getattr(case, name) == value for name, value in wanted.items())
            and party.strip() in ("", case.party, case.subject)
        ]
        shown, more = desk.console.sliced(request, every, 20)
        data = {"cases": [_case(names, case, days) for case in shown], "total": len(every)}
        chosen = {**wanted, "party": party, "days": days}
        return desk.answer(request, "cases.html", data, headers=more, next=next_of(more), words=ALL_WORDS, chosen=chosen)

    @router.get("/regulator/cases/{id}", dependencies=read)
    def case(request: Request, id: str, days: int = Query(DAYS, ge=1, le=3_650)) -> Response:
        """One case with examples of its findings and its units."""
        found = _find(work, id, days)
        names = desk.names(request)
        units, more = desk.console.sliced(request, found.members, 50)
        data = {**_case(names, found, days), "examples": [_example(names, item) for item in found.examples]}
        data["members"] = [{"epc": unit, "link": f"/regulator/unit?epc={quote(unit, safe='')}"} for unit in units]
        return desk.answer(request, "case.html", data, headers=more, next=next_of(more), words=ALL_WORDS, days=days)

    @router.post("/regulator/cases/{id}/feedback")
    def feedback(request: Request, id: str, posted: Posted = writer) -> Response:
        """Confirmed or dismissed, with a reason: a fact, which changes the case's score. What is found later opens it again."""
        days = str(posted.values.get("days", ""))
        found = _find(work, id, min(3_650, max(1, int(days))) if days.isdigit() and len(days) < 5 else DAYS)
        try:
            said = Said.model_validate(posted.values)
        except ValidationError as error:
            faults = [Fault("/".join(map(str, one["loc"])), repr(one["input"])[:100], one["msg"]) for one in error.errors()]
            raise invalid(f"{faults[0].where}: {faults[0].expected}", faults) from error
        now = desk.now()
        value = {"verdict": said.verdict, "reason": said.reason, "by": posted.caller.party, "at": max(now, found.last)}
        note = Note(id=f"case/{id}", value=value)
        desk.services.registry.state(fact_of("feedback", note, posted.caller.party, now))
        return done(request, f"/regulator/cases/{id}", {"id": id, **value}, 201, desk.console)


def _find(work: Casework, id: str, days: int) -> Case:
    found = next((case for case in work.cases(days) if case.id == id), None)
    if found is None:
        raise not_found(f"there is no case {id[:40]} in the last {days} days")
    return found


def _case(names: Names, case: Case, days: int) -> dict[str, Any]:
    """`days`: how far back it was looked for, which its page must do too."""
    lang = names.lang
    back = f"?days={days}" if days != DAYS else ""
    return {
        "id": case.id,
        "link": f"/regulator/cases/{case.id}{back}",
        "kind": case.kind,
        "party": names.party(case.party),
        "place": names.place(case.location),
        "gate": names.place(case.gate) if case.gate else None,
        "subject": case.subject,
        "about": say(RHYTHM, case.subject, lang) if case.kind == "rhythm" else None,
        "subjectName": names.party(case.subject) if case.subject.isdigit() else None,
        "severity": case.severity,
        "score": case.score,
        "units": case.units,
        "codes": case.codes,
        "first": names.moment(case.first, case.location),
        "last": names.moment(case.last, case.location),
        "state": case.state,
        "reason": case.reason,
        "next": say(NEXT, case.kind, lang),
    }


def _example(names: Names, item: Item) -> dict[str, Any]:
    return {
        "epc": item.unit,
        "link": f"/regulator/unit?epc={quote(item.unit, safe='')}" if item.unit else "",
        "code": item.code,
        "severity": item.severity,
        "evidence": dict(item.evidence),
        "named": named(names, dict(item.evidence)),
        "eventTime": names.moment(item.time, item.location),
        "recordTime": names.moment(item.record_time, item.location),
        "party": names.party(item.party),
        "place": names.place(item.location),
        "bizStep": item.biz_step,
        "event": event_uri(item.event) if len(item.event) == 32 else "",
    }
