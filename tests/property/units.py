"""A whole world of units in memory: every observation is decided, what it sends is delivered, until nothing moves."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable

from pedigree.custody.decide import decide
from pedigree.custody.row import Row, decode_row
from pedigree.custody.steps import Kind
from pedigree.messages import Entry, Observation, Packed, Stay, UnitDecision, Verdict
from pedigree.seal import ConsortiumKey

KEY = ConsortiumKey(1, bytes(range(32)))


class Units:
    """Store, mailbox and graph in one. `deliver` shuffles what is in flight when it has a random generator."""

    def __init__(self) -> None:
        self.rows: dict[str, bytes] = {}
        self.segment: dict[str, list[bytes]] = {}
        self.member: dict[tuple[str, bytes], tuple[str, ...]] = {}
        self.asked: dict[str, dict[tuple[bytes, int, str, int], Entry]] = {}
        self.verdicts: dict[str, dict[tuple[bytes, int, str, int], Verdict]] = {}
        self.stays: dict[str, list[Stay]] = {}
        self.packed: dict[str, list[Packed]] = {}
        self.decisions: list[UnitDecision] = []
        self.number = 0
        self.tick = 0

    # --- Archive -----------------------------------------------------------------------------------------------------

    def segments(self, unit: str) -> list[bytes]:
        return self.segment.get(unit, [])

    def members(self, unit: str, event: bytes) -> tuple[str, ...]:
        return self.member.get((unit, event), ())

    def probes(self, unit: str, until: int) -> list[Entry]:
        return [p for p in self.asked.get(unit, {}).values() if p.until >= until]

    def probe(self, unit: str, identity: tuple[bytes, int, str, int]) -> Entry | None:
        return self.asked.get(unit, {}).get(identity)

    # --- running -----------------------------------------------------------------------------------------------------

    def deliver(self, observations: Iterable[Observation], rng: random.Random | None = None, limit: int = 100_000) -> int:
        """How many decisions it took."""
        queue = deque(observations)
        steps = 0
        while queue:
            observation = queue.popleft()
            sent = self.decide(observation.unit, [observation])
            if rng is not None and len(sent) > 1:
                rng.shuffle(sent)
            queue.extend(sent)
            steps += 1
            assert steps < limit, "does not end"
        return steps

    def decide(self, unit: str, observations: list[Observation]) -> list[Observation]:
        data = self.rows.get(unit)
        self.number += 1
        decided = decide(
            unit,
            decode_row(data) if data is not None else None,
            observations,
            tick=self.tick,
            consortium=KEY,
            archive=self,
            revision=(0, self.number),
        )
        if decided is None:
            return []
        self.apply(decided.decision)
        return decided.sent

    def apply(self, decision: UnitDecision) -> None:
        unit = decision.unit
        self.decisions.append(decision)
        self.rows[unit] = decision.row
        self.segment.setdefault(unit, []).extend(data for _, data in decision.segments)
        for event, members in decision.members:
            self.member[unit, event] = members
        for entry in decision.entries:
            if entry.kind == Kind.PROBE:
                self.asked.setdefault(unit, {})[entry.identity] = entry
        verdicts = self.verdicts.setdefault(unit, {})
        for verdict in decision.verdicts:
            verdicts[verdict.event, verdict.kind, verdict.source, verdict.declared] = verdict
        for identity in decision.gone:
            verdicts.pop(tuple(identity), None)  # type: ignore[call-overload]
        self.stays[unit] = [s for s in self.stays.get(unit, []) if s.t_from < decision.since] + decision.stays
        self.packed[unit] = [p for p in self.packed.get(unit, []) if p.t_from < decision.since] + decision.packed

    def run_to(self, tick: int) -> None:
        """Time passes: wake every unit that is due."""
        self.tick = tick
        for unit in sorted(self.rows):
            self.deliver(self.decide(unit, []))

    def row(self, unit: str) -> Row:
        return decode_row(self.rows[unit])

    def summary(self) -> dict[str, object]:
        """What must not depend on the order of arrival."""
        found: dict[str, object] = {}
        for unit, data in self.rows.items():
            row = decode_row(data)
            found[unit] = (row.open, row.shown, sorted(self.verdicts[unit].items()), self.stays[unit], self.packed[unit])
        return found
