"""What every graph must tell about containers and lots."""

from __future__ import annotations

import pytest

from graph.port import Graph
from pedigree.custody.steps import Status
from pedigree.errors import CursorError
from tests.contract.graph_builder import (
    CLINIC,
    DEALER,
    GTIN,
    LOT,
    MAKER,
    SHOP,
    T0,
    Line,
    pack_id,
    sscc,
)
from tests.contract.graph_cases import CASE, CRATE, PALLET, A, B, C, applied, shipped_pallet


def test_contents_now_and_then(graph: Graph) -> None:
    line = shipped_pallet()
    before = line.time
    line.unpack(CASE, [B], DEALER)
    applied(graph, line)
    assert [c.epc for c in graph.contents(CASE).children.items] == [A]
    then = graph.contents(PALLET, at=before)
    assert [(c.epc, c.children) for c in then.children.items] == [(CASE, 1)]
    assert [(level.depth, level.units, level.packs) for level in then.levels] == [(1, 1, 0), (2, 2, 2)]
    assert [(level.depth, level.units, level.packs) for level in graph.contents(PALLET).levels] == [(1, 1, 0), (2, 1, 1)]
    assert graph.contents(PALLET, at=T0).children.items == []
    assert graph.contents(sscc(99)).children.items == []


def test_pages_are_stable_while_rows_come_in(graph: Graph) -> None:
    packs = [pack_id(i) for i in range(10)]
    line = Line()
    line.commission([*packs, CASE])
    line.pack(CASE, packs, MAKER)
    applied(graph, line)
    first = graph.contents(CASE, limit=4)
    listed = [c.epc for c in first.children.items]
    more = [pack_id(f"new{i}") for i in range(3)]
    line.commission(more)
    line.pack(CASE, more, MAKER)
    applied(graph, line)
    cursor = first.children.next
    while cursor is not None:
        following = graph.contents(CASE, cursor=cursor, limit=4)
        assert following.levels == []
        listed += [c.epc for c in following.children.items]
        cursor = following.children.next
    assert sorted(listed) == sorted([*packs, *more])
    with pytest.raises(CursorError):
        graph.contents(CASE, cursor=("x",))
    with pytest.raises(CursorError):
        graph.findings(cursor=(1, 2))


def test_recall_counts_holders_through_three_levels(graph: Graph) -> None:
    line = shipped_pallet()
    crated = pack_id("D")
    line.commission([crated])
    line.commission([pack_id("other")], lot="L2")
    line.pack(sscc(4), [crated], MAKER)
    line.pack(sscc(5), [sscc(4)], MAKER)
    line.pack(CRATE, [sscc(5)], MAKER)
    line.ship([CRATE], MAKER, SHOP)
    line.ship([C], MAKER, CLINIC)
    line.receive([C], CLINIC)
    line.dispense(C, CLINIC)
    applied(graph, line)
    recall = graph.recall(GTIN, LOT, limit=3)
    assert recall.total == 4
    assert [(h.party, h.status, h.units, h.in_containers) for h in recall.holders] == [
        (DEALER, Status.ACTIVE, 2, 2),
        (MAKER, Status.IN_TRANSIT, 1, 1),
        (CLINIC, Status.DISPENSED, 1, 0),
    ]
    rest = graph.recall(GTIN, LOT, cursor=recall.units.next, limit=3)
    assert rest.holders == []
    assert rest.units.next is None
    units = {u.epc: (u.custody.party, u.custody.via, u.custody.depth) for u in [*recall.units.items, *rest.units.items]}
    assert units == {A: (DEALER, PALLET, 2), B: (DEALER, PALLET, 2), C: (CLINIC, "", 0), crated: (MAKER, CRATE, 3)}
    assert graph.recall(GTIN, "none").total == 0


def test_search(graph: Graph) -> None:
    line = shipped_pallet()
    line.commission([pack_id("Z9")], lot="L12")
    applied(graph, line)
    assert [hit.epc for hit in graph.search(A)] == [A]
    assert [hit.epc for hit in graph.search(f"https://id.gs1.org/01/{GTIN}/21/")] == [A, B, C, pack_id("Z9")]
    assert [(hit.lot, hit.units) for hit in graph.search("L1")] == [("L1", 3), ("L12", 1)]
    assert [(hit.epc, hit.lot) for hit in graph.search(GTIN.lstrip("0"), limit=3)] == [("", "L1"), ("", "L12"), (A, "L1")]
    assert [hit.lot for hit in graph.search(f"{GTIN} L12")] == ["L12"]
    assert [hit.epc for hit in graph.search(PALLET[-18:])] == [PALLET]
    assert [hit.epc for hit in graph.search("00" + PALLET[-18:])] == [PALLET]
    assert graph.search("nothing like it") == []
    assert graph.search(" ") == []
