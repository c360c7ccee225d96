"""Answers a Digital Link's path when a link type or a linkset is asked for, before any route sees the request."""

from __future__ import annotations

import math
from urllib.parse import parse_qs

from starlette.datastructures import URL, Headers
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pedigree.identifiers.digitallink import Link as DigitalLink
from pedigree.identifiers.digitallink import parse_segments
from services.context import Services
from services.pages import weighted
from services.problems import Problem, document
from services.ratelimit import RateLimiter
from services.resolver.links import DEFAULT, VOC, links_of, path_of
from services.resolver.linkset import MEDIA, linkset

_PUBLIC = {"Access-Control-Allow-Origin": "*", "Vary": "Accept", "X-Content-Type-Options": "nosniff"}


class Resolver:
    """ASGI middleware. Whatever is no such request passes untouched."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app = app
        self._services = services
        self._limit = RateLimiter(services.settings.public_rate, services.settings.public_burst)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = _asked(scope) if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") else None
        link = _link(scope) if asked is not None else None
        if asked is None or link is None:
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        wait = self._limit.take(client[0] if client else "")
        if wait:
            seconds = str(math.ceil(wait))
            refused = Problem(429, "TooManyRequestsException", f"please wait {seconds} s", headers={"Retry-After": seconds})
            await _problem(refused)(scope, receive, send)
            return
        await self._answer(scope, link, asked)(scope, receive, send)

    def _answer(self, scope: Scope, link: DigitalLink, asked: str) -> Response:
        base = self._services.settings.base_url or str(URL(scope=scope).replace(path="", query="", fragment="")).rstrip("/")
        links, path = links_of(link, base), path_of(link)
        whole = {"Link": f'<{base}{path}?linkType=all>; rel="linkset"; type="{MEDIA}"'}
        if asked in ("all", "linkset"):
            name = _name(self._services, link)
            return JSONResponse(linkset(f"{base}{path}", name, links), headers={**_PUBLIC, **whole}, media_type=MEDIA)
        kind = asked.removeprefix("gs1:").removeprefix(VOC)
        for one in links:
            if kind in (one.kind, DEFAULT):
                return RedirectResponse(one.href, 307, headers={**_PUBLIC, **whole})
        detail = f"there is no link of the type {asked[:80]!r} for this"
        return _problem(Problem(404, "NoSuchResourceException", detail, headers=whole))


def _asked(scope: Scope) -> str | None:
    """The link type that is asked for; `all` for a linkset; None when neither is."""
    query: bytes = scope["query_string"]
    found = parse_qs(query.decode("latin-1")).get("linkType", [])
    if found:
        return found[0]
    accepted = [name for name, weight in weighted(Headers(scope=scope).get("accept", "")) if weight > 0]
    return "all" if accepted[:1] == [MEDIA] else None


def _link(scope: Scope) -> DigitalLink | None:
    """What the path names, None when it is no Digital Link."""
    raw: bytes = scope.get("raw_path") or b""
    segments = raw.decode("latin-1").partition("?")[0].strip("/").split("/")
    return parse_segments(segments) if len(segments) >= 2 and len(raw) < 2000 else None


def _name(services: Services, link: DigitalLink) -> str:
    product = services.registry.current().product(link.value) if link.ai == "01" else None
    return next(iter(product.names.values()), "") if product is not None else ""


def _problem(problem: Problem) -> Response:
    return JSONResponse(
        document(problem), problem.status, headers={**_PUBLIC, **problem.headers}, media_type="application/problem+json"
    )
