"""Stock levels from demand distributions, cross-checked against brute force and a simulation of the policy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.procurement.demand import Demand, cycle_level, estimate, fill_level, fill_rate, over
from services.procurement.levels import first_expired_first_out, life_cap, rounded_up


def made(p: float, sizes: dict[float, float]) -> Demand:
    return Demand(p, np.array(list(sizes)), np.array(list(sizes.values())), 100, int(100 * p), 0)


def draw(demand: Demand, days: int, rng: np.random.Generator) -> np.ndarray:
    return np.where(rng.random(days) < demand.p, rng.choice(demand.sizes, days, p=demand.weights), 0.0)


def simulate(demand: Demand, lead: dict[int, float], s: int, lot: int, days: int, rng: np.random.Generator) -> float:
    """Share of demand met at once by an (s, nQ) policy with review every evening; unmet demand waits."""
    asked = draw(demand, days, rng)
    leads = rng.choice(list(lead), days, p=list(lead.values()))
    due = np.zeros(days + max(lead) + 2)
    net, ordered, met = float(s + lot), 0.0, 0.0
    for day in range(days):
        net, ordered = net + due[day], ordered - due[day]
        met += min(asked[day], max(0.0, net))
        net -= asked[day]
        if net + ordered <= s:
            batch = lot * (1 + (s - net - ordered) // lot)
            due[day + leads[day] + 1] += batch
            ordered += batch
    return met / asked.sum()


CASES = [
    (made(0.2, {1.0: 0.7, 2.0: 0.2, 6.0: 0.1}), {5: 1.0}, 4),
    (made(0.9, {3.0: 0.5, 4.0: 0.3, 12.0: 0.2}), {3: 1.0}, 20),
    (made(0.5, {1.0: 0.5, 5.0: 0.5}), {2: 0.6, 4: 0.4}, 1),
]


@pytest.mark.parametrize(("demand", "lead", "lot"), CASES)
def test_the_fill_rate_formula_agrees_with_a_simulation_of_the_policy(demand: Demand, lead: dict[int, float], lot: int) -> None:
    for wanted in (0.80, 0.95):
        s = fill_level(demand, lead, lot, wanted)
        expected = fill_rate(demand, lead, s, lot)
        assert expected >= wanted - 1e-9
        assert s == 0 or fill_rate(demand, lead, s - 1, lot) < wanted
        assert simulate(demand, lead, s, lot, 30_000, np.random.default_rng(7)) == pytest.approx(expected, abs=0.015)


@pytest.mark.parametrize(("demand", "lead", "lot"), CASES)
def test_the_cycle_level_is_enough_as_often_as_promised(demand: Demand, lead: dict[int, float], lot: int) -> None:
    s = cycle_level(demand, lead, 0.95)
    rng = np.random.default_rng(11)
    spans = rng.choice(list(lead), 20_000, p=list(lead.values())) + 1
    totals = np.array([draw(demand, int(span), rng).sum() for span in spans[:8000]])
    assert (totals <= s).mean() >= 0.94
    assert (totals <= s - 1).mean() < 0.955


@settings(max_examples=30, deadline=None)
@given(
    p=st.floats(0.05, 1.0),
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=4, unique=True),
    days=st.dictionaries(st.integers(0, 5), st.floats(0.1, 1.0), min_size=1, max_size=3),
)
def test_convolution_equals_adding_up_day_by_day(p: float, sizes: list[int], days: dict[int, float]) -> None:
    demand = made(p, {float(size): 1 / len(sizes) for size in sorted(sizes)})
    mix = {count: share / sum(days.values()) for count, share in days.items()}
    day = np.zeros(max(sizes) + 1)
    day[sizes] = p / len(sizes)
    day[0] += 1 - p
    expected = np.zeros(max(sizes) * max(mix) + 1)
    for count, share in mix.items():
        total = np.ones(1)
        for _ in range(count):
            total = np.convolve(total, day)
        expected[: len(total)] += share * total
    got = over(demand, mix)
    assert got.grid == 1
    assert got.pmf == pytest.approx(expected, abs=1e-12)


def test_parts_of_packs_keep_the_mean_and_huge_sizes_keep_it_too() -> None:
    parts = made(0.5, {0.25: 0.5, 1.5: 0.5})
    total = over(parts, {4: 1.0})
    assert float(total.pmf @ np.arange(len(total.pmf))) == pytest.approx(4 * parts.mean)
    huge = made(0.8, {900.0: 0.5, 70_000.0: 0.5})
    total = over(huge, {7: 1.0})
    assert total.grid > 1
    assert float(total.pmf @ np.arange(len(total.pmf))) * total.grid == pytest.approx(7 * huge.mean)
    s = fill_level(huge, {7: 1.0}, 50_000, 0.95)
    assert 0.94 < simulate(huge, {7: 1.0}, s, 50_000, 20_000, np.random.default_rng(3)) < 0.97


def test_days_without_stock_are_not_days_without_demand() -> None:
    quantities = np.array([2.0, 0, 2, 0, 0, 0, 0, 0, 2, 2])
    there = np.ones(10, dtype=bool)
    plain = estimate(quantities, there)
    there[3:8] = False
    freed = estimate(quantities, there)
    assert (freed.days, freed.dropped, freed.demand_days) == (5, 5, 4)
    assert freed.mean > 1.5 * plain.mean


def test_demand_that_ended_fades_and_demand_that_never_was_asks_for_nothing() -> None:
    ended = np.concatenate([np.full(60, 3.0), np.zeros(120)])
    assert estimate(ended, np.ones(180, dtype=bool)).mean < 0.02
    none = estimate(np.zeros(90), np.ones(90, dtype=bool))
    assert (none.mean, none.sd) == (0.0, 0.0)
    assert fill_level(none, {7: 1.0}, 1, 0.99) == 0
    assert cycle_level(none, {7: 1.0}, 0.99) == 0


def test_only_stock_that_will_be_used_before_its_date_counts() -> None:
    # Two packs a day: 10 days use 20 of the 30 that expire first, then nothing of them is left to use.
    assert first_expired_first_out([(100, 50.0), (10, 30.0)], 2.0) == (70.0, 10.0)
    assert first_expired_first_out([(0, 5.0), (None, 4.0)], 2.0) == (4.0, 5.0)
    assert first_expired_first_out([(5, 5.0), (-3, 2.0)], 0.0) == (5.0, 2.0)


def test_a_short_life_caps_what_is_worth_having() -> None:
    demand = made(0.5, {2.0: 1.0})
    cap = life_cap(demand, 30)
    totals = draw(demand, 30 * 4000, np.random.default_rng(5)).reshape(4000, 30).sum(axis=1)
    assert (totals >= cap).mean() >= 0.89
    assert life_cap(demand, 5) < cap < life_cap(demand, 300)


@pytest.mark.parametrize(
    ("packs", "multiple", "least", "order"), [(0, 10, 20, 0), (3, 10, 20, 20), (21, 10, 20, 30), (30, 10, 1, 30), (2.2, 1, 1, 3)]
)
def test_orders_come_in_outer_packs_and_minimum_quantities(packs: float, multiple: int, least: int, order: int) -> None:
    assert rounded_up(packs, multiple, least) == order
