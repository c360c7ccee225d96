"""Which earlier states a unit keeps to refold from. The stream and the ledger keep the same ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

BASE_EVERY = 32
"""A new base each time that many leaves have come in since the last one."""


class Counted(Protocol):
    @property
    def count(self) -> int: ...


B = TypeVar("B", bound=Counted)


def next_bases(bases: Sequence[B], used: int, now: B) -> list[B]:
    """Bases after a fold that started from the state at `used` leaves: newer ones are stale. At most two."""
    kept = [base for base in bases if base.count <= used]
    if now.count - (kept[-1].count if kept else 0) >= BASE_EVERY:
        kept.append(now)
    return kept[-2:]
