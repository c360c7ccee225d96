"""From an entry and its outcome in the fold to a verdict with findings: the layer that people read.

The core fold says what fits; here time evidence, lot and expiry, and the words are added. Nothing in here moves custody.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pedigree.custody.leaf import NO_RECORD, Leaf
from pedigree.custody.marks import earliest_expiry
from pedigree.custody.open import Outcome
from pedigree.custody.project import Coder
from pedigree.custody.row import Said
from pedigree.custody.steps import GIVES_OUT, RANK, Flag, Kind, Step
from pedigree.findings import HIGH, MEDIUM, RANKS, severity, worse
from pedigree.messages import Attestation, Entry, Finding, Verdict
from pedigree.rules import HOUR_MS, RuleSet, rules_of
from pedigree.seal import sm3
from pedigree.times import format_time

GENTLE = frozenset({Kind.PACKED, Kind.UNPACKED})
"""Edges are inferences: what contradicts one is at most medium."""


class About(msgspec.Struct, frozen=True):
    """What else is known about the unit when one of its entries is judged."""

    tick: int
    lot: str = ""
    expiry: str = ""
    disputed: bool = False
    """Its commissioning was taken back: what came later is doubtful by no fault of its own."""
    extra: tuple[Finding, ...] = ()


def verdict(entry: Entry, leaf: Leaf, outcome: Outcome | None, coder: Coder, about: About) -> Verdict:
    """`outcome`: None where the entry has no place in the fold."""
    first, rules = _author(entry), rules_of(leaf.rules)
    findings = [*_time_findings(entry, leaf, outcome), *_label_findings(entry, about.lot, about.expiry), *about.extra]
    if outcome is not None and outcome.code:
        findings.append(_finding(entry, outcome, coder, about.disputed))
    if entry.flags & Flag.TERRITORY and entry.kind == Kind.EVENT:
        findings.append(Finding("diversion", severity("diversion"), (("outside_territory", entry.other), ("actor", entry.actor))))
    if entry.kind == Kind.BECAME and "suspect_input" in entry.marks:
        findings.append(Finding("suspect_input", severity("suspect_input"), (("transformation", entry.source),)))
    if entry.kind == Kind.BECAME and entry.expiry and (expires := earliest_expiry(entry.marks, entry.expiry)) < entry.expiry:
        dates = (("contents", expires), ("label", entry.expiry))
        findings.append(Finding("expiry_mismatch", severity("expiry_mismatch"), dates))
    if outcome is not None and outcome.implied:
        findings.append(Finding("implied_unpack", severity("implied_unpack"), (("container", coder.name(outcome.implied)),)))
    if not any(a.entitled for a in entry.attestations):
        evidence = (("attested_by", first.party), ("named", entry.actor))
        findings.append(Finding("not_entitled", severity("not_entitled"), evidence))
    if rules.severities:
        findings = [_graded(one, entry, rules) for one in findings]
    return Verdict(
        event=entry.event,
        kind=entry.kind,
        source=entry.source,
        declared=entry.declared,
        step=entry.step,
        biz_step=entry.biz_step,
        time=entry.time,
        place=outcome.place[0] if outcome is not None else leaf.time,
        record_time=leaf.record if leaf.record != NO_RECORD else first.record_time,
        actor=entry.actor,
        location=entry.location,
        outcome=_word(entry, leaf, outcome, findings, about.tick),
        applies=outcome is not None and outcome.applied,
        proof="proven" if leaf.proof == 2 else "bounded" if outcome is not None and outcome.bounded else "unproven",
        findings=tuple(sorted(findings, key=lambda f: (-RANKS[f.severity], f.code))),
        attested=first.seal,
        party=first.party,
    )


def _graded(finding: Finding, entry: Entry, rules: RuleSet) -> Finding:
    """As bad as the version in force has it; what contradicts an inference stays at most medium."""
    level = rules.severities.get(finding.code, finding.severity)
    if entry.kind in GENTLE and RANKS[level] > RANKS[MEDIUM]:
        level = MEDIUM
    return Finding(finding.code, level, finding.evidence)


def settles(leaf: Leaf, outcome: Outcome | None) -> int:
    """From when on what was found stands (ms). A maker's upload may come days after the goods: until then whoever handles them
    is not accused; who gives one out to a patient is asked at once. Where a box was opened without a note, or its receipt is
    still to come, a scan contradicts an inference only, and one of the two will be explained."""
    if outcome is not None and outcome.code == "unknown_origin" and leaf.step not in GIVES_OUT:
        return max(leaf.deadline[0], leaf.record + rules_of(leaf.rules).upload_grace_ms)
    if outcome is not None and outcome.code == "not_where_inferred":
        return max(leaf.deadline[0], leaf.record + rules_of(leaf.rules).scan_grace_ms)
    return leaf.deadline[0]


def said(new: Verdict, encoded: bytes) -> Said:
    rank = max((RANKS[finding.severity] for finding in new.findings), default=0)
    if new.outcome in ("voided", "pending"):
        rank = 0
    return Said(sm3(encoded)[:12], rank, new.outcome == "pending")


def unit_word(ranks: Sequence[Said], archived: int) -> str:
    """confirmed | suspect | pending for the unit as a whole."""
    worst = max((s.rank for s in ranks), default=-1)
    if max(worst, archived) >= RANKS[MEDIUM]:
        return "suspect"
    return "pending" if any(s.pending for s in ranks) else "confirmed"


def _author(entry: Entry) -> Attestation:
    entitled = [a for a in entry.attestations if a.entitled]
    return min(entitled or entry.attestations, default=Attestation(0, "", False))


def _word(entry: Entry, leaf: Leaf, outcome: Outcome | None, findings: list[Finding], tick: int) -> str:
    if not entry.alive or (not leaf.in_force and leaf.record == NO_RECORD and any(a.entitled for a in entry.attestations)):
        return "voided" if entry.kind != Kind.DECLARATION else "confirmed"
    if outcome is not None and _waits(leaf, outcome) and settles(leaf, outcome) > tick:
        return "pending"
    if outcome is not None and outcome.fit == -1:
        return "pending"
    worst = "info"
    for finding in findings:
        worst = worse(worst, finding.severity)
    if worst == HIGH:
        return "suspect" if outcome is None or outcome.applied else "rejected"
    return "suspect" if worst == MEDIUM else "confirmed"


def _waits(leaf: Leaf, outcome: Outcome) -> bool:
    """Only its deadline decided it: something may still come that makes it fit."""
    return outcome.fit < 2 and outcome.code != "displaced"


def _finding(entry: Entry, outcome: Outcome, coder: Coder, disputed: bool) -> Finding:
    code = outcome.code
    if disputed and code in ("unknown_origin", "origin_missing"):
        code = "origin_disputed"
    level = severity(code)
    if entry.kind in GENTLE and RANKS[level] > RANKS[MEDIUM]:
        level = MEDIUM
    evidence = [("step", entry.biz_step or str(entry.step)), ("actor", entry.actor)]
    if entry.other:
        evidence.append(("other", entry.other))
    container = entry.source or coder.name(outcome.implied)
    if container:
        evidence.append(("container", container))
    return Finding(code, level, tuple(evidence))


def _time_findings(entry: Entry, leaf: Leaf, outcome: Outcome | None) -> list[Finding]:
    if entry.place is not None or entry.kind == Kind.DECLARATION:
        return []
    found: list[Finding] = []
    rules = rules_of(leaf.rules)
    record = leaf.record if leaf.record != NO_RECORD else _author(entry).record_time
    earliest = max((a.earliest for a in entry.attestations if a.entitled), default=0)
    if not earliest and (outcome is None or outcome.lag <= entry.slack) and -entry.slack <= record - entry.time <= rules.late_ms:
        return []
    times = (("event_time", format_time(entry.time)), ("record_time", format_time(record)))
    if earliest and entry.time + entry.slack < earliest:
        proof = (("not_before", format_time(earliest)), ("ms", str(earliest - entry.time)))
        code = "clock_error" if entry.flags & Flag.CLOCK else "backdated"
        found.append(Finding(code, severity(code), (*times, *proof)))
    elif outcome is not None and outcome.lag > entry.slack and outcome.code == "":
        # A time that its own journal does not contradict is the better one of the two; what released it may have a wrong clock.
        proven = outcome.bounded and leaf.proof != 2 and outcome.lag > rules.beyond_ms + entry.slack
        code = "backdated" if proven else _disorder(outcome.lag, entry.slack, rules.beyond_ms)
        found.append(Finding(code, severity(code), (*times, ("ms", str(outcome.lag)))))
    ahead = entry.time - entry.offset - record
    if ahead > entry.slack:
        code = "post_dated" if ahead > rules.beyond_ms + entry.slack else "clock_error"
        found.append(Finding(code, severity(code), (*times, ("ms", str(ahead)))))
    elif record - entry.time > rules.too_old_ms:
        found.append(Finding("too_old", severity("too_old"), (*times, ("ms", str(record - entry.time)))))
    elif record - entry.time > rules.late_ms:
        found.append(Finding("late", severity("late"), (*times, ("ms", str(record - entry.time)))))
    return found


def _disorder(lag: int, slack: int, beyond: int) -> str:
    if lag > beyond + slack:
        return "time_contradiction"
    return "clock_error" if _whole_hours(lag, slack) else "order_conflict"


def _whole_hours(lag: int, slack: int) -> bool:
    """A clock in another time zone, or one hour off, is a clock, not a story."""
    return lag > HOUR_MS - slack and min(lag % HOUR_MS, -lag % HOUR_MS) <= slack // 2 and lag <= 12 * HOUR_MS


def _label_findings(entry: Entry, lot: str, expiry: str) -> list[Finding]:
    if entry.step in (Step.COMMISSION, Step.BECAME) or entry.step not in RANK:
        return []
    found = []
    if entry.lot and lot and entry.lot != lot:
        found.append(Finding("lot_mismatch", severity("lot_mismatch"), (("recorded", lot), ("read", entry.lot))))
    if entry.expiry and expiry and entry.expiry != expiry:
        found.append(Finding("expiry_mismatch", severity("expiry_mismatch"), (("recorded", expiry), ("read", entry.expiry))))
    return found


