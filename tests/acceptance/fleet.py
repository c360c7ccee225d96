"""The line of the stack as it runs for real: Kafka, workers in processes of their own, capture in this one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from eventlog.kafka import Access, KafkaLog
from graph.port import Graph
from graph.sqlite.store import SqliteGraph
from ledger.embedded import EmbeddedLedger
from ops.keys import KeyFiles
from ops.layout import Layout
from ops.secretfile import write_secret
from ops.settings import Settings, load
from ops.stack.keeper import Keeper
from ops.stack.line import worker
from ops.stack.program import Program
from pedigree.errors import LogFullError
from pedigree.messages import Envelope, encode
from pedigree.ports import DECISIONS, DOCUMENTS, OBSERVATIONS, EventLog
from streams.decisions import DecisionsReader
from streams.splitter import GROUP
from streams.store import CustodyStore
from tests.acceptance.digests import results
from tests.acceptance.line import CONSORTIUM, GATEWAY, ORIGIN, PARTITIONS, Line

CREW = (("splitter", "1"), ("custody", "1"), ("custody", "2"), ("ledger", "1"), ("projector", "1"), ("ticker", "1"))


@dataclass
class CaptureLine(Line):
    """Capture on Kafka; the runner of the base class is never stepped."""

    bootstrap: str = ""
    prefix: str = "m-"

    def open_log(self) -> EventLog:
        return KafkaLog(Access(self.bootstrap, prefix=self.prefix, delivery_ms=3_000, answer_ms=3_000), PARTITIONS)


@dataclass
class Fleet:
    """`servers`: programs that must be up before the workers, kept with them."""

    folder: Path
    bootstrap: str
    servers: list[Program] = field(default_factory=list)
    extra: str = ""
    prefix: str = "m-"
    crew: tuple[tuple[str, str], ...] = CREW

    def __post_init__(self) -> None:
        self.config = self.folder / "medtrace.toml"
        self.config.write_text(
            f'backend = "stack"\ndata = "data"\norigin = "{ORIGIN}"\n'
            f'kafka_bootstrap = "{self.bootstrap}"\nkafka_prefix = "{self.prefix}"\n'
            "kafka_session_ms = 3000\nkafka_delivery_ms = 5000\npartitions = 4\nsimulation = true\ntick_seconds = 2\n"
            f"checkpoint_seconds = 1\n{self.extra}"
        )
        self.settings: Settings = load(self.config)
        layout = Layout(self.settings.data)
        write_secret(layout.keys / "consortium.key", CONSORTIUM.to_text() + "\n")
        write_secret(layout.keys / "gateway.pem", GATEWAY.to_pem().decode())
        KeyFiles(self.settings).init(0)
        logs = self.folder / "logs"
        self.workers = [worker(self.settings, self.config, role, name, logs) for role, name in self.crew]
        self.said: list[str] = []
        self.keeper = Keeper([[server] for server in self.servers] + [self.workers], self.said.append)

    def start(self) -> None:
        self.keeper.start()

    def stop(self) -> None:
        self.keeper.stop()

    def open_log(self) -> KafkaLog:
        return KafkaLog(Access(self.bootstrap, prefix=self.prefix), PARTITIONS)

    def rest(self, log: EventLog, graph: Callable[[], Graph] | None = None, seconds: float = 120) -> None:
        """Until everything that is in the log is split, decided, on the ledger and in the graph, and stays so."""
        deadline = time.monotonic() + seconds
        calm = 0
        while calm < 3:
            try:
                behind = self.behind(log, graph)
            except LogFullError as error:
                behind = {"kafka": str(error)}
            calm = 0 if behind else calm + 1
            assert time.monotonic() < deadline, f"behind: {behind}\n" + "\n".join(self.said[-20:])
            time.sleep(0.3)

    def behind(self, log: EventLog, open_graph: Callable[[], Graph] | None = None) -> dict[str, object]:
        """What is not where it should be, {} = nothing."""
        layout = Layout(self.settings.data)
        store, ledger = CustodyStore(layout.custody), EmbeddedLedger(layout.ledger, readonly=True)
        graph = open_graph() if open_graph is not None else SqliteGraph(layout.graph, readonly=True)
        found: dict[str, object] = {}
        try:
            reader = DecisionsReader(log)
            for p in range(log.partitions(DECISIONS)):
                ends = {DOCUMENTS: log.end(DOCUMENTS, p), OBSERVATIONS: log.end(OBSERVATIONS, p)}
                progress = store.progress(p)
                pairs = {
                    "split": (log.committed(GROUP, DOCUMENTS, p), ends[DOCUMENTS]),
                    "decided": (progress.source, ends[OBSERVATIONS]),
                    "told": (progress.told, progress.number),
                    "ledger": (ledger.head(0, p).next, progress.number),
                    "graph": (graph.progress(f"decisions/0/{p}")[0], progress.number),
                    "documents": (graph.progress(f"documents/{p}")[0], ends[DOCUMENTS]),
                }
                found |= {f"{name}/{p}": pair for name, pair in pairs.items() if pair[0] != pair[1]}
                if reader.read(p, progress.number, 1):
                    found[f"store/{p}"] = progress.number
        finally:
            for one in (store, ledger, graph):
                one.close()
        return found

    def tell_time(self, log: EventLog, tick: int) -> None:
        for p in range(log.partitions(OBSERVATIONS)):
            log.append(OBSERVATIONS, p, [encode(Envelope([], tick))])

    def results(self, open_graph: Callable[[], Graph] | None = None) -> dict[str, str]:
        layout = Layout(self.settings.data)
        store, ledger = CustodyStore(layout.custody), EmbeddedLedger(layout.ledger, readonly=True)
        graph = open_graph() if open_graph is not None else SqliteGraph(layout.graph, readonly=True)
        found: Iterator[tuple[str, str]] = results(store, ledger, graph, CONSORTIUM)
        try:
            return dict(found)
        finally:
            for one in (store, ledger, graph):
                one.close()
