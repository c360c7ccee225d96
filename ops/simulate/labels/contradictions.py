"""What can't all be true in the claims about one code, by what is physically possible, whatever the rules that judge them say.

Only claims that name the code themselves count (no contents of containers), and margins are wide: late, rounded and wrong
clocks of ordinary size explain none of these. A contradiction counts as a fraud's when one of its claims exists through it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from ops.simulate.labels.touches import Touch
from ops.simulate.norms import DAY, HOUR

FASTEST_KMH = 1_000
MARGIN = 2 * DAY
"""Beyond what clocks in wrong zones and date-only notes explain."""
_SALES = ("dispensing", "retail_selling")
_ENDS = (*_SALES, "destroying")
_SENT = ("shipping", "consigning")
_MOVES = (*_SENT, "packing", "void_shipping", "receiving")


_WITH_A_HOLE = ("elsewhere_meanwhile", "before_receipt")
"""Claims that could all be true if others, which should be there, were missing."""


class Contradiction(NamedTuple):
    """`necessary`: no claim that is missing could reconcile these."""

    rule: str
    events: tuple[str, ...]
    necessary: bool


def contradictions(touches: Sequence[Touch]) -> list[Contradiction]:
    """`touches`: of one code, arrived and standing, by claimed time. Each with the claims that make it."""
    by_event = {one.event: one for one in touches}
    found = [
        Contradiction(rule, tuple(one.event for one in group), rule not in _WITH_A_HOLE)
        for finder in _FINDERS
        for rule, group in finder(touches)
    ]
    return [one for one in found if any(by_event[event].tainted for event in one.events)]


_Found = Iterator[tuple[str, tuple[Touch, ...]]]


def _end(touch: Touch) -> bool:
    return touch.step in _ENDS or touch.role == "input"


def _two_sales(touches: Sequence[Touch]) -> _Found:
    """Sold twice: whole, or in parts that are more than the whole."""
    ends = [one for one in touches if _end(one)]
    for one, other in combinations(ends, 2):
        whole = not one.amount and not other.amount
        too_much = one.content and (one.amount or one.content) + (other.amount or other.content) > one.content
        if one.site.party is not other.site.party and (whole or too_much):
            yield "two_ends", (one, other)


def _after_end(touches: Sequence[Touch]) -> _Found:
    """Seen at another party after it was gone."""
    for one in touches:
        if not _end(one) or (one.amount and one.amount < one.content):
            continue
        for other in touches:
            if other.party != one.party and other.claimed > one.claimed + one.slack + MARGIN and not _end(other):
                yield "after_end", (one, other)


def _travel(touches: Sequence[Touch]) -> _Found:
    for one, other in combinations(touches, 2):
        km = one.site.km_to(other.site)
        hours = (abs(one.claimed - other.claimed) + max(one.slack, other.slack)) / HOUR + 0.5
        if km > 50 and km / hours > FASTEST_KMH:
            yield "travel", (one, other)


def _returned_holder(touches: Sequence[Touch]) -> _Found:
    """A customer takes it in and sells it, and in between another party handles it, though the customer never let it go."""
    for first in touches:
        if first.step != "receiving" or first.site.party.role not in ("hospital", "pharmacy"):
            continue
        for last in touches:
            if last.party != first.party or last.step not in _SALES or last.claimed <= first.claimed:
                continue
            span = [one for one in touches if first.claimed < one.claimed < last.claimed]
            if any(one.party == first.party and one.step in _MOVES for one in span):
                continue
            for other in span:
                far = other.claimed - other.slack - first.claimed > DAY and last.claimed - other.claimed - other.slack > DAY
                if other.party != first.party and far:
                    yield "elsewhere_meanwhile", (first, other, last)


def _addressee(touches: Sequence[Touch]) -> _Found:
    """Sent to one, taken in from the same sender, under the same dispatch advice, by another."""
    for sent in touches:
        if sent.step not in _SENT or not sent.receiver:
            continue
        for taken in touches:
            if taken.step != "receiving" or taken.sender != sent.party or taken.party in (sent.receiver, sent.party):
                continue
            if sent.document and sent.document == taken.document:
                yield "addressee", (sent, taken)


def _before_birth(touches: Sequence[Touch]) -> _Found:
    """Handled before it was made, or taken in before it was sent."""
    for first in touches:
        born = first.step == "commissioning" or first.role == "output"
        sent = first.step in _SENT
        for other in touches:
            early = other is not first and other.claimed + other.slack + MARGIN < first.claimed
            if early and born and other.step != "commissioning":
                yield "before_birth", (other, first)
            pair = other.step == "receiving" and other.sender == first.party and other.document == first.document
            if early and sent and first.document and pair:
                yield "before_dispatch", (other, first)
            sold = other.step in _SALES and other.party == first.party
            if early and first.step == "receiving" and sold and _only_receipt(touches, first):
                yield "before_receipt", (other, first)


def _only_receipt(touches: Sequence[Touch], taken: Touch) -> bool:
    """Whether the party can have had it from no other receipt, nor out of a box that it opened."""
    return not any(one.party == taken.party and one.step in ("receiving", "unpacking") and one is not taken for one in touches)


def _born_twice(touches: Sequence[Touch]) -> _Found:
    births = [one for one in touches if one.step == "commissioning"]
    for one, other in combinations(births, 2):
        if one.expiry != other.expiry or one.party != other.party:
            yield "born_twice", (one, other)


def _rejuvenated(touches: Sequence[Touch]) -> _Found:
    """Repackaged with a later expiry than it was made with."""
    for one in touches:
        for other in touches:
            if one.step == "commissioning" and other.role == "input" and other.expiry > one.expiry:
                yield "rejuvenated", (one, other)


def _future(touches: Sequence[Touch]) -> _Found:
    for one in touches:
        if one.claimed > one.arrival + MARGIN:
            yield "future", (one,)


_FINDERS = (
    _two_sales,
    _after_end,
    _travel,
    _returned_holder,
    _addressee,
    _before_birth,
    _born_twice,
    _rejuvenated,
    _future,
)
