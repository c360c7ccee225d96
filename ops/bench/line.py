"""The embedded line under load, through the real server: unit observations a second from HTTP to visible and on the ledger,
then how long a pack's page takes, at rest and while capture runs at half its rate.

The baseline of the same run: the same documents' bytes written to one SQLite table, one transaction each, on the same disk.
    python -m ops.bench.line [--observations 200000] [--requests 2000]
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec

from ops.clock import now_ms
from ops.facts import open_facts
from ops.keys import KeyFiles
from ops.layout import Layout
from ops.settings import Settings
from ops.writer import read_status
from pedigree.facts import OPERATOR
from pedigree.identifiers import check_digit
from pedigree.messages import Fact
from pedigree.times import format_time
from services.auth import new_key

EPCS, EVENTS = 50, 20
_json = msgspec.json.Encoder().encode


def gln(prefix: str) -> str:
    return prefix + check_digit(prefix)


MAKER, DEALER = gln("690123400000"), gln("690987600000")
GTIN = "0690123400001" + check_digit("0690123400001")


def events(count: int, start: int) -> Iterator[dict[str, object]]:
    """Commissioning, shipping, receiving of `count` packs, fifty an event, in the order in which they would come."""
    packs = [f"https://id.gs1.org/01/{GTIN}/21/B{n:09d}" for n in range(start, start + count)]
    base = now_ms() - 3_600_000
    for step, actor, shift in (("commissioning", MAKER, 0), ("shipping", MAKER, 60_000), ("receiving", DEALER, 120_000)):
        for n in range(0, count, EPCS):
            event: dict[str, object] = {
                "type": "ObjectEvent",
                "action": "ADD" if step == "commissioning" else "OBSERVE",
                "eventTime": format_time(base + shift + n // EPCS),
                "eventTimeZoneOffset": "+08:00",
                "bizStep": step,
                "epcList": packs[n : n + EPCS],
                "readPoint": {"id": f"https://id.gs1.org/414/{actor}"},
            }
            if step == "shipping":
                event["destinationList"] = [
                    {"type": "possessing_party", "destination": f"https://id.gs1.org/417/{DEALER}"}
                ]
            yield event


def documents(count: int, start: int) -> list[tuple[str, bytes]]:
    """(party, body), twenty events a document."""
    found: list[tuple[str, bytes]] = []
    batch: list[dict[str, object]] = []
    party = ""
    for event in events(count, start):
        actor = DEALER if event["bizStep"] == "receiving" else MAKER
        if batch and (actor != party or len(batch) == EVENTS):
            found.append((party, _document(batch)))
            batch = []
        party = actor
        batch.append(event)
    return [*found, (party, _document(batch))]


def _document(batch: list[dict[str, object]]) -> bytes:
    return _json(
        {
            "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": format_time(now_ms()),
            "epcisBody": {"eventList": batch},
        }
    )


class Server:
    """`medtrace serve` in a folder of its own, with two parties."""

    def __init__(self, folder: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.settings = Settings(data=folder, port=port)
        KeyFiles(self.settings).init(now_ms())
        self.headers: dict[str, dict[str, str]] = {}
        with open_facts(self.settings) as facts:
            for party, role, prefix in ((MAKER, "maker", "690123400"), (DEALER, "distributor", "690987600")):
                site = {"gln": party, "name": party, "city": "Wuhan"}
                value = {"name": f"Bench {role}", "role": role, "prefixes": [prefix], "sites": [site]}
                text, key = new_key(party, ("capture",), now_ms())
                facts.state(Fact("party", party, value, now_ms(), OPERATOR), key)
                self.headers[party] = {"Authorization": f"Bearer {text}", "Content-Type": "application/ld+json"}
        environment = {**os.environ, "MEDTRACE_PUBLIC_PER_MINUTE": "1000000", "MEDTRACE_LOG_LEVEL": "warning"}
        arguments = [sys.executable, "-m", "ops", "serve", "--data", str(folder), "--port", str(port)]
        self.process = subprocess.Popen(arguments, env=environment)
        with httpx.Client() as client:
            for _ in range(300):
                try:
                    if client.get(f"{self.url}/health/ready").status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                time.sleep(0.1)
        raise SystemExit("the server did not become ready within 30 s")

    def send(self, letters: list[tuple[str, bytes]], rate: float = 0.0, stop: threading.Event | None = None) -> None:
        """Post in order; `rate`: documents a second at most."""
        started = time.monotonic()
        with httpx.Client(timeout=60) as client:
            for n, (party, body) in enumerate(letters):
                if stop is not None and stop.is_set():
                    return
                if rate:
                    time.sleep(max(0.0, started + n / rate - time.monotonic()))
                answer = client.post(f"{self.url}/capture", content=body, headers=self.headers[party])
                if answer.status_code != 202:
                    raise SystemExit(f"{answer.status_code}: {answer.text[:500]}")

    def settle(self) -> None:
        """Until the writer says that everything is visible and on the ledger, and has said so after now."""
        layout, since = Layout(self.settings.data), now_ms()
        while True:
            status = read_status(layout)
            if status is not None and status.time > since + 600:
                behind = [status.positions.get(name, 1) for name in ("documents", "observations", "ledger", "graph")]
                if not any(behind):
                    return
            time.sleep(0.05)

    def pages(self, packs: int, requests: int, seed: int) -> list[float]:
        """Milliseconds of `requests` pages of random packs, sorted."""
        rng, taken = random.Random(seed), []
        with httpx.Client() as client:
            for _ in range(requests):
                unit = f"{self.url}/01/{GTIN}/21/B{rng.randrange(packs):09d}"
                started = time.perf_counter()
                answer = client.get(unit, headers={"Accept": "text/html"})
                taken.append((time.perf_counter() - started) * 1000)
                if answer.status_code != 200:
                    raise SystemExit(f"{unit}: {answer.status_code} {answer.text[:300]}")
        return sorted(taken)

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(30)


def baseline(folder: Path, letters: list[tuple[str, bytes]]) -> float:
    """Seconds for the same bytes into one table, one durable transaction a document."""
    db = sqlite3.connect(folder / "baseline.sqlite", isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, body BLOB)")
    started = time.perf_counter()
    for _, body in letters:
        db.execute("INSERT INTO t(body) VALUES(?)", (body,))
    db.close()
    return time.perf_counter() - started


def quantile(values: list[float], q: float) -> float:
    return values[min(len(values) - 1, int(len(values) * q))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--observations", type=int, default=200_000)
    parser.add_argument("--requests", type=int, default=2_000)
    parser.add_argument("--port", type=int, default=8977)
    asked = parser.parse_args()
    packs = asked.observations // 3 // EPCS * EPCS
    folder = Path(tempfile.mkdtemp(prefix="medtrace-bench-"))
    server = Server(folder / "data", asked.port)
    try:
        letters = documents(packs, 0)
        plain = baseline(folder, letters)
        started = time.perf_counter()
        server.send(letters)
        sent = time.perf_counter() - started
        server.settle()
        whole = time.perf_counter() - started
        rate = packs * 3 / whole
        print(f"{packs * 3:,} unit observations in {len(letters):,} documents")
        print(f"  accepted {packs * 3 / sent:,.0f}/s; visible and on the ledger {rate:,.0f}/s ({whole:.1f} s)")
        print(f"  baseline (the same bytes, one durable insert a document): {plain:.2f} s; ratio {whole / plain:.1f}")
        at_rest = server.pages(packs, asked.requests, 1)
        print(f"page at rest, {packs:,} packs: p50 {quantile(at_rest, 0.5):.1f} ms, p99 {quantile(at_rest, 0.99):.1f} ms")
        stop = threading.Event()
        more = documents(packs, packs)
        half = rate / 2 / (EPCS * EVENTS)
        load = threading.Thread(target=server.send, args=(more, half, stop))
        load.start()
        time.sleep(2)
        busy = server.pages(packs, asked.requests, 2)
        stop.set()
        load.join()
        print(f"page while capture runs at half its rate: p50 {quantile(busy, 0.5):.1f} ms, p99 {quantile(busy, 0.99):.1f} ms")
    finally:
        server.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
