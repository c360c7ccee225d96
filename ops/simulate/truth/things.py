"""Physical things and where they are. A pack is a body, not a code: two bodies may carry one code.

Each thing is in exactly one spot: a box, a store, a road, or one of the ends (patient, destroyed, stolen, lost, consumed).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from ops.simulate.cast import Party, Site
from ops.simulate.catalogue import Lot, Product

if TYPE_CHECKING:
    from ops.simulate.adversary.incident import Incident

End = Literal["patient", "destroyed", "stolen", "lost", "consumed"]
BoxKind = Literal["case", "pallet", "tote", "set"]


@dataclass(slots=True, eq=False)
class Pack:
    body: int
    code: str
    lot: Lot
    spot: Spot | None = None
    place: int = 0
    """Where in the list of its spot."""
    left: int = 0
    """Doses still inside."""
    genuine: bool = True
    incident: Incident | None = None
    """The fraud that this body is part of, or that is planned with it."""
    tainted: bool = False
    """It is where it is because of a fraud."""


@dataclass(slots=True, eq=False)
class Box:
    code: str
    kind: BoxKind
    inside: list[Thing] = field(default_factory=list)
    spot: Spot | None = None
    place: int = 0
    listed: list[str] | None = None
    """The contents as the packing list has them; None: there is no list."""
    lot: Lot | None = None
    ready: int = 0
    """ms UTC: not to be moved on before."""


Thing: TypeAlias = "Pack | Box"


@dataclass(slots=True, eq=False)
class Store:
    """What stands at a site."""

    site: Site
    boxes: list[Box] = field(default_factory=list)
    shelf: dict[Product, list[Pack]] = field(default_factory=dict)
    held: list[Thing] = field(default_factory=list)
    """In production, in quarantine, or a loan set: not for sale."""
    totes: list[Box] = field(default_factory=list)
    bulk: dict[Lot, int] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Road:
    """Goods under way."""

    origin: Site
    destination: Site
    load: list[Thing] = field(default_factory=list)
    listed: list[str] | None = None
    """Codes of the dispatch advice, where they differ from what is on board."""
    bulk: dict[Lot, int] = field(default_factory=dict)


Spot: TypeAlias = "Box | Store | Road | End"


def packs_in(things: list[Thing]) -> list[Pack]:
    """All packs, those in boxes in boxes included."""
    found: list[Pack] = []
    todo = list(things)
    while todo:
        thing = todo.pop()
        if isinstance(thing, Pack):
            found.append(thing)
        else:
            todo += thing.inside
    return found


@dataclass(slots=True, eq=False)
class Act:
    """One physical act, or the pretence of one (`real` False): what somebody could note."""

    step: str
    site: Site
    """Where it happens, by whose people."""
    codes: list[str] = field(default_factory=list)
    """As the people there believe them to be."""
    things: list[Thing] = field(default_factory=list)
    time: int = 0
    number: int = 0
    parent: str = ""
    parent_kind: str = ""
    disposition: str = ""
    sender: Site | None = None
    receiver: Site | None = None
    owner_from: Party | None = None
    owner_to: Party | None = None
    document: str = ""
    """Number of the trade document."""
    lot: Lot | None = None
    expiry: str = ""
    """Instead of the lot's."""
    amount: int = 0
    """Doses taken from a pack, 0 = all that is left."""
    content: int = 0
    """Doses in the whole pack."""
    bulk: dict[Lot, int] | None = None
    outputs: list[str] | None = None
    inferred: bool = False
    """Nobody looked: the codes come from a list."""
    silent: bool = False
    """Nobody notes it (an unscanned ward)."""
    real: bool = True
    incident: Incident | None = None
    claimed: int = 0
    """The time that a liar gives, ms UTC."""
    by: Party | None = None
    """Who uploads it, when not the site's own system: a thief with its key."""
    undoes: int = 0
    """Number of the act that is taken back."""
    slips: list[tuple[str, list[str]]] = field(default_factory=list)
    """Honest physical mistakes in it: kind, codes."""
