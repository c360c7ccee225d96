"""Readings of EPCIS queries over HTTP: `python -m ops.bench.query_http [events]`.

The events of `ops.bench.queries` on SQLite, behind the query router in a process of its own; one client asks over a socket that
stays open, as a regulator (who sees all) and as a party. The baseline is OPTIONS, which reads nothing. Beside each reading stands
what the server's process used of its core.
"""

from __future__ import annotations

import argparse
import http.client
import multiprocessing
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlencode

import msgspec
import structlog
import uvicorn
from fastapi import FastAPI

from eventlog.sqlite import SqliteLog
from graph.sqlite import SqliteGraph
from ops.bench.queries import DAY, DAYS, PARTIES, SERIALS, STEPS, T0, load, pack_id, report
from pedigree.facts import OPERATOR, KeyRole
from pedigree.messages import Fact
from pedigree.ports import DOCUMENTS, FACTS
from pedigree.times import format_time
from services import problems
from services.auth import new_key
from services.context import Services
from services.query.router import query_router
from services.registry import RegistryHolder

PARTITIONS = {DOCUMENTS: 1, FACTS: 1}
ROUNDS = 500


def serve(folder: Path, port: int) -> None:
    """The query router alone, until the process is ended. Who read what goes to a file, as it does in earnest."""
    structlog.configure(
        processors=[structlog.processors.TimeStamper("iso"), structlog.processors.JSONRenderer()],
        logger_factory=structlog.WriteLoggerFactory((folder / "access.log").open("w")),
    )
    log = SqliteLog(folder / "log", PARTITIONS)
    graph = SqliteGraph(folder / "graph.db")
    services = Services(log=log, registry=RegistryHolder(log), clock=lambda: time.time_ns() // 1_000_000, graph=graph)
    app = FastAPI()
    app.include_router(query_router(services))
    problems.install(app)
    uvicorn.run(app, host="127.0.0.1", port=port, log_config=None, access_log=False)


def keys(folder: Path) -> dict[str, str]:
    """A regulator's key and one of the first party's."""
    log = SqliteLog(folder / "log", PARTITIONS)
    registry = RegistryHolder(log)
    made: dict[str, str] = {}
    chosen: tuple[tuple[str, KeyRole], ...] = ((PARTIES[0], "regulator"), (PARTIES[1], "query"))
    for party, role in chosen:
        kind = "regulator" if role == "regulator" else "maker"
        text, fact = new_key(party, (role,), 1)
        registry.state(Fact("party", party, {"name": party, "role": kind}, 1, OPERATOR), fact)
        made[role] = text
    log.close()
    return made


class Client:
    """One connection that stays open."""

    def __init__(self, port: int, key: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}

    def ask(self, path: str, method: str = "GET") -> tuple[float, bytes]:
        """Milliseconds until the whole answer is there, and the answer."""
        start = time.perf_counter()
        self.connection.request(method, path, headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        taken = (time.perf_counter() - start) * 1000
        if answer.status not in (200, 204):
            raise SystemExit(f"{path}: {answer.status} {body[:300]!r}")
        return taken, body


def readings(chance: random.Random) -> dict[str, Callable[[], str]]:
    def path(**given: str | int) -> str:
        return "/events?" + urlencode({"perPage": 100, **given})

    def week() -> dict[str, str]:
        start = T0 + chance.randrange(DAYS - 7) * DAY
        return {"GE_eventTime": format_time(start), "LT_eventTime": format_time(start + 7 * DAY)}

    return {
        "baseline: OPTIONS": lambda: "/events",
        "by EPC": lambda: path(MATCH_epc=pack_id(chance.randrange(SERIALS))),
        "by EPC, its resource": lambda: f"/epcs/{quote(pack_id(chance.randrange(SERIALS)), safe='')}/events",
        "time range + bizStep": lambda: path(EQ_bizStep=chance.choice(STEPS), **week()),
    }


def used(pid: int) -> float:
    """CPU seconds of a process so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def main(events: int, port: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        graph = SqliteGraph(folder / "graph.db")
        print(f"{'projection':26} {events:,} events, {load(graph, events):.1f} us CPU each", flush=True)
        graph.close()
        made = keys(folder)
        server = multiprocessing.get_context("spawn").Process(target=serve, args=(folder, port), daemon=True)
        server.start()
        try:
            _wait(port)
            for role, key in made.items():
                _measure(Client(port, key), role, server.pid or 0)
        finally:
            server.terminate()
            server.join(10)


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            Client(port, "").ask("/events", "OPTIONS")
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not come up")


def _measure(client: Client, role: str, pid: int) -> None:
    for title, make in readings(random.Random(6)).items():
        method = "OPTIONS" if title.startswith("baseline") else "GET"
        for _ in range(20):  # the first ones open files and fill caches
            client.ask(make(), method)
        before, taken, rows = used(pid), list[float](), 0
        for _ in range(ROUNDS):
            each, body = client.ask(make(), method)
            taken.append(each)
            rows += len(msgspec.json.decode(body)["epcisBody"]["queryResults"]["resultsBody"]["eventList"]) if body else 0
        report(f"{title} ({role})", taken, rows)
        print(f"{'':26} server {(used(pid) - before) / ROUNDS * 1000:.2f} ms CPU each", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m ops.bench.query_http", description=__doc__)
    parser.add_argument("events", type=int, nargs="?", default=200_000)
    parser.add_argument("--port", type=int, default=8_977)
    asked = parser.parse_args()
    main(asked.events, asked.port)
