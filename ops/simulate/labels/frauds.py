"""The label of each fraud: what was done, with what, and how much of it the claims give away."""

from __future__ import annotations

from typing import Literal

import msgspec

from ops.simulate.adversary.incident import Incident
from ops.simulate.labels.contradictions import contradictions
from ops.simulate.labels.touches import Watches

Evidence = Literal["contradiction", "journal", "registry", "absence", "statistics", "gap", "none"]
_ABSENT = {("never_arrives", "unconfirmed"), ("paper_sale", "unconfirmed"), ("unknown_serial", "invented")}
_SEAMLESS = ("perfect_fakes", "code_only")
_STATISTICAL = ("invented_times", "backdate", "postdate")


class Witness(msgspec.Struct, frozen=True):
    """Claims about `pack` that can't all be true; unless `necessary`, they could if others were missing.

    `rule`: see `contradictions`.
    """

    rule: str
    pack: str
    events: tuple[str, ...]
    necessary: bool


class FraudLabel(msgspec.Struct, frozen=True):
    """One fraud. Times ms UTC.

    `packs`: codes on which it was done; for `invented_times`, every pack that the site noted meanwhile. `events`, `claims`: what
    it put into the log, honest people's notes of forged goods included. `contradiction`: claims that name a pack can't all be
    true, whatever else is missing (`witnesses`). `journal_proof`: a journal shows that a claimed time is false. `evidence`: the
    strongest there is: a contradiction, a journal, the registry (territories), something that never comes, a gap in a chain,
    only statistics (uploads without their owner's journal or seal among them), or nothing: then no rule can find it from the
    claims.
    `doses` reached patients, `dosed` tells when: (ms UTC, doses).
    """

    id: str
    kind: str
    variant: str
    careful: bool
    colluding: bool
    culprits: list[str]
    sites: list[str]
    packs: list[str]
    first: int
    last: int
    events: list[str]
    claims: list[str]
    contradiction: bool
    witnesses: list[Witness]
    journal_proof: bool
    proven_events: list[str]
    evidence: Evidence
    fakes: int
    doses: int
    dosed: list[tuple[int, int]]


def labels(incidents: list[Incident], watches: Watches) -> list[FraudLabel]:
    """Of all frauds that were not only planned. Call it when everything has arrived."""
    return [_label(one, watches) for one in incidents if one.begun]


def _label(incident: Incident, watches: Watches) -> FraudLabel:
    watches_of = watches.by_code
    witnesses = [
        Witness(found.rule, code, found.events, found.necessary)
        for code in incident.packs
        if (watch := watches_of.get(code)) is not None and watch.incident is incident
        for found in contradictions(watch.arrived)
    ]
    necessary = any(one.necessary for one in witnesses)
    return FraudLabel(
        id=incident.id,
        kind=incident.kind,
        variant=incident.variant,
        careful=incident.careful,
        colluding=len(incident.culprits) > 1,
        culprits=[party.gln for party in incident.culprits],
        sites=[site.gln for site in incident.sites],
        packs=incident.packs,
        first=min(incident.acts),
        last=max(incident.acts),
        events=list(dict.fromkeys(incident.events)),
        claims=list(incident.claims),
        contradiction=necessary,
        witnesses=witnesses,
        journal_proof=bool(incident.proven),
        proven_events=incident.proven,
        evidence="contradiction" if necessary else _evidence(incident, bool(witnesses), _ahead(incident, watches)),
        fakes=incident.fakes,
        doses=incident.doses,
        dosed=incident.dosed,
    )


def _ahead(incident: Incident, watches: Watches) -> bool:
    """Whether a claim of it arrived before the time that it gives."""
    touches = (one for code in incident.packs if (watch := watches.by_code.get(code)) for one in watch.arrived)
    return any(one.tainted and one.claimed > one.arrival for one in touches)


def _evidence(incident: Incident, hole: bool, ahead: bool) -> Evidence:
    """Where there is no contradiction. `hole`: honest claims must be missing if these are true; `ahead`: noted before its time.

    Who backdates by less than notes are usually late, or postdates and uploads later than that, leaves nothing to see.
    """
    if incident.proven:
        return "journal"
    if not incident.claims:
        return "none"
    if incident.territory:
        return "registry"
    if (incident.kind, incident.variant) in _ABSENT:
        return "absence"
    if hole:
        return "gap"
    stands_out = incident.kind == "invented_times" or not incident.careful or ahead
    if (incident.kind in _STATISTICAL and stands_out) or incident.unaccompanied:
        return "statistics"
    hidden = incident.careful or incident.kind in ("collusion", "relabel") or incident.variant in _SEAMLESS
    return "none" if hidden else "gap"
