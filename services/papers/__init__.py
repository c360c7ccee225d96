"""Papers over HTTP: inspection reports and certificates are handed in, listed and read again."""

from __future__ import annotations

from services.papers.router import papers_router
from services.papers.serving import download, paper_json

__all__ = ["download", "paper_json", "papers_router"]
