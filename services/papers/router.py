"""`/papers`: hand in, list, read. Who handed a paper in may read it, and the regulator may; nobody else."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from pedigree.facts import Paper, PaperKind, PaperMedia, fact_of
from pedigree.papers import Papers
from services.auth import Caller, require
from services.body import Intake
from services.context import Services
from services.paging import Pager
from services.papers import openapi
from services.papers.serving import download, paper_json
from services.papers.sniff import media_of
from services.problems import bad_query, not_found

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the direction of what stands beside the title."""


def papers_router(services: Services) -> APIRouter:
    """The routes; without a store they answer 404."""
    router = APIRouter()
    intake = Intake(services.settings.paper_bytes)
    pager = Pager(services.page_secret)
    may_give = Depends(require(services, "capture"))
    may_read = Depends(require(services, "capture", "regulator"))

    def store() -> Papers:
        if services.papers is None:
            raise not_found("no papers are kept here")
        return services.papers

    def hand_in(caller: Caller, data: bytes, media: PaperMedia, kind: PaperKind, title: str) -> tuple[Paper, bool]:
        """The bytes are durable before anybody hears of them. What was said of a paper first stands."""
        hash, _ = store().put(data)
        before = next((one for one in services.registry.current().papers(hash) if one.party == caller.party), None)
        if before is not None:
            return before, False
        now = services.clock()
        id, size = f"{hash}/{caller.party}", len(data)
        made = Paper(id=id, hash=hash, party=caller.party, title=title, kind=kind, media=media, size=size, given=now)
        services.registry.state(fact_of("paper", made, caller.party, now))
        return made, True

    @router.post("/papers", status_code=201, responses=openapi.taken(), openapi_extra=openapi.BODY)
    async def post_paper(
        request: Request,
        kind: PaperKind,
        title: str = Query(min_length=1, max_length=200),
        caller: Caller = may_give,
    ) -> Response:
        """Hand in a paper: PDF, PNG, JPEG, UTF-8 text or XML. The same bytes again change nothing."""
        if _UNPRINTABLE.search(title) or not title.strip():
            raise bad_query("title: needs a visible character, and none that can't be printed")
        store()
        async with intake.body(request) as data:
            media = media_of(request.headers.get("content-type", ""), data)
            paper, new = await run_in_threadpool(hand_in, caller, data, media, kind, title)
        return JSONResponse(paper_json(paper), 201 if new else 200, headers={"Location": f"/papers/{paper.hash}"})

    @router.get("/papers/{hash}", response_class=Response, responses=openapi.given_out())
    def get_paper(hash: str, caller: Caller = may_read) -> Response:
        """A paper's bytes, for who handed it in and for the regulator; the read is noted."""
        found = services.registry.current().papers(hash)
        if "regulator" not in caller.roles:
            found = [one for one in found if one.party == caller.party]
        if not found:
            raise not_found(f"there is no paper {hash[:80]} of yours")
        return download(store(), found[0])

    @router.get("/papers", responses=openapi.own(), openapi_extra=openapi.LIST)
    def get_papers(request: Request, caller: Caller = may_read) -> Response:
        """What the caller's party handed in, newest first."""
        store()
        page = pager.requested(request, caller.party)
        found = services.registry.current().papers_by(caller.party)
        if page.cursor is not None:
            found = [one for one in found if (one.given, one.id) < page.cursor]
        shown: list[dict[str, Any]] = [paper_json(one) for one in found[: page.per_page]]
        last = found[page.per_page - 1] if len(found) > page.per_page else None
        more = (last.given, last.id) if last is not None else None
        return JSONResponse(shown, headers=pager.link(request, more, caller.party))

    return router
