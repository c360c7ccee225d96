"""Whether a device's clock or a single note is wrong, by what its own journal says.

A journal entry carries monotonic ticks. Within one boot, event time minus ticks is the same for all entries, however wrong the
clock is; a note whose time was made up stands apart from the others. Reads the document only (capture wrote into
it what the notes before it said), so it can be repeated.
"""

from __future__ import annotations

import msgspec

from pedigree.events import read_event
from pedigree.messages import DocumentMessage, event_uri

NEAR_MS = 600_000
"""Readings that differ by less are the same."""
ALONE_MS = 14 * 3_600_000
"""With nothing to compare with, what a wrong time zone explains at most."""
ENOUGH = 2
_json = msgspec.json.Decoder()


class _Entry(msgspec.Struct):
    boot: str
    ticks_ms: int
    event_hash: str


class _Part(msgspec.Struct):
    entries: tuple[_Entry, ...] = ()
    before: tuple[int, ...] = ()


class _Context(msgspec.Struct):
    journal: _Part | None = None


_decode = msgspec.json.Decoder(_Context).decode


def clock_explains(message: DocumentMessage, event: bytes) -> bool:
    """Whether the time of `event` (its hash), which lies before the journal's bound, is off because the device's clock is:
    others of the same boot are off by as much, or there are none and it is off by no more than clocks are."""
    part = _decode(message.context).journal if message.context else None
    entries = {entry.event_hash: entry for entry in part.entries} if part is not None else {}
    own = entries.get(event_uri(event))
    if own is None:
        return False
    reading, short = 0, 0
    others = list(part.before) if part is not None and own.boot == part.entries[0].boot else []
    for stamped in message.events:
        entry = entries.get(event_uri(stamped.hash))
        if entry is None or entry.boot != own.boot:
            continue
        time = read_event(_json.decode(stamped.event)).time
        if stamped.hash == event:
            reading, short = time - entry.ticks_ms, stamped.earliest - time
        else:
            others.append(time - entry.ticks_ms)
    alike = sum(1 for one in others if abs(one - reading) <= NEAR_MS)
    if len(others) >= ENOUGH:
        return alike >= ENOUGH
    return short <= ALONE_MS and (not others or alike == len(others))
