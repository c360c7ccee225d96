"""One world from beginning to end: a stream of claims, and what is true about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ops.simulate.adversary import Adversary
from ops.simulate.cast import cast
from ops.simulate.catalogue import catalogue
from ops.simulate.claim import Claim
from ops.simulate.claims.bundles import Bundles
from ops.simulate.claims.journals import DeviceJournal
from ops.simulate.claims.signing import RepeatableKey
from ops.simulate.drawing import draw
from ops.simulate.facts import Fact, facts
from ops.simulate.labels.causes import Cause, Mistake, Mistakes
from ops.simulate.labels.frauds import FraudLabel, labels
from ops.simulate.labels.touches import Watches
from ops.simulate.norms import MINUTE
from ops.simulate.recording.record import Record
from ops.simulate.recording.recorder import Recorder
from ops.simulate.recording.systems import systems
from ops.simulate.truth import build
from ops.simulate.truth.things import packs_in

_FOREVER = 1 << 60


def _drop(mistake: Mistake) -> None:
    """Without a sink, mistakes are only counted."""


class Simulation:
    """`packs` with serials over `days`; `fraud`: share of packs that a fraud is planned with, instead of the seed's own.

    `facts` are complete at once; `frauds`, `causes` and `refused` when `claims` has run out. `mistakes`: hears of each honest
    mistake as it is made, so that memory does not grow with them.
    """

    def __init__(
        self,
        seed: int,
        packs: int,
        days: int,
        fraud: float | None = None,
        mistakes: Callable[[Mistake], Any] = _drop,
    ) -> None:
        self.norms = draw(seed, packs, days, fraud)
        self.cast = cast(self.norms)
        self.catalogue = catalogue(self.norms, self.cast)
        self.systems = systems(self.norms, self.cast)
        self.truth = build(self.norms, self.cast, self.catalogue)
        self.watches, self.mistakes = Watches(), Mistakes(mistakes)
        self.adversary = Adversary(self.norms, self.truth, self.watches)
        self.gateway = RepeatableKey(f"{seed}/gateway")
        self._journals = {
            device.id: DeviceJournal(seed, device, system, self.gateway)
            for site, system in self.systems.items()
            if system.journal and not site.party.absent
            for device in system.devices
        }
        sealing = [party for party in self.cast.parties if party.seals and not party.absent]
        seals = {party: RepeatableKey(f"{seed}/seal/{party.gln}") for party in sealing}
        self.facts: list[Fact] = facts(
            self.norms, self.cast, self.catalogue, self.systems, self._journals, seals, self.truth.world.stores
        )
        self.bundles = Bundles(self.norms, self._journals, seals, self._refuse, self._late)
        self.recorder = Recorder(self.norms, self.systems, self.watches, self.mistakes, self.bundles.add)
        self.refused: list[dict[str, Any]] = []

    def claims(self) -> Iterator[Claim]:
        """In the order of arrival; the last ones arrive after the world has ended. Runs once."""
        world, seen = self.truth.world, 0
        for act in world.run():
            if act.time - seen >= MINUTE:
                seen = act.time
                self.recorder.flush(seen)
                yield from self.bundles.arrived(seen)
            self.adversary.shade(act)
            self.recorder.take(act)
        self.recorder.flush(_FOREVER)
        yield from self.bundles.arrived(_FOREVER)

    @property
    def now(self) -> int:
        """How far the world has come, ms UTC."""
        return self.truth.world.now

    @property
    def frauds(self) -> list[FraudLabel]:
        return labels(self.adversary.incidents, self.watches)

    @property
    def causes(self) -> list[Cause]:
        return list(self.mistakes.causes.values())

    @property
    def summary(self) -> dict[str, Any]:
        return {
            "bodies": self.truth.world.bodies,
            "acts": self.truth.world.events,
            "events": self.recorder.events,
            "ended": dict(sorted(self.truth.world.ended.items())),
            "mistakes": dict(sorted(self.mistakes.counts.items())),
            "planned_frauds": len(self.adversary.incidents),
        }

    def _refuse(self, claim: str, fault: str, again: str, records: list[Record]) -> None:
        self.refused.append({"claim": claim, "fault": fault, "again": again, "events": len(records)})
        if again:
            return
        for record in records:
            site = record.act.site
            cause = self.mistakes.cause("never_resent", site.party.gln, site.gln)
            packs = [pack.code for pack in packs_in(record.act.things)]
            self.mistakes.note("never_resent", cause, record.noted, packs, record.event_id)

    def _late(self, record: Record, arrival: int) -> None:
        site = record.act.site
        cause = self.mistakes.cause("late", site.party.gln, site.gln)
        self.mistakes.note("late", cause, record.noted, [code for code in record.codes if "/21/" in code], record.event_id)
