"""What every router gets: the ports, wired by `ops`, and the edge's settings."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graph.port import GraphReader
from pedigree.papers import Papers
from pedigree.ports import EventLog, History
from pedigree.seal import KeyRing, PrivateKey
from services.access import AccessLog, StructuredAccessLog
from services.registry import RegistryHolder

if TYPE_CHECKING:
    from services.capture.index import CaptureIndex
    from services.query.store import QueryStore


@dataclass(frozen=True, slots=True)
class EdgeSettings:
    """Limits and switches of the HTTP side. Sizes in bytes."""

    simulation: bool = False
    """Record times may be given in a header; every page then says so."""
    capture_limit: int = 10_000
    """Events in one document."""
    capture_bytes: int = 50_000_000
    children_limit: int = 10_000
    """Entries in one list of one event."""
    workers: int = 1
    """Processes that parse and hash larger documents; 0 = threads of this one."""
    public_rate: float = 5.0
    """Requests a second for each client on public pages, on average."""
    public_burst: int = 40
    paper_bytes: int = 20_000_000
    """Size of one paper."""
    base_url: str = ""
    """How the outside calls this service, without a slash at the end; '' = as the request says."""
    webhook_hosts: tuple[str, ...] = ()
    """Where subscriptions may send: `host`, `host:port`, `*.domain`; () = nowhere."""


@dataclass(slots=True)
class Services:
    """The state behind an app. `ops` makes one a process."""

    log: EventLog
    registry: RegistryHolder
    clock: Callable[[], int]
    """Milliseconds UTC."""
    settings: EdgeSettings = field(default_factory=EdgeSettings)
    graph: GraphReader | None = None
    captures: CaptureIndex | None = None
    queries: QueryStore | None = None
    """Named queries and subscriptions; None = there are none."""
    papers: Papers | None = None
    """Where papers lie; None = none are taken."""
    access: AccessLog = field(default_factory=StructuredAccessLog)
    page_secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    """Signs page tokens. Several processes behind one address need the same."""
    ring: KeyRing | None = None
    """The published keys: what device journals' tokens are checked with."""
    token_key: PrivateKey | None = None
    """Signs time tokens for devices; None = none are given out."""
    checkpoint: Callable[[], bytes] | None = None
    """SM3 of the latest checkpoint, for time tokens."""
    ledger: Any = None
    """The ledger's reading side, as `ledger` defines it."""
    history: History | None = None
    """Refolds a unit as it was known at a record time."""
    notices: list[tuple[str, str]] = field(default_factory=list)
    """What every page must say (demo keys, development stand-ins), each in Chinese and English."""

    @property
    def simulation(self) -> bool:
        return self.settings.simulation
