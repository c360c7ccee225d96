"""The physical world: a clock, a queue of things to come, and the few moves by which bodies change their spot.

Every move checks that the body is where the mover takes it from: so nothing is ever in two spots, or in none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from random import Random
from typing import Any

from ops.simulate import codes
from ops.simulate.cast import Cast, Party, Site
from ops.simulate.catalogue import Catalogue, Lot, Product
from ops.simulate.norms import DAY, HOUR, Norms
from ops.simulate.truth.things import Act, Box, BoxKind, End, Pack, Road, Spot, Store, Thing
from pedigree.errors import MedtraceError


class ConservationError(MedtraceError):
    """A body was taken from where it is not: a fault of the simulator itself."""


class World:
    def __init__(self, norms: Norms, cast: Cast, catalogue: Catalogue) -> None:
        self.norms, self.cast, self.catalogue = norms, cast, catalogue
        self.rng = Random(f"truth/{norms.seed}")
        self.now = norms.start
        self.stores = {site: Store(site) for party in cast.parties for site in party.sites}
        self.roads: dict[Road, None] = {}
        self.ended: Counter[str] = Counter()
        self.bodies = 0
        self.events = 0
        self.on_pack: Callable[[str, Pack, Site], bool] = lambda stage, pack, site: False
        """The adversary's ear: stage, pack, where; True: the pack is gone, or dealt with."""
        self._queue: list[tuple[int, int, Callable[..., None], tuple[Any, ...]]] = []
        self._order = 0
        self._acts: list[Act] = []
        self._last = 0
        self._numbers: Counter[str] = Counter()

    def at(self, time: float, call: Callable[..., None], *args: Any) -> None:
        """Call later (ms UTC); at once when the time has passed."""
        self._order += 1
        heappush(self._queue, (max(self.now, int(time)), self._order, call, args))

    def run(self) -> Iterator[Act]:
        """All acts until the end, in the order of time."""
        end = self.norms.end
        while self._queue and self._queue[0][0] < end:
            self.now, _, call, args = heappop(self._queue)
            call(*args)
            if self._acts:
                yield from self._acts
                self._acts.clear()

    def emit(self, act: Act) -> Act:
        """It happens now. Acts never share a millisecond: who notes them knows their order."""
        self._last = act.time = max(self.now, self._last + 1)
        self.events += 1
        act.number = self.events
        self._acts.append(act)
        return act

    def number(self, series: str) -> int:
        self._numbers[series] += 1
        return self._numbers[series]

    def document(self, kind: str, party: Party) -> str:
        """The number of a new trade document."""
        return f"urn:medtrace:{kind}:{party.gln}:{self.number(kind + party.gln)}"

    def working(self, site: Site, time: float) -> int:
        """The first moment from `time` on at which the site is open (ms UTC)."""
        shift = site.city.minutes * 60_000
        local = int(time) + shift
        hour = local % DAY / HOUR
        if hour < site.opens_at:
            local += round((site.opens_at - hour) * HOUR) + self.rng.randrange(1, HOUR // 2)
        elif hour >= site.closes_at:
            local += round((24 - hour + site.opens_at) * HOUR) + self.rng.randrange(1, HOUR // 2)
        return local - shift

    def hour_of(self, site: Site, time: int) -> float:
        """Local hour of the day."""
        return (time + site.city.minutes * 60_000) % DAY / HOUR

    def make(self, lot: Lot, code: str, spot: Store | Road, *, genuine: bool = True) -> Pack:
        """A new body, held at a store or put on a road."""
        self.bodies += 1
        pack = Pack(self.bodies, code, lot, spot, left=lot.product.units, genuine=genuine)
        _add(spot.held if isinstance(spot, Store) else spot.load, pack)
        return pack

    def box(self, kind: BoxKind, owner: Party) -> Box:
        """A new, empty box that stands nowhere yet."""
        number = self.number(kind + owner.gln)
        if kind == "tote":
            return Box(codes.tote(owner.prefix, number), kind)
        if kind == "set":
            return Box(codes.loan_set(owner.prefix, number), kind)
        return Box(codes.sscc(owner.prefix, number * 2 + (kind == "pallet")), kind)

    def put(self, thing: Thing, spot: Spot) -> None:
        """Into a box, a store (packs on the shelf, boxes among the boxes), a road or an end. It must be nowhere: see `take`."""
        if thing.spot is not None:
            raise ConservationError(f"{thing.code} is still somewhere")
        thing.spot = spot
        if isinstance(spot, Box):
            _add(spot.inside, thing)
        elif isinstance(spot, Road):
            _add(spot.load, thing)
        elif isinstance(spot, Store):
            if isinstance(thing, Pack):
                _add(spot.shelf.setdefault(thing.lot.product, []), thing)
            else:
                _add(spot.totes if thing.kind == "tote" and not thing.inside else spot.boxes, thing)
        elif isinstance(thing, Pack):
            self.ended[spot] += 1
        else:
            raise ConservationError(f"{thing.code}: a box has no end of its own, its contents have")

    def take(self, thing: Thing) -> None:
        """Off its spot."""
        spot = thing.spot
        if spot is None or isinstance(spot, str):
            raise ConservationError(f"{thing.code} is not to be had: {spot}")
        for place in _lists(spot, thing):
            if thing.place < len(place) and place[thing.place] is thing:
                last = place.pop()
                if last is not thing:
                    place[thing.place] = last
                    last.place = thing.place
                thing.spot = None
                return
        raise ConservationError(f"{thing.code} is not where it should be")

    def move(self, thing: Thing, spot: Spot) -> None:
        self.take(thing)
        self.put(thing, spot)

    def hold(self, thing: Thing, store: Store) -> None:
        """Set aside at a store, whether it stands somewhere or nowhere yet."""
        if thing.spot is not None:
            self.take(thing)
        thing.spot = store
        _add(store.held, thing)

    def finish(self, thing: Thing, end: End) -> list[Pack]:
        """The end of a pack, or of all packs in a box, which is then no more."""
        if isinstance(thing, Pack):
            self.move(thing, end)
            return [thing]
        found = [pack for inner in list(thing.inside) for pack in self.finish(inner, end)]
        self.take(thing)
        return found

    def bring_back(self, pack: Pack, store: Store) -> None:
        """From a patient back to a shelf."""
        if pack.spot != "patient":
            raise ConservationError(f"{pack.code} is with no patient")
        self.ended["patient"] -= 1
        pack.spot = None
        self.put(pack, store)

    def collect(self, pack: Pack, store: Store) -> None:
        """From a patient into the back room of a dealer."""
        self.bring_back(pack, store)
        self.hold(pack, store)

    def product_stock(self, site: Site, product: Product) -> list[Pack]:
        return self.stores[site].shelf.get(product, [])


def _add(places: list[Any], thing: Thing) -> None:
    thing.place = len(places)
    places.append(thing)


def _lists(spot: Box | Store | Road, thing: Thing) -> list[list[Any]]:
    if isinstance(spot, Box):
        return [spot.inside]
    if isinstance(spot, Road):
        return [spot.load]
    if isinstance(thing, Pack):
        return [spot.shelf.get(thing.lot.product, []), spot.held]
    return [spot.boxes, spot.totes, spot.held]
