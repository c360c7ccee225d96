"""The facts log for commands: they state facts beside a running server, which sees them with its next look at the log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from eventlog.sqlite import SqliteLog
from ops.layout import Layout
from ops.settings import Settings
from pedigree.facts import Value, value_of
from pedigree.messages import Fact, decode_fact
from pedigree.ports import FACTS, EventLog
from pedigree.registry import Registry
from services.registry import RegistryHolder


class Facts:
    """The registry, and the facts behind it one by one."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._holder = RegistryHolder(log)

    @property
    def registry(self) -> Registry:
        """As it stands now."""
        return self._holder.current()

    def state(self, *facts: Fact) -> int:
        """Check and append, all or none; the registry version that they make. DocumentError names what is wrong."""
        return self._holder.state(*facts)

    def all(self, kind: str) -> list[Value]:
        """The latest value of each key of a kind, in the order in which the keys were first stated."""
        found: dict[str, Value] = {}
        start = 0
        while records := self._log.read(FACTS, 0, start, limit=1000):
            for record in records:
                fact = decode_fact(record.value)
                value = value_of(fact) if fact.kind == kind else None
                if value is not None:
                    found[fact.key] = value
            start = records[-1].offset + 1
        return list(found.values())


@contextmanager
def open_facts(settings: Settings) -> Iterator[Facts]:
    """The facts log that the settings name: of the data folder, which is made if it is not there, or of the stack."""
    log: EventLog
    if settings.backend == "stack":
        from ops.wiring_stack import open_kafka

        log = open_kafka(settings)
    else:
        log = SqliteLog(Layout(settings.data).log, {FACTS: 1}, max_bytes=settings.max_log_mb * 1_000_000)
    try:
        yield Facts(log)
    finally:
        log.close()
