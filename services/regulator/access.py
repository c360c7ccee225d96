"""The access log, kept where it can be read back: who read what that is not public."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Protocol, runtime_checkable

import msgspec

from services.access import AccessLog


class Access(msgspec.Struct, frozen=True):
    """One read. `number` counts them; time in ms UTC."""

    number: int
    time: int
    key: str
    party: str
    route: str
    subject: dict[str, str]
    allowed: bool


@runtime_checkable
class AccessReader(Protocol):
    """An access log that can be read back."""

    def recent(self, before: int | None, limit: int, party: str = "") -> list[Access]:
        """Newest first, those with a lower number than `before`; `party`: only its reads."""
        ...


class KeptAccessLog:
    """Passes every read on to the durable log and keeps the last ones of this process for the regulator's page."""

    def __init__(self, durable: AccessLog, clock: Callable[[], int], keep: int = 20_000) -> None:
        self._durable = durable
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: deque[Access] = deque(maxlen=keep)
        self._count = 0

    def read(self, key: str, party: str, route: str, subject: Mapping[str, str], allowed: bool) -> None:
        self._durable.read(key, party, route, subject, allowed)
        with self._lock:
            self._kept.append(Access(self._count, self._clock(), key, party, route, dict(subject), allowed))
            self._count += 1

    def recent(self, before: int | None, limit: int, party: str = "") -> list[Access]:
        with self._lock:
            kept = list(self._kept)
        found = (one for one in reversed(kept) if (before is None or one.number < before) and party in ("", one.party))
        return [one for one, _ in zip(found, range(limit), strict=False)]
