"""What the graph and the registry say about a party's products, as situations for `propose`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from graph.model import ConsumptionRow, StockRow
from graph.port import GraphReader
from pedigree.registry import Registry
from services.procurement.orders import KIND as ORDER
from services.procurement.orders import Order, read_orders, to_come
from services.procurement.proposals import Batch, Situation

DAY = 86_400_000
WINDOW = 180
"""Days of history that an estimate looks back on."""


@dataclass
class SiteLine:
    """A product at one place of the party. Packs."""

    location: str
    gtin: str
    usable: float = 0.0
    blocked: float = 0.0
    opened: float = 0.0
    leaving: float = 0.0
    """Shipped from there and not yet received elsewhere."""
    last_30: float = 0.0
    """Given out in the last 30 days."""
    first_expiry: str = ""
    """Of what may be given out."""


@dataclass
class Product:
    """Everything about one product of the party."""

    gtin: str
    stock: list[StockRow] = field(default_factory=list)
    incoming: list[StockRow] = field(default_factory=list)
    given: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    """Start of day -> packs given out, all places."""
    by_site: dict[str, dict[int, float]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(float)))

    @property
    def stock_now(self) -> float:
        """All that is there or coming, whatever its state."""
        there = sum(row.usable + row.held + row.opened for row in self.stock)
        return there + sum(row.in_transit for row in self.incoming)


def products(graph: GraphReader, party: str, now: int, gtin: str | None = None) -> dict[str, Product]:
    """By GTIN: all that the party has, awaits, or has given out in the window (today included)."""
    found: dict[str, Product] = {}

    def of(row: StockRow | ConsumptionRow) -> Product:
        return found.setdefault(row.gtin, Product(row.gtin))

    for row in graph.stock(party, gtin):
        of(row).stock.append(row)
    for row in graph.incoming(party, gtin):
        of(row).incoming.append(row)
    today = now - now % DAY
    for used in graph.consumption(party, gtin, today - WINDOW * DAY, now + 1):
        product = of(used)
        product.given[used.day] += used.quantity
        product.by_site[used.location][used.day] += used.quantity
    return found


def party_orders(registry: Registry, party: str) -> list[Order]:
    """The party's orders, newest first."""
    notes = registry.notes(ORDER).items()
    return [order for order in read_orders((key, note.value) for key, note in notes) if order.party == party]


def open_orders(product: Product, orders: list[Order]) -> list[tuple[Order, float]]:
    """The product's orders that are not all there yet, with what is still to come."""
    given = list(product.given.items())
    waiting = [(order, to_come(order, product.stock_now, given)) for order in orders if order.gtin == product.gtin]
    return [(order, packs) for order, packs in waiting if packs > 0]


def situation(registry: Registry, party: str, product: Product, orders: list[Order], now: int) -> Situation:
    """Blocked lots (recalled or on hold, by the registry) are there but are not stock."""
    today = now - now % DAY
    stock: list[Batch] = []
    blocked = opened = 0.0
    for row in product.stock:
        opened += row.opened
        if stopped(registry, row, now):
            blocked += row.usable + row.held
        else:
            blocked += row.held
            stock.append(Batch(days_left(row.expiry, today), row.usable))
    coming = [
        Batch(days_left(row.expiry, today), row.in_transit) for row in product.incoming if not stopped(registry, row, now)
    ]
    first = min((day for day, packs in product.given.items() if packs > 0 and day < today), default=today)
    given = tuple(product.given.get(day, 0.0) for day in range(first, today, DAY))
    return Situation(
        party=party,
        gtin=product.gtin,
        day=today,
        given=given,
        in_stock=_in_stock(given, stock),
        stock=tuple(batch for batch in stock if batch.packs > 0),
        incoming=tuple(batch for batch in coming if batch.packs > 0),
        ordered=sum(packs for _, packs in open_orders(product, orders)),
        blocked=blocked,
        opened=opened,
        orders=sum(order.gtin == product.gtin for order in orders),
    )


def _in_stock(given: tuple[float, ...], stock: list[Batch]) -> tuple[bool, ...]:
    """Where nothing is left to give out, the days since the last giving out were days without stock: it only ever shrinks by
    being given out. Earlier shortages leave no trace in today's rows."""
    if any(batch.packs > 0 and (batch.days is None or batch.days > 0) for batch in stock):
        return (True,) * len(given)
    last = max((i for i, packs in enumerate(given) if packs > 0), default=-1)
    return tuple(i <= last for i in range(len(given)))


def stopped(registry: Registry, row: StockRow, now: int) -> bool:
    """Whether a recall or a hold of the registry stands for the whole lot."""
    return bool(registry.recalls(row.gtin, row.lot, "", now) or registry.holds(row.gtin, row.lot, "", now))


def days_left(expiry: str, today: int) -> int | None:
    """Days on which something with that date may still be used, today included; None for no (readable) date."""
    try:
        last = date.fromisoformat(expiry[:10])
    except ValueError:
        return None
    return max(0, (last - datetime.fromtimestamp(today / 1000, UTC).date()).days + 1)


def site_lines(registry: Registry, found: Mapping[str, Product], now: int) -> list[SiteLine]:
    """Stock and consumption by place and product."""
    today = now - now % DAY
    lines: dict[tuple[str, str], SiteLine] = {}

    def at(location: str, gtin: str) -> SiteLine:
        return lines.setdefault((location, gtin), SiteLine(location, gtin))

    for product in found.values():
        for row in product.stock:
            line = at(row.location, row.gtin)
            line.opened += row.opened
            line.leaving += row.in_transit
            line.blocked += row.held
            if stopped(registry, row, now):
                line.blocked += row.usable
                continue
            line.usable += row.usable
            if row.usable > 0 and row.expiry and (not line.first_expiry or row.expiry < line.first_expiry):
                line.first_expiry = row.expiry
        for location, days in product.by_site.items():
            at(location, product.gtin).last_30 += sum(packs for day, packs in days.items() if day >= today - 29 * DAY)
    return [lines[key] for key in sorted(lines)]
