"""Properties of the core fold, each a sentence of ARCHITECTURE.md, section Custody."""

from __future__ import annotations

import random

import pytest

from pedigree.custody.appending import appendable
from pedigree.custody.fold import Fold
from pedigree.custody.open import Open, decode_open, encode_open
from pedigree.custody.steps import Flag, Step
from tests.property import fold_worlds
from tests.property.fold_worlds import DAY, MINUTE, honest_chain, random_history


def folded(leaves: list) -> tuple[Open, Fold]:
    fold = Fold(Open(), leaves)
    return fold.open(), fold


@pytest.mark.parametrize("seed", range(300))
def test_appending_gives_what_folding_from_the_beginning_gives(seed: int) -> None:
    rng = random.Random(seed)
    leaves = random_history(rng, rng.randrange(2, 25))
    rng.shuffle(leaves)
    appended = 0
    now = Open()
    for n, leaf in enumerate(leaves):
        expected, whole = folded(leaves[: n + 1])
        if appendable(now, [leaf]):
            step = Fold(now, [leaf])
            assert step.open() == expected
            whole.close()
            assert step.close() == whole.state
            for identity, outcome in step.outcomes.items():
                assert whole.outcomes[identity] == outcome
            appended += 1
        now = expected
    assert appended > 0


@pytest.mark.parametrize("seed", range(200))
def test_refolding_from_a_base_gives_what_folding_from_the_beginning_gives(seed: int) -> None:
    rng = random.Random(seed)
    leaves = random_history(rng, 20)
    rng.shuffle(leaves)
    for cut in (5, 10, 15):
        base, _ = folded(leaves[:cut])
        if appendable(base, leaves[cut:]):
            assert Fold(base, leaves[cut:]).open() == folded(leaves)[0]


@pytest.mark.parametrize("seed", range(60))
def test_the_open_state_survives_its_bytes(seed: int) -> None:
    state, _ = folded(random_history(random.Random(seed), 15))
    assert decode_open(encode_open(state)) == state


@pytest.mark.parametrize("seed", range(100))
@pytest.mark.parametrize("skew", [0, 5 * MINUTE, -5 * MINUTE])
def test_minute_rounded_times_and_a_site_five_minutes_wrong_give_no_finding(seed: int, skew: int) -> None:
    rng = random.Random(seed)
    leaves = honest_chain(rng, rng.randrange(1, 6), skew=skew)
    _, fold = folded(leaves)
    fold.close()
    for leaf in leaves:
        outcome = fold.outcomes[leaf.identity]
        assert outcome.applied, (leaf, outcome)
        assert outcome.code == ""
        assert outcome.lag <= 10 * MINUTE


@pytest.mark.parametrize("seed", range(100))
def test_a_note_with_a_date_only_finds_its_place_among_the_others_of_its_day(seed: int) -> None:
    """A carrier brings the goods on; the receiver writes down the day. Whatever arrives when, nobody is accused."""
    rng, note = random.Random(seed), fold_worlds.leaf
    day = 1_700_006_400_000
    morning, evening = day + rng.randrange(1, 10 * 60) * MINUTE, day + rng.randrange(11 * 60, 18 * 60) * MINUTE
    leaves = [
        note(Step.COMMISSION, day - DAY, day - DAY + MINUTE, "maker", n=1),
        note(Step.SHIP, day - 60 * MINUTE, day - 59 * MINUTE, "maker", "shop", n=2),
        note(Step.ACCEPT, morning, morning + MINUTE, "van", n=3),
        note(Step.SHIP, evening, evening + 30 * MINUTE, "van", "shop", n=4),
        note(Step.RECEIVE, day, evening + rng.randrange(1, 2000) * MINUTE, "shop", n=5, flags=Flag.DATE_ONLY, slack=DAY),
        note(Step.DISPENSE, day + 2 * DAY, day + 2 * DAY + MINUTE, "shop", n=6),
    ]
    rng.shuffle(leaves)
    _, fold = folded(leaves)
    fold.close()
    assert [(one.applied, one.code) for one in fold.outcomes.values()] == [(True, "")] * 6
    assert fold.state.possessor == "shop"


@pytest.mark.parametrize("seed", range(100))
def test_every_acting_leaf_has_an_outcome_once_closed(seed: int) -> None:
    leaves = random_history(random.Random(seed), 30)
    _, fold = folded(leaves)
    fold.close()
    assert set(fold.outcomes) == {e.identity for e in leaves if e.acts}
