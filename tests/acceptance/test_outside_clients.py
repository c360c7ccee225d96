"""Clients that others wrote for EPCIS 2.0 capture and query here as they would anywhere."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pedigree.facts import OPERATOR
from pedigree.messages import Fact
from tests.acceptance.line import Line
from tests.web.query_world import served

NOW = 1_790_000_000_000
MAKER, GTIN = "6901234000016", "06901234000016"
LIBRARY = "epcis2.js@2.7.3"
SCRIPT = Path(__file__).with_name("outside") / "epcis2js.js"


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    made = Line(tmp_path, NOW)
    value = {"name": "Maker", "role": "maker", "prefixes": [MAKER[:9]]}
    made.services.registry.state(Fact("party", MAKER, value, NOW, OPERATOR))
    yield made
    made.close()


@contextmanager
def running(line: Line) -> Iterator[str]:
    """The line behind a real server, its steps running meanwhile."""
    stop = threading.Event()
    steps = threading.Thread(target=line.runner.run, args=(stop,), daemon=True)
    steps.start()
    with served(line.app) as address:
        yield address
    stop.set()
    steps.join(10)


def unit(serial: str) -> str:
    return f"https://id.gs1.org/01/{GTIN}/21/{serial}"


def test_the_openepcis_client_captures_and_queries(line: Line) -> None:
    """PyPI `openepcis-client`."""
    core = pytest.importorskip("openepcis_client.core.client", reason="openepcis-client is not installed")
    from openepcis_client import events  # type: ignore[import-not-found]
    from openepcis_client.core.config import ClientConfig  # type: ignore[import-not-found]

    class Key:
        """Its idea of a source of bearer tokens."""

        def bearer(self) -> str:
            return line.key(MAKER)["Authorization"].removeprefix("Bearer ")

        def invalidate(self) -> None:
            return

    made = [
        events.object_event(
            action="ADD", event_time=datetime(2026, 9, 1, n, tzinfo=UTC), biz_step="commissioning", epcs=[unit(f"A{n}")],
            read_point=MAKER, biz_location=MAKER,
        )
        for n in range(1, 4)
    ]  # fmt: skip
    document = events.stamp_event_ids(events.document(made))
    with running(line) as address:
        client = core.Client(ClientConfig(address), Key())
        capture, query = events.Capture(client), events.Query(client)
        assert (capture.check(), query.check()) == ("", "")
        receipt = capture.submit(document)
        assert receipt.answerable
        outcome = capture.outcome(receipt)
        while outcome.running:
            outcome = capture.outcome(receipt)
        assert (outcome.known, outcome.success, outcome.errors) == (True, True, ())
        found = query.page(since="2026-01-01T00:00:00+00:00").events
        assert {one["eventID"] for one in found} == set(receipt.event_ids)
        (one,) = query.for_epc(unit("A2"))
        assert one["epcList"] == [unit("A2")]


@pytest.mark.stack
def test_epcis2js_captures_and_queries(line: Line, tmp_path: Path) -> None:
    """npm `epcis2.js`; its hash of what it gets back is the eventID that it is given."""
    library = packed(tmp_path / "npm")
    with running(line) as address:
        key = line.key(MAKER)["Authorization"].removeprefix("Bearer ")
        command = ["node", str(SCRIPT), str(library), address, key, unit("B1"), unit("B2")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert (said["status"], said["count"], said["epcs"]) == (202, 1, [unit("B2")])
    assert said["id"] == said["hash"]
    assert "/capture/" in said["job"]


def packed(folder: Path) -> Path:
    """The library's own bundle. Its dependencies are in it; installing them is not possible any more."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed: the npm client is not tested")
    folder.mkdir()
    command = ["npm", "pack", "--silent", LIBRARY]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        pytest.skip(f"npm can't get {LIBRARY}: {done.stderr.strip()[-200:]}")
    shutil.unpack_archive(str(folder / done.stdout.split()[-1]), str(folder))
    return folder / "package" / "dist" / "epcis2.node.js"
