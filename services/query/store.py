"""Named queries and subscriptions, and how far each subscription has been served. Nothing else has them: they are kept."""

from __future__ import annotations

from typing import Protocol

import msgspec


class NamedQuery(msgspec.Struct, frozen=True):
    """`body`: the query's parameters as JSON, as they were given. Names are a party's own."""

    party: str
    name: str
    body: bytes
    created: int


class Position(msgspec.Struct, array_like=True, frozen=True):
    """How much of the documents log has been looked at. `offsets`: the next document of each partition; `seq`: how many events
    of the next document of partition `part` are done already."""

    offsets: tuple[int, ...]
    part: int = 0
    seq: int = 0


class Subscription(msgspec.Struct, frozen=True):
    """`key`: the API key that made it, whose rights it has as long as that key has them. `token` '' = unsigned.
    `schedule`: JSON, b'' = stream. Times in ms."""

    id: str
    party: str
    query: str
    key: str
    dest: str
    token: str
    schedule: bytes
    report_if_empty: bool
    since: int
    """Only what was recorded from then on."""
    created: int


class Progress(msgspec.Struct, frozen=True):
    """`ran`: when a scheduled one last ran; `sent`: deliveries; `failures`: in a row, now; `error`: the last one's reason."""

    position: Position
    ran: int = 0
    sent: int = 0
    failures: int = 0
    error: str = ""


class QueryStore(Protocol):
    """Safe to use from any thread. Errors: StoreError, LogFullError."""

    def add_query(self, query: NamedQuery) -> bool:
        """False when the party has one of that name."""
        ...

    def query(self, party: str, name: str) -> NamedQuery | None: ...

    def queries(self, party: str, behind: str, limit: int) -> list[NamedQuery]:
        """By name, behind that name."""
        ...

    def remove_query(self, party: str, name: str) -> bool:
        """With its subscriptions."""
        ...

    def subscribe(self, subscription: Subscription, start: Position) -> None: ...

    def subscription(self, id: str) -> tuple[Subscription, Progress] | None: ...

    def subscriptions(self, party: str, query: str) -> list[tuple[Subscription, Progress]]:
        """The oldest first."""
        ...

    def all_subscriptions(self) -> list[Subscription]: ...

    def unsubscribe(self, id: str) -> bool: ...

    def advance(self, id: str, position: Position, *, sent: int = 0, ran: int | None = None) -> None:
        """Everything before `position` was delivered. Durable on return."""
        ...

    def failed(self, id: str, error: str) -> None: ...

    def lead(self) -> bool:
        """Whether this process is the one that delivers; it stays so until it ends or closes the store."""
        ...

    def close(self) -> None: ...
