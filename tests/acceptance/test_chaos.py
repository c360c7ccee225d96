"""Every kind of process of the whole stack but the one orderer is killed and paused while observations flow: nothing acknowledged
is lost, nothing is doubled, and what it comes to is what the embedded line comes to. CHAOS_FAULTS, CHAOS_PACKS, CHAOS_SEED
make it longer."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.clock import now_ms
from ops.demo.world import make_world
from ops.layout import Layout
from ops.stack.artifacts import available
from ops.stack.plan import KAFKA_SERVER, NEO4J_SERVER
from ops.wiring_stack import open_kafka
from pedigree.messages import decode_document
from pedigree.ports import DECISIONS, DOCUMENTS, EventLog
from streams.store import CustodyStore
from tests.acceptance.digests import copy_documents, differences, digest, results
from tests.acceptance.line import CONSORTIUM, LATER, Line
from tests.acceptance.whole_stack import NOW, Sender, Stack, fabric_is_here, introduce

pytestmark = pytest.mark.stack
FAULTS = int(os.environ.get("CHAOS_FAULTS", "12"))
PACKS = int(os.environ.get("CHAOS_PACKS", "1000"))
SEED = int(os.environ.get("CHAOS_SEED", "1"))
PAUSE_S = 5.5
"""Longer than a worker's session: it wakes as a zombie."""


class Chaos:
    """One fault at a time, at a random moment; measures how long the process takes until it is ready again."""

    def __init__(self, stack: Stack, rng: random.Random) -> None:
        self._stack, self._rng = stack, rng
        self.seconds: dict[str, list[float]] = defaultdict(list)

    def plan(self, faults: int) -> list[tuple[str, str]]:
        """Every kind's turn comes before any kind's second one; each is killed first and paused next, or the other way round. One
        organisation's nodes only: a majority of four stands, as it must."""
        kinds = sorted({name for name in self._stack.programs() if not _is_another_organisations(name)})
        hows = {name: self._rng.sample(("kill", "pause"), 2) for name in kinds}
        found: list[tuple[str, str]] = []
        while len(found) < faults:
            turn = [(name, hows[name][0]) for name in kinds]
            hows = {name: pair[::-1] for name, pair in hows.items()}
            found += self._rng.sample(turn, len(turn))
        return found[:faults]

    def strike(self, name: str, how: str) -> None:
        pid = self._pid(name)
        os.kill(pid, signal.SIGKILL if how == "kill" else signal.SIGSTOP)
        begun = time.monotonic()
        if how == "pause":
            time.sleep(self._rng.uniform(0.5, PAUSE_S))
            os.kill(pid, signal.SIGCONT)
            begun = time.monotonic()
        while not self._ready(name, pid if how == "kill" else 0):
            assert time.monotonic() - begun < 120, f"{name} does not recover\n{self._stack.folder.read().said[-20:]}"
            time.sleep(0.1)
        self.seconds[f"{how} {name.partition('-')[0]}"].append(time.monotonic() - begun)

    def _pid(self, name: str) -> int:
        while not (pid := self._stack.programs()[name].pid):
            time.sleep(0.1)
        return pid

    def _ready(self, name: str, dead: int) -> bool:
        one = self._stack.programs()[name]
        return one.ready and one.pid not in (0, dead)

    def table(self) -> str:
        rows = [
            f"{fault:<18}{len(took):>6}{sorted(took)[len(took) // 2]:>11.1f}{max(took):>11.1f}"
            for fault, took in sorted(self.seconds.items())
        ]
        return "\n".join([f"{'fault':<18}{'count':>6}{'median s':>11}{'longest s':>11}", *rows])


def _is_another_organisations(name: str) -> bool:
    kind, _, member = name.partition("-")
    return kind in ("orderer", "peer", "contract", "witness") and member != "hospital"


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    if not available(KAFKA_SERVER) or not available(NEO4J_SERVER):
        pytest.skip("Kafka and Neo4j can't be started natively here: neither java with mvn nor a filled cache")
    one = Stack(tmp_path, fabric=fabric_is_here())
    try:
        one.up()
        yield one
    finally:
        one.command("down")


def again(log: EventLog, folder: Path, tick: int) -> dict[str, str]:
    """What the embedded line comes to from the same documents, at the same moment."""
    line = Line(folder, tick)
    copy_documents(log, line.log)
    line.runner.drain()
    line.now += 20_000
    line.runner.drain()
    found = dict(results(line.store, line.ledger, line.graph, CONSORTIUM))
    line.close()
    return found


def test_whatever_dies_nothing_is_lost_and_nothing_is_doubled(stack: Stack, tmp_path: Path) -> None:
    log = open_kafka(stack.settings)
    world = make_world(SEED, PACKS, NOW)
    keys = introduce(log, world)
    sender = Sender(stack.settings.url, keys, world)
    chaos = Chaos(stack, random.Random(SEED))
    sender.start()
    begun = time.monotonic()
    for number, (name, how) in enumerate(chaos.plan(FAULTS)):
        sender.share = (number + 1) / FAULTS
        chaos.strike(name, how)
        print(f"{time.monotonic() - begun:7.1f} s  {number + 1:>3} {how} {name}", flush=True)
    sender.share = 1.0
    sender.join(600)
    assert sender.failure is None
    assert not sender.is_alive(), "documents can't be sent"
    stack.rest(log, 600 + PACKS / 20)
    tick = now_ms() + LATER
    stack.tell_time(log, tick)
    stack.rest(log, 600 + PACKS / 20)
    captured = Counter(
        decode_document(record.value).id
        for partition in range(log.partitions(DOCUMENTS))
        for record in log.read(DOCUMENTS, partition, 0, 1_000_000, 4_000_000_000)
    )
    theirs, ours = stack.results(), again(log, tmp_path / "replay", tick)
    decisions = sum(CustodyStore(Layout(stack.data).custody).progress(p).number for p in range(log.partitions(DECISIONS)))
    log.close()
    print(f"\n{chaos.table()}")
    print(f"{len(world.letters)} documents, {len(captured)} in the log, sent again {sender.refused} times, {decisions} decisions")
    print(f"{len(ours)} results, digest {digest(theirs)}; {dict(Counter(key.split(' ')[0] for key in ours))}")
    assert set(sender.acknowledged) <= set(captured), "an acknowledged document is not in the log"
    assert max(captured.values()) == 1
    assert differences(ours, theirs) == []
