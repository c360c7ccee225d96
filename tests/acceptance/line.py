"""The whole embedded line in a folder: real HTTP capture, real stores, the runner driven by hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI
from fastapi.testclient import TestClient

from eventlog.sqlite import SqliteLog
from graph.sqlite.store import SqliteGraph
from ledger.embedded import EmbeddedLedger
from ledger.witness import Witness
from ops.demo.world import World
from pedigree.facts import OPERATOR
from pedigree.messages import Fact
from pedigree.ports import DECISIONS, DOCUMENTS, FACTS, OBSERVATIONS, EventLog
from pedigree.seal import ConsortiumKey, PrivateKey
from pedigree.times import format_time
from services.auth import new_key
from services.capture.index_sqlite import SqliteCaptureIndex
from services.capture.router import capture_router
from services.context import EdgeSettings, Services
from services.query.router import query_router
from services.query.store_sqlite import SqliteQueryStore
from services.registry import RegistryHolder
from streams.embedded import Runner
from streams.store import CustodyStore
from tests.web.edge import client_of

PARTITIONS = {DOCUMENTS: 4, OBSERVATIONS: 4, DECISIONS: 4, FACTS: 1}
CONSORTIUM = ConsortiumKey(1, bytes(range(32)))
GATEWAY = PrivateKey(bytes(range(1, 33)))
ORIGIN = "medtrace-test"
LATER = 3_600_000


@dataclass
class Line:
    """Open on one folder. `now` is the clock of everything."""

    folder: Path
    now: int

    def __post_init__(self) -> None:
        self.open()

    def open_log(self) -> EventLog:
        return SqliteLog(self.folder / "log", PARTITIONS)

    def open(self) -> None:
        self.log = self.open_log()
        self.store = CustodyStore(self.folder / "custody.sqlite")
        self.ledger = EmbeddedLedger(self.folder / "ledger.sqlite", clock=self.clock)
        self.graph = SqliteGraph(self.folder / "graph.sqlite")
        self.witness = Witness(self.ledger, GATEWAY, "operator", ORIGIN)
        self.runner = self.new_runner()
        self.services = Services(
            log=self.log,
            registry=RegistryHolder(self.log),
            clock=self.clock,
            settings=EdgeSettings(simulation=True, workers=0),
            graph=self.graph,
            captures=SqliteCaptureIndex(self.folder / "captures.sqlite"),
            queries=SqliteQueryStore(self.folder / "queries.sqlite"),
        )
        self.app = FastAPI()
        self.app.include_router(query_router(self.services))
        self.app.include_router(capture_router(self.services))
        self.client: TestClient = client_of(self.app)
        self._keys: dict[str, dict[str, str]] = {}

    def new_runner(self) -> Runner:
        return Runner(self.log, self.store, self.ledger, self.graph, CONSORTIUM, self.witness, self.clock)

    def clock(self) -> int:
        return self.now

    def close(self) -> None:
        for one in (self.services.queries, self.services.captures, self.graph, self.ledger, self.store, self.log):
            one.close()

    def reopen(self) -> None:
        self.close()
        self.open()

    # --- sending -------------------------------------------------------------------------------------------------------

    def state(self, world: World) -> None:
        """Parties, products, recalls."""
        self.services.registry.state(*(Fact(kind, key, value, self.now, OPERATOR) for kind, key, value in world.facts))

    def key(self, party: str) -> dict[str, str]:
        """The party's API key as a header."""
        if party not in self._keys:
            text, fact = new_key(party, ("capture", "query"), self.now)
            self.services.registry.state(fact)
            self._keys[party] = {"Authorization": f"Bearer {text}"}
        return self._keys[party]

    def send(self, body: bytes, content_type: str, party: str, record_time: int) -> None:
        headers = {**self.key(party), "Content-Type": content_type, "Medtrace-Record-Time": format_time(record_time)}
        answer = self.client.post("/capture", content=body, headers=headers)
        assert answer.status_code == 202, answer.text[:2000]

    def send_world(self, world: World) -> None:
        gln = {key: one["gln"] for key, one in world.manifest["parties"].items()}
        for letter in world.letters:
            self.send(letter.body, letter.content_type, gln[letter.who], letter.arrival)

    def settle(self) -> None:
        """Everything decided, an hour passes, everything that waited is judged, checkpoints are signed."""
        self.runner.drain()
        self.now += LATER
        self.runner.drain()
        self.now += 20_000
        self.runner.drain()
