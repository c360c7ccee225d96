"""What is rarer: expiry and destruction, recalls, repackaging, loan sets of instruments and implants."""

from __future__ import annotations

from ops.simulate import codes
from ops.simulate.cast import Site
from ops.simulate.catalogue import Lot
from ops.simulate.norms import DAY, HOUR
from ops.simulate.truth.caring import Caring
from ops.simulate.truth.hauling import Hauling, Trade
from ops.simulate.truth.things import Act, Box, Pack, Store, Thing
from ops.simulate.truth.world import World


class Special:
    def __init__(self, world: World, hauling: Hauling, caring: Caring) -> None:
        self.world, self.hauling, self.caring = world, hauling, caring
        self.implants = [one for one in world.catalogue.products if one.kind == "device"]

    def begin(self) -> None:
        world, rng = self.world, self.world.rng
        for site in world.cast.sites("distributor", "hospital", "pharmacy"):
            world.at(world.now + rng.uniform(2, 9) * DAY, self._tidy, site)
        for lot in world.catalogue.lots:
            if lot.recalled_at:
                world.at(lot.recalled_at, self._recall, lot)
        hospitals = world.cast.sites("hospital")
        dealers = [site for site in world.cast.sites("distributor") if set(site.customers) & set(hospitals)]
        for _ in range(world.norms.flow.loan_sets if dealers and self.implants else 0):
            dealer = rng.choice(dealers)
            kit = world.box("set", dealer.party)
            world.put(kit, world.stores[dealer])
            world.hold(kit, world.stores[dealer])
            world.emit(Act("commissioning", dealer, [kit.code], [kit], disposition="active"))
            world.at(world.now + rng.uniform(1, 8) * DAY, self._lend, kit, dealer)

    def _tidy(self, site: Site) -> None:
        """Once a week: expired packs are destroyed; returned ones are looked at."""
        world, store = self.world, self.world.stores[site]
        for packs in list(store.shelf.values()):
            old = [pack for pack in packs if pack.lot.expires < world.now and pack.body not in self.caring.ended]
            if old:
                self._destroy(store, list(old), "expired")
        world.at(world.working(site, world.now + 7 * DAY), self._tidy, site)

    def _destroy(self, store: Store, packs: list[Pack], why: str) -> None:
        for pack in packs:
            self.world.finish(pack, "destroyed")
        self.world.emit(Act("destroying", store.site, [pack.code for pack in packs], list(packs), disposition=why))

    def _recall(self, lot: Lot) -> None:
        for site in self.world.cast.sites("maker", "distributor", "hospital", "pharmacy"):
            self.world.at(self.world.working(site, self.world.now + self.world.rng.uniform(2, 90) * HOUR), self._pull, site, lot)

    def _pull(self, site: Site, lot: Lot) -> None:
        """Take the lot out: cases are opened, all packs set aside as recalled, destroyed a few days later."""
        world, store = self.world, self.world.stores[site]
        if lot.product.tracked == "lot":
            return
        for box in [one for one in store.boxes if one.lot is lot]:
            for inner in self.hauling.open_box(box, store):
                if isinstance(inner, Box):
                    self.hauling.open_box(inner, store)
        packs = [pack for pack in store.shelf.get(lot.product, []) if pack.lot is lot and pack.body not in self.caring.ended]
        if packs:
            world.emit(Act("holding", site, [pack.code for pack in packs], list(packs), disposition="recalled"))
            for pack in packs:
                world.hold(pack, store)
            world.at(world.now + world.rng.uniform(1, 6) * DAY, self._destroy_held, store, packs)

    def _destroy_held(self, store: Store, packs: list[Pack]) -> None:
        self._destroy(store, [pack for pack in packs if pack.spot is store], "recalled")

    def repack(self, store: Store, basket: list[Pack]) -> None:
        """New packs with new codes from old ones; the earliest expiry counts."""
        groups: dict[Lot, list[Pack]] = {}
        for pack in basket:
            if pack.left == pack.lot.product.units and pack.incident is None:
                groups.setdefault(pack.lot, []).append(pack)
        for lot, packs in groups.items():
            self.renew(store, packs, lot)

    def renew(self, store: Store, packs: list[Pack], lot: Lot) -> tuple[Act, list[Pack]]:
        world = self.world
        for pack in packs:
            world.move(pack, "consumed")
        fresh = [world.make(lot, codes.pack(lot.product.gtin, next(lot.product.serials)), store) for _ in packs]
        for pack in fresh:
            world.move(pack, store)
        act = Act("repackaging", store.site, [pack.code for pack in packs], [*packs, *fresh], lot=lot, content=lot.product.units)
        act.outputs, act.disposition = [pack.code for pack in fresh], "active"
        return world.emit(act), fresh

    def _lend(self, kit: Box, dealer: Site) -> None:
        """Fill a set with implants and send it to a hospital."""
        world, rng, store = self.world, self.world.rng, self.world.stores[dealer]
        stock = [pack for one in self.implants for pack in store.shelf.get(one, []) if pack.incident is None]
        wanted = 4 - len(kit.inside)
        chosen = rng.sample(stock, min(len(stock), max(0, wanted)))
        if chosen:
            world.emit(Act("packing", dealer, [pack.code for pack in chosen], list(chosen), parent=kit.code, parent_kind="set"))
            for pack in chosen:
                world.move(pack, kit)
        if not kit.inside:
            world.at(world.now + 3 * DAY, self._lend, kit, dealer)
            return
        hospital = rng.choice([one for one in dealer.customers if one.party.role == "hospital"])
        self.hauling.send(dealer, hospital, [kit], Trade(dealer.party, dealer.party), loan=True)
        wait = self.hauling.hours(dealer, hospital) * HOUR + 3 * DAY
        world.at(world.working(hospital, world.now + wait + rng.uniform(0, 2) * DAY), self._operate, kit, dealer, hospital)

    def _operate(self, kit: Box, dealer: Site, hospital: Site) -> None:
        """Some implants are used, each taken out of the set and noted; the rest stays in it."""
        world, store = self.world, self.world.stores[hospital]
        if kit.spot is not store:
            world.at(world.now + DAY, self._operate, kit, dealer, hospital)
            return
        packs = [thing for thing in kit.inside if isinstance(thing, Pack)]
        used: list[Thing] = list(world.rng.sample(packs, world.rng.randint(0, min(2, len(packs)))))
        if used:
            act = Act("unpacking", hospital, [thing.code for thing in used], used, parent=kit.code, parent_kind="set")
            world.emit(act)
        for thing in used:
            world.move(thing, store)
            if isinstance(thing, Pack):
                self.caring.give(thing, hospital)
        world.emit(Act("sterilising", hospital, [kit.code], [kit], disposition="in_progress"))
        world.at(world.now + world.rng.uniform(0.5, 3) * DAY, self._return, kit, dealer, hospital)

    def _return(self, kit: Box, dealer: Site, hospital: Site) -> None:
        world = self.world
        self.hauling.send(hospital, dealer, [kit], Trade(dealer.party, dealer.party, returned=True), loan=True)
        wait = self.hauling.hours(hospital, dealer) * HOUR + 3 * DAY
        world.at(world.working(dealer, world.now + wait), self._again, kit, dealer)

    def _again(self, kit: Box, dealer: Site) -> None:
        store = self.world.stores[dealer]
        if kit.spot is not store:
            self.world.at(self.world.now + DAY, self._again, kit, dealer)
            return
        self.world.hold(kit, store)
        self.world.at(self.world.now + self.world.rng.uniform(1, 6) * DAY, self._lend, kit, dealer)
