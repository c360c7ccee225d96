"""What differs from seed to seed: sizes, mixes, habits, error rates. `drawing` has the ranges.

Rates are probabilities; times are days, hours or minutes as their names say; `*_share` is a share of the named population.
"""

from __future__ import annotations

from dataclasses import dataclass

DAY, HOUR, MINUTE, SECOND = 86_400_000, 3_600_000, 60_000, 1_000

FRAUDS = (
    "clone",
    "paper_sale",
    "never_arrives",
    "diversion_addressee",
    "diversion_territory",
    "resale",
    "swap",
    "relabel",
    "backdate",
    "postdate",
    "unknown_serial",
    "launder",
    "collusion",
    "stolen_key",
    "careful",
    "invented_times",
)


@dataclass(frozen=True, slots=True)
class Topology:
    """How many there are of each kind, and what they are like."""

    region: str
    makers: int
    contract_share: float
    distributors: int
    third_party_share: float
    carriers: int
    customers: int
    hospital_share: float
    chain_share: float
    products: int
    lot_only_share: float
    device_share: float
    absent_share: float
    joining_share: float
    repackager_share: float
    sites_by_gate_share: float


@dataclass(frozen=True, slots=True)
class Flow:
    """How goods move: speeds, waiting, and what does not go as planned."""

    lots: int
    legacy_share: float
    release_days: float
    maker_days: float
    distributor_days: float
    customer_days: float
    road_kmh: float
    air_from_km: float
    dock_hours: float
    season: float
    season_day: float
    cross_dock: float
    carrier_reports: float
    drop_shipment: float
    consigning: float
    wholesale: float
    whole_case: float
    totes: float
    refused: float
    voided: float
    lost: float
    shortage: float
    returned: float
    part_packs: float
    repackaged: float
    undone: float
    loan_sets: int
    recalls: int
    ward_share: float
    ward_use: float
    decommissions: float


@dataclass(frozen=True, slots=True)
class Noise:
    """How honest people note what they did."""

    lag_minutes: float
    lag_sigma: float
    tail: float
    tail_days: float
    outage_a_month: float
    faulty: float
    never_resent: float
    no_aggregation: float
    wrong_clock: float
    wrong_zone: float
    wrong_case: float
    mispick: float
    double_scan: float
    forgotten: float
    flipping: float
    typing: float
    wrong_site: float
    declared: float
    minute_share: float
    date_share: float
    journal_share: float
    seal_share: float
    xml_share: float
    copying: float
    no_unpacking: float
    clustering: float


@dataclass(frozen=True, slots=True)
class Norms:
    seed: int
    packs: int
    days: int
    start: int
    """ms UTC, midnight."""
    topology: Topology
    flow: Flow
    noise: Noise
    fraud: float
    """Share of packs that somebody plans a fraud with."""
    mix: dict[str, float]
    """Fraud kind -> weight."""
    careful: float
    """How often a fraud of any kind is done by one who knows the rules."""

    @property
    def end(self) -> int:
        return self.start + self.days * DAY
