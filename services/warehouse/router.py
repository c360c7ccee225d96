"""What of one's own events needs a look: a page beside the one for scanning, behind the same sign-in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from graph.model import InboxRow
from pedigree.errors import SettingsError
from pedigree.messages import event_uri
from services.auth import Caller
from services.capture.inbox import STATES
from services.console.names import Names, say
from services.console.pages import Console, lang_of, next_of
from services.console.routes import console_router
from services.console.words import FINDING, OUTCOME, SEVERITY, STEP
from services.context import Services
from services.problems import bad_query
from services.scan import hand as scanning
from services.session import Sessions
from services.warehouse.advice import advice

PATH = f"{scanning.PATH}/inbox"
WORDS = {"outcome": OUTCOME, "finding": FINDING, "severity": SEVERITY, "step": STEP}


def warehouse_router(services: Services) -> APIRouter:
    """The routes. SettingsError without a graph."""
    graph = services.graph
    if graph is None:
        raise SettingsError("the warehouse desk needs the graph: set Services.graph")
    sessions = Sessions(services, "capture", scanning.PATH)
    console = Console(services, sessions, Path(__file__).parent / "templates", scanning.TITLE, scanning.LINKS)
    router = console_router(console, sign_in=False)
    reader = Depends(sessions.reader)

    @router.get(PATH)
    def inbox(request: Request, state: str = Query("", max_length=20), caller: Caller = reader) -> Response:
        """Own events that were rejected, are suspect or wait, newest first, each with reasons and what to do."""
        if state not in ("", *STATES):
            raise bad_query(f"state is one of {', '.join(STATES)}, or left out for all of them")
        names = Names(services.registry.current(), lang_of(request))
        asked = console.asked(request, 30)
        found = graph.inbox(caller.party, state, asked.cursor, asked.per_page)
        more = console.more(request, found.next)
        data = {"party": names.party(caller.party), "items": [_item(names, row) for row in found.items]}

        def word(words: Mapping[Any, tuple[str, str]], code: int | str) -> str:
            return say(words, code, names.lang)

        return console.answer(
            request, "inbox.html", data, headers=more, next=next_of(more), state=state, states=("", *STATES),
            words=WORDS, say=word, signed_in=True,
        )  # fmt: skip

    return router


def _item(names: Names, row: InboxRow) -> dict[str, Any]:
    verdict = row.verdict
    return {
        "epc": row.unit,
        "event": event_uri(verdict.event),
        "captureID": row.capture,
        "state": verdict.outcome,
        "step": verdict.step,
        "bizStep": verdict.biz_step,
        "eventTime": names.moment(verdict.time, verdict.location),
        "recordTime": names.moment(verdict.record_time, verdict.location),
        "place": names.place(verdict.location),
        "findings": [{"code": one.code, "severity": one.severity, "evidence": dict(one.evidence)} for one in verdict.findings],
        "todo": advice(verdict.outcome, verdict.findings)[0 if names.lang == "zh" else 1],
    }
