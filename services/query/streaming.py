"""Events of a named query over HTTP: a page, server-sent events (WHATWG HTML section 9.2), or a WebSocket (RFC 6455)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress

import msgspec
from fastapi import APIRouter, Depends, Request, WebSocket
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.websockets import WebSocketDisconnect

from services import problems
from services.auth import Caller, caller_of, require
from services.problems import Problem, bad_query, forbidden
from services.query import openapi
from services.query.accept import JSON_TYPES, XML_TYPES, media
from services.query.asking import Asking
from services.query.feed import Feed
from services.query.live import Listening, schedule_of, with_token
from services.query.named import known
from services.query.standing import parameters_of
from services.query.store import NamedQuery, QueryStore
from services.query.watch import Watch

EVENT_STREAM = "text/event-stream"
MAX_LISTENERS = 200
"""Connections that listen at once."""
_PARAMETERS = [
    *openapi.LIST["parameters"],
    *openapi.HEADERS,
    openapi.parameter("stream", "true with `Accept: text/event-stream`: events as they come", {"type": "boolean"}),
    openapi.parameter("Last-Event-ID", "Where to go on: the id of the event received last", place="header"),
]


def install(router: APIRouter, asking: Asking, store: QueryStore, feed: Feed, watch: Watch) -> None:
    services = asking.services
    may_query = Depends(require(services, "query", "regulator"))
    listeners = asyncio.Semaphore(MAX_LISTENERS)

    answers = openapi.documents(404)
    answers[200]["content"][EVENT_STREAM] = {"schema": {"type": "string"}}

    @router.get("/queries/{name}/events", responses=answers, openapi_extra={"parameters": _PARAMETERS})
    async def get_events(name: str, request: Request, caller: Caller = may_query) -> Response:
        """A page; or, when `text/event-stream` is what the client takes, events as they come. WebSockets: the same address."""
        query = await run_in_threadpool(known, store, caller.party, name)
        if media(request.headers, (*JSON_TYPES, *XML_TYPES, EVENT_STREAM)) != EVENT_STREAM:
            return await run_in_threadpool(_page, asking, request, caller, query)
        listening = Listening(asking, feed, watch, caller, query)
        schedule = schedule_of({"stream": "true", **request.query_params})
        token = request.headers.get("last-event-id", "") or request.query_params.get("lastEventID", "")
        start = await run_in_threadpool(listening.start, token)
        if listeners.locked():
            raise Problem(503, "ImplementationException", "too many are listening", headers={"Retry-After": "30"})

        async def lines() -> AsyncIterator[bytes]:
            async with listeners:
                async for piece in listening.pieces(start, schedule, _report_if_empty(request.query_params)):
                    if piece.body:
                        yield b"id: " + piece.token.encode() + b"\nevent: epcis\ndata: " + piece.body + b"\n\n"
                    else:
                        yield b": still here\n\n"

        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", **asking.headers()}
        return StreamingResponse(lines(), headers=headers, media_type=EVENT_STREAM)

    @router.websocket("/queries/{name}/events")
    async def listen(websocket: WebSocket, name: str) -> None:
        try:
            caller = caller_of(services, websocket)
            if caller is None:
                raise Problem(401, "SecurityException", "this needs an API key in the handshake")
            if not caller.has("query", "regulator"):
                raise forbidden(f"key {caller.key} has not the role query")
            query = await run_in_threadpool(known, store, caller.party, name)
            listening = Listening(asking, feed, watch, caller, query)
            schedule = schedule_of(dict(websocket.query_params))
            start = await run_in_threadpool(listening.start, websocket.query_params.get("position", ""))
            empty = _report_if_empty(websocket.query_params)
            if listeners.locked():
                raise Problem(503, "ImplementationException", "too many are listening")
        except Problem as refused:
            body = problems.document(refused)
            await websocket.send_denial_response(
                JSONResponse(body, refused.status, headers=refused.headers, media_type="application/problem+json")
            )
            return
        services.access.read(caller.key, caller.party, "/queries/{name}/events", {"name": name}, True)
        await websocket.accept()

        async def send() -> None:
            async for piece in listening.pieces(start, schedule, empty):
                if piece.body:
                    await websocket.send_text(with_token(piece))

        async with listeners:
            sending = asyncio.create_task(send())
            with suppress(WebSocketDisconnect):
                while not sending.done():  # what a listener says is not listened to, but its leaving is
                    receiving = asyncio.create_task(websocket.receive_text())
                    await asyncio.wait((sending, receiving), return_when=asyncio.FIRST_COMPLETED)
                    if receiving.done():
                        receiving.result()
                    else:
                        receiving.cancel()
            sending.cancel()
            with suppress(asyncio.CancelledError, WebSocketDisconnect):
                await sending
                await websocket.close()


def _page(asking: Asking, request: Request, caller: Caller, query: NamedQuery) -> Response:
    others = [name for name in request.query_params if name not in ("perPage", "nextPageToken")]
    if others:
        raise bad_query(f"{others[0]}: a named query takes no parameters but perPage and nextPageToken")
    given, namespaces = parameters_of(msgspec.json.decode(query.body))
    return asking.answer(request, caller, given, namespaces, query.name)


def _report_if_empty(parameters: Mapping[str, str]) -> bool:
    return parameters.get("reportIfEmpty", "").lower() == "true"
