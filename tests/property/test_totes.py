"""Returnable totes, cases without noted contents, refused deliveries: order of arrival changes nothing, the ledger agrees."""

from __future__ import annotations

import random

import pytest

from chaincode.contract import commit
from chaincode.messages import Batch, Group, Message
from pedigree.custody.retell import retell
from pedigree.custody.steps import Flag, Step
from pedigree.messages import Observation
from pedigree.seal import sm3
from tests.property.test_units import World
from tests.property.units import KEY, Units
from tests.property.worlds import HOUR, MINUTE, START, Writer

TOTES = ("boxtote1", "boxtote2")
HOME = int(Flag.REUSABLE) | int(Flag.RETURNED)


def tote_world(rng: random.Random, noise: float) -> list[list[Observation]]:
    """A dealer's totes go out with packs of a maker who notes no contents, and come home; some are never opened on paper."""
    w = Writer(rng)
    t = START
    packs = [f"pack{n}" for n in range(8)]
    w.event(Step.COMMISSION, t, "maker", packs)
    w.event(Step.SHIP, t + HOUR, "maker", ["boxcase"], "dealer")
    w.event(Step.RECEIVE, t + 9 * HOUR, "dealer", ["boxcase"])
    w.event(Step.UNPACK, t + 10 * HOUR, "dealer", ["boxcase"], members=tuple(packs))
    t += 20 * HOUR
    for trip in range(4):
        tote, inside, shop = rng.choice(TOTES), tuple(packs[2 * trip : 2 * trip + 2]), rng.choice(("shop1", "shop2"))
        dispatch = t + rng.choice((-MINUTE, 0, MINUTE))
        w.event(Step.PACK, t, "dealer", [tote], members=inside, flags=Flag.REUSABLE)
        w.event(Step.SHIP, dispatch, "dealer", [tote], shop, flags=Flag.REUSABLE)
        if rng.random() < 0.3:
            w.event(Step.ACCEPT, t + 2 * HOUR, "carrier", [tote], flags=Flag.REUSABLE)
        if rng.random() < 0.2:
            w.event(Step.RECEIVE, t + 8 * HOUR, "dealer", [tote], flags=HOME)
            w.event(Step.UNPACK, t + 9 * HOUR, "dealer", [tote], members=inside, flags=Flag.REUSABLE)
        else:
            w.event(Step.RECEIVE, t + 8 * HOUR, shop, [tote], flags=Flag.REUSABLE)
            if rng.random() < 0.5:
                w.event(Step.UNPACK, t + 9 * HOUR, shop, [tote], members=inside, flags=Flag.REUSABLE)
            if rng.random() < 0.3:
                w.event(Step.PACK, t + 10 * HOUR, shop, [tote], members=inside[:1], flags=Flag.REUSABLE)
            w.event(Step.SHIP, t + 12 * HOUR, shop, [tote], "dealer", flags=HOME)
            w.event(Step.RECEIVE, t + 18 * HOUR, "dealer", [tote], flags=HOME)
            w.event(Step.DISPENSE, t + 30 * HOUR, shop, [inside[1]])
        t += rng.choice((19, 26)) * HOUR
    for _ in range(round(noise * len(w.out))):
        step = rng.choice((Step.RECEIVE, Step.SHIP, Step.DISPENSE, Step.PACK, Step.UNPACK, Step.VOID_SHIP))
        unit = rng.choice((*packs, *TOTES, "boxcase"))
        members = tuple(rng.sample(packs, 2)) if step in (Step.PACK, Step.UNPACK) and unit.startswith("box") else ()
        flags = rng.choice((0, HOME)) if unit in TOTES else 0
        actor = rng.choice(("maker", "dealer", "shop1", "shop2"))
        late = rng.randrange(90) * HOUR
        w.event(step, START + rng.randrange(t - START), actor, [unit], "shop1", members=members, flags=flags, lag=late)
    return [observations for _, observations in sorted(w.out, key=lambda pair: pair[0])]


def settled(documents: list[list[Observation]], rng: random.Random | None = None) -> Units:
    units = Units()
    for observations in documents:
        units.deliver(observations, rng)
    units.run_to(START + 10_000 * HOUR)
    return units


@pytest.mark.parametrize("seed", range(40))
def test_the_order_of_arrival_changes_nothing(seed: int) -> None:
    rng = random.Random(seed)
    documents = tote_world(rng, rng.choice((0.0, 0.3, 0.8)))
    expected = settled(documents).summary()
    rng.shuffle(documents)
    found = settled(documents, rng).summary()
    for unit in expected:
        assert found[unit] == expected[unit], unit


@pytest.mark.parametrize("seed", range(40))
def test_honest_trade_in_totes_makes_nobody_suspect(seed: int) -> None:
    units = settled(tote_world(random.Random(seed), 0.0))
    for unit in units.rows:
        assert units.row(unit).shown.verdict == "confirmed", (unit, units.verdicts[unit])


@pytest.mark.parametrize("seed", range(10))
def test_telling_again_after_a_crash_changes_nothing(seed: int) -> None:
    units = settled(tote_world(random.Random(seed), 0.4))
    before = units.summary()
    for unit in list(units.rows):
        units.number += 1
        units.deliver(retell(unit, units.row(unit), KEY, units, (0, units.number)))
    assert units.summary() == before


@pytest.mark.parametrize("seed", range(10))
def test_the_ledger_folds_what_the_stream_folded(seed: int) -> None:
    rng = random.Random(seed)
    documents = tote_world(rng, 0.5)
    rng.shuffle(documents)
    units, world, previous = settled(documents, rng), World(), b""
    for number, decision in enumerate(units.decisions):
        one = Group(decision.key, decision.before, decision.leaves, decision.base, decision.witness, decision.claim)
        hash_ = sm3(str(number).encode())
        receipt = commit(world, Batch(0, 0, [Message(number, previous, hash_, [one] if decision.leaves else [])]))
        assert receipt.disputed == receipt.unjudged == []
        previous = hash_
