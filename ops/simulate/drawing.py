"""The ranges from which the norms of a seed are drawn."""

from __future__ import annotations

import math
from random import Random

from ops.simulate.norms import DAY, FRAUDS, Flow, Noise, Norms, Topology

_FIRST_DAY = 1_735_689_600_000  # 2025-01-01T00:00:00Z


def loguniform(rng: Random, low: float, high: float) -> float:
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def draw(seed: int, packs: int, days: int, fraud: float | None = None) -> Norms:
    """The norms of a seed. `fraud` replaces the drawn rate (0.001-0.1 % of packs), for worlds too small to hold a fraud."""
    rng = Random(f"norms/{seed}")
    rate = loguniform(rng, 1e-5, 1e-3)
    return Norms(
        seed=seed,
        packs=packs,
        days=days,
        start=_FIRST_DAY + rng.randrange(330) * DAY,
        topology=_topology(rng, packs),
        flow=_flow(rng, packs, days),
        noise=_noise(rng),
        fraud=rate if fraud is None else fraud,
        mix={kind: rng.expovariate(1.0) + 0.15 for kind in FRAUDS},
        careful=rng.uniform(0.05, 0.4),
    )


def _sized(value: float, low: int, high: int) -> int:
    return max(low, min(high, round(value)))


def _topology(rng: Random, packs: int) -> Topology:
    u = rng.uniform
    return Topology(
        region=rng.choice(("china", "china", "asia")),
        makers=_sized(packs**0.25 * u(0.3, 0.8), 2, 14),
        contract_share=u(0.1, 0.4),
        distributors=_sized(packs**0.28 * u(0.4, 0.9), 3, 30),
        third_party_share=u(0.1, 0.4),
        carriers=rng.randint(1, 4),
        customers=_sized(packs**0.45 * u(0.3, 0.8), 6, 800),
        hospital_share=u(0.25, 0.6),
        chain_share=u(0.1, 0.5),
        products=_sized(packs**0.25 * u(0.5, 1.2), 4, 40),
        lot_only_share=u(0.05, 0.2),
        device_share=u(0.05, 0.2),
        absent_share=u(0.0, 0.08),
        joining_share=u(0.0, 0.06),
        repackager_share=u(0.1, 0.4),
        sites_by_gate_share=u(0.4, 0.95),
    )


def _flow(rng: Random, packs: int, days: int) -> Flow:
    u = rng.uniform
    pace = min(1.0, max(0.25, days / 60))  # a short window must still show packs reaching patients
    return Flow(
        lots=_sized(packs / loguniform(rng, 120, 2_500), 4, 5_000),
        legacy_share=u(0.0, 0.05),
        release_days=u(0.3, 2.5) * pace,
        maker_days=u(0.5, 4.0) * pace,
        distributor_days=u(1.0, 8.0) * pace,
        customer_days=u(1.5, 12.0) * pace,
        road_kmh=u(40, 70),
        air_from_km=u(900, 1_800),
        dock_hours=u(0.5, 8.0),
        season=u(0.0, 0.6),
        season_day=u(0, 365),
        cross_dock=u(0.1, 0.5),
        carrier_reports=u(0.0, 0.6),
        drop_shipment=u(0.0, 0.08),
        consigning=u(0.0, 0.3),
        wholesale=u(0.0, 0.1),
        whole_case=u(0.1, 0.5),
        totes=u(0.2, 0.8),
        refused=loguniform(rng, 0.0005, 0.005),
        voided=loguniform(rng, 0.0005, 0.005),
        lost=loguniform(rng, 0.00002, 0.0005),
        shortage=loguniform(rng, 0.0001, 0.002),
        returned=loguniform(rng, 0.001, 0.01),
        part_packs=u(0.02, 0.2),
        repackaged=u(0.0, 0.02),
        undone=loguniform(rng, 0.0002, 0.003),
        loan_sets=rng.randint(1, 4) + packs // 50_000,
        recalls=rng.choice((0, 1, 1, 2)),
        ward_share=u(0.05, 0.35),
        ward_use=u(0.2, 0.8),
        decommissions=u(0.0, 0.2),
    )


def _noise(rng: Random) -> Noise:
    u = rng.uniform
    return Noise(
        lag_minutes=loguniform(rng, 2, 60),
        lag_sigma=u(0.6, 1.4),
        tail=u(0.002, 0.02),
        tail_days=u(4, 12),
        outage_a_month=u(0.05, 0.4),
        faulty=u(0.03, 0.10),
        never_resent=u(0.005, 0.03),
        no_aggregation=u(0.25, 0.42),
        wrong_clock=u(0.005, 0.04),
        wrong_zone=u(0.006, 0.014),
        wrong_case=loguniform(rng, 0.0005, 0.01),
        mispick=loguniform(rng, 0.0002, 0.003),
        double_scan=u(0.0005, 0.005),
        forgotten=loguniform(rng, 0.0002, 0.003),
        flipping=u(0.002, 0.02),
        typing=loguniform(rng, 0.00003, 0.0005),
        wrong_site=loguniform(rng, 0.0001, 0.001),
        declared=u(0.2, 0.8),
        minute_share=u(0.1, 0.4),
        date_share=u(0.02, 0.15),
        journal_share=u(0.1, 0.45),
        seal_share=u(0.05, 0.4),
        xml_share=u(0.05, 0.3),
        copying=u(0.2, 0.8),
        no_unpacking=u(0.05, 0.3),
        clustering=u(0.5, 1.2),
    )
