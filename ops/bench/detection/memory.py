"""Custody store and graph of one world in memory."""

from __future__ import annotations

from pedigree.custody.decide import Decided, decide
from pedigree.custody.row import Row, decode_row
from pedigree.custody.steps import Kind
from pedigree.messages import Entry, Observation, Shown, UnitDecision, Verdict
from pedigree.seal import ConsortiumKey

KEY = ConsortiumKey(1, bytes(range(32)))
Identity = tuple[bytes, int, str, int]


class Memory:
    """An archive (`pedigree.custody.row.Archive`), and what was last said."""

    def __init__(self) -> None:
        self._rows: dict[str, bytes] = {}
        self._segments: dict[str, list[bytes]] = {}
        self._members: dict[tuple[str, bytes], tuple[str, ...]] = {}
        self._probes: dict[str, dict[Identity, Entry]] = {}
        self.wake: dict[str, int] = {}
        self.shown: dict[str, Shown] = {}
        self.verdicts: dict[str, dict[Identity, Verdict]] = {}
        self.number = 0
        self.tick = 0

    def segments(self, unit: str) -> list[bytes]:
        return self._segments.get(unit, [])

    def members(self, unit: str, event: bytes) -> tuple[str, ...]:
        return self._members.get((unit, event), ())

    def probes(self, unit: str, until: int) -> list[Entry]:
        return [one for one in self._probes.get(unit, {}).values() if one.until >= until]

    def probe(self, unit: str, identity: Identity) -> Entry | None:
        return self._probes.get(unit, {}).get(identity)

    def row(self, unit: str) -> Row:
        """The unit's row as the custody store has it."""
        return decode_row(self._rows[unit])

    def decide(self, unit: str, observations: list[Observation]) -> Decided | None:
        data = self._rows.get(unit)
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
        if decided is not None:
            self._apply(decided.decision)
        return decided

    def _apply(self, decision: UnitDecision) -> None:
        unit = decision.unit
        self._rows[unit], self.wake[unit], self.shown[unit] = decision.row, decision.wake, decision.shown
        for _, data in decision.segments:
            self._segments.setdefault(unit, []).append(data)
        for event, members in decision.members:
            self._members[unit, event] = members
        for entry in decision.entries:
            if entry.kind == Kind.PROBE:
                self._probes.setdefault(unit, {})[entry.identity] = entry
        said = self.verdicts.setdefault(unit, {})
        for verdict in decision.verdicts:
            said[verdict.event, verdict.kind, verdict.source, verdict.declared] = verdict
        for event, kind, source, declared in decision.gone:
            said.pop((event, kind, source, declared), None)
