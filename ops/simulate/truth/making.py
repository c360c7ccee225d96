"""The lines: packs are coded, packed into cases, cases into pallets, released; then dispatched day by day."""

from __future__ import annotations

from ops.simulate import codes
from ops.simulate.cast import Site
from ops.simulate.catalogue import Lot
from ops.simulate.norms import DAY, HOUR
from ops.simulate.truth.hauling import Hauling, Trade
from ops.simulate.truth.things import Act, Box, Pack, Store
from ops.simulate.truth.world import World


class Making:
    def __init__(self, world: World, hauling: Hauling) -> None:
        self.world, self.hauling = world, hauling
        self.warehouses = world.cast.sites("distributor")
        self.shares = [site.weight for site in self.warehouses]

    def begin(self) -> None:
        for lot in self.world.catalogue.lots:
            if lot.product.tracked == "lot":
                self.world.at(lot.starts, self._bulk, lot)
            elif lot.legacy:
                self._legacy(lot)
            else:
                self.world.at(lot.starts, self._case, lot, self._plant(lot), [])
        for plant in self.world.cast.sites("maker"):
            self.world.at(self.world.working(plant, self.world.now + 3 * HOUR), self._dispatch, plant)

    def _plant(self, lot: Lot) -> Site:
        return lot.product.maker.sites[0]

    def _case(self, lot: Lot, plant: Site, stacked: list[Box]) -> None:
        """One case: a pack or two of the next case may end up in it instead of its own, unseen."""
        world, product, store = self.world, lot.product, self.world.stores[self._plant(lot)]
        size = min(product.case_size, lot.size - lot.made)
        lot.made += size
        packs = [world.make(lot, codes.pack(product.gtin, next(product.serials)), store) for _ in range(size)]
        for pack in packs:
            world.on_pack("made", pack, plant)
        printed = [pack.code for pack in packs]
        world.emit(Act("commissioning", plant, printed, list(packs), lot=lot, content=product.units, disposition="active"))
        case = world.box("case", product.owner)
        case.lot = lot
        self._fill(case, packs, store)
        act = Act("packing", plant, printed, list(packs), parent=case.code, parent_kind="case", disposition="in_progress")
        self._unlisted(case, act)
        before = stacked[-1] if stacked else None
        if before is not None and not act.silent and world.rng.random() < world.norms.noise.wrong_case:
            act.slips.append(self._exchange(before, case))
        world.emit(act)
        stacked.append(case)
        full = len(stacked) >= product.pallet_size
        if full or lot.made >= lot.size:
            self._pallet(lot, plant, list(stacked))
            stacked.clear()
        if lot.made < lot.size:
            world.at(world.now + lot.pause_ms * world.rng.uniform(0.8, 1.2), self._case, lot, plant, stacked)

    def _fill(self, case: Box, packs: list[Pack], store: Store) -> None:
        for pack in packs:
            self.world.move(pack, case)
        case.listed = [pack.code for pack in packs]
        self.world.hold(case, store)

    def _exchange(self, one: Box, other: Box) -> tuple[str, list[str]]:
        """Two packs of neighbouring cases change places after the lists were printed."""
        first = self.world.rng.choice([pack for pack in one.inside if isinstance(pack, Pack)])
        second = self.world.rng.choice([pack for pack in other.inside if isinstance(pack, Pack)])
        self.world.move(first, other)
        self.world.move(second, one)
        return "wrong_case", [first.code, second.code]

    def _pallet(self, lot: Lot, plant: Site, cases: list[Box]) -> None:
        world, store = self.world, self.world.stores[plant]
        ready = world.now + round(world.norms.flow.release_days * world.rng.lognormvariate(0, 0.5) * DAY)
        if len(cases) < 2:
            for case in cases:
                world.move(case, store)
                case.ready = ready
            return
        pallet = world.box("pallet", lot.product.owner)
        pallet.lot, pallet.listed, pallet.ready = lot, [case.code for case in cases], ready
        for case in cases:
            world.move(case, pallet)
        world.put(pallet, store)
        act = Act("packing", plant, list(pallet.listed), list(cases), parent=pallet.code, parent_kind="pallet")
        act.disposition = "in_progress"
        self._unlisted(pallet, act)
        world.emit(act)

    def _unlisted(self, box: Box, act: Act) -> None:
        """Some makers don't record what is in what."""
        if not act.site.party.aggregates:
            box.listed, act.silent = None, True
            act.slips.append(("no_aggregation", list(act.codes) if box.kind == "case" else []))

    def _legacy(self, lot: Lot) -> None:
        """It stands in warehouses when everything begins."""
        world, product = self.world, lot.product
        while lot.made < lot.size:
            store = world.stores[world.rng.choices(self.warehouses, self.shares)[0]]
            size = min(product.case_size, lot.size - lot.made)
            lot.made += size
            packs = [world.make(lot, codes.pack(product.gtin, next(product.serials)), store) for _ in range(size)]
            for pack in packs:
                world.move(pack, store)

    def _bulk(self, lot: Lot) -> None:
        plant = self._plant(lot)
        store = self.world.stores[plant]
        lot.made += lot.size
        store.bulk[lot] = store.bulk.get(lot, 0) + lot.size
        self.world.emit(Act("commissioning", plant, lot=lot, bulk={lot: lot.size}, disposition="active"))

    def _dispatch(self, plant: Site) -> None:
        """Once a day: what is released leaves for warehouses, after a while."""
        world, store = self.world, self.world.stores[plant]
        chance = min(1.0, 1 / world.norms.flow.maker_days)
        loads: dict[Site, list[Box]] = {}
        for box in [one for one in store.boxes if one.ready <= world.now]:
            if world.rng.random() < chance:
                if box.kind == "pallet" and world.rng.random() < 0.25:
                    self.hauling.open_box(box, store)
                    continue
                loads.setdefault(self._warehouse(box), []).append(box)
        for warehouse, boxes in loads.items():
            self._ship(plant, warehouse, boxes)
        for lot, stock in list(store.bulk.items()):
            amount = min(stock, max(lot.size // 6, 1))
            self.hauling.send_bulk(plant, self._choose(), {lot: amount})
        world.at(world.working(plant, world.now + 20 * HOUR), self._dispatch, plant)

    def _choose(self) -> Site:
        return self.world.rng.choices(self.warehouses, self.shares)[0]

    def _warehouse(self, box: Box) -> Site:
        """A third-party warehouse only takes goods of the makers that it works for."""
        while True:
            site = self._choose()
            owner = box.lot.product.owner if box.lot else None
            serves = any(one.delegate is site.party and one.principal is owner for one in self.world.cast.delegations)
            if not site.party.third_party or serves:
                return site

    def _ship(self, plant: Site, warehouse: Site, boxes: list[Box]) -> None:
        """Straight to the wholesaler as a rule; sometimes past him to a hospital, though he buys and sells it."""
        rng, flow = self.world.rng, self.world.norms.flow
        hospitals = [site for site in warehouse.customers if site.party.role == "hospital"]
        if hospitals and rng.random() < flow.drop_shipment and not warehouse.party.third_party:
            cases = [box for box in boxes if box.kind == "case"]
            if cases:
                owner = cases[0].lot.product.owner if cases[0].lot else plant.party
                self.hauling.send(plant, rng.choice(hospitals), list(cases), Trade(owner, warehouse.party, drop=True))
                boxes = [box for box in boxes if box.kind != "case"]
        by_owner: dict[str, list[Box]] = {}
        for box in boxes:
            by_owner.setdefault(box.lot.product.owner.gln if box.lot else "", []).append(box)
        for group in by_owner.values():
            owner = group[0].lot.product.owner if group[0].lot else plant.party
            buyer = owner if warehouse.party.third_party else warehouse.party
            self.hauling.send(plant, warehouse, list(group), Trade(owner, buyer, consign=rng.random() < flow.consigning))
