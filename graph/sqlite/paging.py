"""Cursors: the sort key of the last row of a page. Rows that come in later do not shift what follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from graph.model import Cursor, Page
from pedigree.errors import CursorError

T = TypeVar("T")
Row = tuple[Any, ...]


def after(columns: str, cursor: Cursor | None, *, descending: bool = False) -> tuple[str, list[int]]:
    """SQL condition and its values for rows behind the cursor; `columns` are all ints. CursorError for a cursor of another
    list."""
    if cursor is None:
        return "1", []
    values = [value for value in cursor if type(value) is int and abs(value) < 2**63]
    if len(values) != columns.count(",") + 1 or len(values) != len(cursor):
        raise CursorError("this cursor does not belong to this list")
    marks = ", ".join("?" * len(values))
    return f"({columns}) {'<' if descending else '>'} ({marks})", values


def page(rows: Sequence[Row], limit: int, width: int, build: Callable[[Row], T]) -> Page[T]:
    """A page from at most `limit` + 1 rows whose last `width` columns are the sort key."""
    items = [build(row) for row in rows[:limit]]
    return Page(items, rows[limit - 1][-width:] if len(rows) > limit else None)
