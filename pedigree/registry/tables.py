"""The fold itself: the latest value of each fact by kind and key, and the indexes that the questions need."""

from __future__ import annotations

import copy
from typing import Self, TypeVar, cast

from pedigree.errors import SealError
from pedigree.facts import ApiKey, Delegation, Device, Legacy, Party, Recall, Scope, SealKey, Site, Value, value_of
from pedigree.messages import Fact
from pedigree.registry.prefixes import Prefixes
from pedigree.seal import PublicKey

V = TypeVar("V", bound=Value)
S = TypeVar("S", bound=Scope)


class Tables:
    """One thread applies; others may read at any time (every change swaps whole values in)."""

    def __init__(self) -> None:
        self.version = 0
        self._tables: dict[str, dict[str, Value]] = {}
        self._places: dict[str, str] = {}
        self._sites: dict[str, Site] = {}
        self._by_hash: dict[str, ApiKey] = {}
        self._scoped: dict[tuple[str, str], tuple[Scope, ...]] = {}
        self._delegates: dict[tuple[str, str], tuple[Delegation, ...]] = {}
        self._legacy: dict[str, frozenset[str]] = {}
        self._public: dict[str, PublicKey] = {}
        self._device_of: dict[str, str] = {}
        self._prefixes = Prefixes()
        self._parties_by_uri: dict[str, str] = {}

    def apply(self, fact: Fact) -> None:
        """Fold one fact in. Never raises."""
        value = value_of(fact)
        if value is not None:
            table = self._tables.get(fact.kind, {})
            before = table.get(fact.key)
            self._tables[fact.kind] = table  # scan counts are many: no copy; one key's assignment is atomic
            table[fact.key] = value
            self._index(before, value)
        self.version += 1

    def skip(self) -> None:
        """Count a record of the log that holds no fact at all."""
        self.version += 1

    def copy(self) -> Self:
        """A registry to try facts on."""
        new = copy.copy(self)
        new._tables = {kind: dict(table) for kind, table in self._tables.items()}
        new._by_hash, new._scoped = dict(self._by_hash), dict(self._scoped)
        new._public, new._device_of = dict(self._public), dict(self._device_of)
        return new

    def _index(self, before: Value | None, value: Value) -> None:
        if isinstance(value, Party):
            self._index_parties()
        elif isinstance(value, ApiKey):
            if isinstance(before, ApiKey):
                self._by_hash.pop(before.hash, None)
            self._by_hash[value.hash] = value
        elif isinstance(value, Delegation):
            pairs: dict[tuple[str, str], tuple[Delegation, ...]] = {}
            for one in self._all("delegation", Delegation):
                pair = (one.principal, one.delegate)
                pairs[pair] = (*pairs.get(pair, ()), one)
            self._delegates = pairs
        elif isinstance(value, Legacy):
            held = {**self._legacy}
            held[value.party] = held.get(value.party, frozenset()) | {value.gtin}
            self._legacy = held
        elif isinstance(value, Scope):
            kind = "recall" if isinstance(value, Recall) else "hold"
            gtins = {value.gtin, before.gtin} if isinstance(before, Scope) else {value.gtin}
            for gtin in gtins:
                same = (one for one in self._all(kind, Scope) if one.gtin == gtin)
                self._scoped[kind, gtin] = tuple(sorted(same, key=lambda one: (one.since, one.id)))
        elif isinstance(value, (SealKey, Device)):
            public = public_key(value.public_key)
            if public is not None:
                self._public[value.id if isinstance(value, Device) else public.key_id] = public
                if isinstance(value, Device):
                    self._device_of[public.key_id] = value.id

    def _index_parties(self) -> None:
        places: dict[str, str] = {}
        sites: dict[str, Site] = {}
        parties = self._all("party", Party)
        for party in parties:
            for site in party.sites:
                places[site.gln] = party.id
                sites[site.gln] = site
        for party in parties:
            places[party.id] = party.id
        self._places, self._sites = places, sites
        self._prefixes = Prefixes((prefix, party.id) for party in parties for prefix in party.prefixes)
        self._parties_by_uri = {}

    def _get(self, kind: str, key: str, type_: type[V]) -> V | None:
        found = self._tables.get(kind, {}).get(key)
        return found if isinstance(found, type_) else None

    def _all(self, kind: str, type_: type[V]) -> list[V]:
        return cast("list[V]", list(self._tables.get(kind, {}).values()))

    def _standing(self, kind: str, type_: type[S], gtin: str, lot: str, serial: str, at: int) -> list[S]:
        scoped = self._scoped.get((kind, gtin), ())
        return [one for one in scoped if isinstance(one, type_) and one.covers(lot, serial, at)]


def public_key(text: str) -> PublicKey | None:
    """An SM2 public key from 130 hex digits or PEM, None when it is neither."""
    try:
        return PublicKey.from_pem(text.encode()) if text.startswith("-----") else PublicKey.from_hex(text)
    except SealError:
        return None
