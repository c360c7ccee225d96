"""One fraud: who does what with which packs, and what about it can be known."""

from __future__ import annotations

from dataclasses import dataclass, field

from ops.simulate.cast import Party, Site


@dataclass(slots=True, eq=False)
class Incident:
    """`kind` as in `norms.FRAUDS`; `variant` tells how; `careful`: by one who knows the rules and avoids contradictions."""

    id: str
    kind: str
    variant: str = ""
    careful: bool = False
    culprits: list[Party] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)
    packs: list[str] = field(default_factory=list)
    """Codes on which it was done (not only planned)."""
    fakes: int = 0
    """Bodies that were forged."""
    doses: int = 0
    """Doses in wrong hands or of wrong origin that reached patients."""
    dosed: list[tuple[int, int]] = field(default_factory=list)
    """When (ms UTC), and how many."""
    events: list[str] = field(default_factory=list)
    """eventIDs that would not exist, or not so, without it."""
    claims: dict[str, None] = field(default_factory=dict)
    """Ids of the documents that brought them in."""
    proven: list[str] = field(default_factory=list)
    """eventIDs whose time a device journal shows to be false."""
    acts: list[int] = field(default_factory=list)
    """Times of the dishonest acts, ms UTC."""
    unaccompanied: bool = False
    """Sent with a stolen key and without the journal or the seal that the owner's own uploads carry."""
    territory: bool = False
    """Goods left the territory that they were sold for: seen from the registry, not from the claims alone."""

    @property
    def begun(self) -> bool:
        return bool(self.acts)

    def did(self, at: int, *codes: str) -> None:
        """A dishonest act at that time with those packs."""
        self.acts.append(at)
        for code in codes:
            if code not in self.packs:
                self.packs.append(code)

    def harmed(self, at: int, doses: int) -> None:
        """So many doses reached patients."""
        self.doses += doses
        self.dosed.append((at, doses))

    def choose(self, *variants: str) -> str:
        """The first one stays."""
        self.variant = self.variant or variants[0]
        return self.variant

    def involve(self, *sites: Site) -> None:
        for site in sites:
            if site not in self.sites:
                self.sites.append(site)
            if site.party not in self.culprits:
                self.culprits.append(site.party)
