"""Sites' systems: scanners with clocks and faults, shifts of people, how and when they upload."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from ops.simulate.cast import Cast, Site
from ops.simulate.norms import DAY, HOUR, MINUTE, SECOND, Norms

Precision = Literal["milli", "second", "minute", "date"]
SHIFTS = ("early", "late", "night")


@dataclass(slots=True, eq=False)
class Device:
    """A scanner or terminal. `offset_ms`: its clock's lead over UTC in ordinary times."""

    id: str
    gate: str
    offset_ms: int
    fault_ms: int = 0
    """Lead on top, during the fault."""
    zone_ms: int = 0
    """The same, from a wrongly set zone."""
    fault: tuple[int, int] = (0, 0)
    flips: Literal["", "upper", "lower"] = ""
    """It changes the case of letters, during `flipping`."""
    flipping: tuple[int, int] = (0, 0)

    def lead(self, at: int) -> int:
        wrong = self.fault_ms + self.zone_ms if self.fault[0] <= at < self.fault[1] else 0
        return self.offset_ms + wrong


@dataclass(slots=True, eq=False)
class System:
    site: Site
    devices: list[Device]
    period_ms: int
    """Between two uploads."""
    lag_mu: float
    lag_sigma: float
    tail: float
    faulty: float
    precision: Precision
    xml: bool
    urns: bool
    local_time: bool
    by_gate: bool
    """The read point names the scanner."""
    journal: bool
    outages: list[tuple[int, int]]
    care: dict[str, float] = field(default_factory=dict)
    """Shift -> how often mistakes happen, relative to the mean."""

    @property
    def slack_ms(self) -> int:
        """How much longer than the noted moment the true one may last."""
        return {"milli": 0, "second": SECOND, "minute": MINUTE, "date": DAY}[self.precision]

    def shift(self, hour: float) -> str:
        return SHIFTS[0] if 6 <= hour < 14 else SHIFTS[1] if 14 <= hour < 22 else SHIFTS[2]

    def device(self, shift: str, rng: Random) -> Device:
        """People of a shift keep to their scanners."""
        count = len(self.devices)
        if count == 1:
            return self.devices[0]
        return self.devices[(SHIFTS.index(shift) + (rng.random() < 0.4)) % count]

    def outage(self, at: int) -> tuple[int, int] | None:
        return next((span for span in self.outages if span[0] <= at < span[1]), None)


def systems(norms: Norms, cast: Cast) -> dict[Site, System]:
    rng = Random(f"systems/{norms.seed}")
    return {site: _system(norms, rng, site) for party in cast.parties for site in party.sites}


def _system(norms: Norms, rng: Random, site: Site) -> System:
    noise, small = norms.noise, site.party.role == "pharmacy"
    count = 1 if small and rng.random() < 0.7 else rng.randint(2, 6)
    devices = [_device(norms, rng, f"{site.gln}-{number}", str(number)) for number in range(1, count + 1)]
    roll = rng.random()
    precision: Precision = "milli" if rng.random() < 0.5 else "second"
    if small and roll < noise.date_share:
        precision = "date"
    elif roll < noise.date_share + noise.minute_share:
        precision = "minute"
    periods = (15, 30, 60, 240, 1440, 1440) if small else (5, 15, 60, 240)
    journal = precision in ("milli", "second") and rng.random() < noise.journal_share
    return System(
        site,
        devices,
        period_ms=rng.choice(periods) * MINUTE,
        lag_mu=math.log(noise.lag_minutes) + rng.gauss(0, 0.7),
        lag_sigma=noise.lag_sigma * rng.uniform(0.6, 1.3),
        tail=noise.tail * rng.lognormvariate(-0.5, 1.0),
        faulty=min(0.25, noise.faulty * rng.lognormvariate(-0.18, 0.6)),
        precision=precision,
        xml=not journal and rng.random() < noise.xml_share,
        urns=rng.random() < 0.5,
        local_time=rng.random() < 0.5,
        by_gate=rng.random() < norms.topology.sites_by_gate_share,
        journal=journal,
        outages=_outages(norms, rng),
        care={shift: _care(norms, rng) for shift in SHIFTS},
    )


def _care(norms: Norms, rng: Random) -> float:
    """Mistakes cluster: most shifts make few, some make many; the mean is 1."""
    spread = norms.noise.clustering
    return rng.lognormvariate(-spread * spread / 2, spread)


def _outages(norms: Norms, rng: Random) -> list[tuple[int, int]]:
    found = []
    at = norms.start + rng.expovariate(norms.noise.outage_a_month / 30) * DAY
    while at < norms.end:
        length = rng.lognormvariate(math.log(0.6), 1.1) * DAY
        found.append((int(at), int(at + length)))
        at += length + rng.expovariate(norms.noise.outage_a_month / 30) * DAY
    return found


def _device(norms: Norms, rng: Random, id: str, gate: str) -> Device:
    noise = norms.noise
    device = Device(id, gate, round(rng.gauss(0, 20) * SECOND))
    roll = rng.random()
    if roll < noise.wrong_clock:
        device.fault_ms = round(rng.choice((-1, 1)) * math.exp(rng.uniform(math.log(HOUR), math.log(40 * HOUR))))
    elif roll < noise.wrong_clock + noise.wrong_zone:
        device.zone_ms = rng.choice((-8, -7, -1, 1, 7, 8)) * HOUR
    device.fault = _span(norms, rng, 0.4)
    if rng.random() < noise.flipping:
        device.flips = rng.choice(("upper", "lower"))
        device.flipping = _span(norms, rng, 0.1)
    return device


def _span(norms: Norms, rng: Random, share: float) -> tuple[int, int]:
    """A part of the run; for some faults, all of it."""
    length = norms.days * DAY
    since = norms.start + round(rng.uniform(0, 1 - share) * length)
    until = since + round(rng.uniform(0.2, 1) * share * length)
    return (0, norms.end * 2) if share > 0.3 and rng.random() < 0.5 else (since, until)
