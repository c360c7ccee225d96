"""From an HTTP request to an `Upload`: media types, headers, parts."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request
from starlette.datastructures import UploadFile

from pedigree.errors import DocumentError
from pedigree.seal import HEADER as SEAL_HEADER
from pedigree.times import parse_time
from services.body import multipart
from services.capture.prepare import Behaviour
from services.capture.taking import Upload
from services.context import EdgeSettings
from services.problems import Problem, bad_query, invalid
from services.scan.billforms import media_of_bills
from services.scan.document import MEDIA, with_columns
from services.scan.lines import COLUMNS

JOURNAL_HEADER = "Medtrace-Journal"
TIME_HEADER = "Medtrace-Record-Time"
BILLS = "/code-platform"
"""The end of the address where JSON, XML and CSV are bills of a code platform."""
BEHAVIOUR_HEADER = "GS1-Capture-Error-Behaviour"
_MULTIPART = "multipart/form-data"


async def upload_of(request: Request, body: bytes, party: str, settings: EdgeSettings, *, single: bool) -> Upload:
    """Raises 400 for headers that can't be, 415 for a body that is neither JSON nor XML.

    A multipart body has the part `document` and may have `journal` and `seal`: headers are too small for a long journal.
    """
    headers = request.headers
    content_type = headers.get("content-type", "")
    seal, journal = headers.get(SEAL_HEADER, ""), headers.get(JOURNAL_HEADER, "").encode("latin-1")
    if _media(content_type) == _MULTIPART:
        parts = await multipart(request, body)
        document = parts.get("document")
        if not isinstance(document, UploadFile):
            raise invalid("the multipart body has no file part named `document`")
        body, content_type = await document.read(), document.content_type or ""
        seal, journal = (await _text(parts, "seal")).decode("latin-1") or seal, await _text(parts, "journal") or journal
    _check_media(content_type)
    return Upload(
        body=body,
        content_type=content_type,
        party=party,
        single=single,
        behaviour=_behaviour(headers, single),
        seal=seal,
        journal=journal,
        record_time=_record_time(headers, settings),
    )


async def scanned_of(request: Request, body: bytes, party: str, settings: EdgeSettings, *, single: bool) -> Upload:
    """A scanner's file. Columns that hold for all of it may stand in the query too. Raises 400, 415."""
    content_type = request.headers.get("content-type", "")
    if request.url.path.endswith(BILLS):
        content_type = media_of_bills(content_type)
    media = _media(content_type)
    if media not in MEDIA:
        found = media[:80] or "a body without a Content-Type"
        raise Problem(415, "UnsupportedMediaTypeException", f"{found}: send one of {', '.join(sorted(MEDIA))}")
    for name, value in request.query_params.multi_items():
        if name not in COLUMNS:
            raise bad_query(f"{name[:40]!r} is no column: there are {', '.join(COLUMNS)}")
        if not value.isprintable() or set(value) & {'"', "\\"}:
            raise bad_query(f"{name} has characters that no column has")
    return Upload(
        body=body,
        content_type=with_columns(content_type, request.query_params.multi_items()),
        party=party,
        single=single,
        behaviour=_behaviour(request.headers, single),
        seal=request.headers.get(SEAL_HEADER, ""),
        journal=request.headers.get(JOURNAL_HEADER, "").encode("latin-1"),
        record_time=_record_time(request.headers, settings),
    )


def _media(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _check_media(content_type: str) -> None:
    media = _media(content_type)
    known = media.endswith(("/json", "+json", "/xml", "+xml")) and media.startswith(("application/", "text/"))
    if media and not known:
        raise Problem(415, "UnsupportedMediaTypeException", f"{media[:80]} is neither JSON nor XML")


def _behaviour(headers: Mapping[str, str], single: bool) -> Behaviour:
    asked = headers.get(BEHAVIOUR_HEADER, "rollback").strip().lower()
    if asked == "proceed" and not single:
        return "proceed"
    if asked not in ("rollback", "proceed"):
        raise invalid(f"{BEHAVIOUR_HEADER} is `rollback` or `proceed`, not {asked[:40]!r}")
    return "rollback"


def _record_time(headers: Mapping[str, str], settings: EdgeSettings) -> int | None:
    text = headers.get(TIME_HEADER)
    if text is None:
        return None
    if not settings.simulation:
        raise invalid(f"{TIME_HEADER} can be given in simulation mode only: here the record time is when we received it")
    try:
        return parse_time(text)
    except DocumentError as wrong:
        raise invalid(f"{TIME_HEADER}: {wrong}") from wrong


async def _text(parts: Mapping[str, object], name: str) -> bytes:
    value = parts.get(name)
    if isinstance(value, UploadFile):
        return await value.read()
    return value.encode() if isinstance(value, str) else b""
