"""Goods that go other ways than their papers: diversion, resale of what was dispensed, swapped codes, new expiry dates."""

from __future__ import annotations

from ops.simulate.adversary.incident import Incident
from ops.simulate.adversary.tools import Tools
from ops.simulate.cast import Site
from ops.simulate.norms import HOUR
from ops.simulate.truth.hauling import Trade
from ops.simulate.truth.things import Act, Pack


class Goods:
    def __init__(self, tools: Tools) -> None:
        self.tools = tools

    def addressee(self, stage: str, pack: Pack, site: Site, incident: Incident) -> bool | None:
        """Booked to one at his price, delivered to another. The careful one delivers to who reports nothing, and the booked
        one confirms."""
        tools = self.tools
        if stage != "picked":
            return None
        paper = tools.customer(site)
        real = tools.hidden_shop() if incident.careful else tools.shop(site.party)
        if paper is None or real is None or real.party is paper.party:
            return None
        incident.choose("to_the_unseen" if incident.careful else "other_receiver")
        incident.involve(site, *([paper] if incident.careful else []))
        self._divert(pack, site, real, paper, incident)
        return True

    def _divert(self, pack: Pack, site: Site, real: Site, paper: Site, incident: Incident) -> None:
        tools = self.tools
        pack.tainted = True
        incident.did(tools.world.now, pack.code)
        trade = Trade(site.party, paper.party)
        sent = tools.hauling.send(site, real, [pack], trade, incident=incident, declared_to=paper)
        if incident.careful:
            hours = tools.hours(site, paper) * 1.2 + tools.rng.uniform(3, 20)
            tools.world.at(tools.world.now + hours * HOUR, tools.paper_receipt, pack.code, site, paper, incident, sent.document)
            when = tools.world.now + (hours + tools.rng.uniform(20, 200)) * HOUR
            tools.world.at(when, tools.paper_sale, pack.code, paper, incident, pack.lot.product.units)

    def territory(self, stage: str, pack: Pack, site: Site, incident: Incident) -> bool | None:
        """Sold openly outside the territory that the dealer may serve."""
        tools = self.tools
        if incident.careful:
            return self.addressee(stage, pack, site, incident)
        if stage != "picked" or site.party.national or site.party.third_party:
            return None
        shops = tools.world.cast.sites("hospital", "pharmacy")
        abroad = [one for one in shops if one.city.territory != site.city.territory and one.party.reports(tools.world.now)]
        abroad = [one for one in abroad if one not in site.customers]
        if not abroad:
            return None
        incident.choose("outside_the_territory")
        incident.territory = True
        incident.involve(site)
        pack.tainted = True
        tools.sell([pack], site, tools.rng.choice(abroad), incident)
        return True

    def resale(self, stage: str, pack: Pack, site: Site, incident: Incident) -> bool | None:
        """Bought back from patients and sold again, through a dealer or by a shop itself. The careful one takes what left
        a ward unscanned, and tells of a return."""
        tools = self.tools
        if stage != "gone" or (incident.careful and not site.wards):
            return None
        incident.choose("told_return" if incident.careful else tools.rng.choice(("through_a_dealer", "by_a_shop")))
        place = tools.shop(site.party, crooked=True) if incident.variant == "by_a_shop" else tools.dealer(site.party)
        if place is not None:
            incident.involve(place)
            tools.world.at(tools.later(1 + tools.hours(site, place) / 24, 14), self._resell, pack, site, place, incident)
        return False

    def _resell(self, pack: Pack, source: Site, place: Site, incident: Incident) -> None:
        tools, store = self.tools, self.tools.world.stores[place]
        tools.world.collect(pack, store)
        pack.tainted, pack.left = True, pack.lot.product.units
        incident.did(tools.world.now, pack.code)
        if place.party.role != "distributor":
            tools.truth.caring.give(pack, place, silent=False)
            return
        if incident.careful:
            tools.paper_receipt(pack.code, source, place, incident, returned=True)
        customer = tools.customer(place, source.party)
        if customer is not None:
            tools.sell([pack], place, customer, incident)

    def launder(self, stage: str, pack: Pack, site: Site, incident: Incident) -> bool | None:
        """Bought back, and given new codes by a repackager."""
        tools = self.tools
        if stage != "gone":
            return None
        licensed = [party for party in tools.world.cast.of("distributor") if party.repackager]
        places = [one for party in licensed for one in party.sites if one.customers]
        place = tools.rng.choice(places) if places else tools.dealer(site.party)
        if place is not None:
            incident.choose("by_a_repackager" if places else "without_a_licence")
            incident.involve(place)
            tools.world.at(tools.later(1 + tools.hours(site, place) / 24, 14), self._launder, pack, place, incident)
        return False

    def _launder(self, pack: Pack, place: Site, incident: Incident) -> None:
        tools, store = self.tools, self.tools.world.stores[place]
        tools.world.collect(pack, store)
        pack.tainted, pack.left = True, pack.lot.product.units
        incident.did(tools.world.now, pack.code)
        self.renew(pack, place, incident, "")

    def renew(self, pack: Pack, place: Site, incident: Incident, expiry: str) -> None:
        """Repackage one pack dishonestly and sell the new one."""
        tools = self.tools
        act, fresh = tools.truth.special.renew(tools.world.stores[place], [pack], pack.lot)
        act.incident, act.expiry = incident, expiry
        for one in fresh:
            one.incident, one.tainted = incident, True
            tools.watches.add(one.code, incident)
            incident.did(tools.world.now, one.code)
        customer = tools.customer(place)
        if customer is not None:
            tools.sell(fresh, place, customer, incident)

    def swap(self, stage: str, pack: Pack, site: Site, incident: Incident) -> bool | None:
        """The insurance pays for a code; the patient gets something else. The pack is sold for cash elsewhere, or thrown away."""
        tools = self.tools
        if stage != "shelved":
            return None
        other = tools.shop(site.party)
        ways = ["code_only"] if incident.careful or other is None else ["exchanged"] + ["code_here_pack_there"] * 2
        if incident.choose(tools.rng.choice(ways)) == "exchanged":
            return self._exchange(pack, site, incident)
        incident.involve(site)
        tools.paper_sale(pack.code, site, incident, pack.lot.product.units)
        pack.tainted = True
        incident.harmed(tools.world.now, pack.lot.product.units)
        if incident.variant == "code_only" or other is None:
            tools.world.finish(pack, "destroyed")
            return True
        tools.world.hold(pack, tools.world.stores[site])
        tools.world.at(tools.world.now + (24 + tools.hours(site, other)) * HOUR, self._cash, pack, other)
        return True

    def _cash(self, pack: Pack, other: Site) -> None:
        """It turns up on another shelf without papers and is sold like any other."""
        self.tools.world.move(pack, self.tools.world.stores[other])

    def _exchange(self, pack: Pack, site: Site, incident: Incident) -> bool:
        """The codes of two packs at two shops change places."""
        tools = self.tools
        shops = [one for one in tools.world.cast.sites("hospital", "pharmacy") if one.party is not site.party]
        tools.rng.shuffle(shops)
        for shop in shops:
            for other in tools.world.product_stock(shop, pack.lot.product):
                whole = other.left == pack.left == pack.lot.product.units
                if other.incident is None and whole and other.body not in tools.truth.caring.ended:
                    pack.code, other.code = other.code, pack.code
                    for one in (pack, other):
                        one.incident, one.tainted = incident, True
                        tools.watches.add(one.code, incident)
                    incident.involve(site, shop)
                    incident.did(tools.world.now, pack.code, other.code)
                    return False
        return False

    def relabel(self, stage: str, pack: Pack, site: Site, incident: Incident) -> bool | None:
        """A later expiry: through repackaging, through a second commissioning, or just a sticker."""
        tools, later = self.tools, f"{int(pack.lot.expiry[:4]) + 2}{pack.lot.expiry[4:7]}-28"
        if stage != "picked":
            return None
        ways = ["sticker"] if incident.careful else ["repackaged", "repackaged", "commissioned_again", "sticker"]
        incident.choose(tools.rng.choice(ways))
        incident.involve(site)
        incident.did(tools.world.now, pack.code)
        pack.tainted = True
        if incident.variant == "repackaged":
            self.renew(pack, site, incident, later)
            return True
        if incident.variant == "commissioned_again":
            plant = pack.lot.product.maker.sites[0]
            incident.involve(plant)
            act = Act("commissioning", plant, [pack.code], real=False, incident=incident, lot=pack.lot, expiry=later)
            act.content, act.disposition = pack.lot.product.units, "active"
            tools.world.emit(act)
        return False
