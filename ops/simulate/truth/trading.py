"""Warehouses: what comes in is opened and put away; each day orders are picked and shipped to customers or other warehouses."""

from __future__ import annotations

import math
from collections.abc import Callable

from ops.simulate.cast import Party, Site
from ops.simulate.norms import HOUR
from ops.simulate.truth.hauling import Hauling, Trade
from ops.simulate.truth.things import Act, Box, Pack, Store, Thing
from ops.simulate.truth.world import World

Slips = list[tuple[str, list[str]]]


class Trading:
    def __init__(self, world: World, hauling: Hauling) -> None:
        self.world, self.hauling = world, hauling
        self.warehouses = world.cast.sites("distributor")
        self.repack: Callable[[Store, list[Pack]], None] = lambda store, packs: None
        """Set by the part that repackages."""

    def begin(self) -> None:
        for site in self.warehouses:
            for _ in range(3):
                self.world.put(self.world.box("tote", site.party), self.world.stores[site])
            self.world.at(self.world.working(site, self.world.now + 4 * HOUR), self._day, site)

    def received(self, store: Store, things: list[Thing]) -> None:
        """Put away; returned totes are kept, filled ones opened."""
        for thing in things:
            if isinstance(thing, Box):
                opened = self.world.rng.random() < 0.4 if thing.kind == "pallet" else thing.kind == "tote" and thing.inside
                if opened:
                    self.hauling.open_box(thing, store)
        if things and self.world.rng.random() < 0.1:
            boxes = [thing for thing in things if thing.spot is store]
            if boxes:
                self.world.emit(Act("inspecting", store.site, [one.code for one in boxes], boxes, disposition="in_progress"))

    def _day(self, site: Site) -> None:
        """A working day: part of the stock is due to leave."""
        world, rng, store = self.world, self.world.rng, self.world.stores[site]
        chance = 1 - math.exp(-1 / world.norms.flow.distributor_days)
        cases: list[Box] = []
        for box in list(store.boxes):
            if box.spot is not store or rng.random() >= chance:
                continue
            if box.kind == "pallet":
                inside = self.hauling.open_box(box, store)
                cases += [thing for thing in inside if isinstance(thing, Box) and rng.random() < chance]
            elif rng.random() < world.norms.flow.whole_case:
                cases.append(box)
            else:
                self.hauling.open_box(box, store)
        if site.customers:
            self._cases(site, cases)
            waves = rng.choice((1, 1, 2))
            for wave in range(waves):
                world.at(world.working(site, world.now + (0.3 + 4 * wave) * HOUR), self._wave, site, chance / waves)
        world.at(world.working(site, world.now + 22 * HOUR), self._day, site)

    def _customer(self, site: Site) -> Site:
        return self.world.rng.choices(site.customers, [one.weight for one in site.customers])[0]

    def _cases(self, site: Site, cases: list[Box]) -> None:
        loads: dict[Site, list[Thing]] = {}
        for case in cases:
            if self.world.rng.random() < self.world.norms.flow.wholesale and len(self.warehouses) > 2:
                others = [one for one in self.warehouses if one.party is not site.party and not one.party.third_party]
                target = self.world.rng.choice(others) if others else self._customer(site)
            else:
                target = self._customer(site)
            loads.setdefault(target, []).append(case)
        for target, things in loads.items():
            for group, trade in self._by_owner(site, target, things):
                self.hauling.send(site, target, group, trade)

    def _by_owner(self, site: Site, target: Site, things: list[Thing]) -> list[tuple[list[Thing], Trade]]:
        """A third-party warehouse ships what belongs to the makers, one paper for each owner."""
        consign = self.world.rng.random() < self.world.norms.flow.consigning * 0.3
        if not site.party.third_party:
            return [(things, Trade(site.party, target.party, consign=consign))]
        groups: dict[Party, list[Thing]] = {}
        for thing in things:
            owner = thing.lot.product.owner if thing.lot is not None else site.party
            groups.setdefault(owner, []).append(thing)
        return [(group, Trade(owner, target.party)) for owner, group in groups.items()]

    def _wave(self, site: Site, chance: float) -> None:
        """Pick pieces: baskets of a few products for one customer after the other, until the wave's share has left."""
        rng, store = self.world.rng, self.world.stores[site]
        due = {product: int(len(packs) * chance + rng.random()) for product, packs in store.shelf.items() if packs}
        todo = [product for product, count in due.items() if count]
        while todo:
            target = self._customer(site)
            basket: list[Pack] = []
            for product in rng.sample(todo, min(len(todo), rng.randint(1, 5))):
                count = min(due[product], 1 + int(rng.expovariate(0.15 / max(0.3, target.weight))), len(store.shelf[product]))
                basket += self._pick(store, store.shelf[product], count)
                due[product] -= count
                if due[product] <= 0 or not store.shelf[product]:
                    todo.remove(product)
            self._ship(site, target, basket)
        for lot, stock in list(store.bulk.items()):
            if rng.random() < 0.4:
                self.hauling.send_bulk(site, self._customer(site), {lot: max(1, min(stock, lot.size // 25))})

    def _pick(self, store: Store, shelf: list[Pack], count: int) -> list[Pack]:
        return self.world.rng.sample(shelf, min(count, len(shelf)))

    def _ship(self, site: Site, target: Site, basket: list[Pack]) -> None:
        """Pack into a tote or send loose. A wrong pack of the same product may be taken, unseen."""
        world, rng, store = self.world, self.world.rng, self.world.stores[site]
        basket = [pack for pack in basket if pack.incident is None or not world.on_pack("picked", pack, site)]
        basket = [pack for pack in basket if pack.spot is store]
        if not basket:
            return
        if site.party.repackager and rng.random() < world.norms.flow.repackaged:
            self.repack(store, basket)
            return
        codes, slips = [pack.code for pack in basket], Slips()
        for place, pack in enumerate(basket):
            if pack.incident is None and rng.random() < world.norms.noise.mispick:
                others = [one for one in store.shelf[pack.lot.product] if one not in basket and one.incident is None]
                if others:
                    basket[place] = rng.choice(others)
                    slips.append(("mispick", [pack.code, basket[place].code]))
        if site.uses_totes and len(basket) > 2 and not site.party.third_party and rng.random() < 0.7:
            tote = store.totes[-1] if store.totes else None
            if tote is None:
                tote = world.box("tote", site.party)
                world.put(tote, store)
            for pack in basket:
                world.move(pack, tote)
            tote.listed = codes
            act = Act("packing", site, codes, list(basket), parent=tote.code, parent_kind="tote", slips=slips)
            act.disposition = "in_progress"
            world.emit(act)
            self.hauling.send(site, target, [tote], Trade(site.party, target.party))
            return
        for group, trade in self._by_owner(site, target, list(basket)):
            listed = codes if len(group) == len(basket) and slips else None
            self.hauling.send(site, target, group, trade, listed=listed, slips=slips if listed else None)
