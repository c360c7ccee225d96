"""`python -m ops.plan`: cores, partitions and disks for a volume, from measured rates. With rates of your own machine:
`python -m ops.bench.stack --json rates.json`, then `python -m ops.plan --rates rates.json --units 100`.

The arithmetic is plain on purpose: observations a second times what one costs. CPU is planned at 70 % of a core. Nothing here
is a promise about machines that were not measured; `LIMITS` says what one writer has been seen to do.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

RATES = Path(__file__).with_name("rates.json")
BUSY = 0.7
"""How much of a core is planned for: the rest is for catching up, and for what was not measured."""
DAY_S = 86_400
COPIES = {"log": 3, "fabric peer": 4, "fabric index": 6}
"""Kafka keeps three replicas; four organisations have a peer each; four witnesses, the ledger writer and the projector an index
each. Everything else is counted once: it can be built again from the log."""
FOR_DAYS = {"log custody.observations": 30}
"""What is forgotten again. Documents, decisions and the ledger are kept."""


@dataclass(frozen=True, slots=True)
class Rates:
    """`cpu`: microseconds an observation by process; `bytes`: on one disk, an observation; `limits`: observations a second that
    one writer has been seen to do, whatever the cores."""

    cpu: Mapping[str, float]
    bytes: Mapping[str, float]
    limits: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Volume:
    """`units`: units a second that come into the world, the year's mean; `each`: observations of one in its life, its share in
    containers' included; `peak`: the busiest second over the mean."""

    units: float
    each: float
    peak: float

    @property
    def mean(self) -> float:
        """Observations a second."""
        return self.units * self.each


def read(path: Path) -> Rates:
    """A file as `ops.bench.stack --json` writes it; limits come from ours where it has none."""
    values = json.loads(path.read_text(encoding="utf-8"))
    limits = values.get("limits") or json.loads(RATES.read_text(encoding="utf-8"))["limits"]
    return Rates(values["cpu"], values["bytes"], limits)


def cores(rates: Rates, observations: float) -> dict[str, float]:
    """By process, for so many observations a second."""
    return {name: observations * micros / 1e6 / BUSY for name, micros in rates.cpu.items()}


def writers(rates: Rates, observations: float) -> dict[str, int]:
    """How many writers of each kind carry so many observations a second: partitions and their workers, lanes, graphs."""
    return {name: math.ceil(observations / (limit * BUSY)) for name, limit in rates.limits.items()}


def disks(rates: Rates, volume: Volume) -> dict[str, tuple[float, float]]:
    """By store: (bytes a day, bytes after a year), all copies, at the mean."""
    found = {}
    for name, size in rates.bytes.items():
        day = size * volume.mean * DAY_S * COPIES.get(name, COPIES.get(name.partition(" ")[0], 1))
        found[name] = day, day * min(365, FOR_DAYS.get(name, 365))
    return found


def drained(volume: Volume, sized: float, hours: float = 1.0) -> float:
    """Hours until nothing waits, after a peak of `hours` that a line sized for `sized` times the mean has met; capture takes
    everything at once, since it only appends to the log. `inf`: never."""
    if sized >= volume.peak:
        return 0.0
    return (volume.peak - sized) * hours / (sized - 1) if sized > 1 else math.inf


def report(rates: Rates, volume: Volume) -> str:
    """Tables in Markdown."""
    mean, top = volume.mean, volume.mean * volume.peak
    lines = [
        f"{volume.units:,.0f} units/s x {volume.each:g} observations = {mean:,.0f} observations/s; "
        f"at the peak (x {volume.peak:g}) {top:,.0f}/s.",
        "",
        f"| process | us CPU an observation | cores for 1,000/s | for {mean:,.0f}/s | for {top:,.0f}/s |",
        "|---|---:|---:|---:|---:|",
    ]
    each, usual, most = cores(rates, 1_000), cores(rates, mean), cores(rates, top)
    for name in [*sorted(rates.cpu), "all"]:
        micros, a, b, c = (sum(one.values()) if name == "all" else one[name] for one in (rates.cpu, each, usual, most))
        lines.append(f"| {name} | {micros:,.1f} | {a:,.2f} | {b:,.1f} | {c:,.0f} |")
    lines += ["", f"| writers | one does | for {mean:,.0f}/s | for {top:,.0f}/s |", "|---|---:|---:|---:|"]
    usual_writers, most_writers = writers(rates, mean), writers(rates, top)
    lines += [f"| {n} | {limit:,.0f}/s | {usual_writers[n]} | {most_writers[n]} |" for n, limit in sorted(rates.limits.items())]
    lines += ["", "| line sized for | cores | waits after an hour's peak | until nothing waits |", "|---|---:|---:|---:|"]
    for sized in (2, 3, 5, volume.peak):
        waits = max(0.0, volume.peak - sized) * mean * 3_600
        whole_cores = sum(cores(rates, mean * sized).values())
        rest = f"{waits / 1e6:,.0f} million | {drained(volume, sized):,.1f} h"
        lines.append(f"| {sized:g} x the mean | {whole_cores:,.0f} | {rest} |")
    lines += ["", "| store | bytes an observation | copies | TB a day | TB after a year |", "|---|---:|---:|---:|---:|"]
    whole = [0.0, 0.0]
    for name, (day, year) in sorted(disks(rates, volume).items()):
        copies = COPIES.get(name, COPIES.get(name.partition(" ")[0], 1))
        whole = [whole[0] + day, whole[1] + year]
        lines.append(f"| {name} | {rates.bytes[name]:,.0f} | {copies} | {day / 1e12:,.2f} | {year / 1e12:,.0f} |")
    lines.append(f"| all | | | {whole[0] / 1e12:,.2f} | {whole[1] / 1e12:,.0f} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ops.plan", description=__doc__)
    parser.add_argument("--rates", type=Path, default=RATES, help="measured rates; ours if not given")
    parser.add_argument("--units", type=float, default=2_200, help="units a second, the mean (China: 2200 boxes)")
    parser.add_argument("--each", type=float, default=4, help="observations of a unit in its life")
    parser.add_argument("--peak", type=float, default=10, help="the busiest second over the mean")
    given = parser.parse_args(arguments)
    if min(given.units, given.each, given.peak) <= 0:
        parser.error("--units, --each and --peak are numbers above 0")
    print(report(read(given.rates), Volume(given.units, given.each, given.peak)), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
