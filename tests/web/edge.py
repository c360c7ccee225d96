"""A running edge over real stores, for tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from eventlog.sqlite import SqliteLog
from pedigree.facts import OPERATOR, KeyRole
from pedigree.messages import DocumentMessage, Fact, decode_document
from pedigree.ports import DOCUMENTS, FACTS
from services import problems
from services.auth import new_key
from services.context import EdgeSettings, Services
from services.registry import RegistryHolder
from tests.unit.test_registry import DOCK, HOSPITAL, MAKER, REGULATOR, SITE, THREEPL

NOW = 1_790_000_000_000
PARTITIONS = {DOCUMENTS: 3, FACTS: 1}


@dataclass
class Access:
    """An access log that can be looked at."""

    reads: list[tuple[str, str, bool]] = field(default_factory=list)

    def read(self, key: str, party: str, route: str, subject: Any, allowed: bool) -> None:
        self.reads.append((party, route, allowed))


def services_in(folder: Path, settings: EdgeSettings | None = None, *, max_bytes: int = 0) -> Services:
    log = SqliteLog(folder / "log", PARTITIONS, max_bytes=max_bytes)
    made = Services(log=log, registry=RegistryHolder(log), clock=lambda: NOW, settings=settings or EdgeSettings(workers=0))
    made.access = Access()
    if made.registry.current().version == 0:
        for party, role, more in (
            (MAKER, "maker", {"prefixes": ["690123400"], "sites": [{"gln": SITE}]}),
            (HOSPITAL, "hospital", {"sites": [{"gln": DOCK}]}),
            (THREEPL, "distributor", {}),
            (REGULATOR, "regulator", {}),
        ):
            made.registry.state(Fact("party", party, {"name": "A company", "role": role, **more}, NOW, OPERATOR))
    return made


def key_for(services: Services, party: str, *roles: KeyRole) -> dict[str, str]:
    """A new key, as the header that carries it."""
    text, fact = new_key(party, roles, NOW)
    services.registry.state(fact)
    return {"Authorization": f"Bearer {text}"}


def client_of(app: FastAPI) -> TestClient:
    problems.install(app)
    return TestClient(app, raise_server_exceptions=False)


def documents(services: Services) -> list[DocumentMessage]:
    """All that the log has, oldest record time first."""
    found = []
    for partition in range(services.log.partitions(DOCUMENTS)):
        found += [decode_document(record.value) for record in services.log.read(DOCUMENTS, partition, 0, limit=10_000)]
    return sorted(found, key=lambda message: (message.record_time, message.id))
