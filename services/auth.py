"""Who is calling: API keys, each of one party with roles. Keys are kept as SM3 hashes; the text is shown once, when made."""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from fastapi import Request
from starlette.requests import HTTPConnection

from pedigree.facts import OPERATOR, ApiKey, KeyRole, fact_of
from pedigree.messages import Fact
from pedigree.seal import sm3
from services.acceptable import acceptable
from services.context import Services
from services.problems import Problem, forbidden

_KEY = re.compile(r"mt_[0-9a-z]{8}_[0-9A-Za-z_-]{43}")


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller. `key`: the public id of its key."""

    key: str
    party: str
    roles: tuple[KeyRole, ...]

    def has(self, *roles: KeyRole) -> bool:
        """Whether it has one of them; `admin` has all."""
        return "admin" in self.roles or any(role in self.roles for role in roles)


def new_key(party: str, roles: Sequence[KeyRole], now: int, author: str = OPERATOR) -> tuple[str, Fact]:
    """A new key: its text, to be shown once and kept nowhere, and the fact that makes it known."""
    id = secrets.token_hex(4)
    text = f"mt_{id}_{secrets.token_urlsafe(32)}"
    return text, fact_of("key", ApiKey(id=id, hash=key_hash(text), party=party, roles=tuple(roles), created=now), author, now)


def key_hash(text: str) -> str:
    """256 random bits need no slow hash."""
    return sm3(text.encode()).hex()


def caller_of(services: Services, request: HTTPConnection) -> Caller | None:
    """Who the request's key belongs to, None without a key. Raises 401 for a wrong or revoked one."""
    header = request.headers.get("authorization", "")
    scheme, _, text = header.partition(" ")
    text = text.strip() if scheme.lower() == "bearer" else request.headers.get("x-api-key", "").strip()
    if not text:
        if header:
            raise _unknown("the Authorization header must be `Bearer` and an API key")
        return None
    found = services.registry.current().key_by_hash(key_hash(text)) if _KEY.fullmatch(text) else None
    if found is None:
        raise _unknown("this API key is not known")
    if found.revoked and found.revoked <= services.clock():
        raise _unknown("this API key is revoked")
    return Caller(found.id, found.party, found.roles)


def require(services: Services, *roles: KeyRole) -> Callable[[Request], Awaitable[Caller]]:
    """A FastAPI dependency: the caller, who must have one of the roles (any, when none is named). Raises 401, 403, and 406.

    Reads of what is not public are written to the access log, denied ones too.
    """

    async def dependency(request: Request) -> Caller:
        caller = caller_of(services, request)
        if caller is None:
            raise _unknown("this needs an API key: `Authorization: Bearer mt_...` or `X-API-Key`")
        allowed = not roles or caller.has(*roles)
        if request.method in ("GET", "HEAD") or not allowed:
            route = getattr(request.scope.get("route"), "path", "")
            services.access.read(caller.key, caller.party, route, dict(request.path_params), allowed)
        if not allowed:
            raise forbidden(f"key {caller.key} has not the role {' or '.join(roles)}")
        acceptable(request)
        return caller

    return dependency


def _unknown(detail: str) -> Problem:
    return Problem(401, "SecurityException", detail, headers={"WWW-Authenticate": "Bearer"})
