"""Who cheats, with which packs, when. Plans are made when a pack is made; a deed needs the occasion."""

from __future__ import annotations

from ops.simulate.adversary.copies import Copies
from ops.simulate.adversary.goods import Goods
from ops.simulate.adversary.incident import Incident
from ops.simulate.adversary.papers import Papers
from ops.simulate.adversary.times import Times
from ops.simulate.adversary.tools import Tools
from ops.simulate.cast import Site
from ops.simulate.labels.touches import Watches
from ops.simulate.norms import FRAUDS, Norms
from ops.simulate.truth import Truth
from ops.simulate.truth.things import Act, Pack

TOGETHER = 2.5
"""Packs of one fraud, on average."""
_CAREFUL = ("clone", "resale", "never_arrives", "diversion_addressee", "swap", "backdate", "relabel", "collusion")


class Adversary:
    """Hears of each pack's stations from the world, and acts in it."""

    def __init__(self, norms: Norms, truth: Truth, watches: Watches) -> None:
        self.norms = norms
        self.tools = Tools(norms, truth, watches)
        copies, papers, goods, self._times = Copies(self.tools), Papers(self.tools), Goods(self.tools), Times(self.tools)
        self._copies = copies
        self._scripts = {
            "clone": copies.clone,
            "paper_sale": papers.paper_sale,
            "never_arrives": papers.never_arrives,
            "diversion_addressee": goods.addressee,
            "diversion_territory": goods.territory,
            "resale": goods.resale,
            "swap": goods.swap,
            "relabel": goods.relabel,
            "backdate": self._times.backdate,
            "postdate": self._times.postdate,
            "launder": goods.launder,
            "collusion": papers.circle,
            "stolen_key": copies.killed,
            "invented_times": self._times.invent,
        }
        self._group: tuple[Incident, int] | None = None
        self._done: set[int] = set()
        """Bodies with which the deed is done."""
        truth.world.on_pack = self.hear

    @property
    def incidents(self) -> list[Incident]:
        return self.tools.incidents

    def shade(self, act: Act) -> None:
        self._times.shade(act)

    def hear(self, stage: str, pack: Pack, site: Site) -> bool:
        """Whether the pack is no longer there, or what was to be done with it has been done."""
        if stage == "made":
            self._plan(pack)
            return False
        incident = pack.incident
        if incident is None or pack.tainted or pack.body in self._done:
            return False
        taken = self._scripts[incident.kind](stage, pack, site, incident)
        if taken is not None:  # None: not yet the occasion
            self._done.add(pack.body)
        return bool(taken)

    def _plan(self, pack: Pack) -> None:
        """Some packs that leave the line one after the other are meant for one fraud."""
        rng = self.tools.rng
        if self._group is not None:
            incident, left = self._group
            self._join(pack, incident)
            self._group = (incident, left - 1) if left > 1 else None
            return
        worth = 1.0 if pack.lot.product.dear else 0.5
        if rng.random() >= worth * self.norms.fraud / TOGETHER:
            return
        kind = rng.choices(FRAUDS, [self.norms.mix[one] for one in FRAUDS])[0]
        careful = kind == "careful" or rng.random() < self.norms.careful
        kind = rng.choice(_CAREFUL) if kind == "careful" else kind
        incident = self.tools.incident(kind, careful)
        if kind == "unknown_serial":
            self._copies.unknown(pack, incident)
            return
        if kind == "stolen_key" and rng.random() < 0.6:
            self._copies.stolen(pack, incident)
            return
        self._join(pack, incident)
        more = int(rng.expovariate(1 / (TOGETHER - 1)))
        self._group = (incident, more) if more and kind != "invented_times" else None

    def _join(self, pack: Pack, incident: Incident) -> None:
        pack.incident = incident
        self.tools.watches.add(pack.code, incident)
