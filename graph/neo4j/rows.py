"""Properties of nodes -> the structs of `graph.model` and `pedigree.messages`, and the other way for what decisions write."""

from __future__ import annotations

from typing import Any

from graph.model import Effective, FindingRow, Unit
from graph.neo4j.values import KIND, STATUS, STEP, Props, evidence, lean, marks, text, unhex
from pedigree.messages import Finding, Packed, Shown, Stay, Verdict


def stay_props(s: Stay, ord_: int) -> Props:
    return lean({
        "t_from": s.t_from, "ord": ord_, "t_to": s.t_to, "status": STATUS.word(s.status), "party": s.party, "owner": s.owner,
        "location": s.location, "addressee": s.addressee, "event": s.event.hex(), "inferred": s.inferred,
    })  # fmt: skip


def as_stay(p: Props) -> Stay:
    get = p.get
    return Stay(
        get("t_from", 0), get("t_to", 0), STATUS.number(get("status")), get("party", ""), get("owner", ""), get("location", ""),
        get("addressee", ""), unhex(get("event")), bool(get("inferred")),
    )  # fmt: skip


def as_packed(p: Props, container: str) -> Packed:
    return Packed(p.get("t_from", 0), p.get("t_to", 0), container, unhex(p.get("event")))


def verdict_props(v: Verdict) -> Props:
    return lean({
        "event": v.event.hex(), "kind": KIND.word(v.kind), "source": v.source, "declared": v.declared, "step": STEP.word(v.step),
        "biz_step": v.biz_step, "time": v.time, "place": v.place, "record_time": v.record_time, "actor": v.actor,
        "location": v.location, "outcome": v.outcome, "applies": v.applies, "proof": v.proof, "attested": v.attested,
        "party": v.party,
    })  # fmt: skip


def as_verdict(p: Props, findings: list[Props]) -> Verdict:
    get = p.get
    found = sorted(findings, key=lambda f: int(f.get("ord", 0)))
    return Verdict(
        unhex(get("event")), KIND.number(get("kind")), get("source", ""), get("declared", 0), STEP.number(get("step")),
        get("biz_step", ""), get("time", 0), get("place", 0), get("record_time", 0), get("actor", ""), get("location", ""),
        get("outcome", ""), bool(get("applies")), get("proof", ""),
        tuple(Finding(f.get("code", ""), f.get("severity", ""), evidence(f.get("evidence"))) for f in found),
        get("attested", ""), get("party", ""),
    )  # fmt: skip


def finding_props(v: Verdict, f: Finding, ord_: int) -> Props:
    return lean({
        "ord": ord_, "code": f.code, "severity": f.severity, "evidence": text(f.evidence) if f.evidence else "[]",
        "record_time": v.record_time, "party": v.actor or v.party,
    })  # fmt: skip


def as_finding(unit: str, v: Props, f: Props) -> FindingRow:
    return FindingRow(
        unit, unhex(v.get("event")), f.get("code", ""), f.get("severity", ""), evidence(f.get("evidence")), v.get("time", 0),
        f.get("record_time", 0), f.get("party", ""), v.get("location", ""), v.get("biz_step", ""), v.get("outcome", ""),
    )  # fmt: skip


def shown_props(s: Shown, lot: str) -> Props:
    """`lot`: what the unit is listed under. What is shown differs only where its key names the lot."""
    row: Props = {
        "status": STATUS.word(s.status), "possessor": s.possessor, "owner": s.owner, "location": s.location,
        "addressee": s.addressee, "container": s.container, "remaining": s.remaining, "hold": s.hold, "chain": s.chain,
        "verdict": s.verdict, "marks": list(s.marks), "lot": lot, "expiry": s.expiry, "since": s.since,
    }  # fmt: skip
    row = lean(row)
    if s.lot != lot:
        row["shown_lot"] = s.lot
    return row


def shown_lot(p: Props) -> Any:
    return p.get("shown_lot", p.get("lot", ""))


def as_shown(p: Props) -> Shown:
    get = p.get
    return Shown(
        STATUS.number(get("status")), get("possessor", ""), get("owner", ""), get("location", ""), get("addressee", ""),
        get("container", ""), get("remaining", 0.0), get("hold", ""), get("chain", ""), get("verdict", ""), marks(get("marks")),
        shown_lot(p), get("expiry", ""), get("since", 0),
    )  # fmt: skip


def as_unit(p: Props, anchored_next: int) -> Unit:
    """`anchored_next`: the first decisions number of the unit's partition that the ledger does not have."""
    get, shown = p.get, as_shown(p)
    n, n0 = get("n", 0), get("n0", 0)
    anchored = n if anchored_next > get("number", 0) else n0 if anchored_next > get("number0", -1) else 0
    return Unit(
        get("epc", ""), get("kind", ""), get("gtin", ""), get("serial", ""), get("lot", ""), shown.expiry, get("generation", 0),
        get("partition", 0), get("number", 0), unhex(get("key")), n, unhex(get("acc")), anchored, shown.since, shown,
    )  # fmt: skip


def own_custody(p: Props) -> Effective:
    get = p.get
    return Effective(
        STATUS.number(get("status")), get("possessor", ""), get("owner", ""), get("location", ""), get("addressee", ""),
        get("hold", ""),
    )  # fmt: skip
