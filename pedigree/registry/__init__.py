"""The registry: a pure fold over facts, and the questions that capture, custody and pages ask it.

`apply` takes facts in the order of their log; `version` counts them. A fact that says nothing usable counts and changes
nothing: bad facts are refused before they are appended (`pedigree.factcheck`), never in the fold.
"""

from __future__ import annotations

from pedigree.facts import (
    Alias,
    ApiKey,
    Device,
    DeviceOffset,
    Hold,
    LaneNorm,
    Legacy,
    Note,
    Paper,
    Party,
    Product,
    Recall,
    Rules,
    ScanCount,
    SealKey,
    Site,
    UploadClosed,
)
from pedigree.identifiers.canonical import canonical
from pedigree.identifiers.key import gln_of
from pedigree.registry.tables import Tables, public_key
from pedigree.rules import FIRST
from pedigree.seal import PublicKey

__all__ = ["SLACK", "Registry", "public_key"]

SLACK = 600_000
"""Ten minutes: how exactly event times are trusted where nothing else is registered."""


class Registry(Tables):
    """One thread applies; others may read at any time (every change swaps whole values in)."""

    # ---- parties and places

    def party(self, id: str) -> Party | None:
        return self._get("party", id, Party)

    def parties(self) -> list[Party]:
        return self._all("party", Party)

    def site(self, gln: str) -> Site | None:
        return self._sites.get(gln)

    def party_of(self, uri: str) -> str:
        """Who a party or place URI belongs to: a registered party; else the 13-digit GLN in it; else the URI. '' stays ''."""
        known = self._parties_by_uri.get(uri)
        if known is None:
            gln = uri if len(uri) == 13 and uri.isdigit() else gln_of(uri)
            known = self._places.get(gln, gln) if gln else canonical(uri)
            if len(self._parties_by_uri) < 100_000:
                self._parties_by_uri[uri] = known
        return known

    def place_owner(self, uri: str) -> str:
        """Whose place it is: the party that registered it, else the owner of its GLN's prefix, else the GLN; '' for no GLN."""
        gln = gln_of(uri) if uri else ""
        return self._places.get(gln) or self.owner_of(uri) or gln if gln else ""

    def is_regulator(self, party: str) -> bool:
        found = self.party(party)
        return found is not None and found.role == "regulator"

    def participates(self, party: str, at: int) -> bool:
        """Whether its records can be expected at that time: it is registered, and from then on."""
        found = self.party(party)
        return found is not None and found.participates_from <= at

    def delegated(self, principal: str, delegate: str, at: int) -> bool:
        """Whether `delegate` may act for `principal` at that time."""
        return any(one.since <= at < one.until for one in self._delegates.get((principal, delegate), ()))

    def entitled(self, attester: str, actor: str, at: int) -> bool:
        """Whether the attester may speak for the actor: it is the same, its delegate at that time, or the regulator."""
        return attester == actor or self.delegated(actor, attester, at) or self.is_regulator(attester)

    def slack(self, party: str) -> int:
        """How exactly the party's event times are trusted, in ms."""
        found = self.party(party)
        return (found.precision_ms if found is not None else 0) or SLACK

    # ---- identifiers

    def owner_of(self, uri: str) -> str:
        """The party under whose prefix (the longest registered one) an identifier was issued, '' = nobody registered."""
        return self._prefixes.owner(uri)

    def may_commission(self, party: str, uri: str, at: int) -> bool:
        """Whether the party may bring the identifier into being: its owner, the owner's delegate, or nobody owns it."""
        owner = self.owner_of(uri)
        return owner in ("", party) or self.delegated(owner, party, at)

    def product(self, gtin: str) -> Product | None:
        return self._get("product", gtin, Product)

    def products(self) -> list[Product]:
        return self._all("product", Product)

    # ---- recalls, holds, stock

    def recalls(self, gtin: str, lot: str, serial: str, at: int) -> list[Recall]:
        """Those that stand at that time for this pack, the oldest first. Lot or serial '' = not known."""
        return self._standing("recall", Recall, gtin, lot, serial, at)

    def holds(self, gtin: str, lot: str, serial: str, at: int) -> list[Hold]:
        return self._standing("hold", Hold, gtin, lot, serial, at)

    def all_recalls(self) -> list[Recall]:
        return self._all("recall", Recall)

    def all_holds(self) -> list[Hold]:
        return self._all("hold", Hold)

    def legacy(self, party: str, gtin: str, lot: str) -> list[Legacy]:
        """Declarations of old stock by that party for the product; a declaration without lot is about all lots."""
        declared = self._all("legacy", Legacy)
        return [one for one in declared if one.party == party and one.gtin == gtin and one.lot in ("", lot)]

    def legacy_gtins(self, party: str) -> frozenset[str]:
        """Products of which the party has declared old stock."""
        return self._legacy.get(party, frozenset())

    def territory(self, uri: str, party: str) -> str:
        """The sales territory of a place; without one, of the party when all its sites share it; '' = none is set."""
        site = self.site(gln_of(uri)) if uri else None
        if site is not None:
            return site.territory
        known = self.party(party)
        found = {one.territory for one in known.sites} if known is not None else set()
        return found.pop() if len(found) == 1 else ""

    def upload_closed(self, gtin: str, lot: str) -> bool:
        """Whether the maker has closed the upload of the lot's serials."""
        owner = self.owner_of(f"https://id.gs1.org/01/{gtin}")
        closed = self._all("upload_closed", UploadClosed)
        return any(one.lot == lot and one.gtin in ("", gtin) and one.maker == owner for one in closed)

    def lane_norm(self, origin: str, destination: str, default: float = 14.0) -> float:
        """Days that goods may be under way between two parties or sites; the most specific norm wins."""
        norms = {(one.origin, one.destination): one.days for one in self._all("lane_norm", LaneNorm)}
        for pair in ((origin, destination), (origin, ""), ("", destination), ("", "")):
            if pair in norms:
                return norms[pair]
        return default

    def scans(self, unit: str) -> int:
        found = self._get("scan_count", unit, ScanCount)
        return found.count if found is not None else 0

    def rules_at(self, record_time: int) -> int:
        """The version of the rules that judges what is recorded at that time."""
        return max((int(one.id) for one in self._all("rules", Rules) if one.since <= record_time), default=FIRST)

    def aliases(self) -> dict[str, str]:
        """Another system's id -> GLN."""
        return {one.id: one.gln for one in self._all("alias", Alias)}

    def notes(self, kind: str) -> dict[str, Note]:
        """Orders or feedback by key."""
        return {one.id: one for one in self._all(kind, Note)}

    # ---- papers

    def papers(self, hash: str) -> list[Paper]:
        """Whoever handed in the paper with that SM3 (hex), the first one first."""
        return sorted((one for one in self._all("paper", Paper) if one.hash == hash), key=lambda one: (one.given, one.id))

    def all_papers(self) -> list[Paper]:
        return self._all("paper", Paper)

    def papers_by(self, party: str) -> list[Paper]:
        """What a party handed in, the newest first."""
        return sorted(
            (one for one in self._all("paper", Paper) if one.party == party), key=lambda one: (one.given, one.id), reverse=True
        )

    # ---- keys and devices

    def key_by_hash(self, hash: str) -> ApiKey | None:
        """The API key with that SM3; whether it is revoked is for the caller to look at."""
        return self._by_hash.get(hash)

    def api_keys(self) -> list[ApiKey]:
        return self._all("key", ApiKey)

    def seal_key(self, key_id: str, at: int) -> tuple[SealKey, PublicKey] | None:
        """The party's SM2 key when it may be used at that time."""
        found = self._get("seal_key", key_id, SealKey)
        if found is None or not found.since <= at < found.until or (found.revoked and at >= found.revoked):
            return None
        public = self._public.get(key_id)
        return None if public is None else (found, public)

    def device(self, id: str, at: int) -> tuple[Device, PublicKey] | None:
        """A device by its registered id or its key's id, None when unknown or revoked at that time."""
        found = self._get("device", self._device_of.get(id, id), Device)
        if found is None or (found.revoked and at >= found.revoked):
            return None
        public = self._public.get(found.id)
        return None if public is None else (found, public)

    def clock_offset(self, subject: str, at: int) -> int:
        """How far the clock of a device or site is ahead of UTC at that time, in ms, as registered; 0 = not at all."""
        known = [one for one in self._all("device_offset", DeviceOffset) if one.subject == subject]
        return next((one.offset_ms for one in reversed(known) if one.since <= at < one.until), 0)
