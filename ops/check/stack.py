"""What is compared where the line runs on the real servers: the log on Kafka, the graph on Neo4j, the ledger by its index of the
channel's blocks. Files are copied as they stand; Neo4j can't be, so nobody may write to it meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from graph.port import Graph
from graph.sqlite import SqliteGraph
from ledger.embedded import EmbeddedLedger
from ledger.port import Ledger
from ops.check.difference import Differences, Report
from ops.check.stores import GENERATION, Secrets, Snapshot, copied, scratch
from ops.layout import Layout
from ops.settings import Settings
from ops.wiring_stack import open_graph, open_kafka
from pedigree.errors import StoreError
from pedigree.ports import DECISIONS, DOCUMENTS, FACTS, OBSERVATIONS
from streams.splitter import GROUP
from streams.store import CustodyStore

_INDEX = "fabric.sqlite"
"""The ledger writer's index of the channel (`ops.wiring_stack.open_ledger`)."""


@contextmanager
def stack_snapshot(settings: Settings, secrets: Secrets, into: Differences, report: Report) -> Iterator[Snapshot]:
    """As `ops.check.stores.snapshot`. Custody's file is the one in the data folder: of several custody workers with folders of
    their own each is checked where it is. StoreError when the graph was written to meanwhile."""
    layout, count = Layout(settings.data), settings.partitions
    with scratch(layout.root) as made, ExitStack() as stack:
        log = open_kafka(settings)
        stack.callback(log.close)
        taken = Snapshot(log, count, secrets, made, [log.committed(GROUP, DOCUMENTS, p) for p in range(count)])
        report("copying the stores", 0, 3)
        live: Graph | None = None
        if settings.graph == "neo4j":
            taken.graph = live = open_graph(settings, readonly=True)
        elif (path := copied(layout.graph, made.folder / "graph.sqlite", "graph", into)) is not None:
            taken.graph = SqliteGraph(path)
        if taken.graph is not None:
            stack.callback(taken.graph.close)
        taken.ledger = _ledger(settings, layout, made.folder, into)
        if taken.ledger is not None:
            stack.callback(taken.ledger.close)
        if (path := copied(layout.custody, made.folder / "custody.sqlite", "custody", into)) is not None:
            taken.custody = CustodyStore(path)
            stack.callback(taken.custody.close)
        report("copying the stores", 3, 3)
        for topic, partitions in ((DECISIONS, count), (OBSERVATIONS, count), (DOCUMENTS, count), (FACTS, 1)):
            for partition in range(partitions):
                taken.ends[topic, partition] = log.end(topic, partition)
        before = _positions(live, count)
        yield taken
        if _positions(live, count) != before:
            raise StoreError("the projector wrote to the graph meanwhile: stop it, or wait until nothing comes, and check again")


def _ledger(settings: Settings, layout: Layout, folder: Path, into: Differences) -> Ledger | None:
    if settings.ledger == "embedded":
        path = copied(layout.ledger, folder / "ledger.sqlite", "ledger", into)
        return EmbeddedLedger(path, clock=lambda: 0) if path is not None else None
    from ledger.fabric.index import open_index

    path = copied(layout.root / _INDEX, folder / _INDEX, "ledger", into)
    return open_index(path) if path is not None else None


def _positions(graph: Graph | None, count: int) -> list[tuple[int, bytes]]:
    if graph is None:
        return []
    kinds = ("documents", f"decisions/{GENERATION}", f"ledger/{GENERATION}")
    return [graph.progress(f"{kind}/{partition}") for kind in kinds for partition in range(count)]
