"""A query while its parameters are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from msgspec import structs

from pedigree.query import EventQuery
from services.query.namespaces import Namespaces


class Lookup(Protocol):
    """What master data says; the graph has it."""

    def elements(self, attribute: str, values: Sequence[str] | None = None) -> list[str]: ...

    def within(self, places: Sequence[str]) -> list[str]: ...


@dataclass(slots=True)
class Building:
    namespaces: Namespaces
    lookup: Lookup
    query: EventQuery = field(default_factory=EventQuery)
    limit: int | None = None
    most: int | None = None
    known_at: int | None = None

    def change(self, **values: Any) -> None:
        self.query = structs.replace(self.query, **values)
