"""People at a browser: they hand in an API key once and get a cookie with a signed token, never the key itself.

The cookie is HttpOnly and SameSite=Strict, is sent to one console only, and ends after some hours, at sign-out, or when its key
is revoked. A form carries a second token made from the first, which a page of another site can't know. Programs keep using keys.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import msgspec
from fastapi import Request
from starlette.responses import Response

from pedigree.facts import ApiKey, KeyRole
from services.auth import Caller, caller_of, key_hash
from services.body import Intake
from services.context import Services
from services.problems import Problem, forbidden, invalid

LIFETIME = 4 * 3_600_000
"""Milliseconds that a session lasts at most."""
_intake = Intake(limit=64 * 1024, budget=16 * 1024 * 1024)
_MAC = 16
_SUBJECT = ("epc", "gtin", "lot", "q", "party")


@dataclass(frozen=True, slots=True)
class Posted:
    """What a form or a JSON body says, and who says it."""

    caller: Caller
    values: dict[str, Any] = field(default_factory=dict)


class Sessions:
    """The sign-in of one console, for keys with the role `realm`. Its methods are FastAPI dependencies."""

    def __init__(self, services: Services, realm: KeyRole, path: str = "") -> None:
        """`path`: where the console lies, `/<realm>` unless given. The cookie is sent there and below it only."""
        self._services = services
        self.realm = realm
        self.path = path or f"/{realm}"
        self._cookie = f"medtrace_{realm}"
        self._ended: dict[str, int] = {}

    # ---- dependencies

    async def reader(self, request: Request) -> Caller:
        """Who reads: by key or by session. A browser without either is sent to the sign-in page, a program gets 401."""
        caller = caller_of(self._services, request) or self._by_cookie(request)
        if caller is None:
            if "text/html" in request.headers.get("accept", ""):
                target = f"{self.path}/login?{urlencode({'next': _whole(request)})}"
                raise Problem(303, "SecurityException", "sign in first", title="Sign in", headers={"Location": target})
            raise Problem(401, "SecurityException", "this needs an API key: `Authorization: Bearer mt_...`", headers=_CHALLENGE)
        return self._allowed(request, caller)

    async def writer(self, request: Request) -> Posted:
        """Who posts, and what: a form or a JSON object of at most 64 KB. A session must prove that the form is ours."""
        by_key = caller_of(self._services, request)
        caller = by_key or self._by_cookie(request)
        if caller is None:
            raise Problem(401, "SecurityException", "sign in, or send an API key", headers=_CHALLENGE)
        values = await body_of(request)
        if by_key is None:
            _same_site(request)
            given = str(values.get("csrf", ""))
            if not hmac.compare_digest(given.encode(), self.csrf(request).encode()):
                raise forbidden("this form is not ours, or it is too old: open the page again")
        values.pop("csrf", None)
        return Posted(self._allowed(request, caller), values)

    # ---- sign-in and out

    async def sign_in(self, request: Request) -> tuple[Caller, str, str]:
        """From a posted key: (caller, cookie value, where to go on). 401 for an unknown key, 403 for one without the role."""
        _same_site(request)
        values = await body_of(request)
        found = self._services.registry.current().key_by_hash(key_hash(str(values.get("key", "")).strip()))
        if found is None or self._revoked(found):
            raise Problem(401, "SecurityException", "this API key is not known or is revoked")
        caller = self._allowed(request, Caller(found.id, found.party, found.roles))
        body = msgspec.msgpack.encode((found.id, self._services.clock() + LIFETIME, secrets.token_bytes(8)))
        token = base64.urlsafe_b64encode(self._mac(b"session", body) + body).decode()
        return caller, token, self.safe_next(str(values.get("next", "")))

    def set_cookie(self, request: Request, response: Response, token: str) -> None:
        secure = request.url.scheme == "https" or self._services.settings.base_url.startswith("https:")
        response.set_cookie(
            self._cookie, token, max_age=LIFETIME // 1000, path=self.path, httponly=True, samesite="strict", secure=secure
        )

    def sign_out(self, request: Request, response: Response) -> None:
        """The token is refused from now on, wherever a copy of it lies."""
        now = self._services.clock()
        self._ended = {token: ends for token, ends in self._ended.items() if ends > now}
        self._ended[request.cookies.get(self._cookie, "")] = now + LIFETIME
        response.delete_cookie(self._cookie, path=self.path, httponly=True, samesite="strict")

    def csrf(self, request: Request) -> str:
        """What forms of this session must send as `csrf`."""
        token = request.cookies.get(self._cookie, "")
        return base64.urlsafe_b64encode(self._mac(b"form", token.encode())).decode()

    def safe_next(self, target: str) -> str:
        """Only pages of this console: an address from outside must not lead anywhere else."""
        ours = target == self.path or target.startswith((f"{self.path}/", f"{self.path}?"))
        plain = "\\" not in target and target.isascii() and target.isprintable()
        return target if ours and plain else self.path

    # ---- inside

    def _by_cookie(self, request: Request) -> Caller | None:
        token = request.cookies.get(self._cookie, "")
        if not token or token in self._ended:
            return None
        try:
            raw = base64.urlsafe_b64decode(token.encode("ascii"))
            body = raw[_MAC:]
            if not hmac.compare_digest(raw[:_MAC], self._mac(b"session", body)):
                return None
            id, expires, _ = msgspec.msgpack.decode(body, type=tuple[str, int, bytes])
        except (UnicodeEncodeError, binascii.Error, msgspec.MsgspecError):
            return None
        found = next((key for key in self._services.registry.current().api_keys() if key.id == id), None)
        if found is None or self._revoked(found) or expires <= self._services.clock():
            return None
        return Caller(found.id, found.party, found.roles)

    def _revoked(self, key: ApiKey) -> bool:
        return bool(key.revoked and key.revoked <= self._services.clock())

    def _allowed(self, request: Request, caller: Caller) -> Caller:
        """An operator's key opens no console: the role itself is needed. Reads and refusals are noted."""
        allowed = self.realm in caller.roles
        if request.method in ("GET", "HEAD") or not allowed:
            given = {name: request.query_params[name][:200] for name in _SUBJECT if name in request.query_params}
            # A key that was pasted into the search box must not end up in a log.
            asked = {name: "(withheld)" if "mt_" in value else value for name, value in given.items()}
            route = getattr(request.scope.get("route"), "path", "")
            self._services.access.read(caller.key, caller.party, route, {**request.path_params, **asked}, allowed)
        if not allowed:
            raise forbidden(f"key {caller.key} has not the role {self.realm}")
        return caller

    def _mac(self, use: bytes, data: bytes) -> bytes:
        key = self._services.page_secret + self.realm.encode()
        return hmac.new(key, use + b"\0" + data, hashlib.sha256).digest()[:_MAC]


_CHALLENGE = {"WWW-Authenticate": "Bearer"}


def _whole(request: Request) -> str:
    query = request.url.query
    return quote(request.url.path, safe="/%") + (f"?{query}" if query else "")


def _same_site(request: Request) -> None:
    """What the browser itself says about where a form was sent from."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise forbidden("this form was sent from another site")


async def body_of(request: Request) -> dict[str, Any]:
    """A form (last value of each name) or a JSON object. Raises 400, 413, 415."""
    async with _intake.body(request) as raw:
        return _parsed(request, raw)


def _parsed(request: Request, raw: bytes) -> dict[str, Any]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        try:
            found = msgspec.json.decode(raw)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as broken:
            raise invalid(f"the body is not JSON: {broken}") from broken
        if not isinstance(found, dict):
            raise invalid("the body must be a JSON object")
        return found
    if kind in ("application/x-www-form-urlencoded", ""):
        try:
            return dict(parse_qsl(raw.decode(), keep_blank_values=True, strict_parsing=bool(raw), max_num_fields=200))
        except ValueError as broken:
            raise invalid("the body is not a form") from broken
    raise Problem(415, "UnsupportedMediaTypeException", "send a form or application/json")


def checked(fields: Mapping[str, Any], allowed: set[str]) -> dict[str, Any]:
    """The named fields that are not empty; 400 for a name that does not exist (a typing error must not be silent)."""
    unknown = sorted(set(fields) - allowed)
    if unknown:
        raise invalid(f"unknown field {unknown[0][:60]!r}; there are {', '.join(sorted(allowed))}")
    return {name: value for name, value in fields.items() if value not in ("", None)}
