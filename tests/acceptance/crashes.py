"""A line whose process may die before or after any write, and small worlds to run through it."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from eventlog.sqlite import SqliteLog
from graph.sqlite import SqliteGraph
from ledger.embedded import EmbeddedLedger
from ledger.witness import Witness
from pedigree.errors import MedtraceError
from pedigree.messages import DocumentMessage, decode_document, encode
from pedigree.observations import explode
from pedigree.ports import DOCUMENTS, EventLog
from streams.embedded import Runner
from streams.store import CustodyStore
from tests.acceptance.digests import results
from tests.acceptance.line import CONSORTIUM, GATEWAY, LATER, ORIGIN, PARTITIONS

WRITES = (
    "append", "commit", "apply", "advance", "told", "add_checkpoint", "apply_documents", "apply_decisions", "apply_receipts",
)  # fmt: skip
"""Each is one transaction of one file: between them a process may end."""


class Crash(Exception):
    """The process is gone: nothing of ours catches this."""


class Mortal:
    """Any store. A write may raise Crash before it is done or after."""

    def __init__(self, target: Any, dies: Callable[[], bool]) -> None:
        self._target, self._dies = target, dies

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        if name not in WRITES:
            return found

        def write(*args: Any, **kwargs: Any) -> Any:
            if self._dies():
                raise Crash(f"before {name}")
            result = found(*args, **kwargs)
            if self._dies():
                raise Crash(f"after {name}")
            return result

        return write


class Process:
    """Stores of its own on a folder, and a runner over them. `rate`: how likely each write is to be the last."""

    def __init__(self, folder: Path, clock: Callable[[], int], rng: random.Random, rate: float) -> None:
        self._folder, self._clock, self._rng = folder, clock, rng
        self.rate = rate
        self.deaths = 0
        self._open = ExitStack()
        self.runner: Runner | None = None

    def start(self) -> Runner:
        """Until a runner has come up: it may die on the way."""
        while self.runner is None:
            self.end()
            try:
                self.runner = self._runner()
            except (Crash, MedtraceError):
                self.deaths += 1
        return self.runner

    def _runner(self) -> Runner:
        def dies() -> bool:
            return self._rng.random() < self.rate

        self.log = SqliteLog(self._folder / "log", PARTITIONS)
        self._open.callback(self.log.close)
        self.store = CustodyStore(self._folder / "custody.sqlite")
        self._open.callback(self.store.close)
        self.ledger = EmbeddedLedger(self._folder / "ledger.sqlite", clock=self._clock)
        self._open.callback(self.ledger.close)
        self.graph = SqliteGraph(self._folder / "graph.sqlite")
        self._open.callback(self.graph.close)
        ledger, store, graph = Mortal(self.ledger, dies), Mortal(self.store, dies), Mortal(self.graph, dies)
        witness = Witness(ledger, GATEWAY, "operator", ORIGIN)
        return Runner(Mortal(self.log, dies), store, ledger, graph, CONSORTIUM, witness, self._clock)

    def step(self) -> int:
        """One round; how much was done. Who was overtaken by another process ends with an error of ours and is started again."""
        runner = self.start()
        try:
            return runner.step()
        except (Crash, MedtraceError):
            self.deaths += 1
            self.runner = None
            return 1

    def end(self) -> None:
        self.runner = None
        self._open.close()

    def results(self) -> dict[str, str]:
        """What it comes to. Of units known only by an edge that was taken back nothing is said: whether one ever heard of
        them depends on the order."""
        self.start()
        found = dict(results(self.store, self.ledger, self.graph, CONSORTIUM))
        nothing = {what.removeprefix("history ") for what, said in found.items() if what.startswith("history ") and said == "[]"}
        return {
            what: said
            for what, said in found.items()
            if not what.startswith("lot ") and not any(unit in what for unit in nothing)
        }


class Clock:
    """The time of everything."""

    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def settle(process: Process, clock: Clock, at: int) -> None:
    """Everything decided; then it is `at`, and all that waited is judged."""
    process.rate = 0.0
    for now in (clock.now, at, at + 20_000):
        clock.now = now
        while process.step() or process.start().positions().behind:
            pass


def everything(log: EventLog) -> list[DocumentMessage]:
    """The documents of a log by record time, with ids that are the same for every run."""
    found: list[DocumentMessage] = []
    for partition in range(log.partitions(DOCUMENTS)):
        found += [decode_document(record.value) for record in log.read(DOCUMENTS, partition, 0, 100_000, 10**9)]
    found.sort(key=lambda message: (message.record_time, message.digest))
    return [msgspec.structs.replace(message, id=f"{n:028x}") for n, message in enumerate(found)]


def small_world(documents: list[DocumentMessage], rng: random.Random, size: int) -> list[DocumentMessage]:
    """`size` documents that have to do with each other, most of them, in the order of their arrival."""
    units = [_named(encode(m)) for m in documents]
    chosen: set[int] = set()
    known: set[str] = set()
    while len(chosen) < size:
        near = [i for i, names in enumerate(units) if i not in chosen and names & known]
        pick = rng.choice(near) if near and rng.random() < 0.9 else rng.randrange(len(documents))
        chosen.add(pick)
        known |= set(rng.sample(sorted(units[pick]), min(3, len(units[pick]))))
    return [documents[i] for i in sorted(chosen)]


@cache
def _named(document: bytes) -> frozenset[str]:
    observations = list(explode(decode_document(document)))
    return frozenset({o.unit for o in observations} | {u for o in observations for u in o.members})


def put(log: EventLog, message: DocumentMessage) -> None:
    log.append(DOCUMENTS, int(message.id[-8:], 16) % log.partitions(DOCUMENTS), [encode(message)])


__all__ = ["LATER", "Clock", "Crash", "Mortal", "Process", "everything", "put", "settle", "small_world"]
