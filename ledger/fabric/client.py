"""The client rule that neither loses nor doubles: keep the envelope, send the same one again, ask what became of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ledger.fabric.errors import EndorsementError, FabricError, InvalidatedError, UnknownOutcomeError, UnreachableError
from ledger.fabric.gateway import Gateway, Status
from ledger.fabric.transaction import Prepared

VALID, DUPLICATE, MVCC_READ_CONFLICT, PHANTOM_READ_CONFLICT = 0, 9, 11, 12
_PAUSE = 0.02
"""Seconds: about a block. A peer that is a block behind has caught up then."""


class Committed(NamedTuple):
    """`payload`: the contract's answer; `block`: where the transaction stands."""

    transaction: str
    block: int
    payload: bytes


class Timeouts(NamedTuple):
    """Seconds. `whole`: after that the outcome is left unknown; `endorse`, `submit`, `status`: of single calls; `seen`: how long
    what the peers have judged may take to reach the index."""

    whole: float = 60
    endorse: float = 20
    submit: float = 5
    status: float = 3
    seen: float = 30


class Client:
    """`gateways`: the own organisation's first. Moves on to the next one when one does not answer, and stays there."""

    def __init__(self, gateways: Sequence[Gateway], timeouts: Timeouts | None = None) -> None:
        if not gateways:
            raise FabricError("no gateway to talk to")
        self.gateways = list(gateways)
        self._timeouts = timeouts or Timeouts()
        self._at = 0
        self._guard = threading.Lock()

    def transact(self, args: Sequence[bytes], again: Callable[[FabricError, bool], bool] | None = None) -> Committed:
        """Endorse, submit, and wait until the peers have judged it.

        `again(error, sent)` says whether an endorsement that was refused shall be tried once more; `sent`: an earlier try of
        this call was submitted. RefusedError, EndorsementError, InvalidatedError: nothing was taken by this call.
        UnknownOutcomeError: something may have been; UnreachableError: nothing was sent.
        """
        deadline = time.monotonic() + self._timeouts.whole
        sent = False
        while True:
            gateway = self.gateways[self._at]
            try:
                prepared = gateway.endorse(args, self._timeouts.endorse)
            except UnreachableError as gone:
                self._leave(gateway)
                self._wait(deadline, gone)
                continue
            except EndorsementError as differs:
                # Organisations that stand at different blocks give different answers; also when a network starts.
                if time.monotonic() > deadline or (again is not None and not again(differs, sent)):
                    raise
                self._wait(deadline, differs)
                continue
            except FabricError as refused:
                if again is None or time.monotonic() > deadline or not again(refused, sent):
                    raise
                self._wait(deadline, refused)
                continue
            sent = True
            found = self._settle(prepared, deadline)
            if found.code == VALID:
                return Committed(prepared.transaction, found.block, prepared.payload)
            if found.code not in (MVCC_READ_CONFLICT, PHANTOM_READ_CONFLICT):
                where = f"transaction {prepared.transaction[:16]} in block {found.block}"
                raise InvalidatedError(f"{where} is invalid: {found.name}", found.code)

    def _settle(self, prepared: Prepared, deadline: float) -> Status:
        """What became of a transaction, whatever happens on the way. UnknownOutcomeError at the deadline."""
        pause = _PAUSE
        while True:
            gateway = self.gateways[self._at]
            problem: FabricError | None = None
            try:
                gateway.submit(prepared, self._timeouts.submit)
            except FabricError as error:
                problem = error  # an orderer that has it already refuses it too: the status tells
            wait = self._timeouts.status if problem is None else min(1.0, self._timeouts.status)
            try:
                found = gateway.status(prepared.transaction, wait)
                if found.code != DUPLICATE:
                    return found
                problem = FabricError(f"{gateway.organisation} saw the transaction's repetition before itself")
            except UnreachableError as error:
                problem = problem or error
                self._leave(gateway)
            if time.monotonic() > deadline:
                raise UnknownOutcomeError(f"transaction {prepared.transaction[:16]}: no peer says what became of it") from problem
            time.sleep(pause)
            pause = min(2 * pause, 0.5)

    def _leave(self, gateway: Gateway) -> None:
        with self._guard:
            if self.gateways[self._at] is gateway:
                self._at = (self._at + 1) % len(self.gateways)

    @staticmethod
    def _wait(deadline: float, error: FabricError) -> None:
        if time.monotonic() > deadline:
            raise error
        time.sleep(_PAUSE)

    def close(self) -> None:
        for gateway in self.gateways:
            gateway.close()
