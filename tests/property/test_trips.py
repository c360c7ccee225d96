"""A reusable container with many trips: a late event costs little, long histories leave the row, the ledger agrees."""

from __future__ import annotations

import random

from chaincode.contract import commit
from chaincode.messages import Batch, Group, Message, decode_unit, unit_state_key
from pedigree.custody.project import Coder
from pedigree.custody.row import decode_row
from pedigree.custody.steps import Step
from pedigree.messages import Observation
from pedigree.seal import sm3
from streams.routing import envelopes
from tests.property.test_units import World
from tests.property.units import KEY, Units
from tests.property.worlds import HOUR, MINUTE, START, Writer

TOTE = "boxtote"


def trips(count: int, packs: int = 10) -> list[list[Observation]]:
    """A tote goes from a maker to a pharmacy and back, each time with other packs."""
    w = Writer(random.Random(3))
    t = START
    for trip in range(count):
        names = tuple(f"pack{trip}-{n}" for n in range(packs))
        if names:
            w.event(Step.COMMISSION, t, "maker", list(names))
        w.event(Step.PACK, t + MINUTE, "maker", [TOTE], members=names)
        w.event(Step.SHIP, t + HOUR, "maker", [TOTE], "pharmacy")
        w.event(Step.RECEIVE, t + 2 * HOUR, "pharmacy", [TOTE])
        w.event(Step.UNPACK, t + 3 * HOUR, "pharmacy", [TOTE], members=names)
        w.event(Step.SHIP, t + 4 * HOUR, "pharmacy", [TOTE], "maker")
        w.event(Step.RECEIVE, t + 5 * HOUR, "maker", [TOTE])
        t += 10 * HOUR
    return [observations for _, observations in sorted(w.out, key=lambda pair: pair[0])]


class Counting(Units):
    """Counts the envelopes that would travel."""

    sent = 0

    def decide(self, unit: str, observations: list[Observation]) -> list[Observation]:
        found = super().decide(unit, observations)
        self.sent += sum(1 for _ in envelopes(found, 4))
        return found


def test_one_late_event_on_a_container_with_32_trips_costs_less_than_200_envelopes() -> None:
    documents = trips(32)
    receipt = next(n for n, d in enumerate(documents) if d[0].entry.step == Step.RECEIVE and d[0].unit == TOTE)
    late = documents.pop(receipt)
    units = Counting()
    for observations in documents:
        units.deliver(observations)
    units.sent = 0
    units.deliver(late)
    assert 0 < units.sent < 200
    units.run_to(START + 10_000 * HOUR)
    whole = Units()
    for observations in [*documents[:receipt], late, *documents[receipt:]]:
        whole.deliver(observations)
    whole.run_to(START + 10_000 * HOUR)
    assert units.row(TOTE).open == whole.row(TOTE).open
    assert units.row(TOTE).shown == whole.row(TOTE).shown
    for unit in whole.rows:
        assert units.stays[unit] == whole.stays[unit]
        assert units.packed[unit] == whole.packed[unit]


def test_a_long_history_leaves_the_row_and_the_ledger_still_agrees() -> None:
    documents = trips(60, packs=0)
    late = documents.pop(9)
    units, world = Units(), World()
    for observations in [*documents, late]:
        units.deliver(observations)
    row = units.row(TOTE)
    assert row.n >= 60 * 6
    assert len(row.arrivals) < 100
    assert row.start + len(row.arrivals) == row.n
    previous = b""
    for number, d in enumerate(units.decisions):
        group = Group(d.key, d.before, d.leaves, d.base, d.witness, d.claim)
        hash_ = sm3(str(number).encode())
        receipt = commit(world, Batch(0, 0, [Message(number, previous, hash_, [group] if d.leaves else [])]))
        assert (receipt.disputed, receipt.unjudged) == ([], [])
        previous = hash_
    state = decode_unit(world.values[unit_state_key(Coder(TOTE, KEY).key)])
    assert (state.n, state.acc, state.open) == (row.n, row.acc, row.open)


def test_the_row_of_a_tote_stays_small_however_often_it_travels() -> None:
    sizes = []
    units = Units()
    for n, observations in enumerate(trips(150, packs=0)):
        units.deliver(observations)
        if n % 300 == 299:
            sizes.append(len(units.rows[TOTE]))
    assert max(sizes) < 120_000
    assert sizes[-1] < 2 * sizes[0]
    assert decode_row(units.rows[TOTE]).shown.verdict == "confirmed"
