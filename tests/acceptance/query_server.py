"""A server of capture, query and subscriptions in a process of its own: `python -m tests.acceptance.query_server FOLDER PORT`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from eventlog.sqlite import SqliteLog
from graph.sqlite import SqliteGraph
from pedigree.ports import DOCUMENTS, FACTS
from services import problems
from services.capture.index_sqlite import SqliteCaptureIndex
from services.capture.router import capture_router
from services.context import EdgeSettings, Services
from services.query.router import query_router
from services.query.store_sqlite import SqliteQueryStore
from services.registry import RegistryHolder

PARTITIONS = {DOCUMENTS: 4, FACTS: 1}


def main(folder: Path, port: int) -> None:
    log = SqliteLog(folder / "log", PARTITIONS)
    services = Services(
        log=log,
        registry=RegistryHolder(log),
        clock=lambda: time.time_ns() // 1_000_000,
        settings=EdgeSettings(workers=0, webhook_hosts=("127.0.0.1",)),
        graph=SqliteGraph(folder / "graph.sqlite"),
        captures=SqliteCaptureIndex(folder / "captures.sqlite"),
        queries=SqliteQueryStore(folder / "queries.sqlite"),
    )
    app = FastAPI()
    app.include_router(query_router(services))
    app.include_router(capture_router(services))
    problems.install(app)
    uvicorn.run(app, host="127.0.0.1", port=port, log_config=None)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
