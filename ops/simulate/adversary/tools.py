"""What all frauds need: crooks, forged bodies, paper without goods, goods without paper."""

from __future__ import annotations

from random import Random

from ops.simulate import codes
from ops.simulate.adversary.incident import Incident
from ops.simulate.cast import Party, Site
from ops.simulate.catalogue import Lot
from ops.simulate.labels.touches import Watches
from ops.simulate.norms import DAY, HOUR, Norms
from ops.simulate.truth import Truth
from ops.simulate.truth.hauling import Trade
from ops.simulate.truth.things import Act, Pack


class Tools:
    """`crooks`: parties with a dishonest insider."""

    def __init__(self, norms: Norms, truth: Truth, watches: Watches) -> None:
        self.norms, self.truth, self.watches = norms, truth, watches
        self.world, self.hauling = truth.world, truth.hauling
        self.rng = Random(f"adversary/{norms.seed}")
        self.incidents: list[Incident] = []
        cast = truth.world.cast
        share = self.rng.uniform(0.15, 0.5)
        trading = [party for party in cast.of("distributor") if not party.absent]
        selling = [party for party in cast.of("hospital", "pharmacy") if party.reports(norms.start)]
        self.dealers = self._some(trading, share)
        self.shops = self._some(selling, share)
        self.crooks = set(self.dealers) | set(self.shops)

    def _some(self, parties: list[Party], share: float) -> list[Party]:
        return self.rng.sample(parties, min(len(parties), max(2, round(len(parties) * share))))

    def incident(self, kind: str, careful: bool) -> Incident:
        made = Incident(f"F{len(self.incidents) + 1:05d}", kind, careful=careful)
        self.incidents.append(made)
        return made

    def later(self, low_days: float, high_days: float) -> int:
        """A moment between so many days from now (ms UTC)."""
        return self.world.now + round(self.rng.uniform(low_days, high_days) * DAY)

    def dealer(self, *but: Party) -> Site | None:
        """A dishonest warehouse with customers, of none of these parties."""
        pool = [site for party in self.dealers if party not in but for site in party.sites if site.customers]
        return self.rng.choice(pool) if pool else None

    def shop(self, *but: Party, crooked: bool = False) -> Site | None:
        """A reporting hospital or pharmacy of none of these parties."""
        parties = self.shops if crooked else self.world.cast.of("hospital", "pharmacy")
        pool = [site for one in parties if one not in but and one.reports(self.world.now) for site in one.sites]
        return self.rng.choice(pool) if pool else None

    def customer(self, dealer: Site, *but: Party) -> Site | None:
        pool = [site for site in dealer.customers if site.party not in but]
        return self.rng.choice(pool) if pool else self.shop(dealer.party, *but)

    def hidden_shop(self) -> Site | None:
        """A customer that reports nothing."""
        pool = [site for one in self.world.cast.of("hospital", "pharmacy") if one.absent for site in one.sites]
        return self.rng.choice(pool) if pool else None

    def hours(self, one: Site, other: Site) -> float:
        return self.hauling.hours(one, other)

    def forge(self, code: str, lot: Lot, site: Site, incident: Incident) -> Pack:
        """A body that no line made, in the back room of `site`."""
        pack = self.world.make(lot, code, self.world.stores[site], genuine=False)
        pack.incident, pack.tainted = incident, True
        incident.fakes += 1
        self.watches.add(code, incident)
        return pack

    def invent(self, lot: Lot) -> str:
        """A code that looks right."""
        return codes.pack(lot.product.gtin, lot.product.serials.invented(self.rng))

    def sell(self, packs: list[Pack], dealer: Site, customer: Site, incident: Incident, claimed: int = 0) -> Act:
        """Goods and papers of a dishonest sale, which look like any other."""
        incident.did(self.world.now, *(pack.code for pack in packs))
        trade = Trade(dealer.party, customer.party)
        return self.hauling.send(dealer, customer, list(packs), trade, incident=incident, claimed=claimed)

    def paper(
        self,
        step: str,
        site: Site,
        code: str,
        incident: Incident,
        *,
        sender: Site | None = None,
        receiver: Site | None = None,
        disposition: str = "in_transit",
        by: Party | None = None,
        document: str = "",
    ) -> Act:
        """A claim about what did not happen."""
        act = Act(step, site, [code], real=False, incident=incident, disposition=disposition, by=by, document=document)
        act.sender, act.receiver = sender, receiver
        act.owner_from, act.owner_to = sender.party if sender else None, receiver.party if receiver else None
        incident.did(self.world.now, code)
        return self.world.emit(act)

    def paper_transfer(self, code: str, sender: Site, receiver: Site, incident: Incident, hours: float) -> None:
        """Shipped now and taken in after so many hours, both on paper only."""
        document = self.world.document("desadv", sender.party)
        self.paper("shipping", sender, code, incident, sender=sender, receiver=receiver, document=document)
        self.world.at(self.world.now + hours * HOUR, self.paper_receipt, code, sender, receiver, incident, document)

    def paper_receipt(
        self, code: str, sender: Site, receiver: Site, incident: Incident, document: str = "", returned: bool = False
    ) -> None:
        word = "returned" if returned else "in_progress"
        self.paper("receiving", receiver, code, incident, sender=sender, receiver=receiver, disposition=word, document=document)

    def paper_sale(self, code: str, site: Site, incident: Incident, content: int, by: Party | None = None) -> None:
        """A sale to nobody."""
        hospital = site.party.role == "hospital"
        step, word = ("dispensing", "dispensed") if hospital else ("retail_selling", "retail_sold")
        document = self.world.document("sale", site.party)
        act = self.paper(step, site, code, incident, disposition=word, document=document, by=by)
        act.content = content
