"""Transport: dispatch, carriers and their hubs, arrival, receipt; and what goes wrong on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ops.simulate.adversary.incident import Incident
from ops.simulate.cast import Party, Site
from ops.simulate.catalogue import Lot
from ops.simulate.geography import travel_hours
from ops.simulate.norms import HOUR, MINUTE
from ops.simulate.truth.things import Act, Box, Pack, Road, Store, Thing, packs_in
from ops.simulate.truth.world import World


@dataclass(slots=True)
class Trade:
    """The commercial side of a transport. `drop`: the buyer never sees the goods."""

    seller: Party
    buyer: Party
    drop: bool = False
    consign: bool = False
    returned: bool = False


Arrived = Callable[[Site, list[Thing], Road], None]


class Hauling:
    def __init__(self, world: World) -> None:
        self.world = world
        self.hubs = world.cast.sites("carrier")
        self.arrived: Arrived = lambda site, things, road: None
        """What a site does with goods that it has received (set by the trading part)."""

    def hours(self, origin: Site, destination: Site) -> float:
        """How long a transport takes without waiting, hours."""
        flow = self.world.norms.flow
        return travel_hours(origin.km_to(destination), flow.road_kmh, flow.air_from_km)

    def send(
        self,
        origin: Site,
        destination: Site,
        things: list[Thing],
        trade: Trade,
        *,
        listed: list[str] | None = None,
        incident: Incident | None = None,
        declared_to: Site | None = None,
        slips: list[tuple[str, list[str]]] | None = None,
        loan: bool = False,
        claimed: int = 0,
    ) -> Act:
        """Load and leave.

        `listed`: the codes on the papers, where they are not those on board; `declared_to`: a false addressee; `loan`: can't
        go astray; `claimed`: a false time of dispatch.
        """
        world, rng, flow = self.world, self.world.rng, self.world.norms.flow
        road = Road(origin, destination, listed=listed)
        world.roads[road] = None
        for thing in things:
            world.move(thing, road)
        act = Act("consigning" if trade.consign else "shipping", origin, listed or [thing.code for thing in things], list(things))
        act.disposition = "returned" if trade.returned else "in_transit"
        act.sender, act.receiver = origin, declared_to or destination
        act.owner_from, act.owner_to = trade.seller, trade.buyer
        act.document = world.document("desadv", origin.party)
        act.incident, act.slips, act.claimed = incident, slips or [], claimed
        if incident is None and not trade.drop and rng.random() < world.norms.noise.wrong_site:
            others = [site for site in destination.party.sites if site is not destination]
            if others:
                act.receiver = rng.choice(others)
                act.slips.append(("wrong_site", [pack.code for pack in packs_in(things)]))
        if incident is None:
            self._short(road, act)
        world.emit(act)
        chance = rng.random()
        if incident is None and not loan and chance < flow.voided:
            world.at(world.now + rng.uniform(0.3, 5) * HOUR, self._void, road, act)
            return act
        self._leave(road, trade, act, incident, loan)
        return act

    def _leave(self, road: Road, trade: Trade, act: Act, incident: Incident | None, loan: bool = False) -> None:
        world, rng, flow = self.world, self.world.rng, self.world.norms.flow
        hours = self.hours(road.origin, road.destination) * rng.lognormvariate(0, 0.15) + rng.uniform(0.2, 1.5)
        if self.hubs and rng.random() < flow.cross_dock and hours > 3:
            hub = rng.choice(self.hubs)
            first, second = self.hours(road.origin, hub), self.hours(hub, road.destination)
            if first + second < 2.2 * hours:
                stop = world.now + first * rng.lognormvariate(0, 0.15) * HOUR + HOUR
                wait = rng.uniform(1, 14) * HOUR
                if rng.random() < flow.carrier_reports and act.codes:
                    world.at(stop, self._at_hub, "accepting", hub, list(act.codes), road)
                    world.at(stop + wait, self._at_hub, "departing", hub, list(act.codes), road)
                arrival = stop + wait + second * rng.lognormvariate(0, 0.15) * HOUR
                world.at(arrival, self._arrive, road, trade, act, incident, loan)
                return
        if incident is None and not loan and rng.random() < flow.lost:
            world.at(world.now + hours / 2 * HOUR, self._lose, road)
            return
        world.at(world.now + hours * HOUR, self._arrive, road, trade, act, incident, loan)

    def _at_hub(self, step: str, hub: Site, codes: list[str], road: Road) -> None:
        if road in self.world.roads:
            self.world.emit(Act(step, hub, codes, list(road.load), disposition="in_transit"))

    def _arrive(self, road: Road, trade: Trade, sent: Act, incident: Incident | None, loan: bool) -> None:
        """At the gate. Unloading waits for the dock and for opening hours."""
        world, site = self.world, road.destination
        wait = world.norms.flow.dock_hours * world.rng.lognormvariate(0, 0.6) * HOUR
        world.at(world.working(site, world.now + wait), self._receive, road, trade, sent, incident, loan)

    def _receive(self, road: Road, trade: Trade, sent: Act, incident: Incident | None, loan: bool) -> None:
        world, rng, flow = self.world, self.world.rng, self.world.norms.flow
        site = road.destination
        if incident is None and not loan and not trade.returned and rng.random() < flow.refused:
            back = Trade(trade.buyer, trade.seller, returned=True)
            world.at(world.now + self.hours(site, road.origin) * HOUR, self._home_again, road, back)
            return
        loose = any(isinstance(thing, Pack) for thing in road.load)
        from_list = loose and rng.random() < world.norms.noise.copying * 0.5
        codes = list(road.listed) if from_list and road.listed else [thing.code for thing in road.load]
        act = Act("receiving", site, codes, list(road.load), inferred=from_list, incident=incident)
        act.disposition = "returned" if trade.returned else "in_progress"
        act.sender, act.receiver = road.origin, site
        act.owner_from, act.owner_to = (trade.buyer, site.party) if trade.drop else (trade.seller, trade.buyer)
        act.document = sent.document
        if road.bulk:
            act.bulk = dict(road.bulk)
        store, load = world.stores[site], list(road.load)
        for thing in load:
            world.move(thing, store)
        for lot, amount in road.bulk.items():
            store.bulk[lot] = store.bulk.get(lot, 0) + amount
        world.emit(act)
        del world.roads[road]
        self.arrived(site, load, road)

    def _short(self, road: Road, act: Act) -> None:
        """A pack is on the papers but stays behind. A receiver who counts misses it; the shipper puts it right days later."""
        world, rng = self.world, self.world.rng
        loose = [thing for thing in road.load if isinstance(thing, Pack) and not thing.tainted and thing.incident is None]
        if len(loose) < 2 or rng.random() >= world.norms.flow.shortage:
            return
        pack = rng.choice(loose)
        world.move(pack, world.stores[road.origin])
        act.things.remove(pack)
        act.slips.append(("shortage", [pack.code]))
        road.listed = list(act.codes)
        void = Act("void_shipping", road.origin, [pack.code], [pack], sender=road.origin, receiver=road.destination)
        void.slips.append(("shortage", [pack.code]))
        hours = self.hours(road.origin, road.destination)
        world.at(world.now + (hours + rng.uniform(10, 80)) * HOUR, self._late_void, void, pack)

    def _late_void(self, void: Act, pack: Pack) -> None:
        if pack.spot is self.world.stores[void.site]:
            self.world.emit(void)

    def _void(self, road: Road, sent: Act) -> None:
        """Called off before the lorry left."""
        self._unload(road, road.origin)
        act = Act("void_shipping", road.origin, list(sent.codes), list(sent.things), sender=road.origin, receiver=sent.receiver)
        self.world.emit(act)

    def _home_again(self, road: Road, trade: Trade) -> None:
        """Refused at the dock: the shipper takes his own goods in again."""
        codes = list(road.listed or [thing.code for thing in road.load])
        act = Act("receiving", road.origin, codes, list(road.load), disposition="returned")
        act.sender = act.receiver = road.origin
        act.owner_from, act.owner_to = trade.seller, trade.buyer
        act.bulk = dict(road.bulk) or None
        self._unload(road, road.origin)
        self.world.emit(act)

    def _unload(self, road: Road, site: Site) -> None:
        store = self.world.stores[site]
        for thing in list(road.load):
            self.world.move(thing, store)
        for lot, amount in road.bulk.items():
            store.bulk[lot] = store.bulk.get(lot, 0) + amount
        del self.world.roads[road]

    def _lose(self, road: Road) -> None:
        """An accident or a theft on the road: nobody reports it."""
        world = self.world
        lost = packs_in(road.load)
        for thing in list(road.load):
            world.finish(thing, "lost")
        act = Act("loss", road.destination, [], silent=True, slips=[("lost", [pack.code for pack in lost])])
        world.emit(act)
        for lot, amount in road.bulk.items():
            world.ended[f"bulk {lot.number}"] += amount
        del world.roads[road]

    def send_bulk(self, origin: Site, destination: Site, bulk: dict[Lot, int]) -> None:
        """Goods that carry a lot number only."""
        world, store = self.world, self.world.stores[origin]
        for lot, amount in bulk.items():
            store.bulk[lot] -= amount
            if not store.bulk[lot]:
                del store.bulk[lot]
        road = Road(origin, destination, bulk=bulk)
        world.roads[road] = None
        trade = Trade(origin.party, destination.party)
        act = Act("shipping", origin, bulk=dict(bulk), sender=origin, receiver=destination, disposition="in_transit")
        act.owner_from, act.owner_to, act.document = origin.party, destination.party, world.document("desadv", origin.party)
        world.emit(act)
        self._leave(road, trade, act, None)

    def open_box(self, box: Box, store: Store, *, silent: bool = False) -> list[Thing]:
        """Unpack at a store. The list is copied where there is one and nobody counts."""
        world, noise = self.world, self.world.norms.noise
        copied = box.listed is not None and world.rng.random() < noise.copying
        inside = list(box.inside)
        codes = list(box.listed) if copied and box.listed is not None else [thing.code for thing in inside]
        act = Act("unpacking", store.site, codes, list(inside), parent=box.code, parent_kind=box.kind, inferred=copied)
        act.disposition, act.silent = "in_progress", silent
        for thing in inside:
            world.move(thing, store)
            if isinstance(thing, Box):
                thing.ready = world.now + 10 * MINUTE
        if box.kind in ("case", "pallet"):
            world.take(box)
        elif box.kind == "tote":
            world.move(box, store)
        world.emit(act)
        return inside
