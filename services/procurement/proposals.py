"""A proposal: what a party should order of a product, with every number that led to it. Pure: the same numbers and the same day
give the same id."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal, NamedTuple

import msgspec
import numpy as np

from pedigree.seal.digest import sm3
from services.procurement.demand import Demand, Floats, cycle_level, estimate, fill_level, fill_rate
from services.procurement.levels import first_expired_first_out, life_cap, rounded_up
from services.procurement.settings import Setting

LEAST_DAYS = 21
"""Fewer days with stock than this say too little."""
LEAST_DEMANDS = 5
"""And so do fewer days on which anything was given out."""
Outcome = Literal["order", "enough", "too_little_data"]


class Batch(NamedTuple):
    """Packs of one lot that may be given out."""

    days: int | None
    """Days that it may still be used, today included; None = its date is not known."""
    packs: float


class Situation(NamedTuple):
    """All that is known of a product at a party on one day. Packs."""

    party: str
    gtin: str
    day: int
    """Start of the UTC day, ms."""
    given: tuple[float, ...]
    """Given out per day, oldest first, up to yesterday."""
    in_stock: tuple[bool, ...]
    """Whether there was anything to give out, day by day."""
    stock: tuple[Batch, ...]
    incoming: tuple[Batch, ...]
    ordered: float
    """Ordered and not yet sent."""
    blocked: float = 0.0
    """Held or recalled: there, but not to be given out."""
    opened: float = 0.0
    """Packs given out in part; how much is left is not counted."""
    orders: int = 0
    """Orders of the product so far, cancelled ones too: after one was cancelled the same numbers are a new proposal."""


class Proposal(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What to order and why. Packs and days."""

    id: str = ""
    party: str
    gtin: str
    day: int
    outcome: Outcome
    quantity: int = 0
    reorder_level: int = 0
    """s: order when the position has fallen to this."""
    lot: int = 0
    """Q: the size of one order."""
    order_up_to: int = 0
    """S = s + Q, no more than the cap."""
    position: float = 0.0
    """usable + incoming + ordered."""
    usable: float = 0.0
    expiring: float = 0.0
    """Will pass their date before they are used (stock and incoming)."""
    incoming: float = 0.0
    ordered: float = 0.0
    blocked: float = 0.0
    opened: float = 0.0
    mean: float = 0.0
    sd: float = 0.0
    p: float = 0.0
    days: int = 0
    demand_days: int = 0
    stockout_days: int = 0
    service: float = 0.0
    measure: str = ""
    expected: float = 0.0
    """The fill rate that s and Q are expected to give."""
    lead_days: tuple[int, ...] = ()
    lead_assumed: bool = False
    cover_days: int = 0
    pack: int = 1
    least: int = 1
    life_days: int = 0
    """Remaining life of fresh stock, 0 = not known, no cap."""
    cap: int = 0
    """The most worth having before the date, 0 = no cap."""
    supplier: str = ""
    price: float = 0.0
    budget: float = 0.0
    value: float = 0.0
    orders: int = 0
    over: tuple[str, ...] = ()
    """What approval must accept: expiry (more than is used before its date), budget, price (a budget, but no price known)."""


def propose(now: Situation, setting: Setting) -> Proposal:
    """The proposal for one product of one party. With too little data it says so and proposes nothing."""
    demand = _estimated(now.given, now.in_stock)
    usable = first_expired_first_out([*now.stock, *now.incoming], demand.mean)
    incoming = sum(batch.packs for batch in now.incoming)
    made = Proposal(
        party=now.party,
        gtin=now.gtin,
        day=now.day,
        outcome="too_little_data",
        position=round(usable.usable + now.ordered, 3),
        usable=round(max(0.0, usable.usable - incoming), 3),
        expiring=round(usable.expiring, 3),
        incoming=round(min(incoming, usable.usable), 3),
        ordered=round(now.ordered, 3),
        blocked=now.blocked,
        opened=now.opened,
        orders=now.orders,
        mean=round(demand.mean, 4),
        sd=round(demand.sd, 4),
        p=round(demand.p, 4),
        days=demand.days,
        demand_days=demand.demand_days,
        stockout_days=demand.dropped,
        service=setting.service,
        measure=setting.measure,
        lead_days=setting.lead_days or tuple(setting.lead()),
        lead_assumed=not setting.lead_days,
        cover_days=setting.cover_days,
        pack=setting.pack,
        least=setting.least,
        supplier=setting.supplier,
        price=setting.price,
        budget=setting.budget,
    )
    if demand.days >= LEAST_DAYS and demand.demand_days >= LEAST_DEMANDS:
        made = _sized(made, now, setting)
    return msgspec.structs.replace(made, id=sm3(msgspec.json.encode(made)).hex()[:20])


def _sized(made: Proposal, now: Situation, setting: Setting) -> Proposal:
    demand = _estimated(now.given, now.in_stock)
    lot = max(1, rounded_up(demand.mean * setting.cover_days, setting.pack, setting.least))
    s, expected = _level(now.given, now.in_stock, lot, setting)
    life = setting.life_days or _freshest(now)
    cap = life_cap(demand, life) if life else 0
    up_to = min(s + lot, cap) if life else s + lot
    wanted = max(0, math.ceil(up_to - made.position - 1e-9)) if made.position <= s else 0
    quantity = rounded_up(wanted, setting.pack, setting.least)
    value = round(quantity * setting.price, 2)
    over = []
    if quantity and life and made.position + quantity > cap:
        over.append("expiry")
    if quantity and setting.budget:
        over += ["price"] if not setting.price else ["budget"] if value > setting.budget else []
    return msgspec.structs.replace(
        made,
        outcome="order" if quantity else "enough",
        quantity=quantity,
        reorder_level=s,
        lot=lot,
        order_up_to=up_to,
        expected=round(expected, 4),
        life_days=life,
        cap=cap,
        value=value,
        over=tuple(over),
    )


def _freshest(now: Situation) -> int:
    """The longest remaining life among what is there or coming: what a fresh delivery may be expected to have."""
    return max((batch.days for batch in (*now.stock, *now.incoming) if batch.days is not None and batch.days > 0), default=0)


@lru_cache(maxsize=4096)
def _estimated(given: tuple[float, ...], in_stock: tuple[bool, ...]) -> Demand:
    series: Floats = np.asarray(given, dtype=np.float64)
    return estimate(series, np.asarray(in_stock, dtype=np.bool_))


@lru_cache(maxsize=4096)
def _level(given: tuple[float, ...], in_stock: tuple[bool, ...], lot: int, setting: Setting) -> tuple[int, float]:
    """(s, expected fill rate). The history up to yesterday seldom changes, pages are read often."""
    demand, lead = _estimated(given, in_stock), setting.lead()
    if setting.measure == "fill":
        level = fill_level(demand, lead, lot, setting.service)
    else:
        level = cycle_level(demand, lead, setting.service)
    return level, fill_rate(demand, lead, level, lot)
