"""Everything once more from the documents: a second line judges them, and what it comes to is compared.

Order and grouping of what arrives differ from the first time, so numbers, counts and chains of leaves do too; what must not
differ is what every unit's history holds and comes to. Both sides are brought to rest first, at the same moment of time: what the
first line had under way when it was copied is finished in a scratch.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from graph.port import Graph
from ops.check.custody import fill_custody
from ops.check.difference import Differences, Report, Row, compare, counted
from ops.check.graph import project, table_rows
from ops.check.overlay import OverlayLog
from ops.check.progress import columns
from ops.check.stores import GENERATION, Snapshot
from pedigree.custody.row import decode_row, decode_segment
from pedigree.custody.steps import Kind
from pedigree.messages import Entry, Envelope, encode
from pedigree.ports import DECISIONS, DOCUMENTS, OBSERVATIONS, EventLog
from streams.custody import Custody
from streams.splitter import GROUP, Splitter
from streams.store import CustodyStore, unpack_row

TABLES = ("unit", "stay", "packed", "verdict", "finding", "sale", "load", "stock", "consumption")
"""Tables of the graph that follow from what all units have come to. A lot counts units that anybody ever named."""
NUMBERS = {"unit": ("number", "n", "number0", "n0", "acc", "key")}
"""Their columns that depend on the order of arrival, or on which consortium key was the newest then."""
UNIT = ("what it knows", "OPEN", "what is shown")
_entry = msgspec.msgpack.Decoder(Entry).decode


class Line:
    """Splitter and custody steps over a scratch log; what they decide goes into a graph."""

    def __init__(self, taken: Snapshot, store: CustodyStore, graph: Graph, log: EventLog) -> None:
        self.store, self.graph, self._log = store, graph, log
        self._partitions = range(taken.partitions)
        self._splitter = Splitter(log)
        self._custody = [Custody(log, store, taken.secrets.consortium, p, GENERATION) for p in self._partitions]

    def follow(self) -> None:
        """Take the graph to where custody is."""
        for p in self._partitions:
            start = self.graph.progress(f"decisions/{GENERATION}/{p}")[0]
            project(self.graph, self._log, p, start, self._log.end(DECISIONS, p))

    def rest(self, report: Report, what: str) -> None:
        """Until everything is split and decided."""
        whole = sum(self._log.end(DOCUMENTS, p) for p in self._partitions)
        while True:
            moved = self._splitter.step()
            for custody in self._custody:
                if messages := custody.step(100):
                    moved += self.graph.apply_decisions(messages)
            left = sum(self._log.end(OBSERVATIONS, p) - self.store.progress(p).source for p in self._partitions)
            report(what, whole - self._splitter.behind(), whole)
            if not moved and not left:
                return

    def tell_time(self, tick: int, report: Report, what: str) -> None:
        """Let time pass up to `tick` (ms UTC)."""
        for p in self._partitions:
            self._log.append(OBSERVATIONS, p, [encode(Envelope([], tick))])
        self.rest(report, what)


def check_again(taken: Snapshot, expected: Graph | None, into: Differences, report: Report) -> None:
    """`expected`: the graph that follows from the decisions (it is taken further here); None = it is made."""
    topics = dict.fromkeys((DOCUMENTS, OBSERVATIONS, DECISIONS), taken.partitions)
    ends = {key: end for key, end in taken.ends.items() if key[0] in topics}
    told = [taken.custody.progress(p).told if taken.custody is not None else 0 for p in range(taken.partitions)]
    decided = [ends[DECISIONS, p] for p in range(taken.partitions)]
    store = taken.scratch.custody()
    fill_custody(store, taken.log, decided, report)
    for p, number in enumerate(told):
        store.told(p, min(number, decided[p]))
    split = {(GROUP, DOCUMENTS, p): min(at, ends[DOCUMENTS, p]) for p, at in enumerate(taken.splitter)}
    graph = expected if expected is not None else taken.scratch.graph()
    first = Line(taken, store, graph, OverlayLog(taken.log, taken.scratch.log(topics), ends, split))
    first.follow()
    first.rest(report, "finishing what was under way")
    tick = max(store.progress(p).tick for p in range(taken.partitions))
    empty = {key: end if key[0] == DOCUMENTS else 0 for key, end in ends.items()}
    second = Line(
        taken, taken.scratch.custody(), taken.scratch.graph(), OverlayLog(taken.log, taken.scratch.log(topics), empty, {})
    )
    second.rest(report, "judging every document again")
    if tick:
        first.tell_time(tick + 1, report, "finishing what was under way")
        second.tell_time(tick + 1, report, "judging every document again")
    _compare(first, second, into, report)


def _compare(first: Line, second: Line, into: Differences, report: Report) -> None:
    whole = second.store.count()
    what = "comparing with what follows from the documents"
    nothing: set[str] = set()
    rows = counted(_units(second.store, first.store, nothing), what, 0, whole, report)
    compare("custody", "unit", UNIT, _units(first.store, second.store, nothing), rows, into)
    compare("custody", "member", ("children",), _beside(first.store, "member"), _beside(second.store, "member"), into)
    ours, theirs = _probes(_beside(first.store, "probe")), _probes(_beside(second.store, "probe"))
    compare("custody", "probe", ("question",), ours, theirs, into)
    for table in TABLES:
        names = columns(table)
        kept = [i for i, name in enumerate(names) if name not in NUMBERS.get(table, ())]
        shown = [names[i] for i in kept]
        leave = nothing if table == "unit" else set[str]()
        one, other = _some(first.graph, table, kept, leave), _some(second.graph, table, kept, leave)
        compare("graph", table, shown, one, other, into)
    report(what, whole, whole)


def _beside(store: CustodyStore, table: str) -> Iterator[Row]:
    return (row[1:] for row in store.dump() if row[0] == table)


def _some(graph: Graph, table: str, kept: list[int], leave: set[str]) -> Iterator[Row]:
    for key, values in table_rows(graph, table):
        if key[0] not in leave:
            yield key, tuple(values[i] for i in kept)


def _units(store: CustodyStore, other: CustodyStore, nothing: set[str]) -> Iterator[Row]:
    """What each unit's history holds and comes to, whatever order it came in. Codes of two consortium keys can't be compared.

    A unit that is known only by an edge that was taken back goes to `nothing`: whether it was ever named depends on the order.
    """
    for epc, _, _, _, packed in store.units():
        row = decode_row(unpack_row(packed))
        entries = {entry.identity: entry for entry in row.entries}
        if row.start:
            for data in store.segments(epc):
                for entry in decode_segment(data).entries:
                    entries.setdefault(entry.identity, entry)
        known = tuple(sorted((i, bare(entry)) for i, entry in entries.items() if entry.alive))
        if not known:
            nothing.add(epc)
            continue
        theirs = other.row(epc)
        alike = theirs is not None and decode_row(theirs).key_version == row.key_version
        yield (epc,), (known, row.open if alike else None, row.shown)


def _probes(rows: Iterator[Row]) -> Iterator[Row]:
    """Questions of units that still stand: one that was taken back may never have been asked the second time. What a container
    passed on, and heard, is left out: it goes on hearing answers that it no longer needs. What it made of them is compared."""
    for key, values in rows:
        entry = _entry(values[1]) if isinstance(values[1], bytes) else None
        if entry is not None and entry.alive and entry.asker is not None and entry.asker[1] != Kind.PROBE:
            yield key, (bare(msgspec.structs.replace(entry, quotes=())),)


def bare(entry: Entry) -> bytes:
    """The entry without the numbers of the decisions that brought it."""
    quotes = tuple(msgspec.structs.replace(quote, revision=(0, 0)) for quote in entry.quotes if quote.known)
    return encode(msgspec.structs.replace(entry, revision=(0, 0), quotes=quotes))
