"""What /openapi.json says about papers."""

from __future__ import annotations

from typing import Any, get_args

from pedigree.facts import PaperKind, PaperMedia
from services.openapi import errors, json_answer, parameter

_BYTES = {media: {"schema": {"type": "string", "format": "binary"}} for media in get_args(PaperMedia)}
PAPER: dict[str, Any] = {
    "type": "object",
    "required": ["uri", "hash", "party", "title", "kind", "mediaType", "size", "given"],
    "properties": {
        "uri": {"type": "string", "description": "What an event's certificationInfo holds"},
        "hash": {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SM3 of the bytes"},
        "party": {"type": "string", "description": "GLN of who handed it in"},
        "title": {"type": "string"},
        "kind": {"type": "string", "enum": list(get_args(PaperKind))},
        "mediaType": {"type": "string", "enum": list(get_args(PaperMedia))},
        "size": {"type": "integer", "description": "bytes"},
        "given": {"type": "string", "format": "date-time"},
    },
}
_LOCATION = {"Location": {"schema": {"type": "string"}, "description": "/papers/ and its SM3"}}
BODY: dict[str, Any] = {"requestBody": {"required": True, "description": "The paper itself", "content": _BYTES}}
LIST: dict[str, Any] = {
    "parameters": [
        parameter("perPage", "Entries of one page", {"type": "integer", "minimum": 1, "maximum": 1000}),
        parameter("nextPageToken", "From the Link header of the page before"),
    ]
}


def taken() -> dict[int | str, dict[str, Any]]:
    made = json_answer(201, "Taken", PAPER, 400, 404, 413, 415)
    made |= json_answer(200, "This party has handed it in before", PAPER)
    for status in (200, 201):
        made[status]["headers"] = _LOCATION
    return made


def given_out() -> dict[int | str, dict[str, Any]]:
    return {200: {"description": "The paper, as a download", "content": _BYTES}, **errors(400, 401, 403, 404)}


def own() -> dict[int | str, dict[str, Any]]:
    return json_answer(200, "What the caller's party handed in, newest first", {"type": "array", "items": PAPER}, 400, 404)
