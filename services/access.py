"""The access log: who read what that is not public."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import structlog

_log = structlog.get_logger("medtrace.access")


class AccessLog(Protocol):
    """Where reads are noted."""

    def read(self, key: str, party: str, route: str, subject: Mapping[str, str], allowed: bool) -> None:
        """Key id, party, route template and the values in its path; whether it was allowed. Never the key itself."""
        ...


class StructuredAccessLog:
    """Writes to the structured log, under the name `medtrace.access`."""

    def read(self, key: str, party: str, route: str, subject: Mapping[str, str], allowed: bool) -> None:
        _log.info("read", key=key, party=party, route=route, subject=dict(subject), allowed=allowed)
