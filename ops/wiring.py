"""The only module that names concrete adapters: which log, graph, store, ledger and index stand behind the ports."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from eventlog.sqlite import SqliteLog
from graph.port import Graph
from graph.sqlite.store import SqliteGraph
from ledger.embedded import EmbeddedLedger
from ledger.port import Ledger
from ledger.witness import Witness
from ops.clock import now_ms
from ops.follower import CustodyFollower
from ops.history import Opened, PooledHistory
from ops.keys import Keys
from ops.layout import Layout
from ops.logs import AccessFile
from ops.papers import open_papers
from ops.retention import Retention
from ops.secretfile import read_secret, write_secret
from ops.settings import Settings
from pedigree.ports import DECISIONS, DOCUMENTS, FACTS, OBSERVATIONS, EventLog
from pedigree.proof import checkpoint_hash
from pedigree.seal import NO_HASH, ConsortiumKeys
from services.capture.index_sqlite import SqliteCaptureIndex
from services.context import EdgeSettings, Services
from services.query.store_sqlite import SqliteQueryStore
from services.registry import RegistryHolder
from services.regulator.access import KeptAccessLog
from services.verify import SqliteScans
from streams.embedded import Runner
from streams.history import UnitHistory
from streams.store import CustodyStore


def open_log(settings: Settings) -> EventLog:
    """The log that the settings name, made if it is not there. SettingsError when it was made with other partitions."""
    if settings.backend == "stack":
        from ops.wiring_stack import open_kafka  # the client library takes its time to load

        return open_kafka(settings)
    count = settings.partitions
    topics = {DOCUMENTS: count, OBSERVATIONS: count, DECISIONS: count, FACTS: 1}
    return SqliteLog(Layout(settings.data).log, topics, max_bytes=settings.max_log_mb * 1_000_000)


@contextmanager
def open_runner(settings: Settings, keys: Keys) -> Iterator[Runner]:
    """The writer's side: everything that decides, commits and projects."""
    layout = Layout(settings.data)
    with ExitStack() as stack:
        log = open_log(settings)
        stack.callback(log.close)
        store = CustodyStore(layout.custody)
        stack.callback(store.close)
        ledger = EmbeddedLedger(layout.ledger, member=keys.signer, clock=now_ms)
        stack.callback(ledger.close)
        graph = SqliteGraph(layout.graph)
        stack.callback(graph.close)
        interval = int(settings.checkpoint_seconds * 1000)
        witness = Witness(ledger, keys.gateway, keys.signer, settings.origin, interval, settle_ms=min(5_000, interval // 2))
        tick_ms = int(settings.tick_seconds * 1000)
        yield Runner(log, store, ledger, graph, ConsortiumKeys(*keys.consortium), witness, now_ms, tick_ms=tick_ms)


@contextmanager
def open_retention(settings: Settings) -> Iterator[Retention]:
    """What lets old observations go; it has connections of its own."""
    layout, count = Layout(settings.data), settings.partitions
    with ExitStack() as stack:
        log = SqliteLog(layout.log, {OBSERVATIONS: count})
        stack.callback(log.close)
        store = CustodyStore(layout.custody, read_only=True)
        stack.callback(store.close)

        def decided() -> list[int]:
            return [store.progress(partition).source for partition in range(count)]

        yield Retention(log, decided, layout.retention, settings.observations_days)


def open_ledger(settings: Settings, *, readonly: bool = False) -> Ledger:
    """The ledger that the settings name."""
    if settings.backend == "stack":
        from ops.wiring_stack import open_ledger as open_theirs

        return open_theirs(settings, settings.signer, who="web", readonly=readonly)
    return EmbeddedLedger(Layout(settings.data).ledger, readonly=readonly, clock=now_ms)


def open_graph(settings: Settings, *, readonly: bool = False) -> Graph:
    """The graph that the settings name."""
    if settings.backend == "stack":
        from ops.wiring_stack import open_graph as open_theirs

        return open_theirs(settings, readonly=readonly)
    return SqliteGraph(Layout(settings.data).graph, readonly=readonly)


def prepare(settings: Settings) -> None:
    """Make or migrate every file, so that readers find them: the pages open theirs for reading only."""
    layout = Layout(settings.data)
    layout.root.mkdir(parents=True, exist_ok=True)
    open_log(settings).close()
    CustodyStore(layout.custody).close()
    open_ledger(settings).close()
    open_graph(settings).close()
    SqliteCaptureIndex(layout.index).close()
    SqliteQueryStore(layout.queries).close()


def open_follower(settings: Settings, failed: Callable[[], None]) -> CustodyFollower | None:
    """What fills the pages' custody store, where no worker of this data folder does; it runs until it is stopped."""
    if not settings.follow_custody:
        return None
    made = CustodyFollower(open_log(settings), CustodyStore(Layout(settings.data).custody), failed)
    made.start()
    return made


@dataclass(slots=True)
class Web:
    """The pages' side, and what must be closed with it."""

    services: Services
    log: EventLog
    graph: Graph
    index: SqliteCaptureIndex
    ledger: Ledger
    histories: PooledHistory
    scans: SqliteScans
    queries: SqliteQueryStore
    keys: Keys

    def exchange(self, keys: Keys) -> None:
        """Go on with other keys, without a restart."""
        self.keys = keys
        self.services.ring, self.services.token_key = keys.ring, keys.gateway
        self.histories.renew()

    def close(self) -> None:
        self.histories.close()
        self.queries.close()
        self.scans.close()
        self.ledger.close()
        self.index.close()
        self.graph.close()
        self.log.close()


def open_web(settings: Settings, keys: Keys, notices: list[tuple[str, str]]) -> Web:
    """Everything that the routers need. The files must be there (`prepare`)."""
    layout = Layout(settings.data)
    log = open_log(settings)
    graph = open_graph(settings, readonly=True)
    index = SqliteCaptureIndex(layout.index)
    ledger = open_ledger(settings, readonly=True)

    def history() -> Opened:
        store, now = CustodyStore(layout.custody, read_only=True), web.keys
        made = UnitHistory(
            lambda: store,
            ledger,
            graph,
            ConsortiumKeys(*now.consortium),
            issuer=now.signer,
            key=now.gateway,
            ring=now.ring,
            clock=now_ms,
        )
        return Opened(made, store.close)

    histories = PooledHistory(history)
    queries = SqliteQueryStore(layout.queries)
    services = Services(
        log=log,
        registry=RegistryHolder(log),
        clock=now_ms,
        settings=edge_settings(settings),
        graph=graph,
        captures=index,
        access=KeptAccessLog(AccessFile(layout.access), now_ms),
        page_secret=_page_secret(layout),
        ring=keys.ring,
        token_key=keys.gateway,
        checkpoint=lambda: _latest_checkpoint(ledger),
        ledger=ledger,
        history=histories,
        queries=queries,
        papers=open_papers(settings),
        notices=notices,
    )
    web = Web(services, log, graph, index, ledger, histories, SqliteScans(layout.scans), queries, keys)
    return web


def edge_settings(settings: Settings) -> EdgeSettings:
    """The limits of the HTTP side."""
    return EdgeSettings(
        simulation=settings.simulation,
        capture_limit=settings.max_document_events,
        capture_bytes=settings.max_document_bytes,
        children_limit=settings.max_event_units,
        paper_bytes=settings.max_paper_bytes,
        workers=settings.capture_workers,
        public_rate=settings.public_per_minute / 60,
        public_burst=max(10, settings.public_per_minute // 3),
        base_url=settings.public_url,
        webhook_hosts=tuple(host.strip() for host in settings.webhook_hosts.split(",") if host.strip()),
    )


def _latest_checkpoint(ledger: Ledger) -> bytes:
    """SM3 of the newest one of all lanes: what a device's time token carries."""
    found = [ledger.checkpoint(generation, partition) for generation, partition, _ in ledger.lanes()]
    newest = max((one for one in found if one is not None), key=lambda one: (one.time_ms, one.lane), default=None)
    return NO_HASH if newest is None else checkpoint_hash(newest)


def free_bytes(settings: Settings) -> int:
    """Room on the disk of the data folder."""
    return shutil.disk_usage(settings.data).free


def _page_secret(layout: Layout) -> bytes:
    """Kept, so that tokens of pages and sign-ins outlive a restart."""
    path = layout.keys / "page.secret"
    if not path.exists():
        write_secret(path, secrets.token_hex(32) + "\n")
    return bytes.fromhex(read_secret(path, "page secret").strip())
