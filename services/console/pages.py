"""Rendering: JSON or a page in the console's layout, and links from page to page of a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote, urlencode

import msgspec
from fastapi import Request
from jinja2 import FileSystemLoader
from starlette.responses import Response

from graph.model import Cursor
from services.console.names import Lang, short
from services.context import Services
from services.pages import environment, language, page_headers, prefers_json
from services.paging import Pager, PageRequest
from services.problems import Problem, bad_query
from services.session import Sessions

T = TypeVar("T")
_HERE = Path(__file__).parent
_CSS = (_HERE / "console.css").read_text()
_HEADERS = page_headers(_CSS)


class Console:
    """One console: `realm` names its sign-in, `folder` has its templates, `title` (zh, en) and `links` make its head."""

    def __init__(
        self, services: Services, sessions: Sessions, folder: Path, title: tuple[str, str], links: Sequence[tuple[str, str, str]]
    ) -> None:
        self._services = services
        self.sessions = sessions
        self._pager = Pager(services.page_secret)
        self._env = environment(folder, _CSS)
        self._env.loader = FileSystemLoader([folder, _HERE / "templates"])
        self._env.globals.update(console_title=title, console_links=links, console_path=sessions.path)
        self._env.globals.update(query=query, short=short)
        self._env.filters.update(number=number, packs=packs)

    def answer(
        self,
        request: Request,
        template: str,
        data: Mapping[str, Any],
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **page_only: Any,
    ) -> Response:
        """`data` as JSON, or the template with `data` and what only the page needs."""
        if wants_json(request):
            body = msgspec.json.encode(data)
            return Response(body, status, {**(headers or {}), "Cache-Control": "no-store"}, "application/json")
        return self.page(request, template, {**data, **page_only}, status=status, headers=headers)

    def page(
        self,
        request: Request,
        template: str,
        values: Mapping[str, Any],
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        lang = lang_of(request)
        html = self._env.get_template(template).render(
            **{
                "request": request,
                "lang": lang,
                "t": lambda zh, en: bilingual(lang, zh, en),
                "here": lambda **changes: here(request, **changes),
                "csrf": self.sessions.csrf(request),
                "site_notices": self._services.notices,
                "simulation": self._services.simulation,
                "signed_in": False,
                **values,
            }
        )
        response = Response(html, status, {**_HEADERS, **(headers or {})}, "text/html; charset=utf-8")
        if request.query_params.get("lang") in ("zh", "en"):
            response.set_cookie("medtrace_lang", lang, max_age=31_536_000, path="/", samesite="lax", httponly=True)
        return response

    # ---- pages of lists

    def asked(self, request: Request, default: int = 50) -> PageRequest:
        return self._pager.requested(request, default=default)

    def more(self, request: Request, cursor: Cursor | None) -> dict[str, str]:
        """The Link header of the next page, {} on the last one."""
        return self._pager.link(request, cursor)

    def sliced(self, request: Request, items: Sequence[T], default: int = 50) -> tuple[list[T], dict[str, str]]:
        """One page of a list that is in memory as a whole, and the header of the next."""
        asked = self.asked(request, default)
        start = asked.cursor[0] if asked.cursor else 0
        if not isinstance(start, int):
            raise bad_query("nextPageToken is not one that was given out for this list")
        end = start + asked.per_page
        return list(items[start:end]), self.more(request, (end,) if end < len(items) else None)


def next_of(headers: Mapping[str, str]) -> str:
    """The address in a Link header, for the page's own link; '' without one."""
    return headers.get("Link", "").partition(">")[0].removeprefix("<")


def query(**values: str) -> str:
    """The values as a query string, empty ones left out."""
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in values.items() if value)


def here(request: Request, **changes: str | None) -> str:
    """This page's address with parameters changed (None = dropped)."""
    query = [(name, value) for name, value in parse_qsl(request.url.query) if name not in changes]
    query += [(name, value) for name, value in changes.items() if value is not None]
    return f"{request.url.path}?{urlencode(query)}"


def wants_json(request: Request) -> bool:
    """As on the public pages, but who does not ask for HTML at all is a program and gets JSON."""
    asked = request.query_params.get("format")
    if asked not in (None, "json", "html"):
        raise bad_query("format is json or html")
    return prefers_json(request) or (asked is None and "text/html" not in request.headers.get("accept", ""))


def lang_of(request: Request) -> Lang:
    """`lang` in the address, else what was chosen before, else what the browser likes best."""
    before = request.cookies.get("medtrace_lang", "")
    if before in ("zh", "en") and "lang" not in request.query_params:
        return "zh" if before == "zh" else "en"
    return language(request)


def bilingual(lang: str, zh: str, en: str) -> str:
    return zh if lang == "zh" else en


def number(value: float) -> str:
    """Thousands apart, no needless decimals."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def packs(value: float) -> str:
    return f"{value:,.0f}" if abs(value - round(value)) < 0.005 else f"{value:,.2f}"


def unavailable(what: str) -> Problem:
    return Problem(503, "ImplementationException", f"{what} is not available here")
