"""Whether an answer can be given in a form that the client takes. Reads only: what a POST does must not depend on how its receipt
is to be written (RFC 9110, section 12.5.1, leaves both ways open)."""

from __future__ import annotations

from fastapi import Request

from services.pages import weighted
from services.problems import Problem


def acceptable(request: Request) -> None:
    """A dependency, after all others. Raises 406 when the route says which media types it answers with, and none is accepted."""
    accept = request.headers.get("accept", "").strip()
    offered = _offered(request)
    if request.method not in ("GET", "HEAD") or not accept or not offered:
        return
    weights = dict(reversed(weighted(accept)))
    for media in offered:
        for name in (media, media.partition("/")[0] + "/*", "*/*"):
            if name in weights:  # the most precise one counts
                if weights[name] > 0:
                    return
                break
    raise Problem(406, "NotAcceptableException", f"answers are written as {', '.join(offered)}")


def _offered(request: Request) -> list[str]:
    responses = getattr(request.scope.get("route"), "responses", None) or {}
    return [media for status, answer in responses.items() if str(status).startswith("2") for media in answer.get("content", {})]
