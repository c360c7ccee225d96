"""Pages of lists: opaque tokens, `perPage`, the Link header (EPCIS 2.0 section 12.6)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import msgspec
from fastapi import Request

from services.problems import bad_query

Cursor = tuple[int | str | bytes, ...]
_MAC = 10
_DEFAULT, _MOST = 30, 1000


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What the client asks for; `cursor` None = from the start."""

    per_page: int
    cursor: Cursor | None


class Pager:
    """Makes tokens that only this service can make: a cursor reaches a query exactly as the query gave it out."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def requested(self, request: Request, owner: str = "", default: int = _DEFAULT, most: int = _MOST) -> PageRequest:
        """From `perPage` and `nextPageToken`. `owner`: whose list it is; a token of another list or owner is refused."""
        text = request.query_params.get("perPage", str(default))
        if not (text.isascii() and text.isdigit() and len(text) < 7 and int(text) >= 1):
            raise bad_query(f"perPage must be a number from 1 to {most}")
        token = request.query_params.get("nextPageToken")
        return PageRequest(min(int(text), most), None if token is None else self.read(token, self._scope(request, owner)))

    def link(self, request: Request, cursor: Sequence[int | str | bytes] | None, owner: str = "") -> dict[str, str]:
        """The header that names the next page, {} on the last one."""
        if cursor is None:
            return {}
        query = [(key, value) for key, value in request.query_params.multi_items() if key != "nextPageToken"]
        query.append(("nextPageToken", self.token(cursor, self._scope(request, owner))))
        return {"Link": f'<{request.url.path}?{urlencode(query)}>; rel="next"'}

    def token(self, cursor: Sequence[int | str | bytes], scope: str) -> str:
        body = msgspec.msgpack.encode(tuple(cursor))
        return base64.urlsafe_b64encode(self._mac(body, scope) + body).decode().rstrip("=")

    def read(self, token: str, scope: str) -> Cursor:
        """What `token` was made of. 400 for one that was not made here, or for another scope."""
        try:
            raw = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        except (UnicodeEncodeError, binascii.Error) as broken:
            raise bad_query("nextPageToken is not one that was given out here") from broken
        mac, body = raw[:_MAC], raw[_MAC:]
        if not hmac.compare_digest(mac, self._mac(body, scope)):
            raise bad_query("nextPageToken is not one that was given out for this list")
        return tuple(msgspec.msgpack.decode(body))

    @staticmethod
    def _scope(request: Request, owner: str) -> str:
        return f"{request.url.path}\n{owner}"

    def _mac(self, body: bytes, scope: str) -> bytes:
        return hmac.new(self._secret, scope.encode() + b"\n" + body, hashlib.sha256).digest()[:_MAC]
