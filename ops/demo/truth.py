"""What physically is and happens in the world, before anybody writes anything down."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from ops.demo.calendar import Calendar
from ops.demo.cast import BY_KEY, Item, gtin_of
from pedigree.identifiers import check_digit

_SERIAL = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, slots=True)
class Lot:
    """`expiry`: ISO date; `last_day`: the last day on which the lot may be given out."""

    item: Item
    number: str
    expiry: str
    last_day: int


@dataclass(slots=True, eq=False)
class Case:
    """A case and what is in it. `where`: who has it, '' while under way; `since`: when that began (ms)."""

    sscc: str
    lot: Lot
    packs: list[str]
    pallet: str
    where: str
    since: int = 0
    opened: int = 0


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that somebody does. `units` are children for packing and unpacking, `other` is the counterpart's key."""

    time: int
    step: str
    who: str
    units: tuple[str, ...]
    parent: str = ""
    other: str = ""
    disposition: str = ""
    lot: Lot | None = None
    sale: str = ""
    amount: float = 0.0
    """Units of content that go out, when it is not the whole pack."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How big the world is."""

    pallets: int
    cases: int
    case: int

    @staticmethod
    def of(packs: int) -> Sizes:
        """For about that many packs: at least 10 pallets, so that every story finds its place."""
        if packs >= 9_000:
            return Sizes(round(packs / 840), 20, 50)
        return Sizes(10, 4, max(10, round(packs / 33.6)))

    def in_case(self, item: Item) -> int:
        return max(2, round(self.case * item.share))


@dataclass(slots=True)
class Truth:
    """The state of the world, and everything that was done so far. Every unit is a canonical Digital Link URI."""

    rng: Random
    calendar: Calendar
    sizes: Sizes
    acts: list[Act] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    case_of: dict[str, Case] = field(default_factory=dict)
    """Pack -> the case that it was packed in."""
    pallets: dict[str, list[Case]] = field(default_factory=dict)
    lots: dict[str, Lot] = field(default_factory=dict)
    on_shelf: dict[str, list[str]] = field(default_factory=dict)
    """Customer -> packs out of their case, not given out."""
    sold: dict[str, Act] = field(default_factory=dict)
    """Pack -> how it was given out."""
    _numbers: dict[str, int] = field(default_factory=dict)

    def do(self, act: Act) -> Act:
        self.acts.append(act)
        return act

    def number(self, of: str) -> int:
        """The next number of a series: shipping units, sales."""
        self._numbers[of] = self._numbers.get(of, 0) + 1
        return self._numbers[of]

    def sscc(self, who: str) -> str:
        body = f"1{BY_KEY[who].prefix}{self.number('sscc' + who):09}"
        return f"https://id.gs1.org/00/{body}{check_digit(body)}"

    def pack(self, item: Item) -> str:
        return f"https://id.gs1.org/01/{gtin_of(item)}/21/{self.serial()}"

    def serial(self) -> str:
        """Twelve capitals and digits, the first a letter: lower case makes another serial of it."""
        return self.rng.choice(_SERIAL[:24]) + "".join(self.rng.choices(_SERIAL, k=11))

    def sale(self, who: str) -> str:
        return f"urn:epcglobal:cbv:bt:{BY_KEY[who].gln}:S{self.number('sale' + who):06}"
