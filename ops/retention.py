"""Observations are kept for some days only: what was decided stands in the decisions, and documents are kept for ever.

Records carry no time, so once an hour the writer notes how far each partition has decided; what a note of long enough ago covers
may go. Losing the notes only keeps observations longer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from pedigree.ports import OBSERVATIONS, EventLog

HOUR = 3_600_000
DAY = 24 * HOUR


class Note(msgspec.Struct, array_like=True, frozen=True):
    """At `time` (ms UTC) the observations before these offsets were decided, one a partition."""

    time: int
    decided: tuple[int, ...]


class Retention:
    """`decided`: how far each partition has decided now; `file`: where the notes are kept."""

    def __init__(self, log: EventLog, decided: Callable[[], Sequence[int]], file: Path, days: int) -> None:
        self._log, self._decided, self._file = log, decided, file
        self._keep = days * DAY
        self._notes = _read(file)

    def step(self, now: int) -> int:
        """Do what is due at `now`; how many observations went."""
        if self._notes and now - self._notes[-1].time < HOUR:
            return 0
        notes = [*self._notes, Note(now, tuple(self._decided()))]
        old = [note for note in notes if note.time <= now - self._keep]
        gone = 0
        if old:
            for partition, offset in enumerate(old[-1].decided):
                gone += self._log.forget(OBSERVATIONS, partition, offset)
        self._notes = notes[len(old) :]
        part = self._file.with_suffix(".part")
        part.write_bytes(msgspec.json.encode(self._notes))
        part.replace(self._file)
        return gone


def _read(file: Path) -> list[Note]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=list[Note])
    except (OSError, msgspec.MsgspecError):
        return []
