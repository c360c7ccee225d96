"""Versions of the rules: what may differ from one to the next, and which entry is judged by which.

An entry is judged by the version that was in force at its record time, for ever: publishing a new one changes no verdict that
stands. A version is published with a fact (kind `rules`) that says from which record time it applies; `medtrace replay --rules`
reports beforehand what it would change. A version that is here can be published; one that is not stops whoever meets it: an
older program must not guess.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from pedigree.errors import UnknownRulesError
from pedigree.findings import HIGH

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class RuleSet(msgspec.Struct, frozen=True):
    """One version. Times in ms; `severities` replace those of `pedigree.findings`."""

    version: int
    zh: str
    en: str
    late_ms: int = DAY_MS
    """Recorded later than this after its event time: `late`."""
    beyond_ms: int = 2 * DAY_MS
    """What wrong clocks, wrong zones and notes with a date only explain; beyond it two claims can't both be true."""
    upload_grace_ms: int = 7 * DAY_MS
    """How long the commissioning of what is handled may be on its way."""
    scan_grace_ms: int = 14 * DAY_MS
    """How long what would explain a scan elsewhere than inferred may be on its way."""
    receipt_grace_ms: int = 14 * DAY_MS
    """How long after the lane's norm a receipt may still be on its way."""
    too_old_ms: int = 400 * DAY_MS
    """Recorded later than this after its event time: anchored, never applied."""
    reuse_ms: int = 365 * DAY_MS
    """An SSCC may be given to another container so long after it was last used."""
    severities: Mapping[str, str] = {}


RULES: dict[int, RuleSet] = {
    1: RuleSet(1, "最初的规则", "The first rules"),
    2: RuleSet(
        2,
        "候选：串货即为严重问题，三天后才算迟报，补报期限为两年",
        "Candidate: goods that reach another than their addressee are a serious finding, notes are late after three days, and two"
        " years may be noted afterwards",
        late_ms=3 * DAY_MS,
        too_old_ms=730 * DAY_MS,
        severities={"diversion": HIGH},
    ),
}
FIRST = 1


def rules_of(version: int) -> RuleSet:
    """Raises UnknownRulesError."""
    found = RULES.get(version)
    if found is None:
        raise UnknownRulesError(f"rules version {version} is in force, this program knows up to {max(RULES)}: upgrade it")
    return found
