"""Honest mistakes, each with its root cause: which scanner, site, shift made it, and whom it hit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec


class Cause(msgspec.Struct, frozen=True, omit_defaults=True):
    """A root cause: several mistakes share it. `device`: the scanner's id; `gate`: its read point, where claims name it."""

    id: str
    kind: str
    party: str
    site: str
    device: str = ""
    gate: str = ""
    shift: str = ""
    amount_ms: int = 0
    """Clock faults: how far ahead."""
    since: int = 0
    until: int = 0


class Mistake(msgspec.Struct, frozen=True, omit_defaults=True):
    """`events`: eventIDs of the claims that are wrong (none, where a claim is missing). `packs`: codes that it hit.

    `time`: when it was made; for `late`, when the act was.
    """

    kind: str
    cause: str
    time: int
    packs: list[str]
    events: list[str] = []


class Mistakes:
    """Passes each mistake on as it is made, and counts."""

    def __init__(self, sink: Callable[[Mistake], Any]) -> None:
        self._sink = sink
        self.causes: dict[tuple[str, ...], Cause] = {}
        self.counts: Counter[str] = Counter()

    def cause(self, kind: str, party: str, site: str, device: str = "", shift: str = "", **more: Any) -> Cause:
        key = (kind, site, device, shift)
        found = self.causes.get(key)
        if found is None:
            found = self.causes[key] = Cause(f"C{len(self.causes) + 1:05d}", kind, party, site, device, shift=shift, **more)
        return found

    def note(self, kind: str, cause: Cause, time: int, packs: list[str], *events: str) -> None:
        self.counts[kind] += 1
        self._sink(Mistake(kind, cause.id, time, packs, list(events)))
