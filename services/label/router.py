"""Addresses of labels: one symbol as SVG or PNG, and a sheet to print."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import unquote

from fastapi import APIRouter, Depends, Query, Request
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from pedigree.errors import IdentifierError
from services.context import Services
from services.label import make
from services.label.make import DEFAULT_SIZE, MAX_SIZE, MIN_SIZE, Label, Symbol
from services.openapi import errors
from services.pages import environment, language, page_headers
from services.problems import bad_query
from services.ratelimit import RateLimiter

_HERE = Path(__file__).parent / "templates"
_CSS = " ".join((_HERE / "sheet.css").read_text().split())
_SHEET = environment(_HERE, _CSS).get_template("sheet.html")
_HEADERS = page_headers(_CSS)
_MOST = 60
_TYPES = {"svg": "image/svg+xml", "png": "image/png"}
_SYMBOL: dict[str, Any] = {
    "description": "The symbol",
    "content": {media: {"schema": {"type": "string", "format": "binary"}} for media in _TYPES.values()},
}
_CONTENT = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'",
    "Cache-Control": "public, max-age=86400",
}


def label_router(services: Services) -> APIRouter:
    """The routes under `/label`. Codes lead to `EdgeSettings.base_url`, or to where the request went."""
    limit = Depends(RateLimiter(services.settings.public_rate, services.settings.public_burst))
    router = APIRouter(dependencies=[limit], responses=errors(400, 429))

    def base(request: Request) -> str:
        return services.settings.base_url or str(request.base_url).rstrip("/")

    def year() -> int:
        return datetime.fromtimestamp(services.clock() / 1000, UTC).year

    @router.get("/label/sheet", response_class=HTMLResponse)
    def sheet(
        request: Request,
        codes: list[str] = Query(default=[], description="codes, one a line or a parameter"),
        symbol: str = Query("", max_length=12),
        kind: str = Query("", alias="type", max_length=12),
        size: int = Query(DEFAULT_SIZE, ge=MIN_SIZE, le=MAX_SIZE),
    ) -> Response:
        """A4 pages of labels with their text, at most 60. `type`: qr, datamatrix, or both when left out."""
        wanted = [code.strip() for part in codes for code in part.splitlines() if code.strip()]
        if not 1 <= len(wanted) <= _MOST:
            raise bad_query(f"codes: 1 to {_MOST} codes a sheet, not {len(wanted)}")
        symbols = [_symbol(kind or symbol)] if kind or symbol else list(get_args(Symbol))
        labels = [_drawn(label, symbols, size) for label in _labels(wanted, base(request), year())]
        lang = language(request)
        return Response(_SHEET.render(lang=lang, labels=labels), 200, _HEADERS, "text/html; charset=utf-8")

    @router.get("/label/{rest:path}", response_class=Response, responses={200: _SYMBOL})
    def one(
        request: Request,
        symbol: str = Query("", max_length=12),
        kind: str = Query("", alias="type", max_length=12),
        format: str = Query("", max_length=4),
        size: int = Query(DEFAULT_SIZE, ge=MIN_SIZE, le=MAX_SIZE, description="pixels a module"),
        lot: str = Query("", max_length=20),
        expiry: str = Query("", max_length=10),
    ) -> Response:
        """The label of the unit, lot or product whose Digital Link's path follows; `.svg` or `.png` at its end, or `format`.
        `type` (or `symbol`): qr (default) or datamatrix. `lot` and `expiry` (ISO) are put on it where the path has none."""
        raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
        path, form = _form(raw.decode("ascii", "replace").partition("?")[0].removeprefix("/label"), format)
        made = make.label_file(
            f"https://id.gs1.org{path}", base(request), symbol=_symbol(kind or symbol or "qr"), form=form, size=size, lot=lot,
            expiry=expiry, year=year(),
        )  # fmt: skip
        return Response(made, 200, _CONTENT, _TYPES[form])

    return router


def _form(path: str, format: str) -> tuple[str, Literal["svg", "png"]]:
    """(path without extension, form). Where `format` is given the end of the path belongs to the code."""
    if format in ("svg", "png"):
        return path, "svg" if format == "svg" else "png"
    if format:
        raise bad_query("format is svg or png")
    for form in ("svg", "png"):
        if unquote(path).lower().endswith(f".{form}"):
            return path[: -len(form) - 1], "svg" if form == "svg" else "png"
    return path, "svg"


def _symbol(text: str) -> Symbol:
    for one in get_args(Symbol):
        if text.lower() == one:
            found: Symbol = one
            return found
    raise bad_query("type is qr or datamatrix")


def _labels(codes: list[str], base: str, year: int) -> list[Label]:
    made = []
    for i, code in enumerate(codes):
        try:
            made.append(make.label_of(code, base, year=year))
        except IdentifierError as error:
            raise IdentifierError(f"code {i + 1}: {error}", field=f"codes/{i + 1}", code=error.code) from error
    return made


def _drawn(label: Label, symbols: list[Symbol], size: int) -> dict[str, object]:
    drawn = [Markup(make.svg(make.grid_of(label, symbol), size, label.hri)) for symbol in symbols]
    parts = [f"({part}" for part in label.hri.split("(")[1:]]
    return {"symbols": drawn, "hri": parts, "link": label.link}
