"""What is made: products, and the lots planned for the whole run."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Literal

from ops.simulate import codes
from ops.simulate.cast import Cast, Party
from ops.simulate.norms import DAY, HOUR, Norms


@dataclass(slots=True, eq=False)
class Product:
    gtin: str
    name: str
    owner: Party
    maker: Party
    """Who really makes it: the owner, or a contract maker."""
    kind: Literal["drug", "device"]
    tracked: Literal["pack", "lot"]
    units: int
    """Doses in a pack."""
    case_size: int
    pallet_size: int
    shelf_days: int
    demand: float
    dear: bool
    """Worth a fraud."""
    summer: bool
    """Its season is the other half of the year."""
    serials: codes.Serials


@dataclass(slots=True, eq=False)
class Lot:
    number: str
    product: Product
    size: int
    starts: int
    """ms UTC: when the line begins."""
    expires: int
    """ms UTC, midnight."""
    legacy: bool = False
    """Made before anybody reported anything: its packs were never commissioned here."""
    closed_at: int = 0
    """When the maker says that every serial has been uploaded; 0 = never."""
    recalled_at: int = 0
    made: int = 0
    pause_ms: int = 60_000
    """Between two cases on the line."""

    @property
    def expiry(self) -> str:
        return day_text(self.expires)


@dataclass(slots=True, eq=False)
class Catalogue:
    products: list[Product] = field(default_factory=list)
    lots: list[Lot] = field(default_factory=list)


def day_text(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d")


def season(norms: Norms, product: Product, at: int) -> float:
    """Demand relative to the year's mean."""
    flow = norms.flow
    phase = 2 * math.pi * (at / DAY - flow.season_day) / 365 + (math.pi if product.summer else 0)
    return 1 + flow.season * math.cos(phase)


def catalogue(norms: Norms, cast: Cast) -> Catalogue:
    rng = Random(f"catalogue/{norms.seed}")
    found = Catalogue()
    owners = [maker for maker in cast.of("maker") if not maker.contract] or cast.of("maker")[:1]
    size = norms.topology
    for number in range(max(size.products, len(owners) + 2)):
        found.products.append(_product(norms, rng, cast, owners[number % len(owners)], number))
    if not any(product.tracked == "lot" for product in found.products):
        found.products[-1].tracked = "lot"
    if all(product.tracked == "lot" for product in found.products):
        found.products[0].tracked = "pack"
    _lots(norms, rng, found)
    return found


def _product(norms: Norms, rng: Random, cast: Cast, owner: Party, number: int) -> Product:
    size = norms.topology
    device = rng.random() < size.device_share
    hired = cast.delegate_of(owner, "contract_maker")
    case = rng.choice((1, 2, 5)) if device else rng.choice((5, 10, 10, 12, 20, 24, 40, 50, 100))
    if norms.packs < 10_000:
        case = min(case, 20)
    return Product(
        gtin=codes.gtin(owner.prefix, 100 + number),
        name=f"{'Device' if device else 'Medicine'} {number + 1}",
        owner=owner,
        maker=hired if hired is not None and rng.random() < 0.7 else owner,
        kind="device" if device else "drug",
        tracked="lot" if not device and rng.random() < size.lot_only_share else "pack",
        units=1 if device else rng.choice((1, 5, 7, 10, 12, 14, 20, 24, 28, 30, 60, 100)),
        case_size=case,
        pallet_size=rng.choice((4, 8, 12, 20, 40)),
        shelf_days=round(math.exp(rng.uniform(math.log(90), math.log(1_100)))),
        demand=rng.lognormvariate(0, 0.8),
        dear=rng.random() < 0.4,
        summer=rng.random() < 0.4,
        serials=codes.Serials(rng),
    )


def _lots(norms: Norms, rng: Random, found: Catalogue) -> None:
    """Sizes add up to the packs that were asked for; lot-only products come on top."""
    tracked = [product for product in found.products if product.tracked == "pack"]
    sizes = [rng.lognormvariate(0, 0.6) for _ in range(max(norms.flow.lots, len(tracked)))]
    scale = norms.packs / sum(sizes)
    left = norms.packs
    for number, share in enumerate(sizes):
        product = tracked[number] if number < len(tracked) else rng.choices(tracked, [one.demand for one in tracked])[0]
        size = left if number == len(sizes) - 1 else min(left, round(share * scale))
        left -= size
        if size > 0:
            found.lots.append(_lot(norms, rng, product, size, number))
    for number, product in enumerate(one for one in found.products if one.tracked == "lot"):
        for turn in range(rng.randint(1, 4)):
            lot = _lot(norms, rng, product, rng.randint(2, 20) * 500, 10_000 + number * 10 + turn)
            lot.legacy = False
            found.lots.append(lot)
    candidates = [lot for lot in found.lots if not lot.legacy]
    for lot in rng.sample(candidates, min(len(candidates), norms.flow.recalls)):
        lot.recalled_at = round(lot.starts + rng.uniform(0.25, 0.6) * (norms.end - lot.starts))
    found.lots.sort(key=lambda lot: (lot.starts, lot.number))


def _lot(norms: Norms, rng: Random, product: Product, size: int, number: int) -> Lot:
    legacy = rng.random() < norms.flow.legacy_share
    while True:  # more is made ahead of a product's season
        starts = norms.start + rng.randrange(1 + round(norms.days * 0.7 * 24)) * HOUR
        if rng.uniform(0, 1 + norms.flow.season) <= season(norms, product, starts + 10 * DAY):
            break
    starts = norms.start if legacy else starts
    shelf = product.shelf_days * rng.uniform(0.6, 1.0)
    expires = (starts // DAY + round(shelf)) * DAY
    name = f"{rng.choice('ABCDEFGHKLM')}{number % 1000:03d}{rng.randrange(1000):03d}"
    lot = Lot(name, product, size, starts, expires, legacy, pause_ms=rng.randint(20_000, 240_000))
    if not legacy and rng.random() < 0.5:
        lot.closed_at = starts + size // product.case_size * lot.pause_ms + round(rng.uniform(4, 20) * DAY)
    return lot
