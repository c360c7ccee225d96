"""An app that captures and answers queries, over real stores; what is captured is projected at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from graph.sqlite import SqliteGraph
from pedigree.messages import decode_document
from pedigree.ports import DOCUMENTS
from pedigree.times import format_time
from services.capture.index_sqlite import SqliteCaptureIndex
from services.capture.router import capture_router
from services.context import EdgeSettings, Services
from services.query.router import query_router
from services.query.store_sqlite import SqliteQueryStore
from tests.unit.test_registry import HOSPITAL, MAKER, REGULATOR, THREEPL
from tests.web.capture_world import document, text
from tests.web.edge import NOW, client_of, key_for, services_in

DAY = 86_400_000


@dataclass
class QueryWorld:
    """`now` is the clock of everything."""

    folder: Path
    settings: EdgeSettings = field(default_factory=lambda: EdgeSettings(workers=0, webhook_hosts=("127.0.0.1",)))
    now: int = NOW

    def __post_init__(self) -> None:
        self.services: Services = services_in(self.folder, self.settings)
        self.services.clock = lambda: self.now
        self.graph = SqliteGraph(self.folder / "graph.sqlite")
        self.store = SqliteQueryStore(self.folder / "queries.sqlite")
        self.services.graph, self.services.queries = self.graph, self.store
        self.services.captures = SqliteCaptureIndex(self.folder / "captures.sqlite")
        self.app = FastAPI()
        self.app.include_router(query_router(self.services))
        self.app.include_router(capture_router(self.services))
        self.client: TestClient = client_of(self.app)
        self.maker = key_for(self.services, MAKER, "capture", "query")
        self.hospital = key_for(self.services, HOSPITAL, "capture", "query")
        self.carrier = key_for(self.services, THREEPL, "query")
        self.regulator = key_for(self.services, REGULATOR, "regulator")

    def capture(self, *events: dict[str, Any], key: dict[str, str] | None = None, **more: Any) -> None:
        """One JSON document; `more`: of its header."""
        self.send(text(document(*events, **more)), "application/json", key)

    def send(self, body: bytes, content_type: str, key: dict[str, str] | None = None) -> None:
        self.now += 1000
        answer = self.client.post("/capture", content=body, headers={**(key or self.maker), "Content-Type": content_type})
        assert answer.status_code == 202, answer.text
        self.now += 1
        self.project()

    def project(self) -> None:
        for partition in range(self.services.log.partitions(DOCUMENTS)):
            start = self.graph.progress(f"documents/{partition}")[0]
            records = self.services.log.read(DOCUMENTS, partition, start, limit=10_000)
            self.graph.apply_documents(partition, start, [decode_document(record.value) for record in records])

    def get(self, path: str, key: dict[str, str] | None = None, headers: dict[str, str] | None = None, **given: Any) -> Response:
        return self.client.get(path, params=given, headers={**(key or self.regulator), **(headers or {})})

    def ask(self, key: dict[str, str] | None = None, *, path: str = "/events", **given: Any) -> list[dict[str, Any]]:
        """The events of the first page."""
        answer = self.get(path, key, **given)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        return found

    def epcs(self, key: dict[str, str] | None = None, **given: Any) -> list[str]:
        """The serial of the first EPC of each event that matches."""
        return [event["epcList"][0].rpartition("/")[2] for event in self.ask(key, **given)]

    def close(self) -> None:
        for one in (self.graph, self.store, self.services.captures, self.services.log):
            assert one is not None
            one.close()


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The app behind a real server on this machine; its address."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


def segment(value: str) -> str:
    return quote(value, safe="")


def day(number: int) -> str:
    """A time on a day of September 2026."""
    return format_time(1_788_220_800_000 + (number - 1) * DAY)
