"""Papers of a unit: what its events announce in `certificationInfo`, beside what was handed in, and by whom."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter, Depends
from starlette.responses import Response

from graph.model import EventRow
from pedigree.errors import StoreError
from pedigree.facts import Paper
from pedigree.messages import event_uri
from pedigree.papers import Papers, named
from services.console.names import Names
from services.papers import download
from services.papers.openapi import given_out
from services.problems import not_found
from services.regulator.desk import Desk

_MOST = 200
"""Events of the unit that are looked at, the latest ones."""
KIND = {
    "inspection_report": ("检验报告", "inspection report"),
    "certificate": ("证书", "certificate"),
    "import_permit": ("进口许可", "import permit"),
    "delivery_note": ("随货单", "delivery note"),
    "other": ("其他", "other"),
}
STATE = {
    "here": ("下载", "download"),
    "announced": ("已声明，未提交", "announced, not handed in"),
    "missing": ("文件不在此处", "the file is not here"),
    "damaged": ("文件已损坏", "the file is damaged"),
}


def add(router: APIRouter, desk: Desk) -> None:
    """Register the routes."""
    read = [Depends(desk.sessions.reader)]

    @router.get("/regulator/paper/{hash}", dependencies=read, response_class=Response, responses=given_out())
    def paper(hash: str) -> Response:
        """The bytes of a paper, as a download."""
        found = desk.registry().papers(hash)
        if not found or desk.services.papers is None:
            raise not_found(f"no paper {hash[:80]} was handed in here")
        return download(desk.services.papers, found[0])


def papers_of(desk: Desk, names: Names, epc: str, until: int | None) -> list[dict[str, Any]]:
    """Each paper that the unit's events name, the latest event first. `until`: as known at that record time (ms UTC)."""
    announced: dict[str, list[EventRow]] = {}
    for row in desk.graph.unit_events(epc, None, _MOST).items:
        if until is None or row.record_time <= until:
            for hash in _names(row):
                announced.setdefault(hash, []).append(row)
    registry = desk.registry()
    found = []
    for hash, rows in announced.items():
        given = [one for one in registry.papers(hash) if until is None or one.given <= until]
        found.append(
            {
                "hash": hash,
                "state": _state(desk.services.papers, hash) if given else "announced",
                "announced": [_announced(names, row) for row in rows],
                "given": [_given(names, one) for one in given],
            }
        )
    return found


def _names(row: EventRow) -> list[str]:
    """The papers that an event names; the standard allows one URI or a list."""
    said = msgspec.json.decode(row.json).get("certificationInfo", [])
    uris = [said] if isinstance(said, str) else said
    return list(dict.fromkeys(name for uri in uris if (name := named(uri))))


def _state(papers: Papers | None, hash: str) -> str:
    try:
        return "here" if papers is not None and papers.about(hash) is not None else "missing"
    except StoreError:
        return "damaged"


def _announced(names: Names, row: EventRow) -> dict[str, Any]:
    return {"event": event_uri(row.hash), "declared": row.declared, "by": names.party(row.party)}


def _given(names: Names, paper: Paper) -> dict[str, Any]:
    return {
        "title": paper.title,
        "kind": paper.kind,
        "by": names.party(paper.party),
        "mediaType": paper.media,
        "size": paper.size,
        "at": names.moment(paper.given),
    }
