"""The graph's counters and order: whatever happens in a supply chain, in whatever batches and interleaving of partitions it is
applied, the rows are the same, and every counter equals what counting the rows gives."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from graph.project import DAY_MS, PACK
from graph.sqlite import SqliteGraph
from pedigree.custody.steps import ENDED, Status, Step
from pedigree.messages import Shown
from tests.contract.graph_builder import CLINIC, DEALER, GTIN, MAKER, OTHER_GTIN, SHOP, Line, Message, pack_id, sscc

PARTIES = (MAKER, DEALER, CLINIC, SHOP)
PACKS = [pack_id(i) for i in range(4)] + [pack_id("x", OTHER_GTIN)]
# A case with a GTIN is stock when empty; crates may be packed into each other, circles included.
BOXES = [pack_id("case", "16901234567899"), sscc(1), sscc(2), sscc(3)]
OPS = ("pack", "unpack", "ship", "receive", "dispense", "part", "hold", "void")


def play(seed: int, steps: int) -> Line:
    random = Random(seed)
    line = Line(partitions=3)
    line.commission(PACKS, content=random.choice((0, 30)))
    line.commission(BOXES[:2], lot="L2")
    sold: list[tuple[str, bytes]] = []
    for _ in range(steps):
        op, party = random.choice(OPS), random.choice(PARTIES)
        unit = random.choice(PACKS + BOXES[:1] if op in ("dispense", "part") else [u for u in PACKS + BOXES if u in line.units])
        box = random.choice(BOXES)
        match op:
            case "pack" if unit != box and not line.units[unit].shown.container:
                line.pack(box, [unit], party)
            case "unpack" if line.units[unit].shown.container:
                line.unpack(line.units[unit].shown.container, [unit], party)
            case "ship":
                line.ship([unit], party, random.choice(PARTIES))
            case "receive":
                line.receive([unit], party)
            case "dispense" | "part":
                sold.append((unit, line.dispense(unit, party, part=10 if op == "part" else 0)))
            case "hold":
                line.hold(unit, party)
            case "void" if sold:
                unit, event = random.choice(sold)
                old = next(v for m, _ in line.messages for u in m.units for v in u.verdicts if v.event == event)
                applies = random.choice((True, False))
                changed = replace(old, outcome="suspect" if applies else "voided", applies=applies)
                line.judge(unit, changed, status=Status.ACTIVE)
    return line


def shuffled(messages: list[Message], random: Random) -> list[Message]:
    """Another interleaving: the order inside each partition stays."""
    queues = [[m for m in messages if m[0].partition == p] for p in range(3)]
    mixed: list[Message] = []
    while any(queues):
        queue = random.choice([q for q in queues if q])
        mixed.append(queue.pop(0))
    return mixed


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 40))
def test_any_batches_and_any_interleaving_give_the_same_rows(seed: int, steps: int) -> None:
    line, random = play(seed, steps), Random(seed)
    dumps = []
    with tempfile.TemporaryDirectory() as folder:
        for n, (messages, size) in enumerate([(line.messages, 1), (shuffled(line.messages, random), random.randint(1, 50))]):
            graph = SqliteGraph(Path(folder) / f"{n}.db")
            for i in range(0, len(messages), size):
                graph.apply_decisions(messages[max(0, i - 2) : i + size])  # some of them again
            dumps.append(list(graph.dump()))
            check_counters(graph, line)
            graph.close()
    assert dumps[0] == dumps[1]


def check_counters(graph: SqliteGraph, line: Line) -> None:
    units = {epc: h.shown for epc, h in line.units.items()}
    for epc, history in line.units.items():
        rows = graph.unit_rows(epc)
        assert rows is not None
        assert (rows.shown, rows.stays, rows.packed, rows.n) == (history.shown, history.stays, history.packed, history.n)
    children = Counter(s.container for s in units.values() if s.container)
    assert dict(graph.rows("load")) == children  # type: ignore[arg-type]  # rows of this table are pairs
    expected: Counter[tuple[str, str, str]] = Counter()
    for epc, shown in units.items():
        if "/01/" not in epc or children[epc] or shown.status in ENDED:
            continue
        outer: Shown | None = shown
        depth = 0
        while outer is not None and outer.container and depth < 6:
            outer, depth = units.get(outer.container), depth + 1
        if outer is None or outer.container or outer.status in (Status.DISPENSED, Status.DESTROYED):
            continue  # in a circle, or in what was sold as a whole
        expected[outer.possessor, outer.location, epc.split("/")[4]] += 1
    found: Counter[tuple[str, str, str]] = Counter()
    for row in graph.stock():
        found[row.party, row.location, row.gtin] += round(row.usable + row.held + row.in_transit + row.opened)
    assert found == expected
    for gtin in (GTIN, OTHER_GTIN):
        assert graph.stock(gtin=gtin) == [row for row in graph.stock() if row.gtin == gtin]
    for party in PARTIES:
        assert graph.stock(party) == [row for row in graph.stock() if row.party == party]
    lots = Counter((epc.split("/")[4], s.lot) for epc, s in units.items() if "/01/" in epc)
    assert {(g, lot): n for g, lot, n in graph.rows("lot")} == lots
    check_consumption(graph, line)


def check_consumption(graph: SqliteGraph, line: Line) -> None:
    """A unit that was sold in any way that stands used one pack at most, and only on days and by parties of its sales."""
    standing: dict[str, set[tuple[str, int]]] = {}
    judged = {(u.unit, v.event): v for m, _ in line.messages for u in m.units for v in u.verdicts if v.step == Step.DISPENSE}
    for (unit, _), verdict in judged.items():
        if verdict.applies:
            standing.setdefault(unit, set()).add((verdict.actor, verdict.time - verdict.time % DAY_MS))
    total = sum(int(str(row[-1])) for row in graph.rows("consumption"))
    assert total == sum(int(str(row[-1])) for row in graph.rows("sale"))
    assert total <= PACK * len(standing)
    keys = {(row[0], row[2]) for row in graph.rows("consumption")}
    assert keys <= {key for found in standing.values() for key in found}
    per_unit: Counter[str] = Counter()
    for row in graph.rows("sale"):
        per_unit[str(row[0])] += int(str(row[-1]))
    assert {unit for unit, n in per_unit.items() if n} == set(standing)
