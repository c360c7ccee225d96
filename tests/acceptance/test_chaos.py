"""Processes are killed and paused while observations flow: nothing acknowledged is lost, nothing is doubled, and what the line
comes to is what a clean replay of its documents comes to. CHAOS_FAULTS, CHAOS_PACKS, CHAOS_SEED make it longer."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from ops.clock import now_ms
from ops.demo.world import make_world
from ops.stack import native
from ops.stack.artifacts import available
from ops.stack.plan import KAFKA_SERVER
from ops.stack.program import Program, free_port
from pedigree.errors import LogFullError
from pedigree.messages import decode_document
from pedigree.ports import DOCUMENTS
from pedigree.times import format_time
from tests.acceptance.digests import differences, digest
from tests.acceptance.fleet import CaptureLine, Fleet
from tests.acceptance.line import LATER
from tests.acceptance.test_fleet import NOW, again

pytestmark = pytest.mark.stack
FAULTS = int(os.environ.get("CHAOS_FAULTS", "10"))
PACKS = int(os.environ.get("CHAOS_PACKS", "1000"))
SEED = int(os.environ.get("CHAOS_SEED", "1"))
SESSION_S = 3.0
TAKEN, CONFLICT = 202, 409


class Sender(threading.Thread):
    """Sends a world's documents until each is acknowledged, as a gateway would."""

    def __init__(self, line: CaptureLine, letters: list[tuple[bytes, str, str, int]]) -> None:
        super().__init__(name="sender", daemon=True)
        self._line, self._letters = line, letters
        self.acknowledged: list[str] = []
        self.share = 0.0
        """How much of the world may have been sent: documents flow as long as faults happen."""
        self.refused = 0
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            for index, letter in enumerate(self._letters):
                while index > self.share * len(self._letters):
                    time.sleep(0.02)
                self._send(*letter)
        except BaseException as error:
            self.failure = error
            raise

    def _send(self, body: bytes, kind: str, party: str, arrival: int) -> None:
        while True:
            try:
                headers = {
                    **self._line.key(party),
                    "Content-Type": kind,
                    "Medtrace-Record-Time": format_time(arrival),
                }
                answer = self._line.client.post("/capture", content=body, headers=headers)
            except LogFullError:
                self.refused += 1
                continue
            if answer.status_code in (TAKEN, CONFLICT):
                if answer.status_code == TAKEN:
                    self.acknowledged.append(answer.headers["Location"].rsplit("/", 1)[-1])
                return
            assert answer.status_code == 503, f"{answer.status_code} {answer.text[:500]}"
            self.refused += 1
            time.sleep(0.2)


class Chaos:
    """One fault at a time, at a random moment; measures how long the process takes until it is ready again."""

    def __init__(self, fleet: Fleet, rng: random.Random) -> None:
        self._fleet, self._rng = fleet, rng
        self.seconds: dict[str, list[float]] = defaultdict(list)

    def plan(self, faults: int) -> list[tuple[Program, str]]:
        """Everybody's turn comes before anybody's second one; each is killed first and paused next, or the other way round."""
        found: list[tuple[Program, str]] = []
        hows = {program.name: self._rng.sample(("kill", "pause"), 2) for program in self._fleet.keeper.programs}
        while len(found) < faults:
            turn = [(program, hows[program.name][0]) for program in self._fleet.keeper.programs]
            hows = {name: pair[::-1] for name, pair in hows.items()}
            found += self._rng.sample(turn, len(turn))
        return found[:faults]

    def strike(self, program: Program, how: str) -> None:
        begun = time.monotonic()
        pid = self._running(program)
        if how == "kill":
            os.kill(pid, signal.SIGKILL)
            while program.pid in (0, pid):
                time.sleep(0.05)
        else:
            os.kill(pid, signal.SIGSTOP)
            time.sleep(self._rng.uniform(0.5, SESSION_S * 1.8))  # beyond its session it wakes as a zombie
            os.kill(pid, signal.SIGCONT)
            begun = time.monotonic()
        while not program.ready():
            assert time.monotonic() - begun < 90, f"{program.name} does not recover:\n{program.last_words()}"
            time.sleep(0.1)
        kind = program.name.partition("-")[0]
        self.seconds[f"{how} {kind}"].append(time.monotonic() - begun)

    def _running(self, program: Program) -> int:
        while not program.pid:
            time.sleep(0.05)
        return program.pid

    def table(self) -> str:
        counts = Counter({fault: len(took) for fault, took in self.seconds.items()})
        rows = [f"{fault:<18}{count:>6}{max(self.seconds[fault]):>10.1f}" for fault, count in sorted(counts.items())]
        return "\n".join([f"{'fault':<18}{'count':>6}{'longest s':>10}", *rows])


def test_kills_and_pauses_lose_and_double_nothing(tmp_path: Path) -> None:
    if not available(KAFKA_SERVER):
        pytest.skip("Kafka can't be started natively here: neither java with mvn nor a filled cache")
    broker = native.kafka(tmp_path / "servers" / "kafka", free_port(), free_port())
    fleet = Fleet(tmp_path, broker.about, [broker])
    fleet.start()
    try:
        world = make_world(SEED, PACKS, NOW)
        (tmp_path / "capture").mkdir()
        line = CaptureLine(tmp_path / "capture", NOW, fleet.bootstrap)
        line.state(world)
        gln = {key: one["gln"] for key, one in world.manifest["parties"].items()}
        for party in set(gln.values()):
            line.key(party)  # facts are stated while all is well: who states them hears when they can't be
        sender = Sender(line, [(one.body, one.content_type, gln[one.who], one.arrival) for one in world.letters])
        chaos = Chaos(fleet, random.Random(SEED))
        sender.start()
        for fault, (program, how) in enumerate(chaos.plan(FAULTS)):
            sender.share = (fault + 1) / FAULTS
            chaos.strike(program, how)
        sender.share = 1.0
        sender.join(300)
        assert sender.failure is None
        assert not sender.is_alive(), "documents can't be sent"
        fleet.rest(line.log, seconds=180)
        tick = now_ms() + LATER
        fleet.tell_time(line.log, tick)
        fleet.rest(line.log)
        captured = Counter(
            decode_document(record.value).id
            for partition in range(line.log.partitions(DOCUMENTS))
            for record in line.log.read(DOCUMENTS, partition, 0, 100_000, 1_000_000_000)
        )
        theirs = fleet.results()
        ours = again(fleet, tmp_path / "replay", tick)
        line.close()
    finally:
        fleet.stop()
    print(f"\n{chaos.table()}\n{len(world.letters)} documents, {sender.refused} times refused with 503, {len(ours)} results")
    print(f"digest {digest(theirs)}")
    assert set(sender.acknowledged) <= set(captured), "an acknowledged document is not in the log"
    assert max(captured.values()) == 1
    assert differences(ours, theirs) == []
