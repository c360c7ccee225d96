"""The simulator's physics, its rates, and its labels against a check of the claims alone."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import Any, NamedTuple

import pytest

from ops.simulate import Simulation
from ops.simulate.cast import cast
from ops.simulate.catalogue import catalogue
from ops.simulate.drawing import draw
from ops.simulate.norms import DAY, HOUR
from ops.simulate.recording.systems import systems
from ops.simulate.truth import build
from ops.simulate.truth.things import Box, Pack
from ops.simulate.truth.world import ConservationError, World
from pedigree.identifiers import canonical, gln_of
from pedigree.times import parse_time
from pedigree.wire import parse


def _world(seed: int) -> World:
    norms = draw(seed, 500, 15)
    people = cast(norms)
    return build(norms, people, catalogue(norms, people)).world


def _bodies(world: World) -> Iterator[int]:
    """Every body that is somewhere, found by walking through all stores and roads."""
    todo: list[Any] = []
    for store in world.stores.values():
        todo += [*store.boxes, *store.held, *store.totes, *(pack for packs in store.shelf.values() for pack in packs)]
    for road in world.roads:
        todo += road.load
    while todo:
        thing = todo.pop()
        if isinstance(thing, Box):
            assert all(inner.spot is thing for inner in thing.inside)
            todo += thing.inside
        else:
            yield thing.body


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_each_body_is_in_exactly_one_place(seed: int) -> None:
    made = Simulation(seed, 800, 20, 0.1)
    world = made.truth.world
    checked = 0
    for number, _ in enumerate(made.claims()):
        if number % 100 == 0:
            here = list(_bodies(world))
            ended = sum(count for end, count in world.ended.items() if not end.startswith("bulk"))
            assert len(here) == len(set(here))
            assert len(here) + ended == world.bodies
            checked += 1
    assert checked > 3
    stock: Counter[str] = Counter()
    for place in [*world.stores.values(), *world.roads]:
        for lot, amount in place.bulk.items():
            assert amount > 0
            stock[lot.number] += amount
    for lot in made.catalogue.lots:
        if lot.product.tracked == "lot":
            assert stock[lot.number] + world.ended[f"bulk {lot.number}"] == lot.made


def test_a_body_can_not_be_taken_twice() -> None:
    world = _world(1)
    store = next(iter(world.stores.values()))
    pack = world.make(world.catalogue.lots[0], "x", store)
    world.move(pack, "patient")
    with pytest.raises(ConservationError):
        world.take(pack)
    with pytest.raises(ConservationError):
        world.put(pack, store)


def test_acts_come_in_the_order_of_time() -> None:
    world = _world(2)
    times = [act.time for act in world.run()]
    assert all(one < other for one, other in pairwise(times))


def test_rates_lie_in_their_ranges() -> None:
    """Over many seeds, since each draws its own."""
    wrong = zones = devices = listing = makers = 0
    for seed in range(60):
        norms = draw(seed, 20_000, 60)
        noise = norms.noise
        assert 0.00001 <= norms.fraud <= 0.001
        assert 0.03 <= noise.faulty <= 0.10
        assert 0.0005 <= noise.wrong_case <= 0.01
        people = cast(norms)
        scanners = [device for system in systems(norms, people).values() for device in system.devices]
        assert all(abs(one.fault_ms) >= HOUR - 1 for one in scanners if one.fault_ms)
        devices += len(scanners)
        wrong += sum(bool(one.fault_ms) for one in scanners)
        zones += sum(bool(one.zone_ms) for one in scanners)
        makers += len(people.of("maker"))
        listing += sum(one.aggregates for one in people.of("maker"))
    assert 0.005 <= wrong / devices <= 0.04
    assert 0.005 <= zones / devices <= 0.015
    assert 0.55 <= listing / makers <= 0.78


def test_worlds_differ_in_shape() -> None:
    shapes = {(len(people.parties), len(people.delegations)) for people in (cast(draw(seed, 5_000, 60)) for seed in range(12))}
    assert len(shapes) > 8


class Seen(NamedTuple):
    """One claim that names a code, read from the document."""

    event: str
    step: str
    party: str
    lat: float
    lon: float
    low: int
    high: int
    arrival: int
    sender: str
    receiver: str
    document: str
    expiry: str
    consumed: bool
    part: float
    content: float


class Log:
    """All that can be known from facts and claims."""

    def __init__(self, made: Simulation) -> None:
        parties = [one for one in made.facts if one["kind"] == "party"]
        self.sites = {site["gln"]: (one["key"], site) for one in parties for site in one["value"]["sites"]}
        self.units = {one["key"]: float(one["value"]["units"]) for one in made.facts if one["kind"] == "product"}
        self.by_code: dict[str, list[Seen]] = defaultdict(list)
        undone: set[str] = set()
        claims = list(made.claims())
        broken = {one["claim"] for one in made.refused}
        for claim in claims:
            if claim.id not in broken:
                for event in parse(claim.body, claim.content_type).events:
                    if "errorDeclaration" in event:
                        undone.add(event["eventID"])
                    else:
                        self._read(event, claim.arrival_ms)
        for code, seen in self.by_code.items():
            self.by_code[code] = [one for one in seen if one.event not in undone]

    def _read(self, event: dict[str, Any], arrival: int) -> None:
        place = self.sites.get(gln_of(event["readPoint"]["id"]))
        if place is None:
            return
        party, site = place
        low = parse_time(event["eventTime"])
        ends = {
            name: gln_of(one[name])
            for key, name in (("sourceList", "source"), ("destinationList", "destination"))
            for one in event.get(key, ())
            if one["type"].endswith("possessing_party")
        }
        ilmd = {key.partition(":")[2]: str(value) for key, value in event.get("ilmd", {}).items()}
        trade = event.get("bizTransactionList", [{}])[0].get("bizTransaction", "")
        consumed = event["type"] == "TransformationEvent"
        for raw in [*event.get("epcList", ()), *event.get("childEPCs", ()), *event.get("inputEPCList", ())]:
            code = canonical(raw)
            if "/21/" not in code:
                continue
            seen = Seen(
                event["eventID"],
                event["bizStep"].rpartition(":")[2],
                party,
                site["lat"],
                site["lon"],
                low,
                low + (DAY if event.get("medtrace:dateOnly") in (True, "true") else 60_000),
                arrival,
                ends.get("source", ""),
                ends.get("destination", ""),
                trade,
                ilmd.get("itemExpirationDate", ""),
                consumed,
                sum(float(one["quantity"]) for one in event.get("quantityList", ())),
                self.units.get(code.split("/")[4], 0.0),
            )
            self.by_code[code].append(seen)


def _clash(one: Seen, two: Seen) -> bool:
    """Whether one body can't have been through both, in either order."""
    gone = [x for x in (one, two) if x.consumed or x.step in ("dispensing", "retail_selling", "destroying")]
    taken = sum(x.part or x.content or 1 for x in gone)
    if len(gone) == 2 and one.party != two.party and (not (one.part or two.part) or taken > one.content > 0):
        return True
    for first, second in ((one, two), (two, one)):
        wholly = first in gone and not 0 < first.part < first.content
        if wholly and second.party != first.party and second not in gone and second.low - first.high > 1.9 * DAY:
            return True
        if first.step == "commissioning" and second.step != "commissioning" and first.low - second.high > 1.9 * DAY:
            return True
        if first.step == "commissioning" and second.consumed and second.expiry > first.expiry:
            return True
        same = first.step in ("shipping", "consigning") and second.step == "receiving" and first.document == second.document
        if same and (second.party not in (first.receiver, first.party) or first.low - second.high > 1.9 * DAY):
            return True
    if one.step == two.step == "commissioning" and (one.party != two.party or one.expiry != two.expiry):
        return True
    apart = max(one.high - two.low, two.high - one.low) / HOUR  # as far as the notes allow
    x = (one.lon - two.lon) * math.cos(math.radians((one.lat + two.lat) / 2))
    return 111.2 * math.hypot(x, one.lat - two.lat) > 60 + 950 * (apart + 0.2)


def test_a_necessary_contradiction_is_in_the_claims() -> None:
    kinds: Counter[str] = Counter()
    for seed in (2, 5, 11):
        made = Simulation(seed, 2_500, 30, 0.12)
        log = Log(made)
        for fraud in made.frauds:
            kinds[fraud.evidence] += 1
            assert fraud.contradiction == any(one.necessary for one in fraud.witnesses)
            assert fraud.contradiction == (fraud.evidence == "contradiction")
            for witness in (one for one in fraud.witnesses if one.necessary):
                seen = [one for one in log.by_code[witness.pack] if one.event in witness.events]
                assert len(seen) == len(witness.events), (fraud, witness)
                future = any(one.low > one.arrival + DAY for one in seen)
                assert future or any(_clash(one, two) for one, two in combinations(seen, 2)), (fraud.kind, witness, seen)
                assert set(witness.events) & set(fraud.events)
    assert kinds["contradiction"] > 15
    assert {"none", "absence"} <= kinds.keys()


def test_honest_packs_without_a_mistake_have_no_contradiction() -> None:
    """The other way round: what no fraud and no mistake touched is consistent, so a rule that finds something there is wrong."""
    noted: list[Any] = []
    made = Simulation(24, 2_500, 30, 0.02, noted.append)
    log = Log(made)
    touched = {pack for one in noted if one.kind != "late" for pack in one.packs}
    touched |= {pack for fraud in made.frauds for pack in fraud.packs}
    clean = [seen for code, seen in log.by_code.items() if code not in touched]
    assert len(clean) > 800
    for seen in clean:
        assert not [pair for pair in combinations(seen, 2) if _clash(*pair)]


def test_a_journal_that_proves_a_lie_is_in_the_log() -> None:
    proven = 0
    for seed in (3, 4, 9):
        made = Simulation(seed, 1_500, 25, 0.1)
        made.norms.mix.update({kind: 0.0 for kind in made.norms.mix if kind != "backdate"})
        times = {}
        for claim in made.claims():
            if claim.journal:
                times[claim.id] = claim.journal
        for fraud in made.frauds:
            assert fraud.kind == "backdate"
            if fraud.journal_proof:
                proven += 1
                assert any(id in times for id in fraud.claims)
    assert proven > 3


def test_packs_are_seldom_made_for_a_fraud() -> None:
    """The rate that was asked for is not exceeded; not every plan finds its occasion."""
    made = Simulation(6, 4_000, 30, 0.03)
    list(made.claims())
    struck = {pack for fraud in made.frauds if fraud.kind != "invented_times" for pack in fraud.packs}
    assert 0.003 * made.norms.packs < len(struck) < 0.045 * made.norms.packs
    assert all(fraud.first >= made.norms.start and fraud.last <= made.norms.end for fraud in made.frauds)


def test_bodies_in_a_box_are_packs_or_boxes() -> None:
    world = _world(2)
    for act in world.run():
        assert all(isinstance(thing, (Pack, Box)) for thing in act.things)
        assert act.codes or act.bulk or act.silent
