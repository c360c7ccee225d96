"""Subscriptions to a named query (EPCIS 2.0 sections 8.2.5 and 12.7): made, listed, ended."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from pedigree.errors import DocumentError
from pedigree.times import format_time, parse_time
from services.auth import Caller, require
from services.body import Intake
from services.problems import Problem, not_found
from services.query import openapi
from services.query.asking import Asking
from services.query.destinations import check
from services.query.feed import Feed
from services.query.named import MAX_BODY, json_body, known
from services.query.schedule import read_schedule
from services.query.store import Progress, QueryStore, Subscription

MAX_SUBSCRIPTIONS = 100
"""Of one query."""
_FIELDS = frozenset(("dest", "signatureToken", "stream", "schedule", "reportIfEmpty", "initialRecordTime"))
_SCHEMA = {
    "type": "object",
    "required": ["dest"],
    "properties": {
        "dest": {"type": "string", "format": "uri", "description": "An address that the operator allows"},
        "signatureToken": {"type": "string", "description": "Signs each delivery: GS1-Signature, Medtrace-Signature-SM3"},
        "stream": {"type": "boolean", "description": "Events as they come; or else `schedule`"},
        "schedule": {"type": "object", "description": "second, minute, hour, dayOfMonth, month, dayOfWeek (1 is Monday), UTC"},
        "reportIfEmpty": {"type": "boolean", "default": False},
        "initialRecordTime": {"type": "string", "format": "date-time"},
    },
}
_ONE = {"type": "object", "required": ["subscriptionID"], "properties": {"subscriptionID": {"type": "string"}}}
_EXAMPLE = {"dest": "https://wms.example.com/epcis", "signatureToken": "a secret of yours", "stream": True}


def refused(detail: str) -> Problem:
    return Problem(400, "SubscriptionControlsException", detail)


def subscription_json(one: Subscription, progress: Progress) -> dict[str, Any]:
    """Everything but the signature token."""
    made: dict[str, Any] = {
        "subscriptionID": one.id,
        "queryName": one.query,
        "createdAt": format_time(one.created),
        "dest": one.dest,
        "signed": bool(one.token),
    }
    if one.schedule:
        made |= {"schedule": msgspec.json.decode(one.schedule), "lastExecutedAt": format_time(progress.ran)}
    else:
        made["stream"] = True
    if one.since:
        made["initialRecordTime"] = format_time(one.since)
    status: dict[str, Any] = {"deliveries": progress.sent, "failuresInARow": progress.failures}
    if progress.error:
        status["error"] = progress.error
    return {**made, "reportIfEmpty": one.report_if_empty, "progress": status}


def read_subscription(given: dict[str, Any], caller: Caller, query: str, now: int, allowed: tuple[str, ...]) -> Subscription:
    """Raises 400 for controls or addresses that can't be, 403 for a host that the operator does not allow."""
    unknown = sorted(given.keys() - _FIELDS)
    if unknown:
        raise refused(f"{unknown[0][:80]}: there is no such field; there are {', '.join(sorted(_FIELDS))}")
    dest, token = given.get("dest"), given.get("signatureToken") or ""
    stream, schedule, empty = given.get("stream", False), given.get("schedule"), given.get("reportIfEmpty", False)
    if not isinstance(dest, str):
        raise Problem(400, "InvalidURIException", "dest: an http or https address")
    if not isinstance(token, str) or len(token) > 1000:
        raise refused("signatureToken: a text of at most 1000 characters")
    if not isinstance(stream, bool) or not isinstance(empty, bool):
        raise refused("stream and reportIfEmpty are true or false")
    if stream == (schedule is not None):
        raise refused("one of stream: true and schedule, not both")
    try:
        if schedule is not None:
            read_schedule(schedule)
        start = given.get("initialRecordTime")
        since = 0 if start is None else parse_time(start)
    except (ValueError, TypeError, DocumentError) as wrong:
        raise refused(str(wrong)) from wrong
    return Subscription(
        id=secrets.token_hex(16),
        party=caller.party,
        query=query,
        key=caller.key,
        dest=check(dest, allowed),
        token=token,
        schedule=b"" if schedule is None else msgspec.json.encode(schedule),
        report_if_empty=empty,
        since=max(0, since),
        created=now,
    )


def install(router: APIRouter, asking: Asking, store: QueryStore, feed: Feed) -> None:
    services = asking.services
    may_query = Depends(require(services, "query", "regulator"))
    intake = Intake(MAX_BODY, 16 * MAX_BODY)
    listed = openapi.json_answer(200, "Subscriptions, the oldest first", {"type": "array", "items": _ONE}, 400, 404)

    @router.post(
        "/queries/{name}/subscriptions",
        status_code=201,
        responses=openapi.json_answer(201, "Subscribed", _ONE, 400, 404, 413, 415),
        openapi_extra=openapi.body(_SCHEMA, _EXAMPLE),
    )
    async def post_subscription(name: str, request: Request, caller: Caller = may_query) -> Response:
        given = await json_body(intake, request)

        def subscribe() -> Subscription:
            query = known(store, caller.party, name)
            if len(store.subscriptions(caller.party, name)) >= MAX_SUBSCRIPTIONS:
                raise refused(f"a query has at most {MAX_SUBSCRIPTIONS} subscriptions")
            made = read_subscription(given, caller, query.name, services.clock(), services.settings.webhook_hosts)
            # From now on, unless an earlier time is asked for.
            store.subscribe(made, feed.beginning() if made.since and made.since < services.clock() else feed.end())
            return made

        made = await run_in_threadpool(subscribe)
        location = f"{services.settings.base_url}/queries/{quote(name, safe='')}/subscriptions/{made.id}"
        return JSONResponse({"subscriptionID": made.id}, 201, headers={"Location": location, **asking.headers()})

    @router.get("/queries/{name}/subscriptions", responses=listed)
    async def get_subscriptions(name: str, caller: Caller = may_query) -> Response:
        def look() -> list[dict[str, Any]]:
            known(store, caller.party, name)
            return [subscription_json(*found) for found in store.subscriptions(caller.party, name)]

        return JSONResponse(await run_in_threadpool(look), headers=asking.headers())

    @router.get("/queries/{name}/subscriptions/{id}", responses=openapi.json_answer(200, "The subscription", _ONE, 404))
    async def get_subscription(name: str, id: str, caller: Caller = may_query) -> Response:
        found = await run_in_threadpool(_own, store, caller, name, id)
        return JSONResponse(subscription_json(*found), headers=asking.headers())

    @router.delete(
        "/queries/{name}/subscriptions/{id}", status_code=204, response_class=Response, responses=openapi.errors(401, 403, 404)
    )
    async def delete_subscription(name: str, id: str, caller: Caller = may_query) -> Response:
        await run_in_threadpool(_own, store, caller, name, id)
        await run_in_threadpool(store.unsubscribe, id)
        return Response(status_code=204)


def _own(store: QueryStore, caller: Caller, name: str, id: str) -> tuple[Subscription, Progress]:
    found = store.subscription(id)
    if found is None or found[0].party != caller.party or found[0].query != name:
        raise not_found(f"there is no subscription {id[:80]!r} to that query of yours")
    return found


