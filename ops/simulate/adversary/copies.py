"""Copied codes, invented serials, stolen keys: bodies that no maker made."""

from __future__ import annotations

from ops.simulate.adversary.incident import Incident
from ops.simulate.adversary.tools import Tools
from ops.simulate.cast import Party, Site
from ops.simulate.catalogue import Lot
from ops.simulate.norms import HOUR
from ops.simulate.truth.things import Act, Pack


class Copies:
    def __init__(self, tools: Tools) -> None:
        self.tools = tools

    def clone(self, stage: str, pack: Pack, site: Site, incident: Incident) -> bool | None:
        """The code of a pack on a shelf is printed on others, sold elsewhere.

        The careful one takes codes whose own sale is hardly scanned, tells of a return, and waits as long as the journey takes.
        """
        tools = self.tools
        if stage != "shelved" or (incident.careful and not site.wards):
            return None
        dealer = tools.dealer(site.party)
        if dealer is not None:
            incident.choose("after_a_told_return" if incident.careful else "copies")
            incident.involve(dealer)
            for _ in range(1 if incident.careful else tools.rng.choice((1, 1, 2, 3))):
                low = 2 + tools.hours(site, dealer) / 24 if incident.careful else 0.1
                tools.world.at(tools.later(low, low + 6), self._copy, pack.code, pack.lot, site, dealer, incident)
        return False

    def _copy(self, code: str, lot: Lot, source: Site, dealer: Site, incident: Incident) -> None:
        tools = self.tools
        fake = tools.forge(code, lot, dealer, incident)
        customer = tools.customer(dealer, source.party)
        if customer is None:
            tools.world.finish(fake, "stolen")
            return
        if incident.careful:
            tools.paper_receipt(code, source, dealer, incident, returned=True)
        tools.world.at(tools.later(0.1, 2), self._sell, [fake], dealer, customer, incident)

    def _sell(self, fakes: list[Pack], dealer: Site, customer: Site, incident: Incident) -> None:
        self.tools.sell(fakes, dealer, customer, incident)

    def unknown(self, pack: Pack, incident: Incident) -> None:
        """Serials of somebody's own invention, under a product that exists."""
        tools = self.tools
        dealer = tools.dealer()
        customer = tools.customer(dealer) if dealer is not None else None
        if dealer is None or customer is None:
            return
        incident.variant = "invented"
        incident.involve(dealer)
        tools.world.at(tools.later(3, 15), self._invent, pack.lot, dealer, customer, incident)

    def _invent(self, lot: Lot, dealer: Site, customer: Site, incident: Incident) -> None:
        tools = self.tools
        fakes = [tools.forge(tools.invent(lot), lot, dealer, incident) for _ in range(tools.rng.randint(1, 6))]
        tools.sell(fakes, dealer, customer, incident)

    def stolen(self, pack: Pack, incident: Incident) -> None:
        """A thief commissions and ships in the name of a maker, with its key; the buyer believes it."""
        tools = self.tools
        maker = pack.lot.product.maker
        dealer = tools.dealer()
        if dealer is None or maker.seal_required:
            return
        incident.variant, incident.sites = "perfect_fakes", [maker.sites[0]]
        incident.involve(dealer)
        tools.world.at(tools.later(1, 12), self._commission, pack.lot, maker, dealer, incident)

    def _commission(self, lot: Lot, maker: Party, dealer: Site, incident: Incident) -> None:
        tools, plant = self.tools, maker.sites[0]
        fakes = [tools.forge(tools.invent(lot), lot, dealer, incident) for _ in range(tools.rng.randint(2, 10))]
        names = [fake.code for fake in fakes]
        incident.did(tools.world.now, *names)
        made = Act("commissioning", plant, names, real=False, incident=incident, by=maker, lot=lot, disposition="active")
        made.content = lot.product.units
        tools.world.emit(made)
        wait = (6 + tools.hours(plant, dealer)) * HOUR
        document = tools.world.document("desadv", maker)
        for name in names:
            tools.paper("shipping", plant, name, incident, sender=plant, receiver=dealer, by=maker, document=document)
        when = tools.world.working(dealer, tools.world.now + wait)
        tools.world.at(when, self._take_in, fakes, plant, dealer, incident, document)

    def _take_in(self, fakes: list[Pack], plant: Site, dealer: Site, incident: Incident, document: str) -> None:
        tools = self.tools
        act = Act("receiving", dealer, [fake.code for fake in fakes], list(fakes), incident=incident, document=document)
        act.sender, act.receiver, act.disposition = plant, dealer, "in_progress"
        act.owner_from, act.owner_to = plant.party, dealer.party
        tools.world.emit(act)
        customer = tools.customer(dealer)
        if customer is not None:
            tools.world.at(tools.later(0.5, 4), self._sell, fakes, dealer, customer, incident)

    def killed(self, stage: str, pack: Pack, site: Site, incident: Incident) -> bool | None:
        """A thief with a hospital's key claims to have given out what stands on another's shelf."""
        tools = self.tools
        victim = tools.shop(site.party)
        if stage != "shelved" or victim is None or victim.party.seal_required:
            return None
        incident.choose("claims_in_a_hospitals_name")
        incident.sites.append(victim)
        when = tools.later(0.1, 3)
        tools.world.at(when, tools.paper_sale, pack.code, victim, incident, pack.lot.product.units, victim.party)
        return False
