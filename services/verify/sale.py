"""The sale that a record shows, and the visitor's answer to "was it sold to you there and then?"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from graph.model import Passport, PathStep
from pedigree.custody.steps import Kind, Status, Step
from pedigree.messages import Verdict

SELLERS = frozenset({"pharmacy", "hospital", "clinic"})
_SOLD = (Status.DISPENSED, Status.PART_DISPENSED)


class Answer(NamedTuple):
    """What the visitor says. `yes` None and empty texts: nothing yet. `day`: ISO date."""

    yes: bool | None = None
    kind: str = ""
    city: str = ""
    day: str = ""


class Sale(NamedTuple):
    """When, by whom, where a pack was given out; `first` < `last` when that took several times. ms UTC."""

    first: int
    last: int
    party: str
    location: str


def sale_of(passport: Passport, status: Status, kinds: Mapping[str, str]) -> Sale | None:
    """The sale that ended the pack's way; None while it has not been sold as a whole.

    `kinds`: roles of parties. A pack that a seller took out of the system without telling of a sale counts as given out by
    it: hospitals may do that.
    """
    path = passport.path
    if status == Status.DISPENSED:
        return _last_run(path, _SOLD)
    if status != Status.DECOMMISSIONED:
        return None
    sold = _last_run(path, _SOLD)
    if sold is not None:
        return sold
    taken_out = _last_run(path, (Status.DECOMMISSIONED,))
    return taken_out if taken_out is not None and kinds.get(taken_out.party, "") in SELLERS else None


def _last_run(path: list[PathStep], statuses: tuple[Status, ...]) -> Sale | None:
    """The last stays in a row that have one of the statuses, at one party."""
    steps = [i for i, step in enumerate(path) if step.status in statuses]
    if not steps:
        return None
    end = path[steps[-1]]
    first = end.t_from
    for step in reversed(path[: steps[-1]]):
        if step.status not in statuses or step.party != end.party:
            break
        first = step.t_from
    return Sale(first, end.t_from, end.party, end.location)


def sales_told(passport: Passport) -> list[Verdict]:
    """Every sale that somebody reported and nobody took back, whether it holds or not."""
    told = (v for v in passport.verdicts if v.step == Step.DISPENSE and v.kind == Kind.EVENT)
    return [v for v in told if v.outcome not in ("voided", "pending")]


def sold_several_times(passport: Passport) -> bool:
    """Sold by two that can't both have had it. Parts, repeats at one counter, and sales before a proper return are none."""
    told = sales_told(passport)
    codes = {finding.code for v in told for finding in v.findings}
    return "repeat_dispensing" in codes or ("sale_not_by_holder" in codes and len({v.actor for v in told}) > 1)


def agrees(answer: Answer, kind: str, city: str, first_day: str, last_day: str) -> bool | None:
    """Whether the visitor says that this sale was to them; None when they said nothing. Details outweigh a plain yes."""
    if answer.yes is False:
        return False
    said = [
        _same(answer.kind, kind) if answer.kind else None,
        (_same(answer.city, city) or _same(city, answer.city)) if answer.city and city else None,
        first_day <= answer.day[:10] <= last_day if answer.day else None,
    ]
    if False in said:
        return False
    return True if answer.yes or True in said else None


def _same(said: str, recorded: str) -> bool:
    """Whether one names the other: 广州 for 广州市."""
    said, recorded = said.strip().casefold(), recorded.strip().casefold()
    return bool(said) and said in recorded
