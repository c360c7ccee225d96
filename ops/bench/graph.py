"""Readings of the graph in SQLite: `python -m ops.bench.graph [packs]`.

Packs in cases of 100, cases on pallets of 100, every pallet shipped and received: decisions as the custody step sends them,
made before the clock starts. Beside each reading stands a baseline of the same run: what plain inserts of as many bytes cost.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from graph.sqlite import SqliteGraph
from pedigree.custody.steps import Kind, Status, Step
from pedigree.messages import END, Decisions, DocumentMessage, Packed, Shown, StampedEvent, Stay, UnitDecision, Verdict

MAKER, DEALER = "6900000000011", "6900000000028"
GTIN, CASE_PACKS, PALLET_CASES = "06901234567892", 100, 100
T0, MINUTE, LOT_PACKS = 1_700_000_000_000, 60_000, 50_000
Message = tuple[Decisions, bytes]


def digest(*parts: object) -> bytes:
    return hashlib.sha256(repr(parts).encode()).digest()


def pack_id(i: int) -> str:
    return f"https://id.gs1.org/01/{GTIN}/21/{i:012d}"


def sscc(level: int, i: int) -> str:
    return f"https://id.gs1.org/00/{level}{i:017d}"


def decide(
    epc: str, n: int, step: Step, event: bytes, at: int, party: str, stays: list[Stay], inside: list[Packed], shown: Shown
) -> UnitDecision:
    """One decision about one unit; its rows begin with the first given."""
    box = inside[-1].container if step == Step.PACKED else ""
    kind = Kind.PACKED if box else Kind.EVENT
    verdict = Verdict(event, kind, box, 0, step, step.name.lower(), at, at, at + 500, party, "https://id.gs1.org/414/" + party,
                      "confirmed", True, "unproven", (), "", party)  # fmt: skip
    since = stays[0].t_from if stays else at
    return UnitDecision(epc, digest(epc), n, digest(epc, n), [], [], [b""], [], 0, b"", b"", shown, [verdict], [], since, stays,
                        inside, 0)  # fmt: skip


def state(status: int, party: str, at: int, lot: str, *, container: str = "", to: str = "") -> Shown:
    place = "https://id.gs1.org/414/" + party
    return Shown(
        status, party, MAKER, place, to, container, -1.0, "", "complete", "confirmed", (), lot, "2027-06-30" if lot else "", at
    )


def stay(t_from: int, t_to: int, status: int, party: str, event: bytes, to: str = "") -> Stay:
    return Stay(t_from, t_to, status, party, MAKER, "https://id.gs1.org/414/" + party, to, event, False)


def units(packs: int) -> Iterator[UnitDecision]:
    """The decisions of the whole history."""
    active, moving = Status.ACTIVE, Status.IN_TRANSIT
    for i in range(packs):
        made = digest("made", i // 500)
        shown = state(active, MAKER, T0, f"L{i // LOT_PACKS}")
        yield decide(pack_id(i), 0, Step.COMMISSION, made, T0, MAKER, [stay(T0, END, active, MAKER, made)], [], shown)
    at = T0 + MINUTE
    for i in range(packs):
        case, event, made = sscc(1, i // CASE_PACKS), digest("case", i // CASE_PACKS), digest("made", i // 500)
        if i % CASE_PACKS == 0:
            own = [stay(at, END, active, MAKER, event)]
            yield decide(case, 0, Step.PACK, event, at, MAKER, own, [], state(active, MAKER, at, ""))
        shown = state(active, MAKER, at, f"L{i // LOT_PACKS}", container=case)
        own = [stay(T0, at, active, MAKER, made)]
        yield decide(pack_id(i), 1, Step.PACKED, event, at, MAKER, own, [Packed(at, END, case, event)], shown)
    for i in range(packs // CASE_PACKS):
        pallet, event, made = sscc(2, i // PALLET_CASES), digest("pallet", i // PALLET_CASES), digest("case", i)
        then = at + MINUTE
        if i % PALLET_CASES == 0:
            own = [stay(then, END, active, MAKER, event)]
            yield decide(pallet, 0, Step.PACK, event, then, MAKER, own, [], state(active, MAKER, then, ""))
        own = [stay(at, then, active, MAKER, made)]
        shown = state(active, MAKER, then, "", container=pallet)
        yield decide(sscc(1, i), 1, Step.PACKED, event, then, MAKER, own, [Packed(then, END, pallet, event)], shown)
    for i in range(packs // CASE_PACKS // PALLET_CASES):
        pallet, event = sscc(2, i), digest("pallet", i)
        out, home = at + 2 * MINUTE, at + 3 * MINUTE
        first = stay(at + MINUTE, out, active, MAKER, event)
        sent, got = digest("sent", i), digest("got", i)
        leg = stay(out, END, moving, MAKER, sent, DEALER)
        yield decide(pallet, 1, Step.SHIP, sent, out, MAKER, [first, leg], [], state(moving, MAKER, out, "", to=DEALER))
        legs = [stay(out, home, moving, MAKER, sent, DEALER), stay(home, END, active, DEALER, got)]
        yield decide(pallet, 2, Step.RECEIVE, got, home, DEALER, legs, [], state(active, DEALER, home, ""))


def messages(packs: int, size: int = 500) -> Iterator[Message]:
    """The same in numbered messages of `size` units."""
    head, number = b"", 0
    stream = units(packs)
    while True:
        batch = list(islice(stream, size))
        if not batch:
            return
        message = Decisions(1, 0, 0, number, head, 0, number, batch, [], b"")
        head, number = digest(number), number + 1
        yield message, head


def documents(packs: int) -> list[DocumentMessage]:
    """One document for every 500 packs that were made."""
    made = []
    for i in range(0, packs, 500):
        epcs = ",".join(f'"{pack_id(n)}"' for n in range(i, min(packs, i + 500)))
        json = (
            '{"type":"ObjectEvent","eventTime":"2023-11-14T22:13:20Z","eventTimeZoneOffset":"+00:00","action":"ADD",'
            f'"bizStep":"commissioning","epcList":[{epcs}]}}'
        )
        event = StampedEvent(json.encode(), digest("made", i // 500), MAKER, "", "", True, 0, 600_000)
        made.append(DocumentMessage(1, f"c{i}", MAKER, T0, 0, 1, "application/ld+json", b"", b"", None, b"{}", [event]))
    return made


def timed(call: Callable[[], object], repeat: int = 1) -> list[float]:
    """Milliseconds of each call, sorted."""
    taken = []
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        taken.append((time.perf_counter() - start) * 1000)
    return sorted(taken)


def baseline(folder: Path, rows: int) -> float:
    """Seconds for as many plain rows of 600 bytes, an index beside them."""
    connection = sqlite3.connect(folder / "baseline.db")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE t (k TEXT UNIQUE, v BLOB)")
    start = time.perf_counter()
    for begin in range(0, rows, 5_000):
        part = range(begin, min(rows, begin + 5_000))
        connection.executemany("INSERT OR REPLACE INTO t VALUES (?, ?)", [(pack_id(i), bytes(600)) for i in part])
        connection.commit()
    connection.close()
    return time.perf_counter() - start


def main(packs: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        graph = SqliteGraph(folder / "graph.db")
        spent = cpu = 0.0
        decided = 0
        batch: list[Message] = []
        for message in messages(packs):
            batch.append(message)
            decided += len(message[0].units)
            if len(batch) == 10:
                spent, cpu = load(graph, batch, spent, cpu)
        spent, cpu = load(graph, batch, spent, cpu)
        size = (folder / "graph.db").stat().st_size / 1e6
        rate, each_us = decided / spent, cpu / decided * 1e6
        print(f"load        {decided:,} decisions  {rate:,.0f}/s  {each_us:.1f} us CPU each  {size:.0f} MB")
        took = timed(lambda: graph.apply_documents(0, 0, documents(packs)))[0]
        print(f"documents   {packs:,} EPCs in documents of 500: {took / packs * 1000:.1f} us each, reading the JSON included")
        print(f"baseline    {decided:,} plain rows {decided / baseline(folder, decided):,.0f}/s")
        chance = random.Random(1)
        epcs = [pack_id(chance.randrange(packs)) for _ in range(1000)]
        graph.passport(epcs[0])
        each = sorted(ms for epc in epcs for ms in timed(lambda epc=epc: graph.passport(epc)))  # type: ignore[misc]
        print(f"passport    p50 {each[len(each) // 2]:.2f} ms  p99 {each[len(each) * 99 // 100]:.2f} ms")
        each = sorted(ms for epc in epcs for ms in timed(lambda epc=epc: graph.unit_rows(epc)))  # type: ignore[misc]
        print(f"unit_rows   p50 {each[len(each) // 2]:.2f} ms  p99 {each[len(each) * 99 // 100]:.2f} ms")
        found = graph.recall(GTIN, "L0")
        holders = [(h.party, h.units) for h in found.holders]
        print(f"recall      {found.total:,} units, {holders}: {timed(lambda: graph.recall(GTIN, 'L0'), 5)[2]:.1f} ms")
        inside = graph.contents(sscc(2, 0))
        print(f"contents    {[lv.units for lv in inside.levels]}: {timed(lambda: graph.contents(sscc(2, 0)), 5)[2]:.1f} ms")
        stock = [(r.party, r.lot, r.usable) for r in graph.stock(DEALER)]
        print(f"stock       {len(stock)} rows: {timed(lambda: graph.stock(DEALER), 5)[2]:.1f} ms")
        print(f"stock gtin  {timed(lambda: graph.stock(gtin=GTIN), 5)[2]:.1f} ms")
        print(f"counts      {timed(graph.counts, 3)[1]:.1f} ms")
        print(f"dump        {timed(lambda: sum(1 for _ in graph.dump()))[0] / 1000:.1f} s")
        graph.close()


def load(graph: SqliteGraph, batch: list[Message], spent: float, cpu: float) -> tuple[float, float]:
    """Apply and forget a batch; returns the sums of wall and CPU seconds."""
    start, used = time.perf_counter(), time.process_time()
    graph.apply_decisions(batch)
    batch.clear()
    return spent + time.perf_counter() - start, cpu + time.process_time() - used


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m ops.bench.graph", description=__doc__)
    parser.add_argument("packs", type=int, nargs="?", default=200_000)
    main(parser.parse_args().packs)
