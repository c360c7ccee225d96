"""The whole stack in a folder, as `medtrace stack up` starts it: Kafka, workers, Neo4j, four organisations on Fabric, capture
over HTTP. Without Fabric's programs the ledger is the embedded one, and that is said.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import httpx

from graph.neo4j.store import Neo4jGraph
from ledger.port import Ledger
from ops.demo.world import World
from ops.fabric.programs import MissingProgramsError, find_programs
from ops.keys import KeyFiles
from ops.layout import Layout
from ops.secretfile import read_secret, write_secret
from ops.settings import Settings, load
from ops.stack.program import free_port
from ops.stack.state import Folder, Running
from ops.wiring_stack import open_ledger
from pedigree.errors import LogFullError
from pedigree.facts import OPERATOR
from pedigree.messages import Envelope, Fact, encode
from pedigree.ports import DECISIONS, DOCUMENTS, OBSERVATIONS, EventLog
from pedigree.times import format_time
from services.auth import new_key
from services.registry import RegistryHolder
from streams.decisions import DecisionsReader
from streams.splitter import GROUP
from streams.store import CustodyStore
from tests.acceptance.digests import results
from tests.acceptance.line import CONSORTIUM, GATEWAY, ORIGIN

NOW = 1_790_000_000_000
ROOT = Path(__file__).resolve().parents[2]
CONFIG = f"""simulation = true
port = {free_port()}
origin = "{ORIGIN}"
tick_seconds = 2
checkpoint_seconds = 4
kafka_session_ms = 3000
kafka_delivery_ms = 5000
"""


def fabric_is_here() -> bool:
    try:
        find_programs()
    except MissingProgramsError as missing:
        warnings.warn(f"NO FABRIC in this chaos: {missing}", stacklevel=1)
        return False
    return True


class Stack:
    """`medtrace stack` on a folder, by the command; looked at by what it writes about itself."""

    def __init__(self, folder: Path, *, fabric: bool) -> None:
        self.data, self.fabric = folder / "data", fabric
        self.config = folder / "medtrace.toml"
        self.config.write_text(CONFIG)
        layout = Layout(self.data)
        layout.keys.mkdir(parents=True)
        write_secret(layout.keys / "consortium.key", CONSORTIUM.to_text() + "\n")
        write_secret(layout.keys / "gateway.pem", GATEWAY.to_pem().decode())
        KeyFiles(load(self.config, data=self.data)).init(0)
        self.folder = Folder(load(self.config, data=self.data))

    def command(self, *words: str) -> str:
        command = [sys.executable, "-m", "ops", "stack", *words, "--data", str(self.data), "--config", str(self.config)]
        made = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, cwd=ROOT)
        assert made.returncode == 0, made.stdout + made.stderr
        return made.stdout

    def up(self) -> None:
        self.command("up", *(() if self.fabric else ("--without", "fabric")))

    @property
    def settings(self) -> Settings:
        return load(self.folder.config)

    def programs(self) -> dict[str, Running]:
        state = self.folder.read()
        assert state.phase == "ready", state.said[-10:]
        return {one.name: one for one in state.programs}

    def graph(self) -> Neo4jGraph:
        password = read_secret(self.folder.password, "neo4j password").strip()
        return Neo4jGraph(self.settings.neo4j_uri, ("neo4j", password), readonly=True)

    def ledger(self) -> Ledger:
        ledger = open_ledger(self.settings, "operator", who="chaos", readonly=not self.fabric)
        if self.fabric:
            ledger.catch_up()  # type: ignore[attr-defined]
        return ledger

    def behind(self, log: EventLog) -> dict[str, object]:
        """What is not where it should be, {} = nothing."""
        store, graph, ledger = CustodyStore(Layout(self.data).custody), self.graph(), self.ledger()
        found: dict[str, object] = {}
        try:
            reader = DecisionsReader(log)
            for p in range(log.partitions(DECISIONS)):
                progress = store.progress(p)
                pairs = {
                    "split": (log.committed(GROUP, DOCUMENTS, p), log.end(DOCUMENTS, p)),
                    "decided": (progress.source, log.end(OBSERVATIONS, p)),
                    "told": (progress.told, progress.number),
                    "ledger": (ledger.head(0, p).next, progress.number),
                    "graph": (graph.progress(f"decisions/0/{p}")[0], progress.number),
                    "documents": (graph.progress(f"documents/{p}")[0], log.end(DOCUMENTS, p)),
                }
                found |= {f"{name}/{p}": pair for name, pair in pairs.items() if pair[0] != pair[1]}
                if reader.read(p, progress.number, 1):
                    found[f"store/{p}"] = progress.number
        finally:
            for one in (store, graph, ledger):
                one.close()
        return found

    def rest(self, log: EventLog, seconds: float) -> None:
        """Until everything is split, decided, on the ledger and in the graph, and stays so."""
        deadline, calm = time.monotonic() + seconds, 0
        while calm < 3:
            try:
                behind = self.behind(log)
            except LogFullError as error:
                behind = {"kafka": str(error)}
            calm = 0 if behind else calm + 1
            assert time.monotonic() < deadline, f"behind: {behind}\n{self.folder.read().said[-20:]}"
            time.sleep(0.5)

    def tell_time(self, log: EventLog, tick: int) -> None:
        for p in range(log.partitions(OBSERVATIONS)):
            log.append(OBSERVATIONS, p, [encode(Envelope([], tick))])

    def results(self) -> dict[str, str]:
        store, graph, ledger = CustodyStore(Layout(self.data).custody), self.graph(), self.ledger()
        try:
            return dict(results(store, ledger, graph, CONSORTIUM))
        finally:
            for one in (store, graph, ledger):
                one.close()


def introduce(log: EventLog, world: World) -> dict[str, str]:
    """State the world's facts; an API key by GLN."""
    registry, keys = RegistryHolder(log), {}
    registry.state(*(Fact(kind, key, value, NOW, OPERATOR) for kind, key, value in world.facts))
    for one in world.manifest["parties"].values():
        keys[one["gln"]], fact = new_key(one["gln"], ("capture",), NOW)
        registry.state(fact)
    return keys


class Sender(threading.Thread):
    """Sends a world's documents over HTTP, each until it is acknowledged, as a gateway would."""

    def __init__(self, url: str, keys: dict[str, str], world: World) -> None:
        super().__init__(name="sender", daemon=True)
        self._url, self._keys, self._letters = url, keys, world.letters
        self._glns = {key: one["gln"] for key, one in world.manifest["parties"].items()}
        self.acknowledged: list[str] = []
        self.share = 0.0
        """How much of the world may have been sent: documents flow as long as faults happen."""
        self.refused = 0
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            with httpx.Client(base_url=self._url, timeout=60) as client:
                for index, letter in enumerate(self._letters):
                    while index > self.share * len(self._letters):
                        time.sleep(0.02)
                    headers = {
                        "Authorization": f"Bearer {self._keys[self._glns[letter.who]]}",
                        "Content-Type": letter.content_type,
                        "Medtrace-Record-Time": format_time(letter.arrival),
                    }
                    self._send(client, letter.body, headers)
        except BaseException as error:
            self.failure = error
            raise

    def _send(self, client: httpx.Client, body: bytes, headers: dict[str, str]) -> None:
        deadline = time.monotonic() + 180
        while True:
            try:
                answer = client.post("/capture", content=body, headers=headers)
            except httpx.TransportError:  # it was killed under the request: the client never knows, and sends again
                answer = None
            if answer is not None and answer.status_code == 202:
                self.acknowledged.append(answer.headers["Location"].rsplit("/", 1)[-1])
                return
            assert answer is None or answer.status_code == 503, f"{answer.status_code} {answer.text[:500]}"
            assert time.monotonic() < deadline, "capture does not come back"
            self.refused += 1
            time.sleep(0.2)
