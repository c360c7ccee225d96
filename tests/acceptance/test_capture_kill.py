"""Rollback and proceed through servers that are killed at any moment: of a refused document nothing is there, of one that went
ahead exactly the events that its job names, and of every other all or nothing, once."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from eventlog.sqlite import SqliteLog
from pedigree.messages import decode_document
from pedigree.ports import DOCUMENTS
from tests.acceptance.query_server import PARTITIONS
from tests.acceptance.server import free_port
from tests.acceptance.test_subscription_kill import Process, prepared
from tests.web.capture_world import document, event, text

SENDERS, SIZE, KILLS = 3, 20, 8


class Sender(threading.Thread):
    """Sends documents of three kinds, each again and again until it is answered; remembers what it was told."""

    def __init__(self, number: int, url: str, key: dict[str, str], stop: threading.Event) -> None:
        super().__init__()
        self.number, self.url, self.key, self.stop = number, url, key, stop
        self.chance = random.Random(number)
        self.sent: dict[str, tuple[str, set[int]]] = {}
        """Document -> (what was asked: rollback, refused or proceed; its bad events)."""
        self.jobs: dict[str, str] = {}
        self.wrong: list[str] = []

    def run(self) -> None:
        while not self.stop.is_set():
            name = f"{self.number}-{len(self.sent)}"
            kind = self.chance.choice(("rollback", "refused", "proceed"))
            bad = set() if kind == "rollback" else set(self.chance.sample(range(SIZE), 3))
            self.sent[name] = (kind, bad)
            self._send(name, kind, bad)

    def _send(self, name: str, kind: str, bad: set[int]) -> None:
        events = [event(f"{name}-{n}", **({"action": "MAYBE"} if n in bad else {})) for n in range(SIZE)]
        behaviour = "proceed" if kind == "proceed" else "rollback"
        headers = {**self.key, "Content-Type": "application/json", "GS1-Capture-Error-Behaviour": behaviour}
        while not self.stop.is_set():
            try:
                answer = httpx.post(f"{self.url}/capture", content=text(document(*events)), headers=headers)
            except httpx.TransportError:
                time.sleep(0.02)
                continue
            if answer.status_code == 503:
                continue
            if answer.status_code != (400 if kind == "refused" else 202):
                self.wrong.append(f"{name} {kind}: {answer.status_code} {answer.text[:200]}")
            if answer.status_code == 202:
                self.jobs[name] = answer.headers["location"]
            return


def kept(folder: Path) -> dict[str, list[int]]:
    """Document -> the numbers of its events in the log, as often as they are there."""
    log = SqliteLog(folder / "log", PARTITIONS)
    found: dict[str, list[int]] = {}
    for partition in range(PARTITIONS[DOCUMENTS]):
        start = 0
        while records := log.read(DOCUMENTS, partition, start):
            start = records[-1].offset + 1
            for record in records:
                for stamped in decode_document(record.value).events:
                    serial = msgspec.json.decode(stamped.event)["epcList"][0].rpartition("/")[2]
                    name, _, number = serial.rpartition("-")
                    found.setdefault(name, []).append(int(number))
    log.close()
    return found


@pytest.mark.slow
def test_nothing_is_left_behind_and_what_was_kept_is_told(tmp_path: Path) -> None:
    key, port, stop = prepared(tmp_path), free_port(), threading.Event()
    url = f"http://127.0.0.1:{port}"
    server = Process(tmp_path, port)
    senders = [Sender(number, url, key, stop) for number in range(SENDERS)]
    for sender in senders:
        sender.start()
    chance = random.Random(11)
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.2, 1.2))
        server.kill()
        server = Process(tmp_path, port)
    time.sleep(0.5)
    stop.set()
    for sender in senders:
        sender.join(60)
    jobs = {name: _job(url, place, key) for sender in senders for name, place in sender.jobs.items()}
    server.kill()
    found = kept(tmp_path)
    everything = list(range(SIZE))
    kinds: dict[str, int] = {}
    for sender in senders:
        assert sender.wrong == []
        for name, (kind, bad) in sender.sent.items():
            there = sorted(found.pop(name, []))
            good = [number for number in everything if number not in bad]
            if kind == "refused":
                assert there == [], name
            elif name in sender.jobs:
                assert there == good, name
                assert _left_out(jobs[name]) == bad
                kinds[kind] = kinds.get(kind, 0) + 1
            else:  # the last one, whose answer was not waited for
                assert there in ([], good), name
    assert found == {}
    assert kinds.keys() == {"rollback", "proceed"}


def _job(url: str, place: str, key: dict[str, str]) -> dict[str, Any]:
    answer = httpx.get(httpx.URL(url).join(place), headers=key)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _left_out(job: dict[str, Any]) -> set[int]:
    return {int(error["where"].split("/")[3]) for error in job["errors"] if error["where"].startswith("/epcisBody/eventList/")}
