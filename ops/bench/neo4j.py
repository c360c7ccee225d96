"""Readings of the graph in Neo4j beside SQLite, in one run on one machine: `python -m ops.bench.neo4j [packs] [events]`.

The decisions are those of `ops.bench.graph` (packs in cases of 100, cases on pallets of 100, every pallet shipped and received),
the events those of `ops.bench.queries`. Neo4j is started by the stack's launcher in a folder of its own and shares the cores: its
figures hold the driver's and the server's time. `NEO4J_BENCH_HEAP` sets the server's heap (1g).
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from graph.neo4j import Neo4jGraph
from graph.port import Graph
from graph.sqlite import SqliteGraph
from ops.bench.graph import DEALER, GTIN, Message, messages, pack_id, sscc, timed
from ops.bench.queries import documents, queries
from ops.stack.artifacts import available
from ops.stack.native import neo4j
from ops.stack.plan import NEO4J_SERVER
from ops.stack.program import free_port
from pedigree.errors import StoreError

PASSWORD = "only-for-benchmarks"
CHUNK = 10
"""Messages (of 500 units) in a call, as the projector reads them."""


@contextmanager
def server(folder: Path) -> Iterator[tuple[str, int]]:
    """A new server: its address and process id."""
    port = free_port()
    program = neo4j(folder / "neo4j", port, PASSWORD)
    heap = os.environ.get("NEO4J_BENCH_HEAP", "1g")
    program = replace(
        program, command=[f"{flag[:4]}{heap}" if flag[:4] in ("-Xms", "-Xmx") else flag for flag in program.command]
    )
    program.start()
    try:
        deadline = time.monotonic() + program.ready_s
        while not program.ready():
            if not program.pid or time.monotonic() > deadline:
                raise StoreError(f"Neo4j did not start: {program.last_words()}")
            time.sleep(0.1)
        yield f"bolt://127.0.0.1:{port}", program.pid
    finally:
        program.stop()


def load(graph: Graph, packs: int) -> float:
    """Seconds of writing all decisions; making them is left out."""
    spent, batch = 0.0, list[Message]()

    def write() -> float:
        start = time.perf_counter()
        graph.apply_decisions(batch)
        batch.clear()
        return time.perf_counter() - start

    for message in messages(packs):
        batch.append(message)
        if len(batch) == CHUNK:
            spent += write()
    return spent + write()


def load_events(graph: Graph, events: int) -> float:
    """Seconds of writing all events, reading their JSON included."""
    spent, given = 0.0, list(documents(events))
    for first in range(0, len(given), CHUNK):
        start = time.perf_counter()
        graph.apply_documents(0, first, given[first : first + CHUNK])
        spent += time.perf_counter() - start
    return spent


def percentiles(call: Callable[[], object], repeat: int) -> str:
    each = timed(call, repeat)
    return f"p50 {each[len(each) // 2]:8.2f}  p99 {each[len(each) * 99 // 100]:8.2f} ms"


def size(folder: Path) -> float:
    """Megabytes."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def cpu(pid: int) -> float:
    """Seconds of CPU that this process and the server (0 = none) have used."""
    if not pid:
        return time.process_time()
    user, system = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return time.process_time() + (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def readings(name: str, graph: Graph, packs: int, events: int, pid: int = 0) -> None:
    """Everything about one store."""
    used = cpu(pid)
    decided = packs * 2 + packs // 100 * 2 + packs // 10_000 * 3
    spent = load(graph, packs)
    each = (cpu(pid) - used) / decided * 1e6
    print(f"{name:7} write        {decided:,} unit decisions  {decided / spent:9,.0f}/s  {each:.0f} us CPU each, 3 to 4 rows")
    print(f"{name:7} events       {events:,}  {events / load_events(graph, events):9,.0f}/s", flush=True)
    chance = random.Random(1)
    for _ in range(200):  # the server compiles what is asked often
        graph.passport(pack_id(chance.randrange(packs)))
    print(f"{name:7} passport     {percentiles(lambda: graph.passport(pack_id(chance.randrange(packs))), 1000)}")
    print(f"{name:7} unit_rows    {percentiles(lambda: graph.unit_rows(pack_id(chance.randrange(packs))), 500)}")
    total = graph.recall(GTIN, "L0").total
    print(f"{name:7} recall       {percentiles(lambda: graph.recall(GTIN, 'L0'), 7)}  a lot of {total:,}")
    print(f"{name:7} contents     {percentiles(lambda: graph.contents(sscc(2, 0)), 7)}  a pallet of 10,000")
    print(f"{name:7} stock        {percentiles(lambda: graph.stock(DEALER), 5)}")
    print(f"{name:7} counts       {percentiles(graph.counts, 3)}", flush=True)
    for what, ask in queries(events, chance).items():
        for _ in range(20):
            graph.query_events(*ask(), limit=30)
        print(f"{name:7} {what[:40]:40} {percentiles(lambda ask=ask: graph.query_events(*ask(), limit=30), 60)}", flush=True)  # type: ignore[misc]


def main(packs: int, events: int) -> None:
    if not available(NEO4J_SERVER):
        print("Neo4j can't be started here (no Java, or no Maven to fetch it): no readings")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sqlite = SqliteGraph(folder / "graph.db")
        readings("sqlite", sqlite, packs, events)
        print(f"sqlite  size         {size(folder):,.0f} MB")
        sqlite.close()
        with server(folder) as (uri, pid):
            graph = Neo4jGraph(uri, ("neo4j", PASSWORD))
            readings("neo4j", graph, packs, events, pid)
            graph.close()
        store, logs = (size(folder / "neo4j" / "data" / part) for part in ("databases", "transactions"))
        print(f"neo4j   size         {store:,.0f} MB, and {logs:,.0f} MB of transaction logs")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m ops.bench.neo4j", description=__doc__)
    parser.add_argument("packs", type=int, nargs="?", default=100_000)
    parser.add_argument("events", type=int, nargs="?", default=20_000, help="1000000 takes half an hour")
    given = parser.parse_args()
    main(given.packs, given.events)
