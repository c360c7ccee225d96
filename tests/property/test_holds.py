"""Holds against a model: a holder's binds him, the regulator's binds all, and only the regulator lifts his."""

from __future__ import annotations

import random

import pytest

from pedigree.custody.fold import Fold
from pedigree.custody.leaf import Leaf
from pedigree.custody.open import Open
from pedigree.custody.steps import Flag, Step
from tests.property.fold_worlds import MINUTE, leaf

AGENCY = "agency"


@pytest.mark.parametrize("seed", range(150))
def test_holds_bind_whom_they_should_through_any_trade_in_any_order_of_arrival(seed: int) -> None:
    rng = random.Random(seed)
    time = 1_700_000_000_000
    leaves: list[Leaf] = []
    expected: dict[bytes, str] = {}
    holder, hold = "p0", ""

    def note(step: int, actor: str, code: str = "", other: str = "") -> None:
        nonlocal time
        time += rng.randrange(60, 600) * MINUTE
        flags = Flag.MAY_COMMISSION | (Flag.REGULATOR if actor == AGENCY else 0)
        leaves.append(leaf(step, time, time + rng.randrange(1, 8) * MINUTE, actor, other, len(leaves) + 1, flags=flags))
        expected[leaves[-1].event] = code

    note(Step.COMMISSION, holder)
    for n in range(1, rng.randrange(4, 30)):
        bound = "on_hold" if hold else ""
        deed = rng.choice(["hold", "hold", "freeze", "free", "release", "meddle", "sell", "sell", "sell"])
        if deed == "hold":
            note(Step.HOLD, holder)
            hold = hold or holder
        elif deed == "freeze":
            note(Step.HOLD, AGENCY)
            hold = AGENCY
        elif deed == "free":
            note(Step.RELEASE, AGENCY)
            hold = ""
        elif deed == "release":
            note(Step.RELEASE, holder, "hold_not_by_holder" if hold == AGENCY else "")
            hold = AGENCY if hold == AGENCY else ""
        elif deed == "meddle":
            note(rng.choice([Step.HOLD, Step.RELEASE]) if hold else Step.HOLD, "stranger", "hold_not_by_holder")
        else:
            note(Step.SHIP, holder, bound, other=f"p{n}")
            holder = f"p{n}"
            note(Step.RECEIVE, holder)
            hold = hold if hold == AGENCY else ""
    note(Step.DISPENSE, holder, "on_hold" if hold else "")
    rng.shuffle(leaves)
    fold = Fold(Open(), leaves)
    fold.open()
    closed = fold.close()
    assert {event: outcome.code for (event, _, _), outcome in fold.outcomes.items()} == expected
    assert (closed.hold, closed.possessor) == (hold, holder)
