"""Everything about one unit: state, custody path, every event's verdict with its evidence, what the ledger says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graph.model import Effective, FindingRow, Passport, PathStep
from graph.port import GraphReader
from pedigree.custody.marks import PART, parts_of
from pedigree.custody.steps import Step
from pedigree.identifiers import describe
from pedigree.messages import END, Finding, Packed, Shown, Stay, Verdict, event_uri
from pedigree.ports import History
from pedigree.registry import Registry
from services.console.names import Names, say, short
from services.console.words import FINDING, STATUS
from services.regulator.drawing import Bar, Mark, draw

View = dict[str, Any]


def as_now(graph: GraphReader, history: History | None, names: Names, epc: str) -> View | None:
    """The unit as the graph knows it now; None when it is not known."""
    passport = graph.passport(epc)
    if passport is None:
        return None
    unit, shown = passport.unit, passport.unit.shown
    view = _head(epc, names, unit.lot or shown.lot, shown)
    view["state"] = _state(names, passport.custody)
    view["path"] = [_step(names, step) for step in passport.path]
    view["verdicts"] = _verdicts(names, passport.verdicts)
    view["containerFindings"] = _container_findings(names, passport)
    view["packed"] = [_packed(names, one) for one in passport.packed]
    view["containers"] = [{"epc": one.epc, "leaves": one.n, "anchored": one.anchored} for one in passport.containers]
    view["leaves"] = {"all": unit.n, "anchored": unit.anchored}
    view["integrity"] = integrity(history, epc)
    return view


def as_known_at(history: History, names: Names, epc: str, record_time: int) -> View | None:
    """The unit's own record as it was known at a record time: refolded; what containers did meanwhile is not followed."""
    known = history.known_at(epc, record_time)
    if known is None:
        return None
    shown, verdicts, stays, packed = known
    view = _head(epc, names, shown.lot, shown)
    own = Effective(shown.status, shown.possessor, shown.owner, shown.location, shown.addressee, shown.hold, shown.container)
    view["state"] = _state(names, own)
    view["path"] = [_step(names, _own(stay)) for stay in stays]
    view["verdicts"] = _verdicts(names, verdicts)
    view["containerFindings"] = []
    view["packed"] = [_packed(names, one) for one in packed]
    view["containers"] = []
    view["leaves"] = None
    view["integrity"] = integrity(history, epc)
    return view


def integrity(history: History | None, epc: str) -> View:
    """What comparing the unit's stores said; `not_checked` where this installation can't compare."""
    if history is None:
        return {"state": "not_checked", "differs": [], "leaves": 0, "anchored": 0, "checkpoint": None}
    found = history.integrity(epc)
    return {
        "state": found.state,
        "differs": list(found.differs),
        "leaves": found.leaves,
        "anchored": found.anchored,
        "checkpoint": found.checkpoint_ms or None,
    }


def standing(registry: Registry, view: View, now: int) -> View:
    """Recalls and holds that stand for the unit now, or for what it was made of."""
    scopes = [(view["gtin"], view["lot"], view["serial"], now)] if view["gtin"] else []
    scopes += [(part["gtin"], part["lot"], "", now) for part in view["parts"]]
    recalls = list({one.id: one for at in scopes for one in registry.recalls(*at)}.values())
    holds = list({one.id: one for at in scopes for one in registry.holds(*at)}.values())
    return {
        "recalls": [{"id": one.id, "class": one.level, "reason": one.reason, "from": one.since} for one in recalls],
        "holds": [{"id": one.id, "reason": one.reason, "from": one.since, "by": one.by} for one in holds],
    }


def picture(view: View, names: Names, now: int) -> str:
    """The custody path as SVG; '' without one."""
    bars, dates = [], []
    for step in view["path"]:
        party, start, end = step["party"], step["from"], step["to"]
        inside = f" · {short(step['via'])}" if step["via"] else ""
        span = f"{start.local if start else ''} → {end.local if end else '…'} ({start.zone if start else ''})"
        title = f"{say(STATUS, step['status'], names.lang)}: {party}, {step['place']}{inside}, {span}"
        when = (start.ms if start else 0, end.ms if end else END)
        bars.append(Bar(*when, party.id, party.name, names.role(party.id), step["status"], title, step["via"], step["inferred"]))
        dates.append(start.local[:16] if start else "")
    marks = [
        Mark(verdict["time"], finding["severity"], f"{say(FINDING, finding['code'], names.lang)} ({finding['code']})")
        for verdict in [*view["verdicts"], *view["containerFindings"]]
        for finding in verdict["findings"]
    ]
    title = "责任归属路径" if names.lang == "zh" else "Custody path"
    return draw(bars, marks, now, f"{title}: {short(view['epc'])}", dates)


def _head(epc: str, names: Names, lot: str, shown: Shown) -> View:
    key = describe(epc)
    return {
        "epc": epc,
        "kind": key.kind,
        "gtin": key.gtin,
        "product": names.product(key.gtin) if key.gtin else "",
        "serial": key.serial or key.value,
        "lot": lot or key.lot,
        "expiry": shown.expiry,
        "verdict": shown.verdict,
        "chain": shown.chain,
        "marks": [mark for mark in shown.marks if not mark.startswith(PART)],
        "parts": [{"gtin": gtin, "lot": lot} for gtin, lot in parts_of(shown.marks)],
        "remaining": shown.remaining if shown.remaining >= 0 else None,
        "since": names.moment(shown.since),
    }


def _state(names: Names, custody: Effective) -> View:
    return {
        "status": custody.status,
        "party": names.party(custody.party),
        "owner": names.party(custody.owner),
        "place": names.place(custody.location),
        "addressee": names.party(custody.addressee) if custody.addressee else None,
        "hold": names.party(custody.hold) if custody.hold else None,
        "container": custody.via,
        "known": custody.known,
    }


def _own(stay: Stay) -> PathStep:
    span = (stay.t_from, stay.t_to)
    return PathStep(*span, stay.status, stay.party, stay.owner, stay.location, stay.addressee, stay.event, "", 0, stay.inferred)


def _step(names: Names, step: PathStep) -> View:
    return {
        "from": names.moment(step.t_from, step.location),
        "to": names.moment(step.t_to, step.location),
        "status": step.status,
        "party": names.party(step.party),
        "owner": names.party(step.owner),
        "place": names.place(step.location),
        "addressee": names.party(step.addressee) if step.addressee else None,
        "via": step.via,
        "depth": step.depth,
        "inferred": step.inferred,
        "event": event_uri(step.event) if len(step.event) == 32 else "",
    }


def _packed(names: Names, one: Packed) -> View:
    return {"container": one.container, "from": names.moment(one.t_from), "to": names.moment(one.t_to)}


def _verdicts(names: Names, verdicts: Iterable[Verdict]) -> list[View]:
    return [_verdict(names, verdict) for verdict in verdicts if verdict.step != Step.PROBE]


def _verdict(names: Names, verdict: Verdict) -> View:
    """One event as it was judged."""
    return {
        "event": event_uri(verdict.event) if len(verdict.event) == 32 else "",
        "declared": verdict.declared,
        "step": verdict.step,
        "bizStep": verdict.biz_step,
        "source": verdict.source,
        "time": verdict.time,
        "eventTime": names.moment(verdict.time, verdict.location),
        "effective": names.moment(verdict.place, verdict.location) if verdict.place != verdict.time else None,
        "recordTime": names.moment(verdict.record_time, verdict.location),
        "actor": names.party(verdict.actor),
        "place": names.place(verdict.location),
        "outcome": verdict.outcome,
        "applies": verdict.applies,
        "proof": verdict.proof,
        "attestedBy": names.party(verdict.party),
        "seal": verdict.attested,
        "findings": [_finding(names, finding) for finding in verdict.findings],
    }


def _finding(names: Names, finding: Finding | FindingRow) -> View:
    evidence = dict(finding.evidence)
    return {"code": finding.code, "severity": finding.severity, "evidence": evidence, "named": named(names, evidence)}


def named(names: Names, evidence: Mapping[str, str]) -> dict[str, str]:
    """Names of the parties that the evidence gives by their codes."""
    return {value: names.party(value).name for value in evidence.values() if names.party(value).name}


def _container_findings(names: Names, passport: Passport) -> list[View]:
    """Findings of the containers while the unit was inside, grouped as verdicts are."""
    own = passport.unit.epc
    return [
        {
            "container": row.unit,
            "event": event_uri(row.event) if len(row.event) == 32 else "",
            "time": row.time,
            "eventTime": names.moment(row.time, row.location),
            "bizStep": row.biz_step,
            "actor": names.party(row.party),
            "place": names.place(row.location),
            "outcome": row.outcome,
            "findings": [_finding(names, row)],
        }
        for row in passport.findings
        if row.unit != own
    ]


def worst(verdicts: Sequence[View]) -> list[View]:
    """The verdicts that need a look, worst first: what an inspector reads before anything else."""
    rank = {"rejected": 0, "suspect": 1, "undecidable": 2, "pending": 3}
    bad = ("medium", "high")
    found = [one for one in verdicts if one["outcome"] in rank or any(f["severity"] in bad for f in one["findings"])]
    return sorted(found, key=lambda one: (rank.get(one["outcome"], 4), -one["time"]))

