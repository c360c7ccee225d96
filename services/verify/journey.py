"""A pack's way as the public may see it: the maker by name, everybody else by kind and city, no container, no patient."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from graph.model import Passport, PathStep
from pedigree.custody.steps import Kind, Status
from pedigree.identifiers import is_logistic
from pedigree.messages import END
from pedigree.registry import Registry
from services.console.names import Names
from services.verify.words import place_name, somebody, stop_text

_WHAT = {
    Status.ACTIVE: "with",
    Status.IN_TRANSIT: "on_way",
    Status.DISPENSED: "sold",
    Status.PART_DISPENSED: "part_sold",
    Status.DECOMMISSIONED: "decommissioned",
    Status.DESTROYED: "destroyed",
    Status.USED_UP: "used_up",
}
MOST = 40
"""Stops that are shown; a reusable container has more, and then the first and the latest ones are."""


class When(NamedTuple):
    """A moment on the wall clock of the place, and in UTC."""

    local: str
    """`2026-05-01 09:30`."""
    offset: str
    """`UTC+08:00`."""
    utc: str
    """RFC 3339, to the second."""


class Stop(NamedTuple):
    """One thing that happened to the pack."""

    what: str
    """A key of `words.STOPS`."""
    text: str
    kind: str
    """Role of the company, of the addressee where the pack is on its way; '' = not registered."""
    city: str
    name: str
    """Makers only."""
    since: When
    now: bool
    signed: str
    """author | gateway | '' = told by the record of a container."""
    inferred: bool


class Teller:
    """Looks companies up in one version of the registry, in one language."""

    def __init__(self, registry: Registry, names: Names) -> None:
        self._registry = registry
        self._names = names

    def when(self, ms: int, place: str = "") -> When:
        found = self._names.moment(ms, place)
        if found is None:
            return When("", "", "")
        utc = datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return When(found.local[:16], f"UTC{found.zone[:6]}", utc)

    def role(self, party: str) -> str:
        return self._names.role(party)

    def city(self, party: str, location: str) -> str:
        """The city of the place; of the party, where all its places are in one."""
        found = self._names.place(location).city if location else ""
        if found:
            return found
        known = self._registry.party(party)
        cities = {site.city for site in known.sites} if known is not None else set()
        return cities.pop() if len(cities) == 1 else ""

    def maker_name(self, party: str) -> str:
        found = self._registry.party(party)
        return found.name if found is not None and found.role == "maker" else ""

    def stops(self, passport: Passport) -> list[Stop]:
        signed = {v.event: "author" if v.attested else "gateway" for v in passport.verdicts if v.kind == Kind.EVENT}
        merged = _merged(passport.path)
        origin = "declared" if passport.unit.shown.chain == "legacy" else "packed" if is_logistic(passport.unit.epc) else "made"
        shown = merged if len(merged) <= MOST else [*merged[:5], *merged[5 - MOST :]]
        return [
            self._stop(step, signed.get(step.event, ""), first=step is merged[0], last=step is merged[-1], origin=origin)
            for step in shown
        ]

    def _stop(self, step: PathStep, signed: str, *, first: bool, last: bool, origin: str) -> Stop:
        what = _WHAT.get(Status(step.status), "with")
        party, location = step.party, step.location
        if what == "on_way":
            if step.addressee:
                party, location = step.addressee, ""
            else:
                what = "sent"
        elif what == "with" and first:
            what = origin if origin != "made" or self.role(party) == "maker" else "with"
        role, name = self.role(party), self.maker_name(party)
        city = place_name(self.city(party, location), self._names.lang)
        text = stop_text(what, somebody(role, city, name, self._names.lang), self._names.lang)
        now = last and step.t_to >= END
        return Stop(what, text, role, city, name, self.when(step.t_from, step.location), now, signed, step.inferred)


def _merged(path: list[PathStep]) -> list[PathStep]:
    """Stays of one company at one place in one status are one stop, however often the pack was packed and unpacked there."""
    made: list[PathStep] = []
    for step in path:
        if step.status == Status.NONE:
            continue
        last = made[-1] if made else None
        if last is not None and _same(last, step):
            made[-1] = PathStep(
                last.t_from, step.t_to, last.status, last.party, step.owner, last.location, last.addressee, last.event,
                last.via, last.depth, last.inferred,
            )  # fmt: skip
        else:
            made.append(step)
    return made


def _same(one: PathStep, other: PathStep) -> bool:
    return (one.status, one.party, one.location, one.addressee) == (other.status, other.party, other.location, other.addressee)
