"""Whether a body is what its Content-Type says: a browser or a reader's program must not find something else in it."""

from __future__ import annotations

import re
from typing import cast, get_args

from pedigree.facts import PaperMedia
from services.problems import Problem, invalid

_STARTS: dict[str, bytes] = {
    "application/pdf": b"%PDF-",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
}
_UTF8 = ("", "utf-8", "us-ascii")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")  # tab, line feed, form feed and carriage return are text


def media_of(content_type: str, body: bytes) -> PaperMedia:
    """The media type of a paper. Problem 415 for one that is not taken or that the bytes belie, 400 for no bytes."""
    media, _, rest = content_type.partition(";")
    media = media.strip().lower()
    if media not in get_args(PaperMedia):
        raise _refused(f"papers are {', '.join(get_args(PaperMedia))}")
    if not body:
        raise invalid("the paper is empty")
    start = _STARTS.get(media)
    if start is not None:
        fits = body.startswith(start)
    else:
        name, _, charset = rest.partition("=")
        if name.strip().lower() == "charset" and charset.strip().strip('"').lower() not in _UTF8:
            raise _refused("text is taken as UTF-8")
        fits = _is_text(body, markup=media == "application/xml")
    if not fits:
        raise _refused(f"the body is no {media}")
    return cast("PaperMedia", media)


def _is_text(body: bytes, *, markup: bool) -> bool:
    if any(body.startswith(start) for start in _STARTS.values()):
        return False
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return _CONTROL.search(text) is None and (not markup or text.lstrip().startswith("<"))


def _refused(detail: str) -> Problem:
    return Problem(415, "UnsupportedMediaTypeException", detail)
