"""A note of an act, as it goes into a claim."""

from __future__ import annotations

from dataclasses import dataclass, field

from ops.simulate.cast import Party
from ops.simulate.labels.touches import Touch
from ops.simulate.recording.systems import Device, Precision, System
from ops.simulate.truth.things import Act


@dataclass(slots=True, eq=False)
class Record:
    """`claimed`: the event time that is written, ms UTC. `noted`: when it really was written."""

    event_id: str
    act: Act
    system: System
    device: Device
    attester: Party
    codes: list[str]
    claimed: int
    noted: int
    precision: Precision
    declared: int = 0
    """Not 0: an error declaration made at that time (ms UTC), which takes the event back."""
    remote: bool = False
    """Uploaded by somebody else with the party's key: no journal, no seal."""
    touches: list[Touch] = field(default_factory=list)
    marks: list[tuple[str, list[str]]] = field(default_factory=list)
    """Kinds of honest mistakes in it, with the packs they hit."""

    @property
    def slack(self) -> int:
        return self.system.slack_ms
