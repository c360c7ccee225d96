"""What is being captured at this moment: two uploads of one event, or of one device's journal, go one after the other, so that
the second one finds what the first one left."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager


class Claims:
    """Keys held by the threads of this process. All of a caller's keys are taken at once, so nobody waits in a circle."""

    def __init__(self) -> None:
        self._held: set[Hashable] = set()
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, keys: Iterable[Hashable]) -> Iterator[None]:
        wanted = set(keys)
        with self._changed:
            self._changed.wait_for(lambda: self._held.isdisjoint(wanted))
            self._held |= wanted
        try:
            yield
        finally:
            with self._changed:
                self._held -= wanted
                self._changed.notify_all()
