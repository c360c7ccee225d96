"""The cases of a world, and whether each names what really caused it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ops.bench.detection.world import DAY, Told
from ops.simulate import FraudLabel
from pedigree.cases import Case, Item, Note, Rhythm, Stretch, apart, folded, group, rhythm_cases
from pedigree.findings import LOW, RANKS
from pedigree.messages import Verdict
from pedigree.registry import Registry


class Known:
    """`pedigree.cases.Lookup` over what the line has seen."""

    def __init__(self, told: Told) -> None:
        self._registry: Registry = told.line.registry
        self._meant: dict[str, str] = {}
        strange = {one.unit for one in told.alerts if one.finding.code in ("unknown_origin", "origin_missing")}
        for unit in told.line.memory.shown:
            key = folded(unit)
            if key and unit not in strange:
                self._meant[key] = unit

    def meant(self, unit: str) -> str:
        found = self._meant.get(folded(unit), "")
        return "" if found == unit else found

    def owner(self, unit: str) -> str:
        return self._registry.owner_of(unit)


def cases_of(told: Told) -> list[Case]:
    verdicts = ((unit, verdict) for unit, said in told.line.memory.verdicts.items() for verdict in said.values())
    return group((item for unit, verdict in verdicts for item in _items(told, unit, verdict)), Known(told))


def _items(told: Told, unit: str, verdict: Verdict) -> Iterator[Item]:
    if verdict.outcome in ("pending", "voided"):
        return
    sight = told.line.seen.get(verdict.event)
    for finding in verdict.findings:
        if RANKS[finding.severity] < RANKS[LOW] or (unit, verdict.event, finding.code) in told.after_the_world:
            continue
        yield Item(
            unit, verdict.event, finding.code, finding.severity, finding.evidence, verdict.time, verdict.record_time,
            verdict.actor, sight.site if sight else verdict.location, verdict.biz_step, sight.gate if sight else "",
        )  # fmt: skip


def rhythms_of(told: Told) -> tuple[list[Stretch], list[Case]]:
    """What stands out from the norm of its place, and the cases of it."""
    rhythm, notes, parties = Rhythm(), [], {}
    for hash_, sight in told.line.seen.items():
        stamped = told.line.stamped[hash_]
        if sight.date_only or told.line.registry.slack(stamped.actor) >= DAY:
            continue
        rhythm.note(sight.site, sight.time, sight.record_time)
        notes.append(Note(hash_, sight.unit, sight.site, sight.gate, stamped.actor, sight.time, sight.record_time))
        parties[sight.site] = stamped.actor
    stretches = rhythm.stretches()
    return stretches, rhythm_cases(stretches, apart(notes), parties)


def truth_of(case: Case, told: Told, frauds: dict[str, FraudLabel]) -> tuple[str, bool]:
    """(what really caused it: `fraud ...`, a kind of mistake, or 'nothing'; whether the case names who or where)."""
    guilty = Counter(frauds[unit].id for unit in case.members if unit in frauds)
    if case.kind == "rhythm" and not case.members:
        liars = [one for one in told.frauds if one.kind == "invented_times" and case.location in one.sites]
        return ("fraud invented_times", True) if liars else ("nothing", False)
    if guilty:
        named = [frauds[unit] for unit in case.members if unit in frauds]
        right = any(case.party in one.culprits or case.location in one.sites or case.subject in one.culprits for one in named)
        return f"fraud {named[0].kind}", right
    causes: Counter[str] = Counter()
    for unit in case.members:
        causes.update(told.causes_by_pack.get(unit, ()))
    for item in case.examples:
        for event in told.event_ids.get(item.event, ()):
            causes.update(told.causes_by_event.get(event, ()))
    if not causes:
        return "nothing", False
    hit = [told.causes[cause] for cause in causes]
    named_causes = [one for one in hit if one.party in (case.party, case.subject) or one.site == case.location]
    best = max(named_causes or hit, key=lambda one: causes[one.id])
    return best.kind, bool(named_causes)
