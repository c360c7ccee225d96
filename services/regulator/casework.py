"""Cases as the console has them: findings of the last weeks from the graph, grouped, with what people said about them."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator

import msgspec

from graph.model import FindingRow
from graph.port import GraphReader
from pedigree.cases import Case, Item, feedback_of, folded, group, weighed
from pedigree.identifiers import gln_of
from pedigree.registry import Registry
from services.regulator.desk import Desk
from services.regulator.rhythms import Rhythms

DAY_MS = 86_400_000
MOST = 20_000
"""Findings that are looked at, the newest first."""
PAGE = 1_000
KEPT_MS = 30_000
"""How long a grouping is shown before it is made again."""
ASKED = 500
"""Unknown units, and events, that are looked up in one grouping."""
GATED = frozenset({"unknown_origin", "origin_missing", "clock_error", "order_conflict"})
"""Codes whose cause may be one scanner."""
_TWINS = {"O": "0", "0": "O", "I": "1", "1": "I", "Y": "Z", "Z": "Y", "B": "8", "8": "B", "5": "S", "S": "5"}
_json = msgspec.json.Decoder()


class Casework:
    """One an app. Safe from any thread."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._rhythms = Rhythms(desk.graph)
        self._lock = threading.Lock()
        self._made: tuple[int, int, list[Case]] | None = None

    def cases(self, days: int) -> list[Case]:
        """Of the last `days`, the highest score first; dismissed ones last."""
        now = self._desk.now()
        with self._lock:
            if self._made is None or self._made[1] != days or not 0 <= now - self._made[0] < KEPT_MS:
                self._made = (now, days, self._group(now - days * DAY_MS))
            found = self._made[2]
        said = self._desk.registry().notes("feedback")
        looked = [
            weighed(case, feedback_of(said[key].value) if (key := f"case/{case.id}") in said else None) for case in found
        ]
        return sorted(looked, key=lambda case: (case.state == "dismissed", -case.score, case.id))

    def _group(self, since: int) -> list[Case]:
        graph = self._desk.graph
        gates = _Gates(graph)
        rows = itertools.islice(_findings(graph, since), MOST)
        registry = self._desk.registry()
        found = group((_item(row, gates) for row in rows), _Known(graph, registry))
        return [*found, *self._rhythms.cases(registry, since, self._desk.now())]


def _findings(graph: GraphReader, since: int) -> Iterator[FindingRow]:
    cursor = None
    while True:
        page = graph.findings(severity="low", since=max(0, since), cursor=cursor, limit=PAGE)
        yield from page.items
        if page.next is None:
            return
        cursor = page.next


def _item(row: FindingRow, gates: _Gates) -> Item:
    gate = gates.of(row.event) if row.code in GATED else ""
    return Item(
        row.unit, row.event, row.code, row.severity, row.evidence, row.time, row.record_time, row.party,
        gln_of(row.location) or row.location, row.biz_step, gate,
    )  # fmt: skip


class _Gates:
    """Read points of events, as far as they name more than the place."""

    def __init__(self, graph: GraphReader) -> None:
        self._graph = graph
        self._known: dict[bytes, str] = {}

    def of(self, event: bytes) -> str:
        if event not in self._known and len(self._known) < ASKED:
            row = self._graph.event(event)
            read = _json.decode(row.json).get("readPoint") if row is not None else None
            self._known[event] = str(read.get("id", "")) if isinstance(read, dict) else ""
        return self._known.get(event, "")


class _Known:
    """`pedigree.cases.Lookup` over the graph."""

    def __init__(self, graph: GraphReader, registry: Registry) -> None:
        self._graph, self._registry = graph, registry
        self._asked = 0

    def owner(self, unit: str) -> str:
        return self._registry.owner_of(unit)

    def meant(self, unit: str) -> str:
        """The store finds units by the beginning of their code: all ways to spell the first letters of the serial are tried."""
        key = folded(unit)
        if not key or self._asked >= ASKED:
            return ""
        self._asked += 1
        head, _, serial = unit.partition("/21/")
        for letters in itertools.product(*map(_spellings, serial[:3])):
            for hit in self._graph.search(f"{head}/21/{''.join(letters)}", 200):
                if hit.epc and hit.epc != unit and folded(hit.epc) == key:
                    return hit.epc
        return ""


def _spellings(letter: str) -> tuple[str, ...]:
    found = {letter: None, letter.upper(): None, letter.lower(): None}
    twin = _TWINS.get(letter.upper())
    if twin is not None:
        found[twin] = None
    return tuple(found)
