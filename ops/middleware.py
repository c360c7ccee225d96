"""Around every request: an id, a line in the log, a count; and no captures while the disk is nearly full."""

from __future__ import annotations

import re
import secrets
import time

import structlog
from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ops.health import Health
from ops.metrics import Metrics
from services.problems import Problem, document

ID_HEADER = "X-Request-ID"
_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_QUIET = {"/health", "/health/live", "/health/ready", "/metrics"}
_CAPTURES = ("/capture", "/events", "/scan", "/scan/code-platform", "/scan/hand", "/papers")
_tracer = trace.get_tracer("medtrace")
_traces = TraceContextTextMapPropagator()
_log = structlog.get_logger("medtrace.request")


class Observe:
    """Logs the route's template, never the path: a path may hold a serial number. No address of a client either."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get(ID_HEADER, "")
        id = given if _ID.fullmatch(given) else secrets.token_hex(8)
        begun, status = time.perf_counter(), 500

        async def answering(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[ID_HEADER] = id
            await send(message)

        structlog.contextvars.bind_contextvars(request=id)
        try:
            caller = _traces.extract({name: headers[name] for name in ("traceparent", "tracestate") if name in headers})
            with _tracer.start_as_current_span("request", caller, trace.SpanKind.SERVER) as span:
                try:
                    await self._app(scope, receive, answering)
                finally:
                    span.update_name(f"{scope['method']} {_route(scope)}")
                    span.set_attribute("http.response.status_code", status)
        finally:
            seconds = time.perf_counter() - begun
            route, method = _route(scope), scope["method"] if scope["method"] in _METHODS else "OTHER"
            self._metrics.requests.labels(method, route, str(status)).inc()
            self._metrics.seconds.labels(method, route).observe(seconds)
            if route not in _QUIET:
                _log.info("answered", method=method, route=route, status=status, ms=round(seconds * 1000, 1))
            structlog.contextvars.unbind_contextvars("request")


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _route(scope: Scope) -> str:
    return str(getattr(scope.get("route"), "path", "") or "none")


class RoomFirst:
    """503 for captures while less than the configured room is free: better no document than half the system stopped."""

    def __init__(self, app: ASGIApp, health: Health) -> None:
        self._app = app
        self._health = health
        self._low = False
        self._looked = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"] in _CAPTURES and self._is_low():
            problem = Problem(503, "ImplementationException", "there is no room; nothing was taken, try again later")
            answer = JSONResponse(
                document(problem), 503, headers={"Retry-After": "60"}, media_type="application/problem+json"
            )
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_low(self) -> bool:
        now = time.monotonic()
        if now - self._looked > 1.0:
            self._low, self._looked = self._health.low_disk(), now
        return self._low
