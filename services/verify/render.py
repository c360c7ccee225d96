"""Public pages: templates compiled once, one inline style sheet, the headers that go with it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from fastapi import Request
from starlette.responses import Response

from services.context import Services
from services.pages import PUBLIC_HEADERS, environment, language, page_headers, with_query
from services.verify.words import STATUS, WORDS, pick

_HERE = Path(__file__).parent / "templates"
_CSS = " ".join((_HERE / "page.css").read_text().split())
_HEADERS = page_headers(_CSS)
_env = environment(_HERE, _CSS)
_TEMPLATES = {name: _env.get_template(name) for name in ("unit.html", "unread.html", "home.html", "problem.html")}
_JSON = {**PUBLIC_HEADERS, "Vary": "Accept, Accept-Language"}


class PublicPages:
    """Renders in the visitor's language. Any thread may call."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def page(self, request: Request, template: str, values: Mapping[str, Any], *, status: int = 200) -> Response:
        lang = language(request)
        html = _TEMPLATES[template].render(
            lang=lang,
            w=WORDS[lang],
            status_word=lambda code: pick(STATUS[code], lang),
            other=with_query(request, lang="en" if lang == "zh" else "zh"),
            again=with_query(request, sold=""),
            path=with_query(request).partition("?")[0],
            fields=[(name, value) for name, value in parse_qsl(request.url.query) if name != "sold"],
            simulation=self._services.simulation,
            notices=self._services.notices,
            **values,
        )
        return Response(html, status, {**_HEADERS, "Vary": "Accept, Accept-Language"}, "text/html; charset=utf-8")

    def problem(self, request: Request, made: Mapping[str, Any]) -> Response:
        """A refusal or fault in words for a visitor; what exactly is wrong stands below, with the id of a fault of ours."""
        status = int(made["status"])
        words = WORDS[language(request)]
        text = words.get(f"error_{status}", words["error_other" if status < 500 else "error_503"])
        values = {"tone": "care", "text": text, "detail": made["detail"] if status < 500 else "", "id": made.get("id", "")}
        return self.page(request, "problem.html", values, status=status)


def json_response(data: Mapping[str, Any]) -> Response:
    return Response(msgspec.json.encode(data), 200, _JSON, "application/json")
