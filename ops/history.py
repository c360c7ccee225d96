"""Histories for the pages: several threads at once, each with a custody store of its own while it looks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pedigree.messages import Packed, Shown, Stay, Verdict
from pedigree.ports import History, Integrity


@dataclass(frozen=True, slots=True)
class Opened:
    """A history with the way to close what it stands on."""

    history: History
    close: Callable[[], None]


class PooledHistory:
    """`pedigree.ports.History`. `make` opens one more when all are in use; those that come back wait for the next caller."""

    def __init__(self, make: Callable[[], Opened]) -> None:
        self._make = make
        self._idle: list[Opened] = []
        self._lock = threading.Lock()
        self._generation = 0

    def integrity(self, epc: str) -> Integrity:
        with self._one() as history:
            return history.integrity(epc)

    def known_at(self, epc: str, record_time: int) -> tuple[Shown, list[Verdict], list[Stay], list[Packed]] | None:
        with self._one() as history:
            return history.known_at(epc, record_time)

    def proof(self, epc: str) -> bytes | None:
        with self._one() as history:
            return history.proof(epc)

    def renew(self) -> None:
        """Close all: what is asked from now on is answered with what `make` opens now (another key)."""
        with self._lock:
            self._generation += 1
            idle, self._idle = self._idle, []
        for one in idle:
            one.close()

    close = renew

    @contextmanager
    def _one(self) -> Iterator[History]:
        with self._lock:
            generation = self._generation
            opened = self._idle.pop() if self._idle else None
        opened = opened or self._make()
        fine = False
        try:
            yield opened.history
            fine = True
        finally:
            with self._lock:
                keep = fine and generation == self._generation
                if keep:
                    self._idle.append(opened)
            if not keep:
                opened.close()
