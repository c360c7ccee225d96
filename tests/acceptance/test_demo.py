"""`medtrace demo` as a visitor runs it: from nothing to pages, killed, started again; and each story judged as it is told."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from graph.sqlite import SqliteGraph
from ops.demo.state import Memory
from ops.layout import Layout, is_locked
from pedigree.custody.steps import Status

ROOT = Path(__file__).parents[2]


def _command(data: Path, *options: str) -> list[str]:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    return [str(ROOT / "medtrace"), "demo", "--data", str(data), "--port", str(port), "--packs", "1000", "--once", *options]


def _environment() -> dict[str, str]:
    return {**{k: v for k, v in os.environ.items() if not k.startswith("MEDTRACE_")}, "MEDTRACE_PYTHON": sys.executable}


def _run(data: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(data, *options), env=_environment(), capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A demonstration that was killed when a third of its documents was sent, and started again."""
    data = tmp_path_factory.mktemp("demo") / "data"
    first = subprocess.Popen(_command(data), env=_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    memory, deadline = Memory(data), time.monotonic() + 60
    while (state := memory.state()) is None or state.sent < 100:
        assert first.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    first.send_signal(signal.SIGKILL)
    first.wait()
    finished = _run(data, "--json")
    assert finished.returncode == 0, finished.stderr
    return data, json.loads(finished.stdout)


@pytest.fixture(scope="module")
def graph(done: tuple[Path, dict[str, Any]]) -> Iterator[SqliteGraph]:
    opened = SqliteGraph(done[0] / "graph.sqlite", readonly=True)
    yield opened
    opened.close()


def test_killed_and_started_again_everything_is_there_once(done: tuple[Path, dict[str, Any]], graph: SqliteGraph) -> None:
    manifest = done[1]
    counts = graph.counts()
    assert counts.events == manifest["events"]
    assert counts.undecidable == 0
    before = counts.documents
    again = _run(done[0])
    assert again.returncode == 0
    assert graph.counts().documents == before  # nothing is sent twice
    assert "/01/" in again.stdout
    assert "/regulator" in again.stdout


def test_it_stays_up_until_it_is_told_to_stop(done: tuple[Path, dict[str, Any]]) -> None:
    command = [part for part in _command(done[0]) if part != "--once"]
    running = subprocess.Popen(command, env=_environment(), stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    with running.stdout as said:
        assert any("stays up" in line for line in said)
        running.send_signal(signal.SIGTERM)
        assert running.wait(30) == 0
        assert "goes on from here" in said.read()
    assert not is_locked(Layout(done[0]))


def test_another_seed_needs_another_folder(done: tuple[Path, dict[str, Any]]) -> None:
    refused = _run(done[0], "--seed", "99")
    assert refused.returncode == 2
    assert "--seed 7" in refused.stderr


EXPECTED: dict[str, tuple[Status, str, set[str]]] = {
    # story: status, verdict, findings on the unit itself
    "genuine": (Status.ACTIVE, "confirmed", set()),
    "sold": (Status.DISPENSED, "confirmed", set()),
    "recalled": (Status.ACTIVE, "confirmed", set()),
    "device": (Status.DISPENSED, "confirmed", set()),
    "part_pack": (Status.PART_DISPENSED, "confirmed", set()),
    "held": (Status.ACTIVE, "confirmed", set()),
    "released": (Status.ACTIVE, "confirmed", set()),
    "returned": (Status.ACTIVE, "confirmed", set()),
    "returned_case": (Status.ACTIVE, "confirmed", set()),
    "destroyed": (Status.DESTROYED, "confirmed", set()),
    "late_upload": (Status.DISPENSED, "confirmed", {"late"}),
    "double_scan": (Status.DISPENSED, "confirmed", {"repeat"}),
    "minute_clock": (Status.DISPENSED, "confirmed", set()),
    "slow_clock": (Status.DISPENSED, "confirmed", set()),
    "wrong_case": (Status.DISPENSED, "suspect", {"not_where_inferred"}),
    "misread": (Status.DISPENSED, "suspect", {"unknown_origin"}),
    "misread_real": (Status.ACTIVE, "confirmed", set()),
    "no_unpacking": (Status.DISPENSED, "confirmed", {"implied_unpack"}),
    "declared_error": (Status.ACTIVE, "confirmed", set()),
    "clone": (Status.DISPENSED, "suspect", {"repeat_dispensing"}),
    "resale": (Status.DISPENSED, "suspect", {"after_end", "repeat_dispensing"}),
    "unknown": (Status.DISPENSED, "suspect", {"unknown_origin"}),
}
IN_CONTAINER = {"paper_sale": "shipped_without_custody", "diversion": "diversion"}


@pytest.mark.parametrize("id", EXPECTED)
def test_each_story_is_judged_as_it_is_told(done: tuple[Path, dict[str, Any]], graph: SqliteGraph, id: str) -> None:
    story = next(one for one in done[1]["stories"] if one["id"] == id)
    found = graph.passport(story["unit"])
    assert found is not None
    status, verdict, codes = EXPECTED[id]
    assert (found.unit.shown.status, found.unit.shown.verdict) == (status, verdict)
    own = {finding for one in found.verdicts if one.outcome != "voided" for finding in one.findings}
    assert codes <= {finding.code for finding in own}
    assert {finding.code for finding in own if finding.severity != "info"} <= codes


@pytest.mark.parametrize("id", IN_CONTAINER)
def test_what_was_done_with_a_case_is_told_of_its_packs(
    done: tuple[Path, dict[str, Any]], graph: SqliteGraph, id: str
) -> None:
    story = next(one for one in done[1]["stories"] if one["id"] == id)
    found = graph.passport(story["unit"])
    assert found is not None
    assert IN_CONTAINER[id] in {row.code for row in found.findings}


def test_honest_packs_have_no_finding_that_an_inspector_would_look_at(
    done: tuple[Path, dict[str, Any]], graph: SqliteGraph
) -> None:
    known = {unit for story in done[1]["stories"] for unit in (story["unit"], *story["others"])}
    page = graph.findings(severity="low", limit=1_000)
    assert page.next is None
    assert {row.unit for row in page.items} - known == set()
