"""The writer of a line as a program of its own: `python -m tests.acceptance.kill_world FOLDER NOW` runs until it is killed."""

from __future__ import annotations

import sys
import threading
from contextlib import ExitStack
from pathlib import Path

from eventlog.sqlite import SqliteLog
from graph.sqlite import SqliteGraph
from ledger.embedded import EmbeddedLedger
from ledger.witness import Witness
from pedigree.ports import DECISIONS, DOCUMENTS, FACTS, OBSERVATIONS
from pedigree.seal import ConsortiumKey, PrivateKey
from streams.embedded import Runner
from streams.store import CustodyStore

PARTITIONS = {DOCUMENTS: 4, OBSERVATIONS: 4, DECISIONS: 4, FACTS: 1}
CONSORTIUM = ConsortiumKey(1, bytes(range(32)))
GATEWAY = PrivateKey(bytes(range(1, 33)))
ORIGIN = "medtrace-test"


def main(folder: Path, now: int) -> None:
    """As `tests.acceptance.line`, without what only HTTP needs: it must be up fast."""
    with ExitStack() as stack:
        log = SqliteLog(folder / "log", PARTITIONS)
        stack.callback(log.close)
        store = CustodyStore(folder / "custody.sqlite")
        stack.callback(store.close)
        ledger = EmbeddedLedger(folder / "ledger.sqlite", clock=lambda: now)
        stack.callback(ledger.close)
        graph = SqliteGraph(folder / "graph.sqlite")
        stack.callback(graph.close)
        witness = Witness(ledger, GATEWAY, "operator", ORIGIN)
        runner = Runner(log, store, ledger, graph, CONSORTIUM, witness, lambda: now)
        print("up", flush=True)
        runner.run(threading.Event())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
