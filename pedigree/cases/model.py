"""What a case is made of, its score, and what people said about it. Times ms UTC; parties and places GLNs; score 0-100."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from pedigree.findings import HIGH, LOW, MEDIUM

KINDS = (
    "misread",
    "upload",
    "origin",
    "clock",
    "times",
    "contents",
    "transit",
    "diversion",
    "resale",
    "custody",
    "codes",
    "label",
    "repackaging",
    "entitlement",
    "balance",
    "rhythm",
)
_BASE = {HIGH: 55.0, MEDIUM: 35.0, LOW: 12.0}
_CERTAIN = {"misread": -20.0, "upload": -15.0, "clock": -8.0, "contents": -12.0, "resale": 12.0, "codes": 8.0, "times": 8.0}
"""How much more (or less) a kind calls for an inspector than its worst finding says."""


class Item(msgspec.Struct, frozen=True):
    """One finding of one unit. `gate`: the scanner or read point where the event names one."""

    unit: str
    event: bytes
    code: str
    severity: str
    evidence: tuple[tuple[str, str], ...]
    time: int
    record_time: int
    party: str
    location: str
    biz_step: str = ""
    gate: str = ""

    def told(self, name: str) -> str:
        """A piece of evidence, '' where there is none of that name."""
        return next((value for key, value in self.evidence if key == name), "")


class Case(msgspec.Struct, frozen=True):
    """`id` stays the same as findings are added. `subject`: what the cause is about beyond party, place and gate: a container, a
    product, the other party. `codes`: finding code -> how many. `examples`: a few of its findings, the earliest first."""

    id: str
    kind: str
    party: str
    location: str
    gate: str
    subject: str
    severity: str
    score: float
    units: int
    codes: dict[str, int]
    first: int
    last: int
    """Record times of its earliest and latest finding."""
    examples: tuple[Item, ...]
    members: tuple[str, ...]
    """All units, in order of their keys, at most `MEMBERS`."""
    state: Literal["open", "confirmed", "dismissed"] = "open"
    reason: str = ""


MEMBERS = 1_000
EXAMPLES = 10


class Feedback(msgspec.Struct, frozen=True):
    """What somebody who looked into a case says. `at`: ms UTC; what was recorded up to then was looked at."""

    verdict: Literal["confirmed", "dismissed"]
    reason: str = ""
    by: str = ""
    at: int = 0


def feedback_of(value: Mapping[str, Any]) -> Feedback | None:
    """From the value of a `feedback` fact; None when it says something else."""
    try:
        return msgspec.convert(dict(value), Feedback)
    except msgspec.ValidationError:
        return None


def score_of(kind: str, severity: str, units: int, parties: int) -> float:
    """0-100: how bad the worst finding is, how many units it touches (by the logarithm), how sure the kind is."""
    base = _BASE.get(severity, 5.0) + _CERTAIN.get(kind, 0.0)
    return round(max(1.0, min(100.0, base + 6.0 * math.log2(max(1, units)) + 2.0 * min(5, parties - 1))), 1)


def weighed(case: Case, said: Feedback | None) -> Case:
    """The case with what was said about it. A dismissed one comes back when something new is found after that."""
    if said is None:
        return case
    if said.verdict == "dismissed" and case.last > said.at:
        return msgspec.structs.replace(case, score=round(case.score * 0.6, 1), reason=said.reason)
    factor = 0.1 if said.verdict == "dismissed" else 1.25
    return msgspec.structs.replace(
        case, state=said.verdict, reason=said.reason, score=round(min(100.0, case.score * factor), 1)
    )
