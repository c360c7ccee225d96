"""What is claimed about the packs of frauds: each claim that names one of them, as it stands in the document."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ops.simulate.adversary.incident import Incident
from ops.simulate.cast import Site


@dataclass(slots=True, eq=False)
class Touch:
    """One event that names a watched code. Parties are GLNs; times ms UTC, [claimed, claimed + slack]."""

    event: str
    step: str
    party: str
    site: Site
    claimed: int
    slack: int
    sender: str
    receiver: str
    document: str
    amount: int
    content: int
    expiry: str
    tainted: bool
    """It would not exist, or not so, without the fraud."""
    incident: Incident
    """Of the watch."""
    role: str = "unit"
    """unit, child, input or output."""
    parent: str = ""
    claim: str = ""
    """The document that brought it in; '' while it is under way, and for ever when it was refused and not sent again."""
    arrival: int = 0
    undone: bool = False
    journal_from: int = 0
    """The journal proves that it was noted no earlier (ms UTC); 0 = no journal."""


@dataclass(slots=True, eq=False)
class Watch:
    """All that is claimed about one code."""

    code: str
    incident: Incident
    touches: list[Touch] = field(default_factory=list)

    @property
    def arrived(self) -> list[Touch]:
        """What is in the log, by claimed time; what was taken back is out."""
        return sorted((one for one in self.touches if one.claim and not one.undone), key=lambda one: (one.claimed, one.event))


class Watches:
    def __init__(self) -> None:
        self.by_code: dict[str, Watch] = {}

    def add(self, code: str, incident: Incident) -> Watch:
        return self.by_code.setdefault(code, Watch(code, incident))

    def among(self, codes: Iterable[str]) -> list[Watch]:
        """The watches whose codes are among these."""
        return [self.by_code[code] for code in codes if code in self.by_code] if self.by_code else []
