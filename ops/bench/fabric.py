"""Readings of the real ledger: `python -m ops.bench.fabric [leaves] [folder]`, on a network of four organisations that runs here.

Four lanes commit at the same time, each batch endorsed by a majority of four, until every block is verified and indexed. In the
same run, on the same channel with the same block settings: one leaf a transaction, in four lanes and in sixteen. Batches are
made before the clock starts. Then the witnesses are started, each with an index of its own, and signatures are waited for.
A machine without Hyperledger's programs is told so.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from chaincode.messages import Batch, Group, Message
from ledger.fabric.ledger import FabricLedger, open_ledger
from ops.bench.ledger import LANES, batches
from ops.clock import now_ms
from ops.fabric.network import Network
from ops.fabric.plan import MEMBERS, load_plan, make_plan
from ops.fabric.programs import MissingProgramsError, find_programs
from ops.fabric.witnesses import THRESHOLD
from pedigree.custody.claim import claim
from pedigree.custody.fold import Fold
from pedigree.custody.leaf import decode_leaf
from pedigree.custody.open import Open
from pedigree.seal import sm3

SINGLES = 400
CHECKPOINTS = 4
LIGHT = 40
"""Batches of the reading at light load."""


def main(leaves: int, folder: Path) -> None:
    """Start or reuse the network in the folder and print the readings."""
    network = Network(folder)
    if load_plan(network.folder) is None:
        network.make(make_plan())
    started = time.perf_counter()
    network.start(witnesses=False)
    print(f"network ready in {time.perf_counter() - started:.1f} s, {network.plan.ordering}, {len(MEMBERS)} organisations")
    generation = now_ms() % 1_000_000_000 * 6  # lanes of their own, whatever was measured on this channel before
    with tempfile.TemporaryDirectory() as name:
        ledger = open_ledger(Path(name) / "index.sqlite", network.folder.profile("maker"), now_ms)
        try:
            ledger.catch_up()
            _readings(ledger, leaves, generation, network)
        finally:
            ledger.close()


def _readings(ledger: FabricLedger, leaves: int, generation: int, network: Network) -> None:
    groups = [_renamed(group, generation) for group in _groups(leaves + SINGLES + LIGHT * 10)]
    light, singles, many = groups[: LIGHT * 10], groups[LIGHT * 10 : LIGHT * 10 + SINGLES], groups[LIGHT * 10 + SINGLES :]
    took = [_timed(ledger, batch) for batch in _lane(generation, 0, [light[n : n + 10] for n in range(0, len(light), 10)])]
    print(f"light load   10 leaves a batch, one lane: {_times(took)} from commit to verified receipt")
    best = 0.0
    for size in (500, 1_000):
        part = many[: len(many) // 3] if size == 500 else many[len(many) // 3 :]
        work = [_lane(generation + (size // 500), lane, _cut(part[lane::LANES], size)) for lane in range(LANES)]
        before = _cpu(network)
        rate, readings = _all(ledger, work)
        print(f"{LANES} lanes      {size} leaves a batch: {rate:,.0f} leaves/s, a batch {_times(readings)}, majority of four")
        print(f"             {_spent(before, _cpu(network), sum(len(part) for lane in work for part in _sizes(lane)))}")
        best = max(best, rate)
    for number, lanes in enumerate((LANES, 4 * LANES)):
        part = singles[number::2]
        work = [_lane(generation + 3 + number, lane, [[group] for group in part[lane::lanes]]) for lane in range(lanes)]
        rate, readings = _all(ledger, work)
        print(f"baseline     1 leaf a transaction, {lanes} lanes: {rate:,.0f} leaves/s, {_times(readings)}", end="; ")
        print(f"ratio {best / rate:,.0f}")
    _witnesses(ledger, network, generation, light)


def _witnesses(ledger: FabricLedger, network: Network, generation: int, groups: list[Group]) -> None:
    """From a commit to the first checkpoint over it that three organisations have signed from their own peers' blocks."""
    started = time.perf_counter()
    network.start()
    took: list[float] = []
    again = [_renamed(group, generation + 1) for group in groups]
    for batch in _lane(generation + 5, 0, [again[n : n + 10] for n in range(0, 10 * (CHECKPOINTS + 1), 10)]):
        start = time.perf_counter()
        receipt = ledger.commit(batch)
        while not _covered(ledger, generation + 5, receipt.size):
            time.sleep(0.05)
            if time.perf_counter() - start > 300:
                raise SystemExit("no checkpoint of three witnesses after five minutes")
        took.append(time.perf_counter() - start)
        if len(took) == 1:
            print(f"witnesses    four indexes from nothing, {ledger.height()} blocks, in {time.perf_counter() - started:.1f} s")
        time.sleep(1.7)  # not always right after a boundary
    print(f"checkpoint   three of four after {min(took[1:]):.1f} to {max(took[1:]):.1f} s")


def _covered(ledger: FabricLedger, generation: int, size: int) -> bool:
    found = ledger.checkpoint(generation, 0, size)
    return found is not None and len({entry.signer for entry in found.signatures}) >= THRESHOLD


def _cpu(network: Network) -> dict[str, float]:
    """CPU seconds so far by kind of process, this one with its index as "client". Empty where there is no /proc."""
    own = os.times()
    spent = {"client": own.user + own.system}
    for status in network.status():
        if status.pid is None:
            continue
        try:
            fields = Path(f"/proc/{status.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return {}
        kind = status.name.partition("-")[0]
        spent[kind] = spent.get(kind, 0.0) + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return spent


def _spent(before: dict[str, float], after: dict[str, float], leaves: int) -> str:
    """What a machine's other load does not change: the work itself."""
    parts = {kind: (seconds - before.get(kind, 0.0)) * 1e6 / leaves for kind, seconds in after.items()}
    whole = sum(parts.values())
    if not whole:
        return "CPU not known here"
    said = ", ".join(f"{kind} {micros:.0f}" for kind, micros in parts.items())
    return f"CPU us a leaf: {said}; two cores of its own would do {2e6 / whole:,.0f} leaves/s"


def _sizes(lane: Sequence[Batch]) -> list[list[Group]]:
    return [message.groups for batch in lane for message in batch.messages]


def _groups(count: int) -> list[Group]:
    made = [group for batch in batches(max(count, 24_000), []) for message in batch.messages for group in message.groups]
    return made[:count]


def _renamed(group: Group, generation: int) -> Group:
    """The same work for a unit that this channel does not know: the leaf names its unit by 32 bytes."""
    unit = sm3(group.unit + generation.to_bytes(8, "big"))
    leaves = [leaf.replace(group.unit, unit) for leaf in group.leaves]
    fold = Fold(Open(), [decode_leaf(leaf) for leaf in leaves])
    fold.open()
    return Group(unit, 0, leaves, 0, [], claim(fold.close(), fold.outcomes))


def _cut(groups: Sequence[Group], size: int) -> list[list[Group]]:
    return [list(groups[at : at + size]) for at in range(0, len(groups), size)]


def _lane(generation: int, partition: int, parts: Sequence[list[Group]]) -> list[Batch]:
    made: list[Batch] = []
    previous = b""
    for number, groups in enumerate(parts):
        hash_ = sm3(previous + number.to_bytes(8, "big") + bytes([partition]))
        made.append(Batch(generation, partition, [Message(number, previous, hash_, groups)]))
        previous = hash_
    return made


def _all(ledger: FabricLedger, work: Sequence[list[Batch]]) -> tuple[float, list[float]]:
    """(leaves a second, seconds of each commit), each lane in a thread of its own."""
    start = time.perf_counter()
    with ThreadPoolExecutor(len(work)) as pool:
        readings = [one for lane in pool.map(lambda lane: [_timed(ledger, batch) for batch in lane], work) for one in lane]
    took = time.perf_counter() - start
    return sum(len(message.groups) for lane in work for batch in lane for message in batch.messages) / took, readings


def _timed(ledger: FabricLedger, batch: Batch) -> float:
    start = time.perf_counter()
    receipt = ledger.commit(batch)
    if receipt.disputed or receipt.unjudged:
        raise SystemExit("the bench's own claims are wrong")
    return time.perf_counter() - start


def _times(readings: list[float]) -> str:
    ordered = sorted(readings)
    return f"p50 {ordered[len(ordered) // 2] * 1e3:.0f} ms, p95 {ordered[len(ordered) * 95 // 100] * 1e3:.0f} ms"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m ops.bench.fabric", description=__doc__)
    parser.add_argument("leaves", type=int, nargs="?", default=60_000)
    parser.add_argument("folder", type=Path, nargs="?", help="a network that is kept; without it one is made and removed")
    given = parser.parse_args()
    try:
        find_programs()
    except MissingProgramsError as missing:
        print(f"skipped: {missing}")
        sys.exit(0)
    if given.folder is not None:
        main(given.leaves, given.folder)
    else:
        with tempfile.TemporaryDirectory() as place:
            try:
                main(given.leaves, Path(place) / "network")
            finally:
                Network(Path(place) / "network").reset()
