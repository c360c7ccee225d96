"""The projection: what messages mean as rows. Pure, and the same for every store.

Quantities are counted in thousandths of a pack (ints: sums do not depend on their order). Everything derived here is a function
of rows that are themselves functions of the logs, so counters can be kept by differences and never drift.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from graph.eventfacts import EventFacts as EventFacts
from graph.eventfacts import event_facts as event_facts
from graph.model import Effective
from pedigree.custody.steps import ENDED, Flag, Kind, Status, Step
from pedigree.identifiers.key import describe
from pedigree.messages import Entry, Shown, Verdict

PACK = 1000
"""One pack in the counters."""
DAY_MS = 86_400_000

_SGTIN = re.compile(r"https://id\.gs1\.org/01/(\d{14})/21/([A-Za-z0-9\-._';=]{1,20})", re.ASCII)


class Identity(NamedTuple):
    """What a unit's key says about it."""

    kind: str
    gtin: str
    serial: str
    lot: str
    """Only of a key that names a lot."""


class Holding(NamedTuple):
    """What decides where a unit counts as stock."""

    gtin: str
    lot: str
    expiry: str
    balance: bool
    """A lot that is not serialised: `remaining` is how many packs."""
    status: int
    party: str
    location: str
    addressee: str
    hold: str
    remaining: float
    container: int | str
    """Its key in the store; falsy = handled itself."""
    loaded: bool
    """Something is in it: then it is packaging, not stock."""


StockKey = tuple[int | str, str, str, str, str, str, str, str]
"""(container, gtin, lot, expiry, party, location, addressee, state). In a container party and places are the container's."""


class Sale(NamedTuple):
    """One dispensing of a unit, as judged."""

    event: bytes
    time: int
    part: float
    """How much of the content went out; 0 = all that remained, -1 = a part of unknown size."""
    party: str
    location: str
    applies: bool


def identity(epc: str) -> Identity:
    """Kind and numbers of a unit's key."""
    found = _SGTIN.fullmatch(epc)  # nearly all units; `describe` takes 10 times as long
    if found is not None:
        return Identity("sgtin", found[1], found[2], "")
    key = describe(epc)
    return Identity(key.kind, key.gtin, key.serial or key.value, key.lot)


def holding(who: Identity, shown: Shown, container: int | str, loaded: bool) -> Holding:
    """A unit's holding from its state; `container` as the store knows it."""
    return Holding(
        who.gtin,
        shown.lot or who.lot,
        shown.expiry,
        who.kind == "lgtin",
        shown.status,
        shown.possessor,
        shown.location,
        shown.addressee,
        shown.hold,
        shown.remaining,
        container,
        loaded,
    )


def stock_of(held: Holding) -> tuple[StockKey, int] | None:
    """Where and how much a unit counts as stock; None = not at all (no product, ended, or packaging)."""
    status = held.status
    if held.loaded or not held.gtin or status in ENDED or status == Status.NONE:
        return None
    quantity = PACK if not held.balance else round(max(0.0, held.remaining) * PACK)
    if not quantity:
        return None
    if status == Status.PART_DISPENSED and not held.balance:
        state = "opened"
    elif held.hold:
        state = "held"
    else:
        state = "in_transit" if status == Status.IN_TRANSIT else "usable"
    if held.container:
        return (held.container, held.gtin, held.lot, held.expiry, "", "", "", state), quantity
    return (0, held.gtin, held.lot, held.expiry, held.party, held.location, held.addressee, state), quantity


def state_inside(state: str, top: Effective) -> str:
    """The state of stock that is in a container, seen from outside; '' = no stock any more."""
    if top.status in (Status.DISPENSED, Status.DESTROYED, Status.USED_UP):
        return ""
    if top.status == Status.IN_TRANSIT:
        return "in_transit"
    return "held" if top.hold and state == "usable" else state


def effective(own: Effective, top: Effective | None, via: str, depth: int) -> Effective:
    """Custody of a unit inside `via` (its outermost container, `depth` levels up); `top` None = nothing is known of it."""
    if top is None:
        return msgspec.structs.replace(own, via=via, depth=depth, known=False)
    parted = own.status == Status.PART_DISPENSED and top.status == Status.ACTIVE
    return Effective(
        status=own.status if parted else top.status,
        party=top.party,
        owner=top.owner or own.owner,
        location=top.location,
        addressee=top.addressee,
        hold=own.hold or top.hold,
        via=via,
        depth=depth,
    )


def content_of(entries: Sequence[Entry]) -> float:
    """The content of a pack that its commissioning states, 0 = not among these entries."""
    for entry in entries:
        if entry.quantity > 0 and entry.step in (Step.COMMISSION, Step.ONBOARD):
            return entry.quantity
    return 0.0


def sale_of(verdict: Verdict, entries: Sequence[Entry], part: float) -> Sale:
    """A dispensing verdict as a sale. The amount stands in the entry, which travels once: `part` is what is known from before."""
    for entry in entries:
        if entry.kind == Kind.EVENT and entry.event == verdict.event:
            part = entry.quantity or (-1.0 if entry.flags & Flag.PARTIAL else 0.0)
    counts = verdict.applies and verdict.outcome in ("confirmed", "suspect")
    return Sale(verdict.event, verdict.time, part, verdict.actor, verdict.location, counts)


def counted(sales: Sequence[Sale], content: float, balance: bool) -> list[int]:
    """What each sale counts as consumption, thousandths of a pack, in the order given. A pack is used up once: parts add up to
    one pack at most; where content or part are unknown, opening the pack counts as using it."""
    counts = [0] * len(sales)
    used, total = 0.0, 0
    for i in sorted(range(len(sales)), key=lambda i: (sales[i].time, sales[i].event)):
        sale = sales[i]
        if not sale.applies:
            continue
        if balance:
            counts[i] = round(max(0.0, sale.part) * PACK)
            continue
        used += sale.part if sale.part > 0 and content > 0 else content or 1.0
        reached = min(PACK, round(PACK * used / (content or 1.0)))
        counts[i] = reached - total
        total = reached
    return counts
