"""Hospitals and pharmacies: what arrives is opened, and given out pack by pack, in parts too; some goes back."""

from __future__ import annotations

import math

from ops.simulate.cast import Site
from ops.simulate.catalogue import Lot, Product, season
from ops.simulate.norms import DAY, HOUR, MINUTE
from ops.simulate.truth.hauling import Hauling, Trade
from ops.simulate.truth.things import Act, Box, Pack, Store, Thing
from ops.simulate.truth.world import World


class Caring:
    def __init__(self, world: World, hauling: Hauling) -> None:
        self.world, self.hauling = world, hauling
        self.open: dict[tuple[Site, Product], list[Pack]] = {}
        """Packs of which a part is gone."""
        self.ended: set[int] = set()
        """Bodies whose identifier ended at receipt, while they are still used."""

    def begin(self) -> None:
        for site in self.world.cast.sites("hospital", "pharmacy"):
            self.world.at(self.world.working(site, self.world.now + self.world.rng.uniform(0, 20) * HOUR), self._day, site)

    def received(self, store: Store, things: list[Thing]) -> None:
        for thing in things:
            if isinstance(thing, Pack):
                self._shelved(store, [thing])
            elif thing.kind != "set":
                delay = self.world.rng.uniform(0.1, 20) * HOUR
                self.world.at(self.world.working(store.site, self.world.now + delay), self._open, store, thing)

    def _open(self, store: Store, box: Box) -> None:
        if box.spot is not store:
            return  # it went back, or was called back, before anybody opened it
        silent = self.world.rng.random() < self.world.norms.noise.no_unpacking
        inside = self.hauling.open_box(box, store, silent=silent)
        self._shelved(store, [thing for thing in inside if isinstance(thing, Pack)])
        for thing in inside:
            if isinstance(thing, Box):
                self._open(store, thing)
        if box.kind == "tote":
            self.world.at(self.world.now + self.world.rng.uniform(1, 5) * DAY, self._tote_home, store, box)

    def _tote_home(self, store: Store, tote: Box) -> None:
        if tote.spot is store and store.site.suppliers:
            home = next((one for one in store.site.suppliers if f"/8003/0{one.party.prefix}" in tote.code), None)
            if home is not None:
                self.hauling.send(store.site, home, [tote], Trade(home.party, home.party, returned=True))

    def _shelved(self, store: Store, packs: list[Pack]) -> None:
        world, site = self.world, store.site
        for pack in packs:
            if pack.incident is not None:
                world.on_pack("shelved", pack, site)
        packs = [pack for pack in packs if pack.spot is store]
        if site.decommissions and packs:
            self.ended.update(pack.body for pack in packs)
            world.emit(Act("decommissioning", site, [pack.code for pack in packs], list(packs), disposition="inactive"))

    def _day(self, site: Site) -> None:
        """Plan the day's sales, one by one."""
        world, rng, flow, store = self.world, self.world.rng, self.world.norms.flow, self.world.stores[site]
        for product, packs in store.shelf.items():
            rate = season(world.norms, product, world.now) / flow.customer_days
            count = int(len(packs) * (1 - math.exp(-rate)) + rng.random())
            for _ in range(count):
                world.at(world.working(site, world.now + rng.uniform(0, 14) * HOUR), self._give, site, product)
            if packs and rng.random() < flow.returned * math.sqrt(len(packs)):
                self._back(site, packs)
        for lot, stock in list(store.bulk.items()):
            amount = min(stock, 1 + int(rng.expovariate(20 / stock)))
            world.at(world.working(site, world.now + rng.uniform(0, 10) * HOUR), self._give_bulk, site, lot, amount)
        world.at(world.now + DAY + rng.uniform(-0.5, 0.5) * HOUR, self._day, site)

    def _give(self, site: Site, product: Product) -> None:
        world, rng, store = self.world, self.world.rng, self.world.stores[site]
        opened = [pack for pack in self.open.get((site, product), ()) if pack.spot is store]
        shelf = store.shelf.get(product)
        if not shelf:
            return
        pack = rng.choice(opened) if opened and rng.random() < 0.8 else rng.choice(shelf)
        if pack.lot.recalled_at and world.now >= pack.lot.recalled_at:
            return
        if pack.incident is not None and world.on_pack("given", pack, site):
            return
        self.give(pack, site)

    def give(self, pack: Pack, site: Site, *, silent: bool = False, claimed: int = 0) -> Act:
        """To a patient: the whole pack, what is left of it, or a part."""
        world, rng, flow = self.world, self.world.rng, self.world.norms.flow
        hospital = site.party.role == "hospital"
        silent = silent or pack.body in self.ended or (site.wards and rng.random() < flow.ward_use)
        part = pack.left > 1 and not silent and not claimed and rng.random() < flow.part_packs
        act = Act("dispensing" if hospital else "retail_selling", site, [pack.code], [pack])
        act.content, act.silent, act.claimed = pack.lot.product.units, silent, claimed
        act.document = world.document("sale", site.party)
        if part or pack.left < pack.lot.product.units:
            act.amount = rng.randint(1, pack.left - 1) if part else pack.left
        pack.left -= act.amount or pack.left
        act.disposition = "partially_dispensed" if pack.left else "dispensed" if hospital else "retail_sold"
        opened = self.open.setdefault((site, pack.lot.product), [])
        if pack.left:
            if pack not in opened:
                opened.append(pack)
        else:
            if pack in opened:
                opened.remove(pack)
            self.ended.discard(pack.body)
            world.move(pack, "patient")
        if silent:
            act.slips.append(("decommissioned_at_receipt" if site.decommissions else "unscanned", [pack.code]))
        if pack.incident is not None:
            act.incident = pack.incident if pack.tainted else None
            if pack.tainted:
                pack.incident.harmed(world.now, act.amount or act.content)
        world.emit(act)
        if pack.incident is not None and not pack.left:
            world.on_pack("gone", pack, site)
        elif not pack.left and not silent and pack.lot.product.units == act.content and rng.random() < flow.undone:
            world.at(world.now + rng.uniform(5, 600) * MINUTE, self._undo, act, pack, site)
        return act

    def _undo(self, act: Act, pack: Pack, site: Site) -> None:
        """Never collected: back on the shelf, and the sale is taken back."""
        world = self.world
        pack.left = act.amount or pack.lot.product.units
        world.bring_back(pack, world.stores[site])
        world.emit(Act("undo", site, [pack.code], [pack], undoes=act.number))

    def _give_bulk(self, site: Site, lot: Lot, amount: int) -> None:
        store = self.world.stores[site]
        amount = min(amount, store.bulk.get(lot, 0))
        if not amount:
            return
        store.bulk[lot] -= amount
        if not store.bulk[lot]:
            del store.bulk[lot]
        self.world.ended[f"bulk {lot.number}"] += amount
        step, word = ("dispensing", "dispensed") if site.party.role == "hospital" else ("retail_selling", "retail_sold")
        document = self.world.document("sale", site.party)
        self.world.emit(Act(step, site, bulk={lot: amount}, document=document, disposition=word))

    def _back(self, site: Site, packs: list[Pack]) -> None:
        """Unsold goods go back to the supplier, who decides whether they can be sold again."""
        good = [pack for pack in packs if pack.left == pack.lot.product.units and pack.incident is None]
        good = [pack for pack in good if pack.body not in self.ended]
        chosen = self.world.rng.sample(good, min(len(good), self.world.rng.randint(1, 6)))
        sellers = [one for one in site.suppliers if not one.party.third_party]
        if chosen and sellers:
            supplier = self.world.rng.choice(sellers)
            self.hauling.send(site, supplier, list(chosen), Trade(site.party, supplier.party, returned=True))
