"""What a visitor is told about a code: a pure function from what the stores and the registry say, no clock, no I/O.

The order of `Code` is the order of the page, worst first. Say "suspect", never "fake": of what alerts, one in a hundred is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from graph.model import Passport
from pedigree.custody.marks import PART
from pedigree.custody.steps import ENDED, Status
from pedigree.facts import Hold, Recall
from pedigree.findings import MEDIUM, RANKS
from pedigree.identifiers import Scan, is_logistic
from pedigree.ports import Integrity
from services.verify.sale import Answer, Sale, agrees, sale_of, sold_several_times
from services.verify.shelf import is_past, same_day

MANY = 20
"""Public looks at one code, in the time that `scans` keeps, from which a visitor is told about them."""


class Code(StrEnum):
    """Worst first."""

    RECALLED = "RECALLED"
    INTEGRITY = "INTEGRITY"
    SUSPECT = "SUSPECT"
    SOLD_MULTIPLE = "SOLD_MULTIPLE"
    SOLD_ELSEWHERE = "SOLD_ELSEWHERE"
    EXPIRED = "EXPIRED"
    ON_HOLD = "ON_HOLD"
    IN_TRANSIT = "IN_TRANSIT"
    UNKNOWN = "UNKNOWN"
    MANY_SCANS = "MANY_SCANS"
    LEDGER_PENDING = "LEDGER_PENDING"
    PART_PACK = "PART_PACK"
    SOLD_HERE = "SOLD_HERE"
    NOT_SOLD = "NOT_SOLD"
    UNREADABLE = "UNREADABLE"
    CHECK_DIGIT = "CHECK_DIGIT"


ORDER = {code: place for place, code in enumerate(Code)}
ALARMS = frozenset({Code.RECALLED, Code.INTEGRITY, Code.SUSPECT, Code.SOLD_MULTIPLE, Code.SOLD_ELSEWHERE, Code.EXPIRED})
"""Do not use."""
_NOT_CALM = ALARMS | {Code.UNKNOWN, Code.ON_HOLD}
"""Beside one of these a calm "not sold yet", or a question about the sale, would only confuse."""
_TOLD_AS_MULTIPLE = frozenset({"repeat_dispensing", "sale_not_by_holder"})


class Outcome(msgspec.Struct, frozen=True):
    """One thing to say. `reasons`: why, as codes that `texts.REASONS` puts into words."""

    code: Code
    reasons: tuple[str, ...] = ()


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that an answer rests on.

    `kinds`: roles of the registered parties that the passport names. `today`: ISO date where the visitor is taken to be.
    `scans`: public looks at this code so far. `lot_known`: for a code without a serial, whether its lot was ever seen.
    """

    scan: Scan
    passport: Passport | None = None
    integrity: Integrity = Integrity("unknown", (), 0, 0, 0)
    recalls: Sequence[Recall] = ()
    holds: Sequence[Hold] = ()
    kinds: Mapping[str, str] = {}
    upload_closed: bool = False
    lot_known: bool = True
    today: str = ""
    scans: int = 0
    answer: Answer = Answer()
    seller: tuple[str, str, str, str] = ("", "", "", "")
    """Kind, city, first and last day of the sale, as the page words them to the visitor."""


class Answered(msgspec.Struct, frozen=True):
    """`asks`: the page has to ask whether `sale` was to the visitor, there and then. None when provenance is withheld."""

    outcomes: tuple[Outcome, ...]
    sale: Sale | None = None
    asks: bool = False

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(one.code.value for one in self.outcomes)


def unread(fault: str) -> Answered:
    """The answer to a code that is none. `fault`: `code` of the IdentifierError."""
    code = Code.CHECK_DIGIT if fault == "check_digit" else Code.UNREADABLE
    return Answered((Outcome(code, (fault,) if fault != "check_digit" else ()),))


def outcomes(case: Case) -> Answered:
    """What to say about a code that could be read."""
    if not case.scan.uri:
        return _about_a_lot(case)
    if case.integrity.state == "differs":
        # Nothing of the record may be relied on: only what the registry and the label itself say is left.
        return _sorted([*_recalled(case), Outcome(Code.INTEGRITY), *_expired(case, ""), *_looked_at(case)])
    passport = case.passport
    if passport is None:
        known = case.integrity.state != "unknown"
        missing = Outcome(Code.LEDGER_PENDING, ("not_shown_yet",)) if known else _unknown(case)
        return _sorted([*_recalled(case), missing, *_expired(case, ""), *_looked_at(case)])
    return _about_a_unit(case, passport)


def _about_a_unit(case: Case, passport: Passport) -> Answered:
    status = status_of(passport)
    sale = sale_of(passport, status, case.kinds)
    found = [*_recalled(case), *_expired(case, passport.unit.shown.expiry), *_looked_at(case)]
    several = sold_several_times(passport)
    never_made = _never_made(passport, status)
    reasons = _suspicions(case, passport, status, sale, several=several, never_made=never_made)
    if reasons:
        found.append(Outcome(Code.SUSPECT, reasons))
    if several:
        found.append(Outcome(Code.SOLD_MULTIPLE))
    if never_made:
        found.append(_unknown(case))
    found += _put_aside(passport, status, reasons)
    if status == Status.IN_TRANSIT:
        found.append(Outcome(Code.IN_TRANSIT))
    if status == Status.PART_DISPENSED:
        found.append(Outcome(Code.PART_PACK))
    pending = _pending(case, passport)
    if pending:
        found.append(Outcome(Code.LEDGER_PENDING, pending))
    said = agrees(case.answer, *case.seller) if sale is not None else None
    if said is not None:
        found.append(Outcome(Code.SOLD_HERE, _holes(passport)) if said else Outcome(Code.SOLD_ELSEWHERE))
    calm = not any(one.code in _NOT_CALM for one in found)
    if calm and status == Status.ACTIVE and not is_logistic(passport.unit.epc):
        found.append(Outcome(Code.NOT_SOLD, _holes(passport)))
    return _sorted(found, sale, asks=calm and sale is not None and said is None)


def _about_a_lot(case: Case) -> Answered:
    """A code without a serial: only the recall and the expiry date can be told."""
    if case.scan.key.kind not in ("gtin", "lgtin"):
        return unread("no_pack")
    found = [*_recalled(case), *_expired(case, "")]
    if case.scan.lot and not case.lot_known:
        found.append(_unknown(case))
    if case.holds:
        found.append(Outcome(Code.SUSPECT, ("held",)))
    return _sorted(found)


def status_of(passport: Passport) -> Status:
    """The unit's status now, its container's where that moves it."""
    own = Status(passport.unit.shown.status)
    if own in ENDED or own in (Status.PART_DISPENSED, Status.NONE) or not passport.custody.known:
        return own
    return Status(passport.custody.status)


def _sorted(found: Sequence[Outcome], sale: Sale | None = None, *, asks: bool = False) -> Answered:
    return Answered(tuple(sorted(found, key=lambda one: ORDER[one.code])), sale, asks)


def _recalled(case: Case) -> list[Outcome]:
    levels = tuple(dict.fromkeys(f"class_{recall.level}" for recall in case.recalls))
    return [Outcome(Code.RECALLED, levels)] if case.recalls else []


def _expired(case: Case, recorded: str) -> list[Outcome]:
    past = is_past(recorded, case.today) or is_past(case.scan.expiry, case.today)
    return [Outcome(Code.EXPIRED)] if past else []


def _put_aside(passport: Passport, status: Status, suspicions: tuple[str, ...]) -> list[Outcome]:
    """Whoever has it keeps it from use. A hold of the authority is a suspicion, and is told as one."""
    held = bool(passport.custody.hold or passport.unit.shown.hold)
    return [Outcome(Code.ON_HOLD)] if held and status not in ENDED and "held" not in suspicions else []


def _looked_at(case: Case) -> list[Outcome]:
    return [Outcome(Code.MANY_SCANS)] if case.scans >= MANY else []


def _unknown(case: Case) -> Outcome:
    return Outcome(Code.UNKNOWN, ("upload_closed",) if case.upload_closed else ())


def _pending(case: Case, passport: Passport) -> tuple[str, ...]:
    """Empty when all that is shown has been decided and stands under a signed checkpoint."""
    reasons = []
    if passport.unit.shown.verdict == "pending":
        reasons.append("deciding")
    integrity = case.integrity
    if integrity.state == "catching_up" or integrity.anchored < integrity.leaves:
        reasons.append("anchoring")
    return tuple(reasons)


def _holes(passport: Passport) -> tuple[str, ...]:
    """A hole in the chain is no fraud, but nobody shall be told that every step was recorded."""
    chain = passport.unit.shown.chain
    return () if chain == "complete" else (f"chain_{chain}",)


def _never_made(passport: Passport, status: Status) -> bool:
    """Somebody handled it, yet no maker ever reported it."""
    if status == Status.NONE:
        return passport.unit.shown.verdict != "pending"
    codes = {f.code for v in passport.verdicts if v.outcome not in ("voided", "pending") for f in v.findings}
    return bool(codes & {"unknown_origin", "origin_missing"})


def _suspicions(
    case: Case, passport: Passport, status: Status, sale: Sale | None, *, several: bool, never_made: bool
) -> tuple[str, ...]:
    shown, scan = passport.unit.shown, case.scan
    told_elsewhere = (_TOLD_AS_MULTIPLE if several else frozenset()) | ({"unknown_origin"} if never_made else frozenset())
    serious = [
        row.code
        for row in passport.findings
        if RANKS.get(row.severity, 0) >= RANKS[MEDIUM] and row.outcome not in ("voided", "pending")
    ]
    reasons = [*serious, *(mark for mark in shown.marks if not mark.startswith(PART))]
    if shown.verdict == "suspect" and not reasons:
        reasons.append("recorded")
    if scan.lot and shown.lot and scan.lot != shown.lot:
        reasons.append("lot_mismatch")
    if scan.expiry and shown.expiry and not same_day(scan.expiry, shown.expiry):
        reasons.append("expiry_mismatch")
    if status == Status.DESTROYED:
        reasons.append("destroyed")
    elif status == Status.USED_UP:
        reasons.append("used_up")
    elif status == Status.DECOMMISSIONED and sale is None and not is_logistic(passport.unit.epc):
        reasons.append("decommissioned")
    if case.holds or case.kinds.get(shown.hold or passport.custody.hold, "") == "regulator":
        reasons.append("held")
    return tuple(dict.fromkeys(reason for reason in reasons if reason not in told_elsewhere))
