"""What stands out from the norm of its place, over the events that the graph has: read once in a while, newest first."""

from __future__ import annotations

import threading

import msgspec

from graph.model import Cursor, EventRow
from graph.port import GraphReader
from pedigree.cases import Case, Note, Rhythm, apart, rhythm_cases
from pedigree.events import EventView, read_event
from pedigree.identifiers import gln_of
from pedigree.registry import Registry

DAY_MS = 86_400_000
NORM_DAYS = 60
"""How long before the days that are looked at a place's norm is taken from."""
MOST = 20_000
"""Events that are looked at, those of the latest event time first."""
PAGE = 1_000
KEPT_MS = 600_000
_json = msgspec.json.Decoder(dict[str, object])


class Rhythms:
    """One an app. Safe from any thread."""

    def __init__(self, graph: GraphReader) -> None:
        self._graph = graph
        self._lock = threading.Lock()
        self._made: tuple[int, list[Case]] | None = None

    def cases(self, registry: Registry, since: int, now: int) -> list[Case]:
        """Those with something recorded at `since` or later (ms UTC); made again every ten minutes."""
        with self._lock:
            if self._made is None or not 0 <= now - self._made[0] < KEPT_MS:
                self._made = (now, self._group(registry, since - NORM_DAYS * DAY_MS))
            return [case for case in self._made[1] if case.last >= since]

    def _group(self, registry: Registry, since: int) -> list[Case]:
        rhythm, notes, parties = Rhythm(), [], {}
        for row in self._rows(max(0, since)):
            view = read_event(_json.decode(row.json))
            place = gln_of(view.read_point or view.biz_location)
            if not place or row.declared or view.date_only or registry.slack(row.actor) >= DAY_MS:
                continue
            rhythm.note(place, row.time, row.record_time)
            notes.append(Note(row.hash, _unit(view), place, view.read_point, row.actor, row.time, row.record_time))
            parties[place] = row.actor
        return rhythm_cases(rhythm.stretches(), apart(notes), parties)

    def _rows(self, since: int) -> list[EventRow]:
        found: list[EventRow] = []
        cursor: Cursor | None = None
        while len(found) < MOST:
            page = self._graph.find_events(from_ms=since, cursor=cursor, limit=PAGE)
            found += page.items
            cursor = page.next
            if cursor is None:
                break
        return found


def _unit(view: EventView) -> str:
    return next(iter((*view.epcs, *view.children, view.parent, *view.output_epcs)), "")
