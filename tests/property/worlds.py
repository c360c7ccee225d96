"""Random worlds of packs, cases and pallets as observations: honest trade with stray scans and wrong claims in between."""

from __future__ import annotations

import random
from itertools import pairwise

from pedigree.custody.steps import Flag, Kind, Step
from pedigree.messages import Attestation, Entry, Observation

MINUTE = 60_000
HOUR = 60 * MINUTE
START = 1_750_000_000_000


class Writer:
    """Writes events of one world; `out` holds (record time, observations of one event)."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.out: list[tuple[int, list[Observation]]] = []
        self.count = 0

    def event(
        self,
        step: int,
        time: int,
        actor: str,
        units: list[str],
        other: str = "",
        *,
        members: tuple[str, ...] = (),
        lag: int | None = None,
        biz_step: str = "",
        **more: object,
    ) -> None:
        rng = self.rng
        self.count += 1
        record = time + (lag if lag is not None else rng.choice([1_000, MINUTE, 4 * MINUTE, 9 * MINUTE]))
        flags = int(Flag.MAY_COMMISSION) | int(more.pop("flags", 0))  # type: ignore[call-overload]
        observations = []
        for unit in units:
            values: dict[str, object] = {
                "event": (self.count * 7919 + rng.getrandbits(100) * 2**40).to_bytes(32, "big"),
                "kind": int(Kind.EVENT),
                "step": int(step),
                "time": time,
                "attestations": (Attestation(record, actor, True),),
                "actor": actor,
                "other": other,
                "location": f"at {actor}",
                "flags": flags | (int(Flag.LOGISTIC) if unit.startswith("box") else 0),
                "biz_step": biz_step or Step(step).name.lower(),
                "children": len(members),
            }
            values.update(more)
            observations.append(Observation(unit, Entry(**values), members=members))  # type: ignore[arg-type]
        first = observations[0].entry.event
        for observation in observations:
            observation.entry.event = first
        self.out.append((record, observations))


def honest_world(rng: random.Random, *, packs: int = 6, noise: float = 0.0, circles: bool = False) -> list[list[Observation]]:
    """Packs in cases on a pallet go from maker over one or two distributors to a pharmacy; some packs are unpacked, some are
    dispensed straight out of the case. `noise`: share of stray and wrong events. In order of record time."""
    w = Writer(rng)
    t = START + rng.randrange(100) * MINUTE
    names = [f"pack{n}" for n in range(packs)]
    boxes = [f"box{n}" for n in range(max(1, packs // 3))]
    pallet = "boxpallet"
    chain = ["maker", *rng.sample(["dist1", "dist2", "dist3"], rng.randrange(1, 3)), "pharmacy"]
    w.event(Step.COMMISSION, t, "maker", names, lot="L1", expiry="2028-01-31")
    t += rng.choice([0, MINUTE])
    for n, box in enumerate(boxes):
        w.event(Step.PACK, t, "maker", [box], members=tuple(names[n :: len(boxes)]))
    t += rng.choice([0, MINUTE])
    w.event(Step.PACK, t, "maker", [pallet], members=tuple(boxes))
    for sender, receiver in pairwise(chain):
        t += rng.choice([MINUTE, HOUR])
        w.event(Step.SHIP, t, sender, [pallet], receiver)
        t += rng.choice([MINUTE, 20 * HOUR])
        w.event(Step.RECEIVE, t, receiver, [pallet])
    end = chain[-1]
    t += rng.choice([MINUTE, HOUR])
    if rng.random() < 0.7:
        w.event(Step.UNPACK, t, end, [pallet], members=tuple(boxes))
    for n, box in enumerate(boxes):
        t += rng.choice([0, MINUTE, HOUR])
        if rng.random() < 0.5:
            w.event(Step.UNPACK, t, end, [box], members=tuple(names[n :: len(boxes)]))
    remade = names[-2:] if rng.random() < 0.4 else []
    for name in names[: len(names) - len(remade)]:
        t += rng.choice([0, MINUTE, HOUR])
        w.event(Step.DISPENSE, t, end, [name])
    if remade:
        t += HOUR
        hub = "hub1"
        w.event(Step.TRANSFORM, t, end, remade, container=hub)
        w.event(Step.FORM, t, end, [hub], members=("new1", "new2"))
        w.event(Step.DISPENSE, t + HOUR, end, ["new1"])
    for _ in range(round(noise * len(w.out))):
        step = rng.choice([Step.RECEIVE, Step.SHIP, Step.DISPENSE, Step.PACK, Step.UNPACK, Step.HOLD, Step.COMMISSION])
        unit = rng.choice([*names, *boxes, pallet])
        members: tuple[str, ...] = ()
        if step in (Step.PACK, Step.UNPACK):
            pool = [*names, *boxes, pallet] if circles else names
            unit = rng.choice([*boxes, pallet])
            members = tuple(rng.sample(pool, min(2, len(pool))))
        at = START + rng.randrange(max(1, t - START))
        actor = rng.choice([*chain, "stranger"])
        w.event(step, at, actor, [unit], rng.choice(chain), members=members, lag=rng.randrange(30 * HOUR))
    return [observations for _, observations in sorted(w.out, key=lambda pair: pair[0])]
