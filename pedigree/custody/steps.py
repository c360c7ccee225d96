"""The vocabulary of the fold: kinds of entries, steps, statuses, flags, and the physical rank of each step.

CBV 2.0 section 7.1 names the business steps; which of them moves custody, and how, is this project's reading.
"""

from __future__ import annotations

from enum import IntEnum


class Kind(IntEnum):
    """Where an entry comes from."""

    EVENT = 0
    DECLARATION = 1
    """An error declaration: it has no place of its own, it takes an assertion out of force."""
    PACKED = 2
    UNPACKED = 3
    BECAME = 4
    """Output of a transformation, sent by the transformation itself."""
    FED = 5
    """Input of a transformation, sent to the transformation by the unit that was used up."""
    PROBE = 6
    """A child's question: what was your custody around my event?"""


class Step(IntEnum):
    """What an entry does to custody. Wire values are fixed for ever: the ledger's leaves carry them."""

    NEUTRAL = 0
    COMMISSION = 1
    BECAME = 2
    RECEIVE = 3
    ACCEPT = 4
    UNPACK = 5
    UNPACKED = 6
    DISPENSE = 7
    PACK = 8
    PACKED = 9
    SHIP = 10
    CONSIGN = 11
    VOID_SHIP = 12
    DECOMMISSION = 13
    DESTROY = 14
    TRANSFORM = 15
    """The unit is used up in a transformation."""
    HOLD = 16
    RELEASE = 17
    ARRIVE = 18
    ONBOARD = 19
    """Stock that was never commissioned here is declared by who holds it."""
    FORM = 20
    """The transformation's own unit comes into being."""
    FED = 21
    PROBE = 22
    BALANCE = 23
    """A lot without serials: so many come in (quantity > 0) or go out (< 0)."""


RANK: dict[int, int] = {
    Step.COMMISSION: 0,
    Step.BECAME: 0,
    Step.ONBOARD: 0,
    Step.FORM: 0,
    Step.RECEIVE: 1,
    Step.ACCEPT: 1,
    Step.ARRIVE: 1,
    Step.RELEASE: 1,
    Step.UNPACK: 2,
    Step.UNPACKED: 3,
    Step.BALANCE: 4,
    Step.DISPENSE: 4,
    Step.HOLD: 4,
    Step.PACK: 5,
    Step.PACKED: 6,
    Step.SHIP: 7,
    Step.CONSIGN: 7,
    Step.VOID_SHIP: 8,
    Step.DECOMMISSION: 9,
    Step.DESTROY: 9,
    Step.TRANSFORM: 9,
    Step.FED: 9,
    Step.PROBE: 9,
}
"""At equal times the physical order decides: nothing is packed before it is made, nor shipped before it is packed."""

LAST = 99
"""The rank of deadlines: after everything that happens at the same millisecond."""

CLAIMS = frozenset({Step.COMMISSION, Step.ONBOARD, Step.RECEIVE, Step.DISPENSE})
"""Exclusive claims: a later-recorded one without proof of its time never displaces an earlier-recorded one."""


RECEIPTS = frozenset({Step.RECEIVE, Step.ACCEPT})
SHIPMENTS = frozenset({Step.SHIP, Step.CONSIGN})
GIVES_OUT = frozenset({Step.DISPENSE, Step.DECOMMISSION, Step.DESTROY})
"""Who does this has the unit in hand."""


class Status(IntEnum):
    """Where a unit stands in its life."""

    NONE = 0
    ACTIVE = 1
    IN_TRANSIT = 2
    DISPENSED = 3
    PART_DISPENSED = 4
    DECOMMISSIONED = 5
    DESTROYED = 6
    USED_UP = 7
    """Input of a transformation."""


ENDED = frozenset({Status.DISPENSED, Status.DECOMMISSIONED, Status.DESTROYED, Status.USED_UP})


class Flag:
    """Judgements that need the registry; capture makes them once, the leaf carries them. Plain ints: they are asked for
    on every observation, and an IntFlag's operators cost a microsecond each."""

    MAY_COMMISSION = 1
    """The actor owns the identifier's company prefix, or is the owner's delegate, or nobody registered owns it."""
    RETURNED = 2
    """Disposition `returned`."""
    REGULATOR = 4
    """The attester is the regulator."""
    SEALED = 8
    DATE_ONLY = 16
    """Its time says no more than the day: its deed lies somewhere in the 24 hours from there."""
    SELLABLE = 32
    """A disposition that frees what was on hold (sellable_accessible, sellable_not_accessible, conformant, available)."""
    LOGISTIC = 64
    """The unit is a container by its identifier (SSCC, GRAI, GIAI): being packed or shipped brings it into being."""
    ASSOCIATION = 128
    """An AssociationEvent: the child is part of a device."""
    ALL_CHILDREN = 256
    """Unpacking without a list of children: all of them."""
    NONPARTICIPANT = 1024
    """The counterpart does not take part (yet): nobody can expect his record."""
    UPLOAD_CLOSED = 2048
    """The maker has declared the upload of the lot's serials complete."""
    REUSABLE = 4096
    """A returnable asset (GRAI, GIAI): it comes back empty, and nobody records that."""
    LEGACY = 8192
    """Who acts (or sent it) has declared stock of this product that was never commissioned here."""
    CLOCK = 16384
    """The journal's other entries are off by as much as this one: the device's clock was wrong, not one note."""
    TERRITORY = 32768
    """Sent to a customer outside the territory that the sender's site may serve."""
    ASSET = 65536
    """An individual asset (GIAI), such as a loan set: what was not used comes home in it."""
    AT_RECEIPT = 131072
    """A hospital's or clinic's decommissioning: it may do so as the goods come in (EU 2016/161, article 25), and that is their
    receipt too."""
    PARTIAL = 512
    """A dispensing that names a quantity, or disposition partially_dispensed."""


STEP_OF: dict[str, Step] = {
    "commissioning": Step.COMMISSION,
    "shipping": Step.SHIP,
    "departing": Step.SHIP,
    "consigning": Step.CONSIGN,
    "void_shipping": Step.VOID_SHIP,
    "receiving": Step.RECEIVE,
    "accepting": Step.ACCEPT,
    "arriving": Step.ARRIVE,
    "dispensing": Step.DISPENSE,
    "retail_selling": Step.DISPENSE,
    "decommissioning": Step.DECOMMISSION,
    "destroying": Step.DESTROY,
    "sampling": Step.DESTROY,
    "killing": Step.DECOMMISSION,
    "holding": Step.HOLD,
    "packing": Step.PACK,
    "unpacking": Step.UNPACK,
    "installing": Step.PACK,
    "removing": Step.UNPACK,
    "urn:medtrace:bizstep:onboarding": Step.ONBOARD,
}
"""Bare CBV business step -> custody step, for ObjectEvents. What is not here has no effect on custody."""
