"""`medtrace replay`: the derived stores once more from the log. What was decided stands: nothing is judged anew.

Each store is built in a file of its own and put in place when it is whole, so that a replay that breaks off changes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from eventlog.sqlite import SqliteLog
from graph.sqlite import SqliteGraph
from ledger.embedded import EmbeddedLedger
from ops.check.custody import fill_custody
from ops.check.difference import Differences, Report
from ops.check.logs import check_chain
from ops.check.stores import GENERATION, scratch
from ops.clock import now_ms
from ops.layout import FolderLock, Layout
from ops.settings import Settings
from pedigree.errors import MedtraceError, SettingsError, StoreError
from pedigree.ports import DECISIONS, DOCUMENTS, FACTS, OBSERVATIONS, TOPICS
from storage.care import backup, damage
from streams.decisions import DecisionsReader
from streams.ledger_writer import LedgerWriter
from streams.projector import Projector
from streams.store import CustodyStore

STORES = ("custody", "ledger", "graph")
NEW_LEDGER = (
    "the ledger was lost and built again from the decisions: its batches, commit times and checkpoints are new. Proofs that"
    " were given out before rest on the old checkpoints, which this ledger does not continue: if a backup has the old ledger,"
    " restore that one"
)
KEPT_LEDGER = "the ledger is whole and was left alone: its checkpoints are signed, and proofs rest on them"


class Replayed(msgspec.Struct, frozen=True):
    """`messages`: decisions that were followed; `built`: the stores; `notes`: what the operator should know."""

    messages: int
    built: tuple[str, ...]
    notes: tuple[str, ...]


def replay(settings: Settings, report: Report = lambda *_: None, stores: Sequence[str] = STORES) -> Replayed:
    """Build custody store and graph again, and the ledger where its file is lost or damaged.

    Raises LockedError while a server or a writer uses the folder, StoreError when the log itself is damaged.
    """
    if settings.backend == "stack":
        raise SettingsError(
            'with backend = "stack" nothing is replayed by hand: a custody worker builds a store that is lost by itself, '
            "`medtrace stack rebuild-graph` empties the graph for the projector"
        )
    layout = Layout(settings.data)
    server = FolderLock(layout, "medtrace replay")
    try:
        writer = FolderLock(layout, "medtrace replay", file=layout.writer_lock)
        try:
            return replay_data(layout, settings.partitions, report, stores)
        finally:
            writer.release()
    finally:
        server.release()


def replay_data(
    layout: Layout, partitions: int, report: Report = lambda *_: None, stores: Sequence[str] = STORES
) -> Replayed:
    """`replay` for whoever holds the locks."""
    if unknown := sorted(set(stores) - set(STORES)):
        raise StoreError(f"there is no store {unknown[0]!r}: {', '.join(STORES)} can be built again")
    for topic in TOPICS:
        if not (layout.log / f"{topic}.sqlite").exists():
            raise StoreError(f"{topic}.sqlite of the log is missing: restore it from a backup, everything else follows from it")
    topics = {DOCUMENTS: partitions, OBSERVATIONS: partitions, DECISIONS: partitions, FACTS: 1}
    with closing(SqliteLog(layout.log, topics)) as log, scratch(layout.root) as made:
        ends = [log.end(DECISIONS, p) for p in range(partitions)]
        _whole(log, partitions, ends, report)
        built, notes = [], []
        if "custody" in stores:
            _custody(log, layout, made.folder / "new-custody.sqlite", ends, report)
            built.append("custody")
        if "ledger" in stores and _lost(layout.ledger):
            _aside(layout.ledger)
            _ledger(log, layout, made.folder / "new-ledger.sqlite", partitions, report)
            built.append("ledger")
            notes.append(NEW_LEDGER)
        elif "ledger" in stores:
            notes.append(KEPT_LEDGER)
        if "graph" in stores or "ledger" in built:  # its receipts are the ledger's
            _graph(log, layout, made.folder / "new-graph.sqlite", partitions, report)
            built.append("graph")
        return Replayed(sum(ends), tuple(built), tuple(notes))


def _whole(log: SqliteLog, partitions: int, ends: list[int], report: Report) -> None:
    found = Differences()
    check_chain(log, {**{(DECISIONS, p): ends[p] for p in range(partitions)}, (FACTS, 0): log.end(FACTS, 0)}, found, report)
    if wrong := found.all():
        raise StoreError(f"the log itself is damaged, restore it from a backup first: {wrong[0]}")


def _custody(log: SqliteLog, layout: Layout, new: Path, ends: list[int], report: Report) -> None:
    told = _told(layout.custody, len(ends))
    with closing(CustodyStore(new)) as store:
        if fill_custody(store, log, ends, report) != sum(ends):
            raise StoreError("the decisions do not follow each other: restore the log from a backup")
        for partition, end in enumerate(ends):
            if end:
                store.told(partition, min(told[partition], end))
    _put(new, layout.custody)


def _told(path: Path, partitions: int) -> list[int]:
    """Up to where the old store has told its edges: those need not be sent again. 0 where it can't be asked."""
    if not path.exists() or damage(path):
        return [0] * partitions
    try:
        with closing(CustodyStore(path, read_only=True)) as old:
            return [old.progress(p).told for p in range(partitions)]
    except MedtraceError:
        return [0] * partitions


def _ledger(log: SqliteLog, layout: Layout, new: Path, partitions: int, report: Report) -> None:
    with closing(EmbeddedLedger(new, clock=now_ms)) as ledger:
        reader = DecisionsReader(log)
        writers = [LedgerWriter(log, reader, ledger, p, GENERATION) for p in range(partitions)]
        whole = sum(writer.behind() for writer in writers)
        for writer in writers:
            while writer.step() is not None:
                report("committing to a new ledger", whole - sum(one.behind() for one in writers), whole)
    _put(new, layout.ledger)


def _graph(log: SqliteLog, layout: Layout, new: Path, partitions: int, report: Report) -> None:
    if not layout.ledger.exists():
        EmbeddedLedger(layout.ledger, clock=now_ms).close()
    with closing(EmbeddedLedger(layout.ledger, clock=now_ms)) as ledger, closing(SqliteGraph(new)) as graph:
        projector = Projector(log, DecisionsReader(log), ledger, graph, GENERATION)
        whole = projector.behind()
        while projector.step():
            report("projecting a new graph", whole - projector.behind(), whole)
    _put(new, layout.graph)


def _lost(path: Path) -> bool:
    return not path.exists() or bool(damage(path))


def _aside(path: Path) -> None:
    """A damaged ledger is evidence: it is kept under another name."""
    if path.exists():
        for old in (path, *_beside(path)):
            old.replace(old.with_name(f"damaged-{now_ms()}-{old.name}"))


def _put(new: Path, target: Path) -> None:
    """The new file in the place of the old one. The old one's write-ahead log goes first: it must never meet the new file."""
    whole = new.with_suffix(".whole")
    backup(new, whole)  # one durable file: a part of what was written may still stand in a write-ahead log beside it
    for old in _beside(target):
        old.unlink()
    whole.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _beside(path: Path) -> list[Path]:
    return [beside for end in ("-wal", "-shm") if (beside := path.with_name(path.name + end)).exists()]
