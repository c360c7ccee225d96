"""Reads the own peer's blocks into the index, for ever, and lets others wait for a block."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from typing import Any

from ledger.fabric.errors import BlockError, FabricError, UnreachableError
from ledger.fabric.gateway import Gateway
from ledger.fabric.index import IndexWriter
from pedigree.errors import LedgerError, MedtraceError

_log = logging.getLogger("medtrace.ledger")
_AGAIN = 0.2
_SILENT = 3.0
"""Seconds without a block while somebody waits for one, after which another peer is asked: a paused one never says no."""


class _NoCall:
    """Before the first stream is open."""

    def cancel(self) -> None:
        pass


class Follower:
    """A thread of its own. `gateways`: the own organisation's alone for a witness, who must see with its own eyes; with others
    behind it the index goes on when the own peer is down."""

    def __init__(self, gateways: Sequence[Gateway], writer: IndexWriter) -> None:
        self._gateways = list(gateways)
        self._writer = writer
        self._changed = threading.Condition()
        self._stopped = False
        self._call: Any = _NoCall()
        self._heard = time.monotonic()
        self.fault: MedtraceError | None = None
        """Why it has stopped: a block that can't be believed."""
        self.behind_because: FabricError | None = None
        """The last reason why no block came."""
        self._thread = threading.Thread(target=self._run, name="ledger-follower", daemon=True)
        self._thread.start()

    def wait(self, block: int, timeout: float) -> None:
        """Until the index has the block. BlockError: it has stopped. UnreachableError: not in time."""
        started = time.monotonic()
        deadline = started + timeout
        with self._changed:
            while self._writer.height <= block:
                if self.fault is not None:
                    raise BlockError(f"the ledger's index has stopped: {self.fault}") from self.fault
                left = deadline - time.monotonic()
                if left <= 0 or self._stopped:
                    raise UnreachableError(f"block {block} has not reached the index in time") from self.behind_because
                if time.monotonic() - max(started, self._heard) > _SILENT:
                    self._heard = time.monotonic()
                    self._call.cancel()
                self._changed.wait(min(left, 0.5))

    def _run(self) -> None:
        at = 0
        while not self._stopped:
            gateway = self._gateways[at % len(self._gateways)]
            try:
                for block in gateway.blocks(self._writer.height, opened=self._opened):
                    if self._stopped:
                        break
                    self._heard = time.monotonic()
                    if self._writer.take(block):
                        self.behind_because = None
                        with self._changed:
                            self._changed.notify_all()
            except BlockError as wrong:
                self._stop_with(wrong)
                return
            except FabricError as gone:
                self.behind_because = gone
                at += 1
                if not self._stopped:
                    time.sleep(_AGAIN)
            except MedtraceError as broken:
                self._stop_with(broken)
                return

    def _opened(self, call: Any) -> None:
        self._call = call
        if self._stopped:
            call.cancel()

    def _stop_with(self, fault: MedtraceError) -> None:
        _log.error("the ledger's index stops: %s", fault)
        with self._changed:
            self.fault = fault
            self._changed.notify_all()

    def close(self) -> None:
        self._stopped = True
        self._call.cancel()
        self._thread.join(10)
        if self._thread.is_alive():
            raise LedgerError("the ledger's index does not stop")
