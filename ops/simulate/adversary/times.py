"""Lies about time: dates before or after the deed, days of invented times."""

from __future__ import annotations

from ops.simulate.adversary.incident import Incident
from ops.simulate.adversary.tools import Tools
from ops.simulate.cast import Site
from ops.simulate.norms import DAY, HOUR
from ops.simulate.truth.things import Act, Pack


class Times:
    def __init__(self, tools: Tools) -> None:
        self.tools = tools
        self._inventing: dict[Site, tuple[int, Incident]] = {}
        """Sites whose people write down times of their own choice: until when."""

    def backdate(self, stage: str, pack: Pack, site: Site, incident: Incident) -> bool | None:
        """A dispatch or a sale noted days after, as if it had been noted then; the careful one stays within usual lateness."""
        tools = self.tools
        days = tools.rng.uniform(0.1, 0.9) if incident.careful else tools.rng.uniform(2, 25)
        claimed = tools.world.now - round(days * DAY)
        if stage == "picked" and tools.rng.random() < 0.4:
            customer = tools.customer(site)
            if customer is None:
                return None
            incident.choose("dispatch")
            self._lie(pack, site, incident)
            tools.sell([pack], site, customer, incident, claimed)
            return True
        if stage == "given":
            incident.choose("sale")
            self._lie(pack, site, incident)
            tools.truth.caring.give(pack, site, claimed=claimed)
            return True
        return None

    def postdate(self, stage: str, pack: Pack, site: Site, incident: Incident) -> bool | None:
        """A sale dated into a period to come."""
        tools = self.tools
        if stage != "given":
            return None
        days = tools.rng.uniform(0.1, 0.5) if incident.careful else tools.rng.uniform(3, 20)
        incident.choose("sale")
        self._lie(pack, site, incident)
        tools.truth.caring.give(pack, site, claimed=tools.world.now + round(days * DAY))
        return True

    def _lie(self, pack: Pack, site: Site, incident: Incident) -> None:
        pack.tainted = True
        incident.involve(site)
        incident.did(self.tools.world.now, pack.code)

    def invent(self, stage: str, pack: Pack, site: Site, incident: Incident) -> bool | None:
        """From now on, a site's people fill in the day's times at its end: full hours, in office hours."""
        if stage != "shelved" or site in self._inventing:
            return None
        incident.choose("full_hours")
        incident.involve(site)
        self._inventing[site] = (self.tools.later(3, 15), incident)
        return False

    def shade(self, act: Act) -> None:
        """Replace the time of an act at such a site."""
        lying = self._inventing.get(act.site)
        if lying is None or act.incident is not None or act.silent or act.claimed:
            return
        until, incident = lying
        if act.time >= until:
            del self._inventing[act.site]
            return
        shift = act.site.city.minutes * 60_000
        day = (act.time + shift) // DAY
        act.claimed = day * DAY + self.tools.rng.choice((9, 10, 11, 14, 15, 16)) * HOUR - shift
        act.incident = incident
        incident.did(act.time, *(code for code in act.codes if "/21/" in code))
