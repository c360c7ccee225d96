"""A query may not take for ever: whoever asks too much is told so."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pedigree.errors import QueryTooComplexError

BUDGET_S = 20.0
_EVERY = 20_000
"""Steps of SQLite's machine between two looks at the clock: some milliseconds."""


@contextmanager
def limited(connection: sqlite3.Connection, seconds: float | None = None) -> Iterator[None]:
    """QueryTooComplexError when the time is up (`BUDGET_S` if not given)."""
    allowed = BUDGET_S if seconds is None else seconds
    end = time.monotonic() + allowed
    connection.set_progress_handler(lambda: time.monotonic() > end, _EVERY)
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            raise QueryTooComplexError(f"this takes more than {allowed:g} s: ask for less at once") from error
        raise
    finally:
        connection.set_progress_handler(None, 0)
