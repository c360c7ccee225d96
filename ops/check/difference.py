"""What differs, and how two stores' rows are compared: row by row, both in one order, in little memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

Report = Callable[[str, int, int], None]
"""Called with (what is being done, how much of it, of how much in all; 0 = not known)."""
Row = tuple[tuple[object, ...], tuple[object, ...]]
"""Key and values."""
Words = Callable[[Sequence[object], Sequence[object]], tuple[str, str] | None]
"""From the values found and expected to words for both; None = every column speaks for itself."""
MOST = 1_000
"""Differences of one table that are kept one by one; the others are counted."""
_LONG = 60


class Difference(msgspec.Struct, frozen=True):
    """One row that is not what it should be, in words. `found` '' = the row is missing; `expected` '' = there should be none."""

    store: str
    """log | custody | ledger | graph | papers"""
    table: str
    key: str
    found: str
    expected: str

    def __str__(self) -> str:
        row = f"{self.store}.{self.table} {self.key}".rstrip()
        if not self.found:
            return f"{row} is missing, it should say {self.expected}"
        if not self.expected:
            return f"{row} should not be there, it says {self.found}"
        return f"{row}: found {self.found}, expected {self.expected}"


class Differences:
    """Gathers what differs; of a table that differs all over it keeps the first thousand."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], list[Difference]] = {}
        self._more: dict[tuple[str, str], int] = {}
        self._known: set[tuple[str, str, str]] = set()

    def add(self, store: str, table: str, key: str, found: str, expected: str) -> None:
        """One row is named once, by whoever comes first."""
        if (store, table, key) in self._known:
            return
        kept = self._kept.setdefault((store, table), [])
        if len(kept) >= MOST:
            self._more[store, table] = self._more.get((store, table), 0) + 1
            return
        self._known.add((store, table, key))
        kept.append(Difference(store, table, key, found, expected))

    def in_store(self, store: str) -> bool:
        return any(of == store for of, _ in self._kept)

    def all(self) -> list[Difference]:
        """In the order in which tables came up."""
        found: list[Difference] = []
        for name, kept in self._kept.items():
            found.extend(kept)
            if more := self._more.get(name):
                found.append(Difference(*name, "and others", f"{more} more rows that differ", "none"))
        return found


class Tables:
    """A dump, taken table by table in its own order."""

    def __init__(self, rows: Iterable[tuple[str, tuple[object, ...], tuple[object, ...]]]) -> None:
        self._rows = iter(rows)
        self._next = next(self._rows, None)

    def of(self, table: str) -> Iterator[Row]:
        """The rows of the next table, none if it is another one."""
        while self._next is not None and self._next[0] == table:
            row = self._next[1:]
            self._next = next(self._rows, None)
            yield row


def counted(rows: Iterable[Row], what: str, done: int, whole: int, report: Report) -> Iterator[Row]:
    """The same rows; says now and then how many went by."""
    for row in rows:
        done += 1
        if done % 1000 == 0:
            report(what, min(done, whole) if whole else done, whole)
        yield row


def compare(
    store: str,
    table: str,
    columns: Sequence[str],
    found: Iterable[Row],
    expected: Iterable[Row],
    into: Differences,
    words: Words | None = None,
) -> int:
    """Merge two streams of rows that are ordered by key; `columns` names the values. Returns how many rows were expected."""
    count = 0
    ours = _in_order(store, table, columns, found, into)
    mine = next(ours, None)
    for key, values in expected:
        count += 1
        while mine is not None and mine[0] < key:
            into.add(store, table, key_text(mine[0]), _all(columns, mine[1]), "")
            mine = next(ours, None)
        if mine is None or mine[0] != key:
            into.add(store, table, key_text(key), "", _all(columns, values))
            continue
        if mine[1] != values:
            into.add(store, table, key_text(key), *_said(columns, mine[1], values, words))
        mine = next(ours, None)
    while mine is not None:
        into.add(store, table, key_text(mine[0]), _all(columns, mine[1]), "")
        mine = next(ours, None)
    return count


def _in_order(
    store: str, table: str, columns: Sequence[str], rows: Iterable[Row], into: Differences
) -> Iterator[Row]:
    """Rows whose reference leads nowhere come last in a dump, whatever their key: nothing can match them."""
    last: tuple[object, ...] | None = None
    for key, values in rows:
        if last is not None and key <= last:
            into.add(store, table, key_text(key), _all(columns, values), "")
            continue
        last = key
        yield key, values


def _said(
    columns: Sequence[str], found: Sequence[object], expected: Sequence[object], words: Words | None
) -> tuple[str, str]:
    better = words(found, expected) if words is not None else None
    if better is not None:
        return better
    pairs = [(c, f, e) for c, f, e in zip(columns, found, expected, strict=True) if f != e]
    return (
        "; ".join(f"{name} {text(one, other)}" for name, one, other in pairs),
        "; ".join(f"{name} {text(other, one)}" for name, one, other in pairs),
    )


def _all(columns: Sequence[str], values: Sequence[object]) -> str:
    return "; ".join(f"{name} {text(value)}" for name, value in zip(columns, values, strict=True)) or "nothing else"


def key_text(key: Iterable[object]) -> str:
    """A row's key for a person: parts with slashes between them, hashes in hex."""
    return " / ".join(part.hex() if isinstance(part, bytes) else "''" if part == "" else str(part) for part in key)


def text(value: object, other: object = None) -> str:
    """A value for a person; of two long ones what follows from where they part."""
    if isinstance(value, bytes):
        if len(value) <= _LONG // 2:
            return value.hex() or "nothing"
        start = _parting(value, other) if isinstance(other, bytes) else 0
        return f"{value[start : start + 16].hex()}… (byte {start} of {len(value)})"
    shown = repr(value)
    if len(shown) <= _LONG:
        return shown
    start = _parting(shown, repr(other)) if other is not None else 0
    return f"…{shown[start : start + _LONG]}…" if start > _LONG // 2 else f"{shown[:_LONG]}…"


def _parting(one: bytes | str, other: bytes | str) -> int:
    """Where two values begin to differ."""
    for at, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return at
    return min(len(one), len(other))
