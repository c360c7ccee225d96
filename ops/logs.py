"""Structured logs on stderr: one JSON object a line (or coloured text), the web server's own lines included.

No address of a client, no scanned code and no secret is ever logged: requests appear with their route's template only.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from logging.handlers import RotatingFileHandler
from pathlib import Path

import structlog
from structlog.types import Processor

from ops.settings import Settings

_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure(settings: Settings, process: str) -> None:
    """Set up logging of this process. `process` is in every line: `web` or `writer`."""
    final: Processor
    if settings.log_format == "json":
        final = structlog.processors.JSONRenderer(ensure_ascii=False)
        shared: list[Processor] = [*_SHARED, structlog.processors.format_exc_info]
    else:
        final = structlog.dev.ConsoleRenderer(colors=settings.log_file is None and sys.stderr.isatty())
        shared = list(_SHARED)
    # Lines are appended whole, so that the web process and the writer can share the file.
    handler = logging.FileHandler(settings.log_file, encoding="utf-8") if settings.log_file else logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, final]
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    for name in ("uvicorn", "uvicorn.error", "httpx"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
        logger.setLevel(max(root.level, logging.WARNING if name == "httpx" else root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)


class AccessFile:
    """`services.access.AccessLog` as lines of JSON in a file of its own, 50 MB a piece, the last 20 pieces kept."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=50_000_000, backupCount=20, encoding="utf-8")
        self._log = structlog.wrap_logger(
            _FileLogger(handler),
            processors=[
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )

    def read(self, key: str, party: str, route: str, subject: Mapping[str, str], allowed: bool) -> None:
        self._log.info("read", key=key, party=party, route=route, subject=dict(subject), allowed=allowed)


class _FileLogger:
    """What structlog writes a finished line with."""

    def __init__(self, handler: RotatingFileHandler) -> None:
        self._handler = handler

    def info(self, line: str) -> None:
        self._handler.handle(logging.LogRecord("medtrace.access", logging.INFO, "", 0, line, None, None))
