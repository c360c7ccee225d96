"""Properties of many units that tell each other: order of arrival, repeats, splitting, circles, silence."""

from __future__ import annotations

import random

import pytest

from chaincode.contract import commit
from chaincode.messages import Batch, Group, Message, decode_unit, unit_state_key
from pedigree.custody.project import Coder
from pedigree.custody.row import decode_row
from pedigree.messages import Observation
from pedigree.seal import sm3
from tests.property.units import KEY, Units
from tests.property.worlds import HOUR, START, honest_world

LATER = START + 10_000 * HOUR


def settled(documents: list[list[Observation]], rng: random.Random | None = None) -> Units:
    units = Units()
    for observations in documents:
        units.deliver(observations, rng)
    units.run_to(LATER)
    return units


@pytest.mark.parametrize("seed", range(40))
def test_an_honest_world_gives_no_finding(seed: int) -> None:
    units = settled(honest_world(random.Random(seed)))
    for unit, verdicts in units.verdicts.items():
        for verdict in verdicts.values():
            codes = [f.code for f in verdict.findings if f.severity != "info"]
            assert verdict.outcome == "confirmed", (unit, verdict)
            assert codes == [], (unit, verdict)
    for unit in units.rows:
        if unit.startswith("pack"):
            assert units.row(unit).shown.possessor == "pharmacy"
            assert units.row(unit).shown.verdict == "confirmed"


@pytest.mark.parametrize("seed", range(60))
def test_the_order_of_arrival_changes_nothing(seed: int) -> None:
    rng = random.Random(seed)
    documents = honest_world(rng, noise=rng.choice([0.0, 0.3, 0.8]), circles=rng.random() < 0.3)
    expected = settled(documents).summary()
    for _ in range(3):
        rng.shuffle(documents)
        found = settled(documents, rng).summary()
        for unit in expected:
            assert found[unit] == expected[unit], unit


@pytest.mark.parametrize("seed", range(20))
def test_repeats_change_nothing_and_send_nothing(seed: int) -> None:
    rng = random.Random(seed)
    documents = honest_world(rng, noise=0.3)
    units = settled(documents)
    before, decisions = units.summary(), len(units.decisions)
    again = [documents[rng.randrange(len(documents))] for _ in range(10)]
    for observations in again:
        for observation in observations:
            assert units.decide(observation.unit, [observation]) == []
    assert units.summary() == before
    assert len(units.decisions) == decisions


@pytest.mark.parametrize("seed", range(30))
def test_containers_packed_into_each_other_end_with_a_finding_not_a_loop(seed: int) -> None:
    rng = random.Random(seed)
    documents = honest_world(rng, packs=4, noise=1.5, circles=True)
    rng.shuffle(documents)
    units = Units()
    steps = sum(units.deliver(observations, rng, limit=20_000) for observations in documents)
    entries = sum(len(units.row(unit).entries) for unit in units.rows)
    assert steps <= 40 * entries


class World:
    """The contract's port as a dictionary."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    def get_many(self, keys: list[str]) -> list[bytes | None]:
        return [self.values.get(key) for key in keys]

    def put_many(self, items: list[tuple[str, bytes]]) -> None:
        self.values.update(items)

    def caller(self) -> str:
        return "test"

    def emit(self, name: str, payload: bytes) -> None:
        pass


@pytest.mark.parametrize("seed", range(40))
def test_the_ledger_folds_what_the_stream_folded(seed: int) -> None:
    rng = random.Random(seed)
    documents = honest_world(rng, noise=rng.choice([0.0, 0.5, 1.0]), circles=rng.random() < 0.3)
    rng.shuffle(documents)
    units, world = settled(documents, rng), World()
    previous = b""
    for number, decision in enumerate(units.decisions):
        groups = []
        if decision.leaves:
            groups = [
                Group(decision.key, decision.before, decision.leaves, decision.base, decision.witness, decision.claim)
            ]
        hash_ = sm3(str(number).encode())
        receipt = commit(world, Batch(0, 0, [Message(number, previous, hash_, groups)]))
        assert receipt.disputed == []
        assert receipt.unjudged == []
        previous = hash_
    for unit, data in units.rows.items():
        row = decode_row(data)
        state = decode_unit(world.values[unit_state_key(Coder(unit, KEY).key)]) if row.n else None
        if state is not None:
            assert (state.n, state.acc, state.open) == (row.n, row.acc, row.open)
