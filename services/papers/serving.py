"""How a paper is told in JSON, and given out: always as a download, so that nothing in it runs in our pages' name."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from pedigree.facts import Paper
from pedigree.papers import URN, Papers
from pedigree.times import format_time
from services.problems import not_found

_ENDINGS = {
    "application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg", "text/plain": "txt", "application/xml": "xml",
}  # fmt: skip


def paper_json(paper: Paper) -> dict[str, Any]:
    """`uri` is what an event's `certificationInfo` holds; `size` in bytes."""
    return {
        "uri": URN + paper.hash,
        "hash": paper.hash,
        "party": paper.party,
        "title": paper.title,
        "kind": paper.kind,
        "mediaType": paper.media,
        "size": paper.size,
        "given": format_time(paper.given),
    }


def download(papers: Papers, paper: Paper) -> Response:
    """The bytes, checked whole before the first one leaves. 404 when they are not here."""
    data = papers.open(paper.hash)
    if data is None:
        raise not_found(f"the bytes of paper {paper.hash} are not here")
    media = f"{paper.media}; charset=utf-8" if paper.media == "text/plain" else paper.media
    headers = {
        "Content-Type": media,
        "Content-Disposition": f'attachment; filename="{paper.kind}-{paper.hash[:12]}.{_ENDINGS[paper.media]}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, no-store",
    }
    return Response(data, headers=headers)
