"""One simulated world through the line: what was said when, beside what is true."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from ops.bench.detection.line import Line
from ops.simulate import Cause, FraudLabel, Mistake, Simulation
from pedigree.findings import MEDIUM, RANKS
from pedigree.messages import Finding, Verdict

DAY = 86_400_000
AFTER = 60 * DAY
"""After the last document: every deadline has passed."""
HARMLESS = frozenset({"late", "decommissioned_at_receipt"})
"""Kinds of mistakes that are no wrong and no missing record."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A finding of medium or high severity that stands at the end."""

    unit: str
    verdict: Verdict
    finding: Finding
    first: int
    """When this finding on this event was first shown (ms UTC)."""


@dataclass(slots=True)
class Told:
    """One world, judged."""

    seed: int
    line: Line
    simulation: Simulation
    alerts: list[Alert]
    ever: dict[str, set[bytes]]
    """Units that were shown SUSPECT at any time, and the events that it was for."""
    frauds: list[FraudLabel]
    mistakes: list[Mistake]
    causes: dict[str, Cause]
    event_ids: dict[bytes, list[str]]
    errors: dict[str, set[str]] = field(default_factory=dict)
    """Code of a pack -> kinds of honest mistakes that hit it."""
    wrong_events: dict[str, set[str]] = field(default_factory=dict)
    """eventID -> kinds of mistakes in it."""
    causes_by_pack: dict[str, set[str]] = field(default_factory=dict)
    causes_by_event: dict[str, set[str]] = field(default_factory=dict)
    after_the_world: set[tuple[str, bytes, str]] = field(default_factory=set)
    """(unit, event, code) of what was still due when the world stopped."""


def judge_world(seed: int, packs: int, days: int, fraud: float | None, *, keep: bool = False) -> Told:
    """Simulate and run. `fraud`: share of packs, None = the seed's own. `keep`: the captured documents, in `line.captured`."""
    mistakes: list[Mistake] = []
    simulation = Simulation(seed, packs, days, fraud, mistakes.append)
    first: dict[tuple[str, bytes, str], int] = {}
    ever: dict[str, set[bytes]] = {}
    norms, now = simulation.norms, simulation.norms.start

    def heard(now: int, unit: str, verdicts: list[Verdict], word: str) -> None:
        for verdict in verdicts:
            if verdict.outcome not in ("suspect", "rejected"):
                continue
            for finding in verdict.findings:
                if RANKS[finding.severity] >= RANKS[MEDIUM]:
                    first.setdefault((unit, verdict.event, finding.code), now)
                    if word == "suspect" and not _after_the_world(verdict, finding, norms.end):
                        ever.setdefault(unit, set()).add(verdict.event)

    line = Line(simulation.facts, simulation.gateway.public, heard, keep=keep)
    for claim in simulation.claims():
        line.take(claim)
        now = claim.arrival_ms
    line.tick(max(now, norms.end) + AFTER)
    alerts, ignored = [], set()
    for unit, verdicts in line.memory.verdicts.items():
        for verdict in verdicts.values():
            if verdict.outcome not in ("suspect", "rejected"):
                continue
            for finding in verdict.findings:
                key = (unit, verdict.event, finding.code)
                if _after_the_world(verdict, finding, norms.end):
                    ignored.add(key)
                elif RANKS[finding.severity] >= RANKS[MEDIUM]:
                    alerts.append(Alert(unit, verdict, finding, first.get(key, verdict.record_time)))
    told = Told(
        seed,
        line,
        simulation,
        alerts,
        ever,
        simulation.frauds,
        mistakes,
        {cause.id: cause for cause in simulation.causes},
        _reversed(line.events),
        after_the_world=ignored,
    )
    for mistake in mistakes:
        for pack in mistake.packs:
            told.errors.setdefault(pack, set()).add(mistake.kind)
            told.causes_by_pack.setdefault(pack, set()).add(mistake.cause)
        for event in mistake.events:
            told.wrong_events.setdefault(event, set()).add(mistake.kind)
            told.causes_by_event.setdefault(event, set()).add(mistake.cause)
    return told


def _after_the_world(verdict: Verdict, finding: Finding, end: int) -> bool:
    """Goods that were still due when the world stopped: nothing can arrive in it any more."""
    days = next((value for name, value in finding.evidence if name == "days"), "0")
    return finding.code == "not_received" and verdict.place + int(days) * DAY > end


def _reversed(events: dict[str, bytes]) -> dict[bytes, list[str]]:
    found: dict[bytes, list[str]] = defaultdict(list)
    for event_id, hash_ in events.items():
        found[hash_].append(event_id)
    return dict(found)
