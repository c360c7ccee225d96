"""Orders: facts of kind `order`, and how much of each is still to come.

No supplier message closes an order. What has arrived is worked out from the stock itself: whatever a party has now and has given
out since, beyond what it had when it ordered, must have been supplied. Goods sent elsewhere or destroyed in between make an order
look open for longer; then a person closes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec

KIND = "order"
State = Literal["open", "received", "cancelled"]


class Order(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An approved proposal. Packs; times in ms UTC."""

    id: str
    """The proposal's."""
    transaction: str
    """CBV 2.0 section 8.5 business transaction URI: shipments for this order name it as their `po`."""
    party: str
    gtin: str
    quantity: int
    supplier: str = ""
    approved_by: str = ""
    """Public id of the API key that approved."""
    approved_at: int = 0
    accepted: tuple[str, ...] = ()
    """Caps that the approver knowingly went over: expiry, budget, price."""
    state: State = "open"
    closed_at: int = 0
    day: int = 0
    """Start of the UTC day of the approval."""
    stock: float = 0.0
    """Packs that the party had or had coming when it ordered, whatever their state."""
    given: float = 0.0
    """Packs given out on that day before the order."""
    earlier: float = 0.0
    """Still to come from earlier orders at that moment."""
    proposal: dict[str, Any] = {}
    """The numbers that led to it."""


def transaction_uri(party: str, id: str) -> str:
    """The order's name in EPCIS events: `urn:epcglobal:cbv:bt:<GLN>:<number>` (CBV 2.0 section 8.5.2)."""
    return f"urn:epcglobal:cbv:bt:{party}:{id}"


def read_orders(values: Iterable[tuple[str, Mapping[str, Any]]]) -> list[Order]:
    """Orders of `order` facts given as (key, value), newest first; other things that were filed as orders are left out."""
    found = []
    for key, value in values:
        try:
            found.append(msgspec.convert({**value, "id": key}, Order))
        except msgspec.ValidationError:
            continue
    return sorted(found, key=lambda order: (-order.approved_at, order.id))


def to_come(order: Order, stock_now: float, given: Sequence[tuple[int, float]]) -> float:
    """Packs of the order that have not been sent yet. `given`: (start of day, packs given out) of the product, any days."""
    if order.state != "open":
        return 0.0
    since = sum(packs for day, packs in given if day >= order.day) - order.given
    supplied = stock_now - order.stock + since
    return min(float(order.quantity), max(0.0, order.quantity + order.earlier - supplied))
