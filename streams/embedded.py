"""The embedded runner: every step in one loop, in one process. Numbers fence a second one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import msgspec

from graph.port import Graph
from ledger.port import Ledger
from ledger.witness import Witness
from pedigree.custody.history import Consortium
from pedigree.ports import DECISIONS, OBSERVATIONS, EventLog
from streams.custody import Custody
from streams.decisions import DecisionsReader
from streams.ledger_writer import LedgerWriter
from streams.projector import Projector
from streams.splitter import Splitter
from streams.store import CustodyStore
from streams.ticker import Ticker

IDLE_S = 0.02
COMMIT_EVERY_S = 0.5


class Positions(msgspec.Struct, frozen=True):
    """How far the line is behind, in messages of each kind; all zero = everything is visible and on the ledger."""

    documents: int
    observations: int
    ledger: int
    graph: int
    due: int
    """Units whose deadline has passed and that are not judged finally yet."""

    @property
    def behind(self) -> int:
        return self.documents + self.observations + self.ledger + self.graph


class Runner:
    """One for each data folder. `clock`: milliseconds UTC, for ticks and checkpoints only."""

    def __init__(
        self,
        log: EventLog,
        store: CustodyStore,
        ledger: Ledger,
        graph: Graph,
        consortium: Consortium,
        witness: Witness | None,
        clock: Callable[[], int],
        *,
        generation: int = 0,
        tick_ms: int = 5_000,
    ) -> None:
        self._log, self._store, self._clock, self._witness = log, store, clock, witness
        self._reader = DecisionsReader(log)
        partitions = range(log.partitions(DECISIONS))
        self._splitter = Splitter(log)
        self._custody = [Custody(log, store, consortium, p, generation) for p in partitions]
        self._writers = [LedgerWriter(log, self._reader, ledger, p, generation) for p in partitions]
        self._projector = Projector(log, self._reader, ledger, graph, generation)
        self._ticker = Ticker(log, store, tick_ms)
        self._committed = 0.0
        self._positions = self._measure()

    def step(self) -> int:
        """One round of every step, each a bounded piece; returns how much was done, 0 = nothing was there."""
        done = self._splitter.step()
        for custody in self._custody:
            messages = custody.step()
            if messages:
                self._reader.keep(custody.partition, messages)
                done += len(messages)
        for writer in self._writers:
            while writer.step() is not None:
                done += 1
        done += self._projector.step()
        now = self._clock()
        done += self._ticker.step(now)
        if self._witness is not None:
            self._witness.tick(now)
        if time.monotonic() - self._committed > COMMIT_EVERY_S or not done:
            self._splitter.commit()
            self._committed = time.monotonic()
            self._positions = self._measure()
        return done

    def run(self, stop: threading.Event, watch: Callable[[], None] | None = None) -> None:
        """Until `stop` is set. `watch` is called after every round (status, parent's life)."""
        while not stop.is_set():
            done = self.step()
            if watch is not None:
                watch()
            if not done:
                stop.wait(IDLE_S)
        self._splitter.commit()

    def drain(self, limit: int = 1_000_000) -> int:
        """Step until nothing is left to do; returns how many rounds it took."""
        for rounds in range(limit):
            if not self.step() and not self._measure().behind:
                self._splitter.commit()
                return rounds
        raise AssertionError("the line does not come to rest")

    def positions(self) -> Positions:
        """How far each step was behind half a second ago at most. Any thread may ask."""
        return self._positions

    def _measure(self) -> Positions:
        observations = sum(
            self._log.end(OBSERVATIONS, p) - self._store.progress(p).source for p in range(self._log.partitions(OBSERVATIONS))
        )
        now = self._clock()
        due = sum(1 for p in range(self._log.partitions(OBSERVATIONS)) if 0 < self._store.next_wake(p) <= now)
        return Positions(
            documents=self._splitter.behind(),
            observations=observations,
            ledger=sum(writer.behind() for writer in self._writers),
            graph=self._projector.behind(),
            due=due,
        )
