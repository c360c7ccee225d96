"""The workers of the stack come to what the embedded line comes to, and to that again after they lost a store."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.clock import now_ms
from ops.demo.world import make_world
from ops.keys import KeyFiles
from ops.layout import Layout
from ops.secretfile import write_secret
from pedigree.custody.row import decode_row
from streams.store import CustodyStore, unpack_row
from tests.acceptance.digests import copy_documents, differences, results
from tests.acceptance.fleet import CaptureLine, Fleet
from tests.acceptance.line import CONSORTIUM, LATER, Line
from tests.servers import free_port

pytestmark = pytest.mark.stack
NOW = 1_790_000_000_000


@pytest.fixture(scope="module")
def fleet(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    one = Fleet(tmp_path_factory.mktemp("fleet"), kafka)
    one.start()
    yield one
    one.stop()


def again(fleet: Fleet, folder: Path, tick: int) -> dict[str, str]:
    """What the embedded line comes to from the same documents, at the same moment."""
    log, line = fleet.open_log(), Line(folder, tick)
    assert copy_documents(log, line.log) > 100
    line.runner.drain()
    line.now += 20_000
    line.runner.drain()
    found = dict(results(line.store, line.ledger, line.graph, CONSORTIUM))
    line.close()
    log.close()
    return found


def test_the_fleet_comes_to_what_the_embedded_line_comes_to(fleet: Fleet, tmp_path: Path) -> None:
    world = make_world(11, 1000, NOW)
    (tmp_path / "capture").mkdir()
    line = CaptureLine(tmp_path / "capture", NOW, fleet.bootstrap)
    line.state(world)
    begun = time.monotonic()
    line.send_world(world)
    sent = time.monotonic()
    fleet.rest(line.log)
    print(f"\n{len(world.letters)} documents sent in {sent - begun:.1f} s, at rest {time.monotonic() - sent:.1f} s later")
    tick = now_ms() + LATER
    fleet.tell_time(line.log, tick)
    fleet.rest(line.log)
    line.close()
    ours, theirs = again(fleet, tmp_path / "embedded", tick), fleet.results()
    assert len(ours) > 5_000
    assert differences(ours, theirs) == []


def test_a_lost_store_is_rebuilt(fleet: Fleet) -> None:
    before, path = fleet.results(), Layout(fleet.settings.data).custody
    custody = [program for program in fleet.workers if program.name.startswith("custody")]
    for program in custody:
        program.send(signal.SIGSTOP)
    for file in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        file.unlink(missing_ok=True)
    for program in custody:
        program.send(signal.SIGKILL)
    log = fleet.open_log()
    deadline = time.monotonic() + 60
    while not path.is_file() or CustodyStore(path).count() == 0:
        assert time.monotonic() < deadline, "\n".join(fleet.said)
        time.sleep(0.2)
    fleet.rest(log)
    assert differences(before, fleet.results()) == []
    log.close()


def test_a_rotated_consortium_key_is_taken_up(fleet: Fleet, tmp_path: Path) -> None:
    """Who holds keys starts again by itself; units that are first seen now are under the new version, the others keep theirs."""
    files, before = KeyFiles(fleet.settings), fleet.results()
    good = files.consortium.read_text()
    write_secret(files.consortium, "broken\n")
    time.sleep(5)
    assert fleet.keeper.restarts.keys() <= {"custody-1", "custody-2"}, "broken keys are no reason to end"
    write_secret(files.consortium, good)
    assert files.rotate_consortium() == 2
    restarts = dict(fleet.keeper.restarts)
    keyed = [one for one in fleet.workers if one.name.startswith(("custody", "ledger"))]
    deadline = time.monotonic() + 90
    while not all(fleet.keeper.restarts.get(one.name, 0) > restarts.get(one.name, 0) and one.ready() for one in keyed):
        assert time.monotonic() < deadline, "\n".join(fleet.said[-20:])
        time.sleep(0.2)
    (tmp_path / "capture").mkdir()
    line, world = CaptureLine(tmp_path / "capture", NOW, fleet.bootstrap), make_world(12, 200, NOW)
    line.state(world)
    line.send_world(world)
    fleet.rest(line.log)
    line.close()
    store = CustodyStore(Layout(fleet.settings.data).custody)
    versions = {f"history {epc}": decode_row(unpack_row(packed)).key_version for epc, _, _, _, packed in store.units()}
    store.close()
    assert {version for what, version in versions.items() if what in before} == {1}
    assert {version for what, version in versions.items() if what not in before} == {2}


@pytest.mark.parametrize("role", ["custody", "ledger", "projector"])
def test_a_store_ahead_of_its_log_is_refused(fleet: Fleet, role: str) -> None:
    """The log was exchanged: another prefix is another log. The process says so and ends with a code that no restart mends."""
    other = fleet.config.with_name("other.toml")
    other.write_text(fleet.config.read_text().replace('kafka_prefix = "m-"', f'kafka_prefix = "other-{role}-"'))
    ended = subprocess.run(
        [sys.executable, "-m", "ops", "worker", role, "--name", "other", "--config", str(other)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 4, ended.stderr[-2000:]
    assert "the log was lost or exchanged" in ended.stderr


def test_settings_that_can_t_work_end_with_words(fleet: Fleet) -> None:
    for old, new, code, words in (
        ("partitions = 4", "partitions = 8", 2, "set partitions to 4"),
        (fleet.bootstrap, f"127.0.0.1:{free_port()}", 3, "is kafka_bootstrap right?"),
        ('backend = "stack"', 'backend = "stack"\ngraph = "neo4j"', 2, "neo4j_password"),
        ('backend = "stack"', 'backend = "stack"\nledger = "fabric"', 2, "fabric_profile"),
    ):
        other = fleet.config.with_name("other.toml")
        other.write_text(fleet.config.read_text().replace(old, new))
        role = "ledger" if "fabric" in new else "projector"
        command = [sys.executable, "-m", "ops", "worker", role, "--name", "other", "--config", str(other)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert ended.returncode == code, (new, ended.returncode, ended.stderr[-2000:])
        assert words in ended.stderr, (new, ended.stderr[-2000:])
