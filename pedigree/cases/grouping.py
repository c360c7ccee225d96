"""From findings to cases. Each unit is put down to one cause: the finding that explains the others; units with the same cause are
one case. Pure: what only the registry or the graph knows is asked through `Lookup`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from pedigree.cases.misreads import same_letters
from pedigree.cases.model import EXAMPLES, MEMBERS, Case, Item, score_of
from pedigree.findings import LOW, MEDIUM, RANKS, worse
from pedigree.seal import sm3

HOUR_MS = 3_600_000
FEW = 3
"""Low findings of fewer units make no case: everybody makes mistakes."""
SPREAD_MS = 2 * HOUR_MS
"""Offsets that differ by more come from no clock."""
MANY = 20
"""So many unknown serials of one product, at several parties, are an upload that is missing."""


class Lookup(Protocol):
    """What grouping asks about the world."""

    def meant(self, unit: str) -> str:
        """A known unit whose code may have been misread as this one, '' if there is none."""
        ...

    def owner(self, unit: str) -> str:
        """The party under whose prefix the unit's identifier was issued, '' if nobody registered it."""
        ...


class Cause(NamedTuple):
    kind: str
    party: str
    location: str = ""
    gate: str = ""
    subject: str = ""


_KIND = {
    "unknown_origin": "origin",
    "origin_missing": "origin",
    "clock_error": "clock",
    "order_conflict": "clock",
    "backdated": "times",
    "post_dated": "times",
    "time_contradiction": "times",
    "not_where_inferred": "contents",
    "packed_elsewhere": "contents",
    "two_containers": "contents",
    "aggregation_circle": "contents",
    "not_in_container": "contents",
    "used_in_transit": "custody",
    "handled_without_custody": "custody",
    "ended_without_custody": "custody",
    "shipped_without_custody": "custody",
    "sale_not_by_holder": "custody",
    "on_hold": "custody",
    "repeat_dispensing": "resale",
    "over_content": "resale",
    "after_end": "resale",
    "dispensed_twice_here": "resale",
    "part_elsewhere": "resale",
    "impossible_travel": "resale",
    "diversion": "diversion",
    "not_received": "transit",
    "already_commissioned": "codes",
    "not_entitled_to_commission": "codes",
    "lot_mismatch": "label",
    "expiry_mismatch": "label",
    "suspect_input": "repackaging",
    "not_entitled": "entitlement",
    "balance_short": "balance",
}
_FIRST = (
    "codes", "repackaging", "entitlement", "origin", "times", "custody", "diversion", "contents", "resale", "label", "transit",
    "clock", "balance",
)  # fmt: skip
"""Which kind explains the others of a unit: what came first in a pack's life, and what is somebody's deed."""


def group(items: Iterable[Item], lookup: Lookup) -> list[Case]:
    """All cases of these findings, the highest score first. Findings of no kind (notes for the record) are left out."""
    units: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        if item.code in _KIND and RANKS[item.severity] >= RANKS[LOW]:
            units[item.unit].append(item)
    causes: dict[Cause, dict[str, list[Item]]] = defaultdict(dict)
    for unit, own in units.items():
        causes[_cause(own, lookup)][unit] = own
    made = [_case(cause, members) for cause, members in _joined(causes, lookup).items()]
    worth = [case for case in made if RANKS[case.severity] >= RANKS[MEDIUM] or case.units >= FEW]
    return sorted(worth, key=lambda case: (-case.score, case.id))


def _cause(own: Sequence[Item], lookup: Lookup) -> Cause:
    def order(item: Item) -> tuple[bool, int, int, bytes]:
        return (RANKS[item.severity] < RANKS[MEDIUM], _FIRST.index(_KIND[item.code]), item.time, item.event)

    item = min(own, key=order)
    kind = _KIND[item.code]
    if kind == "origin":
        meant = lookup.meant(item.unit)
        if meant:
            subject = "case" if same_letters(meant, item.unit) else "typing"
            return Cause("misread", item.party, item.location, item.gate if subject == "case" else "", subject)
        return Cause("origin", item.party)
    if kind == "clock":
        return Cause("clock", item.party, item.location, item.gate)
    if kind == "times":
        return Cause("times", item.party, item.location)
    if kind == "contents":
        container = item.told("container")
        packer = lookup.owner(container) if container else ""
        return Cause("contents", packer or item.party, "", "", container)
    if kind == "transit":
        return Cause("transit", item.party, "", "", item.told("shipped_to"))
    if kind == "diversion":
        sender = item.told("other")
        if item.told("outside_territory") or not sender:
            return Cause("diversion", item.party)
        return Cause("diversion", sender, "", "", item.party)
    return Cause(kind, item.party)


def _joined(causes: dict[Cause, dict[str, list[Item]]], lookup: Lookup) -> dict[Cause, dict[str, list[Item]]]:
    """Causes that turn out to be the same: a lot that was never uploaded shows at everybody who trades it."""
    products: dict[str, list[str]] = defaultdict(list)
    sellers: dict[str, set[str]] = defaultdict(set)
    for cause, members in causes.items():
        if cause.kind == "origin":
            for unit in members:
                product = unit.partition("/21/")[0]
                products[product].append(unit)
                sellers[product].add(cause.party)
    missing = {product for product, found in products.items() if len(found) >= MANY and len(sellers[product]) >= 2}
    found: dict[Cause, dict[str, list[Item]]] = defaultdict(dict)
    for cause, members in causes.items():
        for unit, own in members.items():
            product = unit.partition("/21/")[0]
            if cause.kind == "origin" and product in missing:
                found[Cause("upload", lookup.owner(unit), "", "", product)][unit] = own
            else:
                found[cause][unit] = own
    return _made_up(found)


def _made_up(causes: dict[Cause, dict[str, list[Item]]]) -> dict[Cause, dict[str, list[Item]]]:
    """A clock is off by one amount. Times of one place that are off by many were made up."""
    found: dict[Cause, dict[str, list[Item]]] = defaultdict(dict)
    for cause, members in causes.items():
        if cause.kind == "clock" and len(members) >= FEW:
            proven = {
                item.event: int(item.told("ms") or 0) for own in members.values() for item in own if item.told("not_before")
            }
            if len(proven) >= FEW and max(proven.values()) - min(proven.values()) > 2 * SPREAD_MS:
                cause = Cause("times", cause.party, cause.location)
        found[cause].update(members)
    return found


def _case(cause: Cause, members: dict[str, list[Item]]) -> Case:
    items = sorted((item for own in members.values() for item in own), key=lambda item: (item.record_time, item.unit, item.code))
    severity = "info"
    for item in items:
        severity = worse(severity, item.severity)
    if cause.kind == "times" and RANKS[severity] < RANKS[MEDIUM]:
        severity = MEDIUM
    return Case(
        id=sm3("\n".join(cause).encode()).hex()[:16],
        kind=cause.kind,
        party=cause.party,
        location=cause.location,
        gate=cause.gate,
        subject=cause.subject,
        severity=severity,
        score=score_of(cause.kind, severity, len(members), len({item.party for item in items})),
        units=len(members),
        codes=dict(sorted(Counter(item.code for item in items).items())),
        first=items[0].record_time,
        last=items[-1].record_time,
        examples=tuple(items[:EXAMPLES]),
        members=tuple(sorted(members)[:MEMBERS]),
    )
