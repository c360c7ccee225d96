"""Every error as an RFC 7807 problem document, in one place. Types are EPCIS 2.0's (`epcisException:...`) for every interface."""

from __future__ import annotations

import secrets
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from pedigree import errors
from pedigree.errors import DocumentError, Fault, IdentifierError, MedtraceError
from services.describing import describe
from services.openapi import TITLES, TYPES

_log = structlog.get_logger("medtrace.http")
MAX_FAULTS = 100
HtmlRenderer = Callable[[Request, dict[str, Any]], Response | None]
"""Turns a problem into a page for a browser, or None to leave it as JSON."""


class Problem(MedtraceError):
    """An answer other than what was asked for. `type` without the prefix `epcisException:`."""

    def __init__(
        self,
        status: int,
        type: str,
        detail: str,
        *,
        title: str = "",
        headers: Mapping[str, str] | None = None,
        faults: Sequence[Fault] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.type = type
        self.title = title or TITLES.get(status, "Error")
        self.headers = dict(headers or {})
        self.faults = faults
        self.extra = dict(extra or {})


def invalid(detail: str, faults: Sequence[Fault] = ()) -> Problem:
    return Problem(400, "ValidationException", detail, faults=faults)


def bad_query(detail: str) -> Problem:
    return Problem(400, "QueryParameterException", detail)


def forbidden(detail: str) -> Problem:
    return Problem(403, "SecurityException", detail)


def not_found(detail: str) -> Problem:
    return Problem(404, "NoSuchResourceException", detail)


def too_large(detail: str) -> Problem:
    return Problem(413, "CaptureLimitExceededException", detail)


# What the client can do about it: status, seconds to wait.
_STAGES: tuple[tuple[type[MedtraceError], int, int], ...] = (
    (errors.IdentifierError, 400, 0),
    (errors.DocumentError, 400, 0),
    (errors.SealError, 400, 0),
    (errors.CursorError, 400, 0),
    (errors.QueryTooComplexError, 413, 0),
    (errors.GraphError, 503, 5),
    (errors.LogUnreachableError, 503, 5),
    (errors.LogFullError, 503, 30),
    (errors.FencedError, 503, 1),
    (errors.StoreAheadError, 503, 60),
    (errors.LogError, 503, 5),
    (errors.StoreError, 503, 5),
    (errors.LedgerError, 503, 5),
)


def translate(error: MedtraceError) -> Problem:
    """The problem that an error of any stage becomes. What is no fault of the client's keeps its words for the log."""
    if isinstance(error, Problem):
        return error
    for kind, status, wait in _STAGES:
        if isinstance(error, kind):
            if status >= 500:
                headers = {"Retry-After": str(wait)}
                return Problem(status, "ImplementationException", _unavailable(error), headers=headers)
            if isinstance(error, errors.GraphError):
                type_ = "QueryTooComplexException" if status == 413 else "QueryParameterException"
                return Problem(status, type_, str(error))
            faults: Sequence[Fault] = ()
            if isinstance(error, DocumentError):
                faults = error.faults
            elif isinstance(error, IdentifierError) and error.field:
                faults = (Fault(error.field, error.code, "a valid value"),)
            return Problem(status, "ValidationException", str(error), faults=faults)
    return Problem(500, "ImplementationException", "something that should not happen")


def _unavailable(error: MedtraceError) -> str:
    """What the client may believe about what it has just sent."""
    if isinstance(error, errors.LogUnreachableError):
        return "the log does not answer; what was sent may have been taken: send it again, a repeat has no effect"
    detail = "there is no room" if isinstance(error, errors.LogFullError) else "a part of the system is not available"
    return f"{detail}; nothing was taken, try again"


def document(problem: Problem) -> dict[str, Any]:
    """The members of the problem document."""
    made: dict[str, Any] = {
        "type": f"epcisException:{problem.type}",
        "title": problem.title,
        "status": problem.status,
        "detail": str(problem)[:2000],
        **problem.extra,
    }
    if problem.faults:
        made["faults"] = [fault_json(fault) for fault in problem.faults[:MAX_FAULTS]]
        if len(problem.faults) > MAX_FAULTS:
            made["faultsInAll"] = len(problem.faults)
    return made


def fault_json(fault: Fault) -> dict[str, str]:
    return {"where": fault.where[:500], "found": fault.found[:500], "expected": fault.expected[:500]}


def install(app: FastAPI, html: HtmlRenderer | None = None) -> None:
    """Register the translation with an app, and its answers in /openapi.json; sub-routers need nothing of their own."""

    def answer(request: Request, problem: Problem) -> Response:
        made = document(problem)
        page = html(request, made) if html is not None else None
        if page is not None:
            page.headers.update(problem.headers)
            return page
        return JSONResponse(made, problem.status, headers=problem.headers, media_type="application/problem+json")

    def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, MedtraceError)
        problem = translate(error)
        if problem.status >= 500:
            problem.extra["id"] = _note(request, error)
        return answer(request, problem)

    def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        type_ = TYPES.get(error.status_code, "ImplementationException")
        return answer(request, Problem(error.status_code, type_, str(error.detail), headers=error.headers))

    def fields(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        found = error.errors()
        faults = [Fault("/".join(map(str, one["loc"])), repr(one.get("input"))[:200], str(one["msg"])) for one in found]
        in_query = all(one["loc"][0] in ("query", "path") for one in found)
        type_ = "QueryParameterException" if in_query else "ValidationException"
        return answer(request, Problem(400, type_, f"{faults[0].where}: {faults[0].expected}", faults=faults))

    def gone(request: Request, error: Exception) -> Response:
        return answer(request, invalid("the request ended before its body did"))

    def unexpected(request: Request, error: Exception) -> Response:
        problem = Problem(500, "ImplementationException", "something that should not happen; please report the id")
        problem.extra["id"] = _note(request, error)
        return answer(request, problem)

    describe(app)
    app.add_exception_handler(MedtraceError, ours)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, fields)
    app.add_exception_handler(ClientDisconnect, gone)
    app.add_exception_handler(Exception, unexpected)


def _note(request: Request, error: Exception) -> str:
    """Log an error under a new id. Neither headers nor query: a key or a scanned code may be in them."""
    id = secrets.token_hex(6)
    route = request.scope.get("route")
    path = getattr(route, "path", "")
    # Not `exc_info`: some renderers add the local variables of each frame, and with them what must not be logged.
    where = "".join(traceback.format_exception(error))
    _log.error("request_failed", id=id, method=request.method, route=path, error=type(error).__name__, traceback=where)
    return id
