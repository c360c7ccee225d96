"""When a leaf may simply be folded onto OPEN, because folding everything from the beginning would come to the same."""

from __future__ import annotations

from collections.abc import Sequence

from pedigree.custody.leaf import Leaf
from pedigree.custody.open import Open
from pedigree.custody.steps import CLAIMS, SHIPMENTS, Step


def appendable(start: Open, leaves: Sequence[Leaf]) -> bool:
    """Whether folding `leaves` onto `start` gives what folding everything from the beginning gives."""
    claims = {step: (record, late) for step, record, late in start.claims}
    receipt_waits = any(e.step == Step.RECEIVE for e in start.waiting)
    for leaf in leaves:
        if not leaf.acts:
            continue
        if start.top is not None and leaf.place <= start.top:
            return False
        if start.vague is not None and leaf.place <= start.vague:
            return False
        if leaf.step in SHIPMENTS and (receipt_waits or (start.held is not None and leaf.place < start.held)):
            return False
        if leaf.step in CLAIMS and leaf.step in claims:
            record, late = claims[leaf.step]
            if leaf.record < record or (leaf.record == record and late):
                return False
    return True
