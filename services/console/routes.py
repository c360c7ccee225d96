"""Sign-in routes, and errors as pages of the console for people at a browser."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import RedirectResponse, Response

from pedigree.errors import MedtraceError
from services.console.pages import Console, bilingual, lang_of, wants_json
from services.openapi import CONSOLE, errors
from services.problems import Problem, bad_query, document, translate
from services.session import Posted

_REFUSED = {
    401: ("密钥无效或已撤销。", "This key is not known, or it is revoked."),
    403: ("此密钥没有本控制台的权限。", "This key has not the role for this console."),
}


def console_router(console: Console, *, sign_in: bool = True) -> APIRouter:
    """An empty router with sign-in and sign-out; what its routes raise is shown in the console's own layout. `sign_in` False:
    another router of the same sessions has them."""

    class ConsoleRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def handled(request: Request) -> Response:
                try:
                    return await handle(request)
                except MedtraceError as error:
                    return _shown(console, request, error)
                except RequestValidationError as error:
                    wrong = "; ".join(f"{'/'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
                    return _shown(console, request, bad_query(wrong))

            return handled

    answers = errors(400, 401, 403, 404, 409, 413, 415)
    router = APIRouter(route_class=ConsoleRoute, responses=answers, tags=[f"{CONSOLE}{console.sessions.realm}"])
    if sign_in:
        _add_sign_in(router, console)
    return router


def _add_sign_in(router: APIRouter, console: Console) -> None:
    sessions = console.sessions

    @router.get(f"{sessions.path}/login")
    async def form(request: Request) -> Response:
        target = sessions.safe_next(request.query_params.get("next", ""))
        return console.page(request, "login.html", {"message": "", "next": target})

    @router.post(f"{sessions.path}/login")
    async def sign_in(request: Request) -> Response:
        try:
            _, token, target = await sessions.sign_in(request)
        except Problem as problem:
            if problem.status not in (401, 403) or wants_json(request):
                raise
            message = bilingual(lang_of(request), *_REFUSED[problem.status])
            values = {"message": message, "next": sessions.path}
            return console.page(request, "login.html", values, status=problem.status)
        response = RedirectResponse(target, 303)
        sessions.set_cookie(request, response, token)
        return response

    @router.post(f"{sessions.path}/logout")
    async def sign_out(request: Request, posted: Posted = Depends(sessions.writer)) -> Response:
        response = RedirectResponse(f"{sessions.path}/login", 303)
        sessions.sign_out(request, response)
        return response


def done(request: Request, target: str, made: Any, status: int, console: Console) -> Response:
    """After a post: a person goes on to a page (so that reloading posts nothing again), a program gets what was made."""
    if wants_json(request):
        return console.answer(request, "", made, status=status, headers={"Location": target})
    return RedirectResponse(target, 303)


def _shown(console: Console, request: Request, error: MedtraceError) -> Response:
    """A page for a person; programs, and what must be logged as ours, go on to the app's one translation."""
    problem = translate(error)
    if problem.status >= 500 or "text/html" not in request.headers.get("accept", ""):
        raise error
    if problem.status == 303:
        return RedirectResponse(problem.headers["Location"], 303)
    made = document(problem)
    values = {"heading": made["title"], "detail": made["detail"], "faults": made.get("faults", [])}
    return console.page(request, "problem.html", values, status=problem.status, headers=problem.headers)
