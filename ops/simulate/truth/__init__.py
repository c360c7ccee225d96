"""What really happens: bodies, places, acts."""

from __future__ import annotations

from dataclasses import dataclass

from ops.simulate.cast import Cast, Site
from ops.simulate.catalogue import Catalogue
from ops.simulate.norms import Norms
from ops.simulate.truth.caring import Caring
from ops.simulate.truth.hauling import Hauling
from ops.simulate.truth.making import Making
from ops.simulate.truth.special import Special
from ops.simulate.truth.things import Road, Thing
from ops.simulate.truth.trading import Trading
from ops.simulate.truth.world import World


@dataclass(slots=True)
class Truth:
    world: World
    hauling: Hauling
    caring: Caring
    special: Special


def build(norms: Norms, cast: Cast, catalogue: Catalogue) -> Truth:
    """The world at its first moment; `world.run()` lets it live."""
    world = World(norms, cast, catalogue)
    hauling = Hauling(world)
    trading, caring = Trading(world, hauling), Caring(world, hauling)
    special = Special(world, hauling, caring)
    trading.repack = special.repack

    def arrived(site: Site, things: list[Thing], road: Road) -> None:
        store = world.stores[site]
        (caring if site.party.role in ("hospital", "pharmacy") else trading).received(store, things)

    hauling.arrived = arrived
    for part in (Making(world, hauling), trading, caring, special):
        part.begin()
    return Truth(world, hauling, caring, special)
