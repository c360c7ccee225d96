"""Who takes part: parties with roles, prefixes and delegations, their sites and habits."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Literal

from ops.simulate import codes
from ops.simulate.geography import City, cities, distance_km
from ops.simulate.norms import DAY, Norms

Role = Literal["maker", "distributor", "carrier", "hospital", "pharmacy", "regulator"]


@dataclass(slots=True, eq=False)
class Party:
    gln: str
    name: str
    role: Role
    prefix: str
    sites: list[Site] = field(default_factory=list)
    third_party: bool = False
    """Stores and ships for others, who stay the owners."""
    contract: bool = False
    repackager: bool = False
    national: bool = False
    """A distributor that sells in every territory."""
    absent: bool = False
    takes_part_from: int = 0
    """ms UTC; before it, and always when `absent`, nothing is reported."""
    seals: bool = False
    seal_required: bool = False
    aggregates: bool = True
    """A maker that records which pack is in which case."""

    def reports(self, at: int) -> bool:
        return not self.absent and at >= self.takes_part_from


@dataclass(slots=True, eq=False)
class Site:
    gln: str
    name: str
    party: Party
    city: City
    lat: float
    lon: float
    kind: str
    weight: float = 1.0
    """How much of the trade goes through it."""
    wards: bool = False
    """Part of the use is never scanned."""
    decommissions: bool = False
    """Ends the identifiers already at receipt, as hospitals may."""
    uses_totes: bool = False
    opens_at: int = 8
    closes_at: int = 18
    suppliers: list[Site] = field(default_factory=list)
    customers: list[Site] = field(default_factory=list)

    def km_to(self, other: Site) -> float:
        return distance_km(self.lat, self.lon, other.lat, other.lon)


@dataclass(frozen=True, slots=True)
class Delegation:
    principal: Party
    delegate: Party
    kind: Literal["3pl", "contract_maker", "repackager"]


@dataclass(slots=True, eq=False)
class Cast:
    parties: list[Party]
    delegations: list[Delegation]
    regulator: Party

    def of(self, *roles: Role) -> list[Party]:
        return [party for party in self.parties if party.role in roles]

    def sites(self, *roles: Role) -> list[Site]:
        return [site for party in self.of(*roles) for site in party.sites]

    def delegate_of(self, principal: Party, kind: str) -> Party | None:
        return next((one.delegate for one in self.delegations if one.principal is principal and one.kind == kind), None)


class _Casting:
    def __init__(self, norms: Norms) -> None:
        self.norms = norms
        self.rng = Random(f"cast/{norms.seed}")
        self.cities = cities(norms.topology.region, self.rng)
        self.numbers = iter(self.rng.sample(range(1_000, 10_000), 5_000))
        self.parties: list[Party] = []

    def party(self, role: Role, sites: int, kind: str, near: str = "") -> Party:
        prefix = f"952{next(self.numbers)}"
        count = sum(one.role == role for one in self.parties) + 1
        party = Party(codes.gln(prefix, 0), f"{role.capitalize()} {count}", role, prefix)
        pool = [city for city in self.cities if city.territory == near] or list(self.cities)
        home = self.rng.choice(pool)
        pool = [city for city in self.cities if city.territory == home.territory]
        for number in range(sites):
            city = home if number == 0 else self.rng.choice(pool)
            lat, lon = city.lat + self.rng.uniform(-0.2, 0.2), city.lon + self.rng.uniform(-0.2, 0.2)
            name = f"{party.name}, {city.name} {number + 1}"
            site = Site(codes.gln(prefix, number + 1), name, party, city, round(lat, 4), round(lon, 4), kind)
            site.weight = self.rng.lognormvariate(0, 0.8)
            party.sites.append(site)
        self.parties.append(party)
        return party


def cast(norms: Norms) -> Cast:
    """The parties of a seed, their lanes included: each site knows its suppliers and customers."""
    make, size = _Casting(norms), norms.topology
    rng = make.rng
    makers = [make.party("maker", 1, "plant") for _ in range(size.makers)]
    distributors = [make.party("distributor", rng.choice((1, 1, 1, 2)), "warehouse") for _ in range(size.distributors)]
    for _ in range(size.carriers):
        make.party("carrier", rng.randint(1, 3), "hub")
    customers: list[Party] = []
    while sum(len(one.sites) for one in customers) < size.customers:
        hospital = rng.random() < size.hospital_share
        several = rng.random() < size.chain_share
        sites = (rng.randint(2, 3) if hospital else rng.randint(2, 8)) if several else 1
        customers.append(make.party("hospital" if hospital else "pharmacy", sites, "hospital" if hospital else "shop"))
    if not any(one.role == "hospital" for one in customers):
        customers.append(make.party("hospital", 1, "hospital"))
    regulator = make.party("regulator", 1, "office")
    _habits(norms, rng, makers, distributors, customers)
    delegations = _delegate(norms, rng, makers, distributors)
    _lanes(rng, distributors, customers)
    return Cast(make.parties, delegations, regulator)


def _habits(norms: Norms, rng: Random, makers: list[Party], distributors: list[Party], customers: list[Party]) -> None:
    size, flow = norms.topology, norms.flow
    for party in makers:
        party.aggregates = rng.random() >= norms.noise.no_aggregation
    for party in distributors:
        party.national = rng.random() < 0.2
        for site in party.sites:
            site.opens_at, site.closes_at = rng.randint(5, 8), rng.randint(18, 22)
            site.uses_totes = rng.random() < flow.totes
    for party in customers:
        chance = rng.random()
        party.absent = chance < size.absent_share
        if size.absent_share <= chance < size.absent_share + size.joining_share:
            party.takes_part_from = norms.start + rng.randint(1, norms.days) * DAY
        for site in party.sites:
            hospital = party.role == "hospital"
            site.opens_at, site.closes_at = (0, 24) if hospital else (rng.randint(7, 9), rng.randint(19, 23))
            site.wards = hospital and rng.random() < flow.ward_share
            site.decommissions = hospital and rng.random() < flow.decommissions
    for party in makers + distributors + customers:
        party.seals = rng.random() < norms.noise.seal_share
        party.seal_required = party.seals and rng.random() < 0.5
    for party in distributors[:-2]:
        party.absent = rng.random() < size.absent_share / 3


def _delegate(norms: Norms, rng: Random, makers: list[Party], distributors: list[Party]) -> list[Delegation]:
    """Contract makers make for others; some distributors store for a maker; some repackage. The first of each does neither."""
    size = norms.topology
    found: list[Delegation] = []
    for maker in makers[1:]:
        maker.contract = rng.random() < size.contract_share
    for maker in makers:
        hired = [one for one in makers if one.contract and one is not maker]
        if hired and not maker.contract and rng.random() < 0.6:
            found.append(Delegation(maker, rng.choice(hired), "contract_maker"))
    for party in distributors[1:]:
        if rng.random() < size.third_party_share:
            party.third_party = True
            found += [Delegation(one, party, "3pl") for one in makers if rng.random() < 0.5 or one is makers[0]]
        elif rng.random() < size.repackager_share and not party.absent:
            party.repackager = True
            found += [Delegation(one, party, "repackager") for one in makers]
    return found


def _lanes(rng: Random, distributors: list[Party], customers: list[Party]) -> None:
    """Customers buy from one to four warehouses: those of their territory, and national ones."""
    warehouses = [site for party in distributors for site in party.sites]
    for party in customers:
        for site in party.sites:
            local = [one for one in warehouses if one.party.national or one.city.territory == site.city.territory]
            if not local:
                local = [min(warehouses, key=site.km_to)]
                local[0].party.national = True
            for supplier in rng.sample(local, min(len(local), rng.randint(1, 4))):
                site.suppliers.append(supplier)
                supplier.customers.append(site)
    shops = [site for party in customers for site in party.sites]
    for warehouse in warehouses:
        served = [one for one in shops if warehouse.party.national or one.city.territory == warehouse.city.territory]
        near = sorted(served, key=warehouse.km_to)
        for site in near[: max(0, 3 - len(warehouse.customers))]:
            if warehouse not in site.suppliers:
                site.suppliers.append(warehouse)
                warehouse.customers.append(site)
