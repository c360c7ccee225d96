"""kill -9 at any moment, under load: whatever was answered 2xx is there exactly once, and the stores are what follows from it."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from pathlib import Path

import httpx
import pytest

from graph.sqlite import SqliteGraph
from ops.check import check
from ops.demo.calendar import utc_text
from ops.demo.cast import BY_KEY, ITEMS, gtin_of
from ops.demo.send import state_facts
from ops.demo.state import Secrets
from ops.demo.world import make_world
from ops.facts import open_facts
from ops.keys import KeyFiles
from ops.layout import Layout, is_locked, read_holder
from ops.settings import Settings
from pedigree.custody.steps import Step
from tests.acceptance.server import SECONDS, Server, until

PACKS = 8
SENDERS = 2
MAKER = BY_KEY["m1"]


class Load:
    """Senders that never give up: a document whose answer was lost is sent again until it is answered."""

    def __init__(self, data: Path, key: str) -> None:
        self.data = data
        self.server = Server(data)
        self.accepted: list[list[str]] = []
        self._gave_up = False
        self._key = key
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(n,)) for n in range(SENDERS)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        assert not self._gave_up, "a document was never answered"

    def kill_server(self) -> None:
        self.server.stop(signal.SIGKILL)
        self.server = Server(self.data)

    def kill_writer(self) -> None:
        """Whichever writer there is at this moment, perhaps one that has just begun."""
        layout = Layout(self.data)
        if is_locked(layout, layout.writer_lock) and (holder := read_holder(layout.writer_lock)):
            try:
                os.kill(holder["pid"], signal.SIGKILL)
            except ProcessLookupError:
                pass

    def _send(self, sender: int) -> None:
        number = 0
        with httpx.Client(timeout=10) as client:
            while not self._stop.is_set():
                units = [f"https://id.gs1.org/01/{gtin_of(ITEMS[0])}/21/K{sender}N{number}P{pack}" for pack in range(PACKS)]
                body = json.dumps(_document(units)).encode()
                deadline = time.monotonic() + SECONDS
                while not self._taken(client, body):
                    if self._stop.is_set() and time.monotonic() > deadline:
                        self._gave_up = True
                        return
                    time.sleep(0.02)
                self.accepted.append(units)
                number += 1

    def _taken(self, client: httpx.Client, body: bytes) -> bool:
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        try:
            answer = client.post(f"{self.server.url}/capture", content=body, headers=headers)
        except httpx.TransportError:
            return False
        assert answer.status_code in (202, 503), answer.text
        return answer.status_code == 202


def _document(units: list[str]) -> dict[str, object]:
    event = {
        "type": "ObjectEvent",
        "eventTime": utc_text(int(time.time() * 1000) - 60_000),
        "eventTimeZoneOffset": "+08:00",
        "epcList": units,
        "action": "ADD",
        "bizStep": "commissioning",
        "readPoint": {"id": MAKER.place_uri},
        "bizLocation": {"id": MAKER.place_uri},
    }
    return {
        "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-01-01T00:00:00Z",
        "epcisBody": {"eventList": [event]},
    }


@pytest.mark.parametrize("kills", [6, pytest.param(100, marks=pytest.mark.slow)])
def test_what_was_answered_is_there_exactly_once(tmp_path: Path, kills: int) -> None:
    settings, now = Settings(data=tmp_path / "data"), int(time.time() * 1000)
    KeyFiles(settings).init(now)
    secrets = Secrets()
    with open_facts(settings) as facts:
        state_facts(facts, make_world(7, 1_000, now), secrets, now)
    rng = random.Random(kills)
    with Load(settings.data, secrets.api["m1"]) as load:
        for _ in range(kills):
            time.sleep(rng.uniform(0.02, 0.5))
            if rng.random() < 0.4:
                load.kill_server()
            else:
                load.kill_writer()
    until(lambda: _at_rest(load.server), 60)
    assert load.server.stop() == 0
    assert len(load.accepted) > kills

    graph = SqliteGraph(settings.data / "graph.sqlite", readonly=True)
    assert graph.counts().events == len(load.accepted)
    for unit in (unit for units in load.accepted for unit in units):
        rows = graph.unit_rows(unit)
        assert rows is not None
        assert [verdict.step for verdict in rows.verdicts] == [Step.COMMISSION]
        assert rows.n == 1  # one leaf on the ledger
    graph.close()
    assert [str(one) for one in check(settings)] == []


def _at_rest(server: Server) -> bool:
    report = server.http.get("/health").json()
    positions = (report["writer"] or {}).get("positions") or {"": 1}
    return report["status"] == "ready" and not report["documents_waiting"] and not any(positions.values())
