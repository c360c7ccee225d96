"""Random leaves of one unit for the fold's properties: honest chains, noise, rubbish, a container that answers."""

from __future__ import annotations

import random
from itertools import pairwise

from pedigree.custody.leaf import VERSION, Leaf
from pedigree.custody.steps import Flag, Kind, Status, Step
from pedigree.messages import Custody

MINUTE = 60_000
DAY = 86_400_000
STEPS = [
    Step.COMMISSION,
    Step.RECEIVE,
    Step.ACCEPT,
    Step.UNPACK,
    Step.DISPENSE,
    Step.PACK,
    Step.SHIP,
    Step.CONSIGN,
    Step.VOID_SHIP,
    Step.DECOMMISSION,
    Step.DESTROY,
    Step.HOLD,
    Step.RELEASE,
    Step.ARRIVE,
]
PARTIES = ["aa", "bb", "cc"]


def leaf(step: int, time: int, record: int, actor: str = "aa", other: str = "", n: int = 0, **more: object) -> Leaf:
    """A leaf with everything that does not matter filled in. `n` makes its hash."""
    values: dict[str, object] = {
        "version": VERSION,
        "unit": b"u" * 32,
        "event": n.to_bytes(32, "big"),
        "kind": Kind.EVENT,
        "step": step,
        "time": min(time, record),
        "record": record,
        "slack": 10 * MINUTE,
        "proof": 0,
        "actor": actor,
        "other": other,
        "owner": "",
        "location": f"at {actor}",
        "source": "",
        "quantity": 0.0,
        "flags": int(Flag.MAY_COMMISSION),
        "sale": "",
        "in_force": True,
        "circle": False,
        "custody": None,
        "quotes": (),
        "marks": (),
        "rules": 1,
        "registry": 1,
        "attestation": b"",
    }
    values.update(more)
    return Leaf(**values)  # type: ignore[arg-type]


def random_history(rng: random.Random, size: int, dated: float = 0.15) -> list[Leaf]:
    """Leaves in arrival order: record times grow, event times are anywhere before; steps and actors at random. `dated`: share of
    notes that have a date only."""
    leaves: list[Leaf] = []
    record = 1_000_000_000
    for n in range(size):
        record += rng.choice([0, 1_000, MINUTE, 30 * MINUTE])
        time = record - rng.choice([0, 1_000, MINUTE, 5 * MINUTE, 20 * MINUTE, 120 * MINUTE])
        if rng.random() < 0.3:
            time -= time % MINUTE
        kind = rng.random()
        more: dict[str, object] = {"proof": int(rng.random() < 0.2) * 2, "in_force": rng.random() > 0.05}
        if kind > 0.25 and rng.random() < dated:
            time -= time % DAY
            more.update(flags=Flag.MAY_COMMISSION | Flag.DATE_ONLY, slack=DAY)
        if rng.random() < 0.4:
            custody = [
                ((record - rng.randrange(60) * MINUTE, rng.randrange(9), b"q%d" % k), random_custody(rng))
                for k in range(rng.randrange(1, 4))
            ]
            more["quotes"] = (("box1", tuple(sorted(custody, key=lambda c: c[0]))),)
        if kind < 0.25:
            step = rng.choice([Step.PACKED, Step.UNPACKED])
            edge = Kind.PACKED if step == Step.PACKED else Kind.UNPACKED
            more.update(kind=edge, source=rng.choice(["box1", "box2"]), custody=random_custody(rng), circle=rng.random() < 0.05)
        else:
            step = rng.choice([Step.COMMISSION, Step.SHIP, Step.RECEIVE, *STEPS]) if n else Step.COMMISSION
        leaves.append(leaf(step, time, record, rng.choice(PARTIES), rng.choice([*PARTIES, ""]), n + 1, **more))
    return leaves


def random_custody(rng: random.Random) -> Custody:
    status = rng.choice([Status.ACTIVE, Status.ACTIVE, Status.IN_TRANSIT, Status.DECOMMISSIONED])
    return Custody(status, rng.choice(PARTIES), rng.choice(PARTIES), "", rng.choice([*PARTIES, ""]), "")


def honest_chain(rng: random.Random, hops: int, *, round_to: int = MINUTE, skew: int = 0) -> list[Leaf]:
    """Made, shipped and received `hops` times, dispensed; times rounded, one party's clock wrong by `skew` ms."""
    time, n = 1_700_000_000_000 + rng.randrange(10_000) * 977, 1
    parties = [f"p{k}" for k in range(hops + 1)]
    slow = rng.choice(parties)
    leaves = []

    def add(step: int, actor: str, other: str = "") -> None:
        nonlocal time, n
        told = time + (skew if actor == slow else 0)
        told -= told % round_to
        leaves.append(leaf(step, told, time + rng.randrange(1_000, 8 * MINUTE), actor, other, rng.getrandbits(200)))
        time, n = time + rng.choice([2_000, 20_000, 5 * MINUTE, 600 * MINUTE]), n + 1

    add(Step.COMMISSION, parties[0])
    for sender, receiver in pairwise(parties):
        add(Step.SHIP, sender, receiver)
        add(Step.RECEIVE, receiver)
    add(Step.DISPENSE, parties[-1])
    return sorted(leaves, key=lambda e: e.record)
