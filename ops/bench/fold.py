"""What the custody fold costs: `python -m ops.bench.fold [--units N] [--trips N]`.

Packs with twenty observations each, one arriving at a time, and a tote that travels thousands of times. For each observation
the CPU time of the fold alone (OPEN continued, CLOSED, outcomes: `refold`) and of the whole decision (`decide`: entries, leaf,
verdicts, intervals, row). The baseline of the same run is the least that any store of histories must do: decoding and encoding
the unit's row. `late`: the receipt of one of the hand-overs arrives last, so that what follows it has to be folded again.
"""

from __future__ import annotations

import argparse
import gc
import random
import time
from collections.abc import Iterable, Iterator

from ops.bench.line import quantile
from pedigree.custody.decide import decide
from pedigree.custody.history import History
from pedigree.custody.refold import needs_archive, refold
from pedigree.custody.row import Row, decode_row, encode_row
from pedigree.custody.steps import Flag, Kind, Step
from pedigree.messages import Attestation, Entry, Observation
from pedigree.seal import ConsortiumKey, sm3

KEY = ConsortiumKey(1, bytes(range(32)))
START, MINUTE, HOUR = 1_750_000_000_000, 60_000, 3_600_000
PACK_HOPS = 9
"""Shipments with their receipts; with the commissioning and the dispensing they make 20 observations."""
PARTIES = [f"69{n:011}" for n in range(PACK_HOPS + 1)]


class Memory:
    """The archive of one unit."""

    def __init__(self) -> None:
        self.archived: list[bytes] = []

    def segments(self, unit: str) -> list[bytes]:
        return self.archived

    def members(self, unit: str, event: bytes) -> tuple[str, ...]:
        return ()

    def probes(self, unit: str, until: int) -> list[Entry]:
        return []

    def probe(self, unit: str, identity: tuple[bytes, int, str, int]) -> Entry | None:
        return None


class Readings:
    """CPU microseconds an observation, in the order in which they were taken."""

    def __init__(self) -> None:
        self.fold: list[float] = []
        self.decide: list[float] = []
        self.row: list[float] = []

    def show(self, name: str, part: slice = slice(None)) -> None:
        cells = [f"{name:34}"]
        for label in ("fold", "decide", "row"):
            values = getattr(self, label)[part]
            cells.append(f"{label} p50 {quantile(sorted(values), 0.5):6.1f} p99 {quantile(sorted(values), 0.99):7.1f}")
        print("   ".join(cells), flush=True)


def observation(unit: str, number: int, step: Step, at: int, actor: str, other: str = "", flags: int = 0) -> Observation:
    entry = Entry(
        event=sm3(f"{unit} {number}".encode()),
        kind=int(Kind.EVENT),
        step=int(step),
        time=at,
        attestations=(Attestation(at + MINUTE, actor, True, seal="key", document="document"),),
        actor=actor,
        other=other,
        location=f"https://id.gs1.org/414/{actor}",
        flags=flags | int(Flag.MAY_COMMISSION),
        biz_step=step.name.lower(),
        slack=10 * MINUTE,
    )
    return Observation(unit, entry)


def pack(number: int) -> list[Observation]:
    """One pack's way from its maker to a patient."""
    unit = f"https://id.gs1.org/01/06901234567892/21/{number}"
    steps: list[tuple[Step, str, str]] = [(Step.COMMISSION, PARTIES[0], "")]
    for hop in range(PACK_HOPS):
        steps += [(Step.SHIP, PARTIES[hop], PARTIES[hop + 1]), (Step.RECEIVE, PARTIES[hop + 1], "")]
    steps.append((Step.DISPENSE, PARTIES[PACK_HOPS], ""))
    return [observation(unit, n, step, START + n * HOUR, actor, other) for n, (step, actor, other) in enumerate(steps)]


def tote(trips: int) -> Iterator[Observation]:
    """To a pharmacy and back, again and again."""
    unit = "https://id.gs1.org/8003/069012345678921"
    for n in range(4 * trips):
        out = n % 4 < 2
        sender, receiver = (PARTIES[0], PARTIES[1]) if out else (PARTIES[1], PARTIES[0])
        step, actor, other = (Step.SHIP, sender, receiver) if n % 2 == 0 else (Step.RECEIVE, receiver, "")
        yield observation(unit, n, step, START + n * HOUR, actor, other, int(Flag.LOGISTIC))


def run(arriving: Iterable[Observation], readings: Readings) -> bytes:
    """One unit's observations as they arrive; its last row."""
    data, archive = encode_row(Row()), Memory()
    clock = time.process_time_ns
    for number, one in enumerate(arriving, 1):
        begun = clock()
        row = decode_row(data)
        decoded = clock() - begun
        readings.fold.append(_fold(one, row, archive) / 1_000)
        tick = one.entry.time + MINUTE
        begun = clock()
        made = decide(one.unit, row, [one], tick=tick, consortium=KEY, archive=archive, revision=(0, number))
        readings.decide.append((clock() - begun) / 1_000)
        assert made is not None  # each observation is new
        data = made.decision.row
        archive.archived += [segment for _, segment in made.decision.segments]
        after = decode_row(data)
        begun = clock()
        encode_row(after)
        readings.row.append((clock() - begun + decoded) / 1_000)
    return data


def _fold(one: Observation, row: Row, archive: Memory) -> int:
    """Nanoseconds of the fold as `decide` calls it, by itself."""
    history = History(one.unit, row, KEY, archive)
    history.take([one])
    leaves = history.project()
    if needs_archive(row, leaves):
        history.load_archive()
    begun = time.process_time_ns()
    refold(row, leaves, history.genesis)
    return time.process_time_ns() - begun


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ops.bench.fold", description=(__doc__ or "").split("\n\n", 1)[1])
    parser.add_argument("--units", type=int, default=1_000, help="packs, 20 observations each (default 1,000)")
    parser.add_argument("--trips", type=int, default=10_000, help="trips of the tote, 4 observations each (default 10,000)")
    given = parser.parse_args()
    rng = random.Random(1)
    run(pack(-1), Readings())  # everything is loaded and warm
    gc.disable()
    ordered, late = Readings(), Readings()
    for number in range(given.units):
        run(pack(number), ordered)
        ways = pack(given.units + number)
        missing = rng.randrange(2, len(ways) - 1, 2)
        run([*ways[:missing], *ways[missing + 1 :], ways[missing]], late)
    print("CPU microseconds an observation")
    ordered.show(f"{given.units:,} packs in order")
    late.show(f"{given.units:,} packs, one receipt late")
    trips = Readings()
    run(tote(given.trips), trips)
    tenth = max(1, 4 * given.trips // 10)
    trips.show("tote, the first tenth of its trips", slice(0, tenth))
    trips.show(f"tote, the last tenth of {given.trips:,}", slice(-tenth, None))


if __name__ == "__main__":
    main()
