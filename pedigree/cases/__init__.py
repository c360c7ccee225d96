"""Findings grouped by what caused them: one scanner that changes the case of 5,000 serials is one case that names the scanner."""

from __future__ import annotations

from pedigree.cases.apart import Apart, Note, apart
from pedigree.cases.grouping import Lookup, group
from pedigree.cases.misreads import folded
from pedigree.cases.model import Case, Feedback, Item, feedback_of, weighed
from pedigree.cases.rhythm import Rhythm, Stretch
from pedigree.cases.standing import rhythm_cases

__all__ = [
    "Apart",
    "Case",
    "Feedback",
    "Item",
    "Lookup",
    "Note",
    "Rhythm",
    "Stretch",
    "apart",
    "feedback_of",
    "folded",
    "group",
    "rhythm_cases",
    "weighed",
]
