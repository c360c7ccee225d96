"""The ports: what the steps and services need from the outside, as protocols. Adapters live in `eventlog`, `ledger`,
`graph`, `streams`; only `ops` names them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from pedigree.messages import Packed, Shown, Stay, Verdict

DOCUMENTS = "epcis.documents"
OBSERVATIONS = "custody.observations"
DECISIONS = "custody.decisions"
FACTS = "facts"
TOPICS = (DOCUMENTS, OBSERVATIONS, DECISIONS, FACTS)


class Record(NamedTuple):
    """One record of one partition of one topic."""

    offset: int
    value: bytes


class EventLog(Protocol):
    """An ordered, partitioned, durable log. Offsets of a partition start at 0 and have no holes."""

    def partitions(self, topic: str) -> int:
        """How many partitions the topic has (fixed when it is made)."""
        ...

    def append(self, topic: str, partition: int, values: Sequence[bytes], *, expect: int | None = None) -> int:
        """Durable on return; returns the first one's offset, the others follow it unless another process writes there too.

        `expect` is the offset that the caller thinks it gets: FencedError when another writer was there first, and then what
        did not get its offset counts for nobody: `read` gives an empty value in its place, if it left any trace at all.
        LogFullError when there is no room, LogUnreachableError when the log's servers do not answer (it may have been taken
        or not: appending again must be harmless, or guarded by `expect`). Several values may then be taken in part.
        """
        ...

    def read(self, topic: str, partition: int, start: int, limit: int = 100, max_bytes: int = 8_000_000) -> list[Record]:
        """Records from offset `start` on (at least one if there is any), [] at the end."""
        ...

    def end(self, topic: str, partition: int) -> int:
        """The offset that the next record will get."""
        ...

    def commit(self, group: str, topic: str, partition: int, position: int) -> None:
        """Remember that `group` has done everything before `position`."""
        ...

    def committed(self, group: str, topic: str, partition: int) -> int:
        """The position that `commit` remembered, 0 at first."""
        ...

    def forget(self, topic: str, partition: int, before: int) -> int:
        """Drop records before the offset (retention of observations); returns how many. Offsets stay."""
        ...

    def close(self) -> None: ...


class KeyValue(Protocol):
    """The small port that the contract runs over: Fabric's world state, or a table."""

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]: ...

    def put_many(self, items: Iterable[tuple[str, bytes]]) -> None: ...

    def caller(self) -> str:
        """The member organisation that calls, as the network authenticated it."""
        ...

    def emit(self, name: str, payload: bytes) -> None:
        """One event per transaction."""
        ...


class Integrity(NamedTuple):
    """What comparing a unit's stores with each other said."""

    state: str
    """ok | catching_up (the ledger has not all leaves yet) | differs | unknown (no such unit)."""
    differs: tuple[str, ...]
    """Each row that differs, in words an operator understands; empty unless `state` is differs."""
    leaves: int
    anchored: int
    """How many of the unit's leaves a signed checkpoint covers."""
    checkpoint_ms: int
    """Time of that checkpoint, 0 = none yet."""


class History(Protocol):
    """A unit's own record: refolded, compared and proven at read time."""

    def integrity(self, epc: str) -> Integrity:
        """Leaves from the entries against the ledger's chain at the same count; refolded against the graph's rows."""
        ...

    def known_at(self, epc: str, record_time: int) -> tuple[Shown, list[Verdict], list[Stay], list[Packed]] | None:
        """The unit as it was known at a record time (ms), None if nothing was known."""
        ...

    def proof(self, epc: str) -> bytes | None:
        """The proof file (JSON) over all leaves of the unit that a checkpoint covers; None before the first one."""
        ...
