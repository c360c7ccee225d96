"""Reading request bodies within bounds: of one request, and of all that are under way."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request
from python_multipart.exceptions import FormParserError
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser

from services.problems import Problem, invalid, too_large


class Intake:
    """`limit`: bytes of one body; `budget`: bytes of all bodies that are being read or prepared, so that memory is bounded."""

    def __init__(self, limit: int, budget: int = 0) -> None:
        self._limit = limit
        self._budget = budget or 2 * limit
        self._used = 0

    @asynccontextmanager
    async def body(self, request: Request) -> AsyncIterator[bytes]:
        """The whole body, held against the budget until the block ends. 413 over the limit, at the latest when it is reached."""
        if request.headers.get("content-encoding", "identity") != "identity":
            raise Problem(415, "UnsupportedMediaTypeException", "bodies must come without a Content-Encoding")
        length = request.headers.get("content-length", "")
        if length.isdigit() and int(length) > self._limit:
            raise self._over()
        held = 0
        try:
            chunks: list[bytes] = []
            async for chunk in request.stream():
                held += len(chunk)
                self._used += len(chunk)
                if held > self._limit:
                    raise self._over()
                if self._used > self._budget:
                    raise Problem(
                        503, "ImplementationException", "too much is being uploaded just now", headers={"Retry-After": "5"}
                    )
                chunks.append(chunk)
            yield b"".join(chunks)
        finally:
            self._used -= held

    def _over(self) -> Problem:
        return too_large(f"the body is larger than {self._limit} bytes")


async def multipart(request: Request, body: bytes) -> FormData:
    """The parts of a multipart/form-data body that is in memory already. 400 when it is none."""

    async def once() -> AsyncGenerator[bytes, None]:
        yield body

    try:
        parser = MultiPartParser(request.headers, once(), max_files=3, max_fields=3, max_part_size=len(body))
        parser.spool_max_size = len(body) + 1  # no part goes to the disk, which may be full
        return await parser.parse()
    except (MultiPartException, FormParserError, KeyError) as broken:
        raise invalid(f"the multipart body can't be read: {getattr(broken, 'message', broken)}") from broken
