"""A subscription through a receiver that is down for a minute and servers that are killed in between: every event at least once,
in order for each unit."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from eventlog.sqlite import SqliteLog
from pedigree.facts import OPERATOR
from pedigree.messages import Fact
from services.auth import new_key
from services.registry import RegistryHolder
from tests.acceptance.query_server import PARTITIONS
from tests.acceptance.server import ROOT, free_port
from tests.unit.test_registry import MAKER
from tests.web.capture_world import alone, event, text
from tests.web.test_subscriptions import Receiver, until

UNITS, STEPS = 6, 40
DOWN_S = 60
"""How long the receiver takes nothing at all."""


class Process:
    """One life of the server."""

    def __init__(self, folder: Path, port: int) -> None:
        command = [sys.executable, "-m", "tests.acceptance.query_server", str(folder), str(port)]
        self.process = subprocess.Popen(command, cwd=ROOT)
        until(lambda: self._up(port), 30)

    def _up(self, port: int) -> bool:
        assert self.process.poll() is None
        try:
            return httpx.options(f"http://127.0.0.1:{port}/events").status_code == 204
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def prepared(folder: Path) -> dict[str, str]:
    """A party with a key in the folder's log."""
    log = SqliteLog(folder / "log", PARTITIONS)
    registry = RegistryHolder(log)
    text, fact = new_key(MAKER, ("capture", "query"), 1)
    registry.state(Fact("party", MAKER, {"name": "Maker", "role": "maker"}, 1, OPERATOR), fact)
    log.close()
    return {"Authorization": f"Bearer {text}"}


@pytest.mark.slow
def test_every_event_arrives_in_order_for_each_unit(tmp_path: Path, receiver: Receiver) -> None:
    key, port = prepared(tmp_path), free_port()
    url = f"http://127.0.0.1:{port}"
    server = Process(tmp_path, port)
    with httpx.Client(base_url=url, headers=key, timeout=10) as client:
        assert client.post("/queries", json={"name": "all", "query": {}}).status_code == 201
        body = {"dest": receiver.url, "stream": True, "signatureToken": "t"}
        assert client.post("/queries/all/subscriptions", json=body).status_code == 201

    def follow(unit: int) -> None:
        """One unit's events, each sent until it is taken, none before the one before it was."""
        pause = random.Random(unit)
        for step in range(STEPS):
            made = alone(event(f"{unit}-{step}", "storing", **{"medtrace:unit": unit, "action": "OBSERVE"}))
            while True:
                try:
                    answer = httpx.post(f"{url}/events", content=text(made), headers={**key, "Content-Type": "application/json"})
                except httpx.TransportError:
                    time.sleep(0.05)
                    continue
                if answer.status_code in (201, 409):
                    time.sleep(pause.uniform(0, DOWN_S / STEPS))
                    break
                assert answer.status_code == 503, answer.text

    senders = [threading.Thread(target=follow, args=(unit,)) for unit in range(UNITS)]
    for sender in senders:
        sender.start()
    chance = random.Random(7)
    until(lambda: len(receiver.serials) > 0, 30)
    receiver.up.clear()
    down_until = time.monotonic() + DOWN_S
    for _ in range(3):  # while the receiver is down
        time.sleep(chance.uniform(2, DOWN_S / 4))
        server.kill()
        server = Process(tmp_path, port)
    time.sleep(max(0.0, down_until - time.monotonic()))
    assert receiver.refused > 0
    receiver.up.set()
    for _ in range(2):  # while it takes what has gathered
        time.sleep(chance.uniform(0.2, 0.6))
        server.kill()
        server = Process(tmp_path, port)
    for sender in senders:
        sender.join(120)
        assert not sender.is_alive()
    until(lambda: len(set(receiver.serials)) == UNITS * STEPS, 60)
    server.kill()
    seen = list(dict.fromkeys(receiver.serials))
    for unit in range(UNITS):
        steps = [int(serial.partition("-")[2]) for serial in seen if serial.startswith(f"{unit}-")]
        assert steps == list(range(STEPS))
