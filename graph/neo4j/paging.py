"""Cursors: the sort key of the last row of a page. Rows that come in later do not shift what follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from graph.model import Cursor, Page
from pedigree.errors import CursorError

T = TypeVar("T")


def after(cursor: Cursor | None, *types: type[int] | type[str]) -> list[int | str] | None:
    """The key behind which the page begins, None = from the start. CursorError for a cursor of another list."""
    if cursor is None:
        return None
    if len(cursor) != len(types) or any(type(value) is not wanted for value, wanted in zip(cursor, types, strict=True)):
        raise CursorError("this cursor does not belong to this list")
    values: list[Any] = list(cursor)
    if any(type(value) is int and abs(value) >= 2**63 for value in values):
        raise CursorError("this cursor does not belong to this list")
    return values


def page(rows: Sequence[list[Any]], limit: int, build: Callable[[list[Any]], T]) -> Page[T]:
    """A page from at most `limit` + 1 rows; the last value of each is its sort key, a list."""
    items = [build(row) for row in rows[:limit]]
    return Page(items, tuple(rows[limit - 1][-1]) if len(rows) > limit else None)
