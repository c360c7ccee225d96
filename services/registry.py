"""The registry as a running service has it: folded from the facts log, at most one look behind it."""

from __future__ import annotations

import threading

import msgspec

from pedigree.errors import DocumentError, Fault, FencedError
from pedigree.factcheck import check_fact
from pedigree.messages import Fact, decode_fact, encode
from pedigree.ports import FACTS, EventLog
from pedigree.registry import Registry


class RegistryHolder:
    """Follows partition 0 of the facts log. Other processes (the command) append there too: a revoked key must stop at once,
    so every request calls `current`, which costs one look at the log's end."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._registry = Registry()
        self._lock = threading.Lock()

    def current(self) -> Registry:
        """The registry with every fact that is in the log by now. Its `version` is the count of facts."""
        if self._log.end(FACTS, 0) != self._registry.version:
            with self._lock:
                while records := self._log.read(FACTS, 0, self._registry.version, limit=1000):
                    for record in records:
                        try:
                            fact = decode_fact(record.value)
                        except msgspec.MsgspecError:
                            self._registry.skip()  # nothing of ours writes such; it must not stop everybody
                        else:
                            self._registry.apply(fact)
        return self._registry

    def state(self, *facts: Fact) -> int:
        """Check facts, each on top of those before it, and append them, all or none; the version that they make.

        DocumentError with the faults when one may not be stated.
        """
        while True:
            trial = self.current().copy()
            version = trial.version
            found: list[str] = []
            for fact in facts:
                found += check_fact(trial, fact)
                trial.apply(fact)
            if found:
                split = (fault.partition(": ") for fault in found)
                faults = tuple(Fault(where, "what was given", wrong) for where, _, wrong in split)
                raise DocumentError("; ".join(found), faults)
            try:
                self._log.append(FACTS, 0, [encode(fact) for fact in facts], expect=version)
            except FencedError:
                continue  # somebody stated something meanwhile: check again on top of it
            return self.current().version
