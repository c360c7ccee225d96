"""Group commit: what several threads want to write at once is written in one transaction, one wait for the disk.

The first caller becomes the leader and writes what has gathered; who comes meanwhile waits, and the first of those leads next.
There is no thread of its own and no delay: a lone caller writes at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pedigree.errors import LogError, MedtraceError


@dataclass(slots=True)
class Request:
    """Values for one partition, and what became of them."""

    partition: int
    values: Sequence[bytes]
    expect: int | None
    size: int
    offset: int = -1
    error: Exception | None = None
    done: bool = False
    wake: threading.Event = field(default_factory=threading.Event)


class GroupCommit:
    """`write` gets the gathered requests and sets `offset` or `error` of each; what it raises befalls all of them."""

    def __init__(self, write: Callable[[list[Request]], None], max_bytes: int = 16_000_000) -> None:
        self._write = write
        self._max_bytes = max_bytes
        self._mutex = threading.Lock()
        self._waiting: list[Request] = []
        self._led = False

    def submit(self, request: Request) -> int:
        """Blocks until the request is written; its first offset, or raises its error."""
        with self._mutex:
            self._waiting.append(request)
            lead, self._led = not self._led, True
        if not lead:
            request.wake.wait()
        if not request.done:
            self._lead()
        if request.error is not None:
            raise request.error
        return request.offset

    def _lead(self) -> None:
        with self._mutex:
            batch = self._take()
        failed: Exception | None = None
        try:
            self._write(batch)
        except MedtraceError as error:
            failed = error  # every caller whose values were in the batch gets it
        finally:
            with self._mutex:
                for request in batch:
                    request.done = True
                    request.error = request.error or failed
                    if request.error is None and request.offset < 0:
                        request.error = LogError("the append was interrupted; it was not taken")
                if self._waiting:
                    self._waiting[0].wake.set()
                else:
                    self._led = False
            for request in batch:
                request.wake.set()

    def _take(self) -> list[Request]:
        """The longest head of the queue within `max_bytes`, at least one."""
        size = count = 0
        for request in self._waiting:
            size += request.size
            if count and size > self._max_bytes:
                break
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch
