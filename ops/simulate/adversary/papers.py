"""Paper without goods: false outbound, goods that never arrive, circles of trade."""

from __future__ import annotations

from ops.simulate.adversary.incident import Incident
from ops.simulate.adversary.tools import Tools
from ops.simulate.cast import Site
from ops.simulate.norms import HOUR
from ops.simulate.truth.things import Pack


class Papers:
    def __init__(self, tools: Tools) -> None:
        self.tools = tools

    def paper_sale(self, stage: str, pack: Pack, site: Site, incident: Incident) -> bool | None:
        """A dealer books out what he does not have; the buyer keeps silent, confirms, or even books the sale."""
        tools = self.tools
        if incident.careful:
            return self.circle(stage, pack, site, incident)
        if stage != "shelved":
            return None
        dealer = tools.dealer(site.party)
        buyer = tools.shop(site.party, crooked=True)
        if dealer is not None and buyer is not None and buyer.party is not site.party:
            incident.choose(tools.rng.choice(("unconfirmed", "confirmed", "confirmed_and_sold")))
            incident.involve(dealer, *([buyer] if incident.variant != "unconfirmed" else []))
            tools.world.at(tools.later(0.1, 4), self._book, pack, dealer, buyer, incident)
        return False

    def _book(self, pack: Pack, dealer: Site, buyer: Site, incident: Incident) -> None:
        tools = self.tools
        if incident.variant == "unconfirmed":
            document = tools.world.document("desadv", dealer.party)
            tools.paper("shipping", dealer, pack.code, incident, sender=dealer, receiver=buyer, document=document)
            return
        hours = tools.hours(dealer, buyer) * tools.rng.uniform(0.3, 2)
        tools.paper_transfer(pack.code, dealer, buyer, incident, hours)
        if incident.variant == "confirmed_and_sold":
            when = tools.world.now + (hours + tools.rng.uniform(5, 90)) * HOUR
            tools.world.at(when, tools.paper_sale, pack.code, buyer, incident, pack.lot.product.units)

    def never_arrives(self, stage: str, pack: Pack, site: Site, incident: Incident) -> bool | None:
        """Booked out to a customer, sold under the counter. The careful one has a friend who confirms and books the sale."""
        tools = self.tools
        if stage != "picked" or not site.customers:
            return None
        friend = tools.shop(site.party, crooked=True) if incident.careful else None
        buyer = friend or tools.customer(site)
        if buyer is None:
            return None
        incident.choose("confirmed_by_a_friend" if friend else "unconfirmed")
        incident.involve(site, *([buyer] if friend else []))
        incident.harmed(tools.world.now, pack.left)
        pack.tainted = True
        tools.world.finish(pack, "stolen")
        if friend is None:
            document = tools.world.document("desadv", site.party)
            tools.paper("shipping", site, pack.code, incident, sender=site, receiver=buyer, document=document)
            return True
        hours = tools.hours(site, buyer) * tools.rng.uniform(1.1, 1.5) + tools.rng.uniform(2, 12)
        tools.paper_transfer(pack.code, site, buyer, incident, hours)
        when = tools.world.now + (hours + tools.rng.uniform(20, 200)) * HOUR
        tools.world.at(when, tools.paper_sale, pack.code, buyer, incident, pack.lot.product.units)
        return True

    def circle(self, stage: str, pack: Pack, site: Site, incident: Incident) -> bool | None:
        """Two dealers sell a pack to each other and back, for turnover, while it stays where it is."""
        tools = self.tools
        partner = tools.dealer(site.party)
        if stage != "picked" or partner is None:
            return None
        fast = not incident.careful and tools.rng.random() < 0.6
        incident.choose("too_fast" if fast else "plausible")
        incident.involve(site, partner)
        tools.world.hold(pack, tools.world.stores[site])
        hours = 0.2 if incident.variant == "too_fast" else tools.hours(site, partner) * 1.3 + tools.rng.uniform(3, 20)
        rounds = tools.rng.choice((1, 1, 2))
        for turn in range(rounds):
            start = tools.world.now + (1 + 4 * turn) * hours * HOUR
            tools.world.at(start, tools.paper_transfer, pack.code, site, partner, incident, hours)
            tools.world.at(start + 2 * hours * HOUR, tools.paper_transfer, pack.code, partner, site, incident, hours)
        end = tools.world.now + (2 + 4 * rounds) * hours * HOUR
        tools.world.at(end, self._release, pack, site)
        return True

    def _release(self, pack: Pack, site: Site) -> None:
        """Back on the shelf; nothing more is done with it."""
        self.tools.world.move(pack, self.tools.world.stores[site])
