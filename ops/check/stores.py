"""What is compared: copies of the derived stores as they stood at one instant each, and the log cut off where it then ended.

So that a running system gives no false difference: the splitter's position is read first, then the stores are copied, each with
its own progress inside, then the log's ends are read, topics that follow others first. Each store is compared with what its own
progress says it has taken, and that part of the log never changes again.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from eventlog.sqlite import SqliteLog
from graph.port import Graph
from graph.sqlite import SqliteGraph
from ledger.embedded import EmbeddedLedger
from ledger.port import Ledger
from ops.check.difference import Differences, Report
from ops.layout import Layout
from pedigree.custody.history import Consortium
from pedigree.ports import DECISIONS, DOCUMENTS, FACTS, OBSERVATIONS, EventLog
from pedigree.seal import KeyRing
from storage.care import backup, damage
from streams.splitter import GROUP
from streams.store import CustodyStore

GENERATION = 0
_PREFIX = ".check-"


@dataclass(frozen=True, slots=True)
class Secrets:
    """What derived rows depend on beside the log. `ring` None: signatures are not looked at."""

    consortium: Consortium
    ring: KeyRing | None = None


@dataclass(slots=True)
class Scratch:
    """A folder for what is computed again; goes away with everything in it."""

    folder: Path
    _stack: ExitStack
    _made: int = 0

    def _path(self) -> Path:
        self._made += 1
        return self.folder / f"{self._made}.sqlite"

    def custody(self) -> CustodyStore:
        store = CustodyStore(self._path())
        self._stack.callback(store.close)
        return store

    def ledger(self) -> EmbeddedLedger:
        ledger = EmbeddedLedger(self._path(), clock=lambda: 0)
        self._stack.callback(ledger.close)
        return ledger

    def graph(self) -> SqliteGraph:
        graph = SqliteGraph(self._path())
        self._stack.callback(graph.close)
        return graph

    def log(self, partitions: dict[str, int]) -> SqliteLog:
        log = SqliteLog(self._path().with_suffix(".log"), partitions)
        self._stack.callback(log.close)
        return log


@dataclass(slots=True)
class Snapshot:
    """One moment of a data folder. A store is None when its file is missing or damaged: that was said already."""

    log: EventLog
    partitions: int
    secrets: Secrets
    scratch: Scratch
    splitter: list[int]
    """Documents before these offsets were split before anything else was read."""
    custody: CustodyStore | None = None
    ledger: Ledger | None = None
    graph: Graph | None = None
    ends: dict[tuple[str, int], int] = field(default_factory=dict)


@contextmanager
def scratch(parent: Path) -> Iterator[Scratch]:
    """A folder inside `parent` (the disk that has room for the data), which is removed at the end."""
    _sweep(parent)
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=parent))
    try:
        with ExitStack() as stack:
            yield Scratch(folder, stack)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def snapshot(
    layout: Layout,
    partitions: int,
    secrets: Secrets,
    into: Differences,
    report: Report,
    stores: tuple[str, ...] = ("graph", "ledger", "custody"),
) -> Iterator[Snapshot]:
    """Copy the stores, and name files that are missing or damaged."""
    with scratch(layout.root) as made, ExitStack() as stack:
        missing = [t for t in (DOCUMENTS, OBSERVATIONS, DECISIONS, FACTS) if not (layout.log / f"{t}.sqlite").exists()]
        for topic in missing:
            into.add("log", topic, "", "no file", "its file; restore it from a backup")
        topics = {DOCUMENTS: partitions, OBSERVATIONS: partitions, DECISIONS: partitions, FACTS: 1}
        log: EventLog
        if missing:  # opening the log would make empty files in their place
            log = made.log(topics)
        else:
            log = SqliteLog(layout.log, topics)
            stack.callback(log.close)
        taken = Snapshot(log, partitions, secrets, made, [log.committed(GROUP, DOCUMENTS, p) for p in range(partitions)])
        copies: dict[str, Path] = {}
        for done, name in enumerate(stores):
            report("copying the stores", done, len(stores))
            if (copy := copied(getattr(layout, name), made.folder / f"{name}.sqlite", name, into)) is not None:
                copies[name] = copy
        report("copying the stores", len(stores), len(stores))
        for topic in (DECISIONS, OBSERVATIONS, DOCUMENTS, FACTS):
            for partition in range(topics[topic]):
                taken.ends[topic, partition] = log.end(topic, partition)
        if "custody" in copies:
            taken.custody = CustodyStore(copies["custody"])
            stack.callback(taken.custody.close)
        if "ledger" in copies:
            taken.ledger = EmbeddedLedger(copies["ledger"], clock=lambda: 0)
            stack.callback(taken.ledger.close)
        if "graph" in copies:
            taken.graph = SqliteGraph(copies["graph"])
            stack.callback(taken.graph.close)
        yield taken


def copied(source: Path, target: Path, name: str, into: Differences) -> Path | None:
    """A store's file as it stands at one instant; None when it is missing or damaged, which is a difference."""
    if not source.exists():
        into.add(name, "file", source.name, "no file", "its file; build it again with 'medtrace replay'")
        return None
    if wrong := damage(source):
        into.add(name, "file", source.name, f"damage: {wrong[0]}", "a whole file; build it again with 'medtrace replay'")
        return None
    backup(source, target)
    return target


def _sweep(parent: Path) -> None:
    """Remove what a check that was killed has left behind."""
    for left in parent.glob(f"{_PREFIX}*"):
        pid = left.name.removeprefix(_PREFIX).partition("-")[0]
        if pid.isdigit() and not _alive(int(pid)):
            shutil.rmtree(left, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
