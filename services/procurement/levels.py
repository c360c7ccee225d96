"""From levels to an order: stock that expires, packs and minimum quantities, caps. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from services.procurement.demand import Demand, over

LONGEST_LIFE = 730
"""Days of remaining life beyond this make no difference to a cap."""
WASTE_RISK = 0.10
"""Accepted probability that something of a full shelf is not used before its date."""


class Usable(NamedTuple):
    """Stock, first expired first out."""

    usable: float
    """Packs that will be used before their date at the mean demand."""
    expiring: float
    """Packs that will not."""


def first_expired_first_out(lots: Sequence[tuple[int | None, float]], mean: float) -> Usable:
    """`lots`: (days that it may still be used, today included; None = no date known; packs). Without demand nothing that has a
    date is lost for sure: then only what is past it."""
    used = expiring = 0.0
    for days, packs in sorted(lots, key=lambda lot: math.inf if lot[0] is None else lot[0]):
        if days is None:
            fits = packs
        elif days <= 0:
            fits = 0.0
        elif mean <= 0:
            fits = packs
        else:
            fits = min(packs, max(0.0, mean * days - used))
        used += fits
        expiring += packs - fits
    return Usable(used, expiring)


def life_cap(demand: Demand, life_days: int, risk: float = WASTE_RISK) -> int:
    """The most packs worth having at once: with probability 1 - `risk` they are used up within `life_days`."""
    return over(demand, {max(1, min(life_days, LONGEST_LIFE)): 1.0}).quantile(risk)


def rounded_up(packs: float, multiple: int, least: int) -> int:
    """The smallest order of at least `packs` and `least` in whole outer packs of `multiple`; 0 stays 0."""
    if packs <= 0:
        return 0
    multiple = max(1, multiple)
    return math.ceil(max(packs, least) / multiple - 1e-9) * multiple
