"""Passports as the graph gives them, made by hand, for tests of what is said about them."""

from __future__ import annotations

import msgspec

from graph.model import Effective, FindingRow, Passport, PathStep, Unit
from pedigree.custody.steps import Kind, Status, Step
from pedigree.messages import END, Finding, Shown, Verdict
from pedigree.ports import Integrity
from tests.contract.graph_builder import CLINIC, DEALER, EXPIRY, GTIN, LOT, MAKER, SHOP, T0, hash_of, pack_id, site

PACK = pack_id("S1")
KINDS = {MAKER: "maker", DEALER: "distributor", CLINIC: "hospital", SHOP: "pharmacy"}
OK = Integrity("ok", (), 3, 3, T0)
HOUR = 3_600_000


def step(hours: int, status: Status, party: str, until: int = 0, addressee: str = "") -> PathStep:
    end = T0 + until * HOUR if until else END
    return PathStep(T0 + hours * HOUR, end, status, party, party, site(party), addressee, hash_of(hours), "", 0, False)


def verdict(
    hours: int, did: Step, actor: str, outcome: str = "confirmed", *codes: tuple[str, str], attested: str = ""
) -> Verdict:
    findings = tuple(Finding(code, severity) for code, severity in codes)
    at = T0 + hours * HOUR
    return Verdict(
        hash_of(hours), Kind.EVENT, "", 0, did, did.name.lower(), at, at, at, actor, site(actor), outcome, outcome != "rejected",
        "unproven", findings, attested, actor,
    )  # fmt: skip


def passport(
    status: Status = Status.ACTIVE,
    holder: str = SHOP,
    *,
    path: list[PathStep] | None = None,
    verdicts: list[Verdict] | None = None,
    findings: list[FindingRow] | None = None,
    epc: str = PACK,
    custody: Effective | None = None,
    **shown: object,
) -> Passport:
    """A pack that went from its maker to `holder`. The word of its verdict follows from the findings unless it is given."""
    verdicts = [verdict(0, Step.COMMISSION, MAKER)] if verdicts is None else verdicts
    rows = [finding_row(v, found) for v in verdicts for found in v.findings] if findings is None else findings
    worst = any(row.severity in ("medium", "high") and row.outcome not in ("voided", "pending") for row in rows)
    state = msgspec.structs.replace(
        Shown(
            status, holder, holder, site(holder), "", "", -1.0, "", "complete", "suspect" if worst else "confirmed", (), LOT,
            EXPIRY, T0,
        ),
        **shown,
    )  # fmt: skip
    unit = Unit(epc, "sgtin", GTIN, "S1", LOT, EXPIRY, 0, 0, 0, b"k" * 32, 3, b"a" * 32, 3, T0, state)
    way = path or [step(0, Status.ACTIVE, MAKER, 1), step(1, Status.IN_TRANSIT, MAKER, 2, holder), step(2, status, holder)]
    now = custody or Effective(status, holder, holder, site(holder), "", state.hold)
    return Passport(unit, now, way, [], verdicts, rows, [])


def finding_row(of: Verdict, finding: Finding, unit: str = PACK) -> FindingRow:
    return FindingRow(
        unit, of.event, finding.code, finding.severity, (), of.time, of.record_time, of.actor, of.location, of.biz_step,
        of.outcome,
    )  # fmt: skip
