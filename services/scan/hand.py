"""A page for whoever stands in the aisle with a scanner that types: `/scan`. Scans wait in the browser while there is no network
and are sent again until an answer came; sent twice they have no second effect, since a scan carries its own time."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Request
from markupsafe import Markup
from msgspec import Meta
from starlette.responses import JSONResponse, Response

from pedigree.errors import Fault
from services.auth import Caller
from services.capture.core import Capture
from services.capture.prepare import Prepared, Task, prepare
from services.capture.taking import Upload
from services.console.pages import Console, lang_of
from services.console.routes import console_router
from services.pages import page_headers
from services.problems import fault_json, invalid
from services.scan.handwords import STEPS, TEXTS
from services.session import Posted, Sessions

PATH = "/scan"
TITLE = ("仓库", "Warehouse")
LINKS = ((PATH, "扫码", "Scan"), (f"{PATH}/inbox", "待查看", "Needs a look"))
"""The pages of one sign-in."""
MOST = 50
"""Scans of one request."""
_HERE = Path(__file__).parent / "templates"
_CSS = (_HERE / "hand.css").read_text()
_SCRIPT = (_HERE / "hand.js").read_text()
_CONSOLE_CSS = (Path(__file__).parents[1] / "console" / "console.css").read_text()
_LINE = re.compile(r"line (\d+)")
_FIELDS = ("time", "step", "site", "code", "parent", "to", "document")
# Printable, but for the separator (GS) inside element strings: nothing that would begin a new line of the file.
Cell = Annotated[str, Meta(max_length=500, pattern="^[^\x00-\x1c\x1e\x1f\x7f]*$")]


class Scanned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One scan; `id` is the browser's own."""

    id: Annotated[str, Meta(max_length=60)]
    time: Cell
    step: Cell
    site: Cell
    code: Cell
    parent: Cell = ""
    to: Cell = ""
    document: Cell = ""


class Posting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    scans: Annotated[list[Scanned], Meta(min_length=1, max_length=MOST)]


def hand_router(capture: Capture) -> APIRouter:
    """The routes `/scan` (GET) and `/scan/hand`, with a sign-in of their own for keys with the role `capture`."""
    services = capture.services
    sessions = Sessions(services, "capture", PATH)
    console = Console(services, sessions, _HERE, TITLE, LINKS)
    router = console_router(console)
    reader, writer = Depends(sessions.reader), Depends(sessions.writer)

    @router.get(PATH)
    def page(request: Request, caller: Caller = reader) -> Response:
        """The page for handhelds, in Chinese or English."""
        party = services.registry.current().party(caller.party)
        lang = lang_of(request)
        column = 0 if lang == "zh" else 1
        values = {
            "signed_in": True, "party": caller.party, "sites": party.sites if party is not None else (),
            "steps": {step: words[column] for step, words in STEPS.items()},
            "texts": {name: words[column] for name, words in TEXTS.items()},
            "hand_css": Markup(_CSS), "script": Markup(_SCRIPT),
        }  # fmt: skip
        return console.page(request, "hand.html", values, headers=_HEADERS)

    @router.post(f"{PATH}/hand")
    def hand(posted: Posted = writer) -> Response:
        """Up to 50 scans as JSON (`scans`): for each whether it was taken, and if not, why."""
        try:
            scans = msgspec.convert(posted.values, Posting).scans
        except msgspec.ValidationError as wrong:
            raise invalid(f"scans: {wrong}", [Fault("scans", "what was sent", str(wrong))]) from wrong
        body = _file(scans)
        settings = services.settings
        task = Task(body, "text/csv", False, "proceed", settings.capture_limit, settings.children_limit)
        prepared = prepare(task)
        wrong_lines = _by_line(prepared)
        taken = ""
        if prepared.events:
            taken = capture.taker.take(Upload(body, "text/csv", posted.caller.party, behaviour="proceed"), prepared).id
        results: list[dict[str, Any]] = []
        for number, scan in enumerate(scans, 2):
            fault = wrong_lines.get(number)
            results.append({"id": scan.id, "taken": fault is None, **({} if fault is None else {"fault": fault_json(fault)})})
        return JSONResponse({"captureID": taken, "results": results})

    return router


def _file(scans: Iterable[Scanned]) -> bytes:
    """What is kept as the document: CSV as `/scan` takes it."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_FIELDS)
    rows.writerows([getattr(scan, name) for name in _FIELDS] for scan in scans)
    return text.getvalue().encode()


def _by_line(prepared: Prepared) -> dict[int, Fault]:
    """The first fault of each line of the file."""
    found: dict[int, Fault] = {}
    for fault in prepared.problems():
        for number in _LINE.findall(fault.where):
            found.setdefault(int(number), fault)
    if prepared.refusal and not found:
        raise invalid(prepared.refusal, prepared.problems())
    return found


def _sha(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


_HEADERS = {
    **page_headers(_CONSOLE_CSS),
    "Content-Security-Policy": (
        f"default-src 'none'; style-src {_sha(_CONSOLE_CSS)} {_sha(_CSS)}; script-src {_sha(_SCRIPT)}; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}
