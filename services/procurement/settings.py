"""How a party wants a product ordered: facts of kind `reorder`, key `<party>/<gtin>`; `<party>/*` is for all its products."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from pedigree.facts import Text

KIND = "reorder"
EVERY = "*"
"""Instead of a GTIN: all products that have no setting of their own."""

Packs = Annotated[int, Meta(ge=1, le=1_000_000)]


class Setting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What a buyer decides. Money is in the party's own currency."""

    service: Annotated[float, Meta(ge=0.5, le=0.9999)] = 0.98
    measure: Literal["fill", "cycle"] = "fill"
    """fill: share of demand met at once; cycle: share of order cycles without a shortage."""
    lead_days: Annotated[tuple[Annotated[int, Meta(ge=0, le=365)], ...], Meta(max_length=50)] = ()
    """How long the last deliveries took, days: each counts as equally likely. () = not known, `ASSUMED_LEAD`."""
    cover_days: Annotated[int, Meta(ge=1, le=365)] = 7
    """How many days' mean demand one order should cover at least."""
    pack: Packs = 1
    """Packs in an outer pack: orders come in whole outer packs."""
    least: Packs = 1
    """The supplier's minimum order, packs."""
    life_days: Annotated[int, Meta(ge=0, le=3650)] = 0
    """Remaining life of fresh deliveries, 0 = as the latest date in stock says."""
    supplier: Text = ""
    price: Annotated[float, Meta(ge=0)] = 0.0
    """Of a pack, 0 = not known."""
    budget: Annotated[float, Meta(ge=0)] = 0.0
    """The most that one order may cost without a second look, 0 = no cap."""

    def lead(self) -> dict[int, float]:
        """Lead time in days -> probability."""
        days = self.lead_days or ASSUMED_LEAD
        return {count: times / len(days) for count, times in sorted(Counter(days).items())}


ASSUMED_LEAD = (7,)
"""Days, when nobody has said how long deliveries take; a proposal says that it was assumed."""


def setting_of(values: Mapping[str, Mapping[str, Any]], party: str, gtin: str) -> Setting:
    """The setting in force; `values`: key -> value of the facts. A fact that doesn't fit (by an older version) says nothing."""
    for key in (f"{party}/{gtin}", f"{party}/{EVERY}"):
        if key in values:
            try:
                return msgspec.convert(values[key], Setting)
            except msgspec.ValidationError:
                continue
    return Setting()
