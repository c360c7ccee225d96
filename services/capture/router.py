"""The EPCIS 2.0 capture interface (section 12.7): POST /capture, POST /events, jobs, and an inbox of what needs a look."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from services.auth import Caller, require
from services.capture import openapi, options
from services.capture.core import Capture
from services.capture.inbox import STATES, inbox_json
from services.capture.jobs import job_json
from services.capture.tokens import TokenRequest, token_for
from services.context import Services
from services.problems import Problem, bad_query, not_found
from services.scan.hand import hand_router


def capture_router(services: Services) -> APIRouter:
    """The routes. `index.follow` is run once here, so that a crash between log and index has healed before the first request."""
    capture = Capture(services)
    capture.index.follow(services.log)

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        capture.preparer.start()
        yield
        capture.preparer.close()

    router = APIRouter(lifespan=lifespan)
    may_capture = Depends(require(services, "capture"))
    settings, index, pager = services.settings, capture.index, capture.pager

    @router.post("/capture", status_code=202, responses=openapi.TAKEN, openapi_extra=openapi.DOCUMENT)
    async def post_capture(request: Request, caller: Caller = may_capture) -> Response:
        taken = await capture.take(request, caller, single=False)
        location = f"{settings.base_url}/capture/{taken.id}"
        return JSONResponse({"captureID": taken.id}, 202, headers={"Location": location, **options.common(settings)})

    @router.post("/scan/code-platform", status_code=202, responses=openapi.TAKEN, openapi_extra=openapi.BILLS)
    @router.post("/scan", status_code=202, responses=openapi.TAKEN, openapi_extra=openapi.SCANS)
    async def post_scan(request: Request, caller: Caller = may_capture) -> Response:
        """Answers as a capture does; what could not be mapped is among the job's `errors`, each with its line or bill."""
        taken = await capture.take(request, caller, scans=True)
        location = f"{settings.base_url}/capture/{taken.id}"
        found = {"captureID": taken.id, "events": taken.events}
        return JSONResponse(found, 202, headers={"Location": location, **options.common(settings)})

    @router.post("/events", status_code=201, responses=openapi.EVENT_TAKEN, openapi_extra=openapi.EVENT)
    async def post_event(request: Request, caller: Caller = may_capture) -> Response:
        taken = await capture.take(request, caller, single=True)
        headers = {"Location": f"{settings.base_url}/events/{quote(taken.events[0], safe='')}", **options.common(settings)}
        if taken.existing:
            problem = Problem(409, "ResourceAlreadyExistsException", "this event has been captured before", headers=headers)
            problem.extra["captureID"] = taken.id
            raise problem
        return JSONResponse({"eventHash": taken.events[0], "captureID": taken.id}, 201, headers=headers)

    @router.get("/capture/{id}", responses=openapi.json_answer(200, "How far it is", openapi.JOB, 404))
    async def get_job(id: str, caller: Caller = may_capture) -> Response:
        def look() -> dict[str, Any]:
            index.follow(services.log)
            job = index.job(id)
            if job is None or (caller.party not in (job.party, job.attester) and not caller.has("regulator")):
                raise not_found(f"there is no capture job {id[:80]} of yours")
            return job_json(services, job)

        return JSONResponse(await run_in_threadpool(look))

    jobs = openapi.json_answer(200, "Yours, newest first", openapi.JOBS, 400)

    @router.get("/capture", responses=jobs, openapi_extra=openapi.LIST)
    async def get_jobs(request: Request, caller: Caller = may_capture) -> Response:
        page = pager.requested(request, caller.party)
        before = (int(page.cursor[0]), str(page.cursor[1])) if page.cursor else None

        def look() -> tuple[list[dict[str, Any]], tuple[int, str] | None]:
            index.follow(services.log)
            jobs = index.jobs(caller.party, before, page.per_page + 1)
            more = len(jobs) > page.per_page
            jobs = jobs[: page.per_page]
            return [job_json(services, job) for job in jobs], (jobs[-1].record_time, jobs[-1].id) if more else None

        made, last = await run_in_threadpool(look)
        return JSONResponse(made, headers=pager.link(request, last, caller.party))

    inbox = openapi.json_answer(200, "What needs a look", openapi.INBOX, 400, 404)

    @router.get("/inbox", responses=inbox, openapi_extra=openapi.LIST)
    async def get_inbox(request: Request, state: str = "", caller: Caller = may_capture) -> Response:
        if state not in ("", *STATES):
            raise bad_query(f"state is one of {', '.join(STATES)}, or left out for all of them")
        graph = services.graph
        if graph is None:
            raise not_found("there is no inbox without a graph")
        page = pager.requested(request, caller.party)
        found = await run_in_threadpool(graph.inbox, caller.party, state, page.cursor, page.per_page)
        return JSONResponse(inbox_json(found.items), headers=pager.link(request, found.next, caller.party))

    @router.post("/capture/token", status_code=201, responses=openapi.json_answer(201, "A time token", openapi.TOKEN, 400, 404))
    async def post_token(asked: TokenRequest, caller: Caller = may_capture) -> Response:
        return Response(msgspec.json.encode(token_for(services, asked, caller.party)), 201, media_type="application/json")

    router.include_router(hand_router(capture))
    options.install(router, settings)
    return router


