"""Health, metrics, request ids, and a disk that fills up: what an operator and a load balancer see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from fastapi.testclient import TestClient

from ops.app import build_app
from ops.clock import now_ms
from ops.keys import KeyFiles
from ops.layout import Layout
from ops.settings import Settings
from ops.wiring import Web, open_web, prepare
from ops.writer import Status
from pedigree.ports import DOCUMENTS

PID = 4_711


class World:
    """An app over a real folder; the disk and the writer are what the test says."""

    def __init__(self, settings: Settings, web: Web) -> None:
        self.settings, self.web = settings, web
        self.free, self.pid = 10**12, PID
        app = build_app(settings, web.services, lambda: self.free, lambda: self.pid)
        self.client = TestClient(app)
        self.says(now_ms())

    def says(self, time: int, pid: int = PID, error: str = "", **positions: int) -> None:
        status = Status(pid, time, time, positions, error)
        Layout(self.settings.data).writer.write_bytes(msgspec.json.encode(status))

    def reasons(self) -> list[str]:
        answer = self.client.get("/health/ready")
        found: list[str] = answer.json()["reasons"]
        assert answer.status_code == (503 if found else 200)
        return found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    settings = Settings(data=tmp_path / "data", min_free_mb=500, capture_workers=0)
    files = KeyFiles(settings)
    files.init(now_ms())
    prepare(settings)
    web = open_web(settings, files.load(), [])
    yield World(settings, web)
    web.close()


def test_ready_when_the_writer_speaks_and_the_disk_has_room(world: World) -> None:
    assert world.client.get("/health/live").json() == {"status": "alive"}
    assert world.reasons() == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda world: setattr(world, "pid", 0), "writer is not running"),
        (lambda world: world.says(now_ms(), pid=1), "writer is starting"),
        (lambda world: world.says(now_ms() - 60_000), "said nothing for 60 s"),
        (lambda world: world.says(now_ms(), pid=1, error="StoreAheadError: the log was lost"), "the log was lost"),
        (lambda world: setattr(world, "free", 10**6), "500 MB of disk"),
        (lambda world: world.web.log.append(DOCUMENTS, 0, [b"x"] * 2_001), "2001 documents behind"),
    ],
)
def test_not_ready_says_why(world: World, change: object, reason: str) -> None:
    assert callable(change)
    change(world)
    assert any(reason in said for said in world.reasons())
    assert world.client.get("/health/live").status_code == 200  # a restart would mend nothing


def test_a_full_disk_refuses_captures_and_nothing_else(world: World) -> None:
    world.free = 10**6
    for path in ("/capture", "/events", "/papers"):
        answer = world.client.post(path, content=b"{}", headers={"Content-Type": "application/json"})
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert int(answer.headers["retry-after"]) > 0
    assert world.client.get("/capture").status_code == 401
    assert world.web.log.end(DOCUMENTS, 0) == 0


def test_every_answer_has_a_request_id_and_a_sender_may_choose_it(world: World) -> None:
    own = world.client.get("/health/live", headers={"X-Request-ID": "order-4711-a"})
    assert own.headers["x-request-id"] == "order-4711-a"
    others = [world.client.get("/no/such/page", headers={"X-Request-ID": given}) for given in ("short", "bad\tone " * 9)]
    assert len({answer.headers["x-request-id"] for answer in others}) == 2
    assert all(len(answer.headers["x-request-id"]) == 16 for answer in others)


def test_metrics_name_routes_and_never_codes(world: World) -> None:
    world.says(now_ms(), documents=3, ledger=5)
    world.client.get("/capture/0123456789abcdef")
    world.client.get("/some/SERIAL4711")
    world.client.request("BREW", "/capture")
    text = world.client.get("/metrics").text
    assert 'route="/capture/{id}",status="401"' in text
    assert "SERIAL4711" not in text
    assert "0123456789abcdef" not in text
    assert "BREW" not in text
    assert 'medtrace_writer_behind{step="ledger"} 5.0' in text
    assert "medtrace_free_bytes 1e+12" in text.replace("e+0", "e+")


def test_the_api_is_described_without_scripts_from_elsewhere(world: World) -> None:
    assert "/capture" in world.client.get("/openapi.json").json()["paths"]
    for path in ("/docs", "/redoc"):
        assert world.client.get(path).status_code == 404
