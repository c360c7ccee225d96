"""What a patient sees: the page that a pack's own code opens."""

from __future__ import annotations

from services.verify.router import problem_page, verify_router
from services.verify.scans import MemoryScans, ScanCounts, SqliteScans

__all__ = ["MemoryScans", "ScanCounts", "SqliteScans", "problem_page", "verify_router"]
