"""The public pages: the scanned Digital Link itself is the page. No cookie, nothing kept about who looked, no script but that of
the page that checks proofs."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from pedigree.errors import IdentifierError, MedtraceError, ProofError, SettingsError
from pedigree.identifiers import Scan, parse_scan
from pedigree.identifiers.grammar import KEYS, SHORT_NAMES
from services.context import Services
from services.openapi import PAGES, errors
from services.pages import PUBLIC_HEADERS, language, prefers_json
from services.problems import Problem, document, not_found, translate
from services.ratelimit import RateLimiter
from services.verify import checker
from services.verify.gather import Gatherer
from services.verify.outcome import unread
from services.verify.render import PublicPages, json_response
from services.verify.sale import Answer
from services.verify.scans import MemoryScans, ScanCounts
from services.verify.view import data_of, page_only, unread_data

_NAMES = [*KEYS, *(name for name, ai in SHORT_NAMES.items() if ai in KEYS)]
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")


def verify_router(services: Services, scans: ScanCounts | None = None) -> APIRouter:
    """The routes `/`, `/q`, `/check`, `/proof` and one for each GS1 key. `scans`: counts looks, in memory when not given.

    SettingsError without graph or history: a page that compares nothing must not be shown.
    """
    if services.graph is None or services.history is None:
        raise SettingsError("the public pages need Services.graph and Services.history")
    history = services.history
    gatherer = Gatherer(services, services.graph, history, scans or MemoryScans())
    pages = PublicPages(services)
    limit = Depends(RateLimiter(services.settings.public_rate, services.settings.public_burst))
    answers = errors(400, 404, 409, 429)
    router = APIRouter(route_class=_route_class(pages), dependencies=[limit], responses=answers, tags=[PAGES])

    # Plain functions: reading SQLite on the event loop would hold up every other request. The hop to a thread costs 0.2 ms.

    def answer(request: Request, text: str) -> Response:
        lang = language(request)
        try:
            scan = parse_scan(text, year=_year(services))
        except IdentifierError as error:
            return refuse(request, error)
        address = request.client.host if request.client else ""
        seen = gatherer.see(scan, lang, answer_of(request), address)
        data = data_of(seen, lang, simulation=services.simulation)
        if prefers_json(request):
            return json_response(data)
        return pages.page(request, "unit.html", {"d": data, **page_only(seen, lang)})

    def refuse(request: Request, error: IdentifierError) -> Response:
        data = unread_data(unread(error.code), language(request))
        if prefers_json(request):
            problem = translate(error)
            raise Problem(400, problem.type, str(problem), faults=problem.faults, extra=data)
        typed = request.query_params.get("code", "")[:200]
        return pages.page(request, "unread.html", {"d": data, "tone": "care", "typed": typed}, status=400)

    def by_link(request: Request) -> Response:
        """The page of a code, as its Digital Link leads to it: HTML, or JSON by `Accept` or `format`. `lang`: zh or en; `sold`:
        yes or no, or `kind`, `city`, `day` of the visitor's own purchase."""
        return answer(request, link_of(request))

    for name in _NAMES:
        router.add_api_route(f"/{name}/{{rest:path}}", by_link, methods=["GET"], include_in_schema=name in ("01", "00"))
        router.add_api_route(f"/{name}/{{rest:path}}", by_link, methods=["HEAD"], include_in_schema=False)

    @router.get("/q")
    def by_code(request: Request, code: str = "") -> Response:
        """Any code as scanned or typed."""
        return answer(request, code) if code.strip() else pages.page(request, "home.html", {})

    @router.get("/")
    def home(request: Request) -> Response:
        return pages.page(request, "home.html", {})

    @router.get("/check")
    def check() -> Response:
        """The page that checks proofs in the visitor's own browser; saved to disk it works without us."""
        return Response(checker.PAGE, 200, checker.HEADERS, "text/html; charset=utf-8")

    def proof(scan: Scan) -> Response:
        if not scan.uri:
            raise not_found("only what has a serial number has a record to prove")
        try:
            made = history.proof(scan.uri)
        except ProofError as wrong:
            raise Problem(409, "ImplementationException", f"the record does not hold, no proof is given: {wrong}") from wrong
        if made is None:
            raise not_found("there is no proof of this code yet; there is one after the first checkpoint over its record")
        key = scan.key
        name = _UNSAFE.sub("_", "-".join(part for part in (key.gtin or key.kind, key.serial or key.value) if part))[:80]
        headers = {**PUBLIC_HEADERS, "Content-Disposition": f'attachment; filename="medtrace-proof-{name}.json"'}
        return Response(made, 200, headers, "application/json")

    @router.get("/proof")
    def proof_by_code(code: str) -> Response:
        """The proof file of a unit: what a signed checkpoint says about it, to be checked offline."""
        return proof(parse_scan(code, year=_year(services)))

    @router.get("/proof/{rest:path}")
    def proof_by_link(request: Request) -> Response:
        """As `/proof`, the code as a Digital Link's path."""
        return proof(parse_scan(link_of(request, skip="/proof"), year=_year(services)))

    return router


def link_of(request: Request, skip: str = "") -> str:
    """The Digital Link that the request's own address is, as it was sent: percent-encoding undone only by the parser. Of the
    query only the application identifiers count."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    path = raw.decode("ascii", "replace").partition("?")[0].removeprefix(skip)
    attributes = [part for part in request.url.query.split("&") if part.partition("=")[0].isdigit()]
    return f"https://id.gs1.org{path}{'?' if attributes else ''}{'&'.join(attributes)}"


def answer_of(request: Request) -> Answer:
    """What the visitor says about the sale; anything that is no answer is none."""
    asked = request.query_params
    day = asked.get("day", "")
    said = {"yes": True, "no": False}.get(asked.get("sold", ""))
    return Answer(said, asked.get("kind", "")[:40], asked.get("city", "")[:80], day if _DATE.fullmatch(day) else "")


def problem_page(services: Services) -> Callable[[Request, dict[str, Any]], Response | None]:
    """For `services.problems.install`: errors as public pages for people at a browser, JSON for programs."""
    pages = PublicPages(services)

    def render(request: Request, made: dict[str, Any]) -> Response | None:
        return pages.problem(request, made) if "text/html" in request.headers.get("accept", "") else None

    return render


def _route_class(pages: PublicPages) -> type[APIRoute]:
    """What these routes refuse is shown as a page, unless a program asks. Faults of ours go on to where they are logged."""

    class PublicRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def handled(request: Request) -> Response:
                try:
                    return await handle(request)
                except MedtraceError as error:
                    problem = translate(error)
                    if problem.status >= 500 or prefers_json(request):
                        raise
                    page = pages.problem(request, document(problem))
                    page.headers.update(problem.headers)
                    return page

            return handled

    return PublicRoute


def _year(services: Services) -> int:
    return datetime.fromtimestamp(services.clock() / 1000, UTC).year
