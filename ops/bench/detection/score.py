"""What one judged world amounts to, as plain numbers that can be added up over seeds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

from ops.bench.detection.cases import cases_of, rhythms_of, truth_of
from ops.bench.detection.world import DAY, HARMLESS, Alert, Told
from ops.simulate import FraudLabel
from pedigree.cases import Case
from pedigree.findings import MEDIUM, RANKS

SEEN_BY_ORACLE = frozenset({"contradiction", "journal", "registry", "absence", "gap", "statistics"})
LATE_MS = DAY


@dataclass(slots=True)
class Found:
    """One fraud and what became of it. `proof`: contradiction, journal, or the label's evidence."""

    id: str
    kind: str
    variant: str
    careful: bool
    proof: str
    detected: bool
    by_case: bool
    days: float | None
    doses: int
    before: int
    """Doses that had reached patients when it was found (all of them, where it was not)."""
    codes: dict[str, int]


@dataclass(slots=True)
class Score:
    """One seed. Counters are summed over seeds; rates are made from the sums."""

    seed: int
    frauds: list[Found]
    counts: Counter[str] = field(default_factory=Counter)
    false_by_mistake: Counter[str] = field(default_factory=Counter)
    packs_by_mistake: Counter[str] = field(default_factory=Counter)
    false_codes: Counter[str] = field(default_factory=Counter)
    only_codes: Counter[str] = field(default_factory=Counter)
    """Ablation: frauds (`fraud/<code>`) and honest packs (`pack/<code>`) that only this code shows."""
    cases: list[dict[str, object]] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)


def score(told: Told) -> Score:
    frauds = {code: label for label in told.frauds for code in label.packs}
    alerts: dict[str, list[Alert]] = defaultdict(list)
    for alert in told.alerts:
        alerts[alert.unit].append(alert)
    cases, (stretches, rhythms) = cases_of(told), rhythms_of(told)
    named = {one.party for one in cases if one.kind == "times"} | {one.location for one in cases if one.kind == "times"}
    named |= {one.location for one in rhythms if one.subject == "full_hours"}
    apart = {item.event: item.record_time for one in rhythms for item in one.examples if item.event}
    lies = {event: apart[hash_] for event, hash_ in told.line.events.items() if hash_ in apart}
    made = Score(told.seed, [_found(label, alerts, named, lies) for label in told.frauds])
    cases += rhythms
    made.missed = [
        f"{told.seed}/{one.id} {one.kind} {one.variant}{' careful' if one.careful else ''} ({one.proof})"
        for one in made.frauds
        if not one.detected and one.proof in ("contradiction", "journal")
    ]
    _packs(made, told, alerts, frauds)
    _events(made, told, frauds)
    _late(made, told, frauds)
    _cases(made, told, cases, frauds)
    _ablation(made, told, alerts, frauds)
    honest_sites = {site for label in told.frauds if label.kind == "invented_times" for site in label.sites}
    odd = [one for one in stretches if one.kind == "full_hours"]
    made.counts["stretches"], made.counts["true_stretches"] = len(odd), sum(one.location in honest_sites for one in odd)
    line = told.line
    made.counts.update(observations=line.observations, events=len(line.seen), documents_refused=len(line.refused))
    made.counts["decide_us"] = round(line.decide_s * 1e6)
    made.counts["days"] = round((told.simulation.norms.end - told.simulation.norms.start) / DAY)
    return made


def _found(label: FraudLabel, alerts: dict[str, list[Alert]], named: set[str], lies: dict[str, int]) -> Found:
    """`named`: places and parties of cases about made-up times; `lies`: eventIDs that stand apart -> when they were recorded."""
    own = [alert for code in label.packs for alert in alerts.get(code, ())]
    proof = "contradiction" if label.contradiction else "journal" if label.journal_proof else label.evidence
    odd = [lies[event] for event in label.events if event in lies]
    by_case = bool(odd) or (label.kind == "invented_times" and bool(named & {*label.sites, *label.culprits}))
    first = min([*(alert.first for alert in own), *odd], default=None)
    return Found(
        label.id,
        label.kind,
        label.variant,
        label.careful,
        proof,
        bool(own) or by_case,
        by_case,
        max(0.0, (first - label.first) / DAY) if first is not None else None,
        label.doses,
        sum(doses for at, doses in label.dosed if first is None or at <= first),
        dict(Counter(alert.finding.code for alert in own)),
    )


def _kinds(told: Told, unit: str, hashes: Iterable[bytes]) -> set[str]:
    """Mistakes that hit the pack, or are in the events (by their hashes) that it is accused for."""
    kinds = set(told.errors.get(unit, ()))
    for hash_ in hashes:
        for event in told.event_ids.get(hash_, ()):
            kinds |= told.wrong_events.get(event, set())
    return kinds - HARMLESS


def _packs(made: Score, told: Told, alerts: dict[str, list[Alert]], frauds: dict[str, FraudLabel]) -> None:
    dishonest = {event for label in told.frauds for event in label.events}
    for unit in told.line.memory.shown:
        if "/21/" not in unit or "#" in unit:
            continue
        own = alerts.get(unit, [])
        if unit in frauds:
            made.counts["fraud_packs"] += 1
            made.counts["fraud_packs_found"] += bool(own)
            continue
        kinds = _kinds(told, unit, (alert.verdict.event for alert in own))
        made.counts["honest_with" if kinds else "honest_without"] += 1
        for kind in kinds:
            made.packs_by_mistake[kind] += 1
        if not own:
            continue
        ids = {event for alert in own for event in told.event_ids.get(alert.verdict.event, ())}
        if ids & dishonest:
            made.counts["hit_by_fraud"] += 1
            continue
        made.counts["false_with" if kinds else "false_without"] += 1
        for kind in kinds:
            made.false_by_mistake[kind] += 1
        for code in {alert.finding.code for alert in own}:
            made.false_codes[f"{code}{'' if kinds else ' (no recording error)'}"] += 1
    for unit, hashes in told.ever.items():
        ids = {event for hash_ in hashes for event in told.event_ids.get(hash_, ())}
        if unit not in frauds and "/21/" in unit and not ids & dishonest and not _kinds(told, unit, hashes):
            made.counts["ever_false_without"] += 1


def _events(made: Score, told: Told, frauds: dict[str, FraudLabel]) -> None:
    dishonest = {event for label in told.frauds for event in label.events}
    dishonest |= {event for label in told.frauds for witness in label.witnesses for event in witness.events}
    shown: dict[bytes, bool] = {}
    for alert in told.alerts:
        true = alert.unit in frauds or bool(dishonest.intersection(told.event_ids.get(alert.verdict.event, ())))
        shown[alert.verdict.event] = shown.get(alert.verdict.event, False) or true
    made.counts["alert_events"] = len(shown)
    made.counts["true_alert_events"] = sum(shown.values())


def _late(made: Score, told: Told, frauds: dict[str, FraudLabel]) -> None:
    """Honest events recorded more than a day late by clocks that were right: none may be called backdated."""
    dishonest = {event for label in told.frauds for event in label.events}
    backdated = {alert.verdict.event for alert in told.alerts if alert.finding.code == "backdated"}
    for hash_, sight in told.line.seen.items():
        ids = told.event_ids.get(hash_, [])
        wrong = {kind for event in ids for kind in told.wrong_events.get(event, ())}
        if sight.record_time - sight.time <= LATE_MS or dishonest.intersection(ids) or wrong & {"clock", "zone"}:
            continue
        proven = "journal" if told.line.stamped[hash_].earliest else "plain"
        made.counts[f"late_{proven}"] += 1
        made.counts[f"late_{proven}_backdated"] += hash_ in backdated


def _cases(made: Score, told: Told, cases: list[Case], frauds: dict[str, FraudLabel]) -> None:
    for case in cases:
        cause, right = truth_of(case, told, frauds)
        shown = RANKS[case.severity] >= RANKS[MEDIUM]
        made.cases.append(
            {"kind": case.kind, "cause": cause, "right": right, "units": case.units, "score": case.score, "alert": shown}
        )


def _ablation(made: Score, told: Told, alerts: dict[str, list[Alert]], frauds: dict[str, FraudLabel]) -> None:
    for one in made.frauds:
        if len(one.codes) == 1 and not one.by_case:
            made.only_codes[f"fraud/{next(iter(one.codes))}"] += 1
    for unit, own in alerts.items():
        codes = {alert.finding.code for alert in own}
        if unit not in frauds and "/21/" in unit and len(codes) == 1:
            made.only_codes[f"pack/{codes.pop()}"] += 1


def middle(values: list[float]) -> float:
    return median(values) if values else 0.0
