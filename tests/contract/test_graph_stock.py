"""Stock and consumption of every graph: counted through containers, taken back exactly."""

from __future__ import annotations

import msgspec

from graph.port import Graph
from pedigree.custody.steps import Kind, Status, Step
from pedigree.messages import END
from tests.contract.graph_builder import (
    CLINIC,
    DAY,
    DEALER,
    EXPIRY,
    GTIN,
    LOT,
    MAKER,
    T0,
    Line,
    pack_id,
    site,
    verdict,
)
from tests.contract.graph_cases import CASE, PALLET, A, B, C, applied, shipped_pallet


def stock(graph: Graph, party: str | None = None, gtin: str | None = None) -> list[tuple[str, float, float, float, float]]:
    return [(r.party, r.usable, r.held, r.in_transit, r.opened) for r in graph.stock(party, gtin)]


def test_stock_counts_packs_in_containers(graph: Graph) -> None:
    line = shipped_pallet()
    applied(graph, line)
    assert stock(graph, DEALER) == [(DEALER, 2, 0, 0, 0)]
    assert stock(graph) == stock(graph, gtin=GTIN) == [(MAKER, 1, 0, 0, 0), (DEALER, 2, 0, 0, 0)]
    row = graph.stock(DEALER, GTIN)[0]
    assert (row.location, row.gtin, row.lot, row.expiry) == (site(DEALER), GTIN, LOT, EXPIRY)
    line.ship([PALLET], DEALER, CLINIC)
    applied(graph, line)
    assert stock(graph, DEALER) == [(DEALER, 0, 0, 2, 0)]
    assert [(r.party, r.in_transit, r.addressee) for r in graph.incoming(CLINIC)] == [(DEALER, 2, CLINIC)]
    line.receive([PALLET], CLINIC)
    line.hold(CASE, CLINIC)
    applied(graph, line)
    assert stock(graph, CLINIC) == stock(graph, CLINIC, GTIN) == [(CLINIC, 0, 2, 0, 0)]
    assert stock(graph, gtin=GTIN)[1] == (CLINIC, 0, 2, 0, 0)
    line.unpack(CASE, [A], CLINIC)
    line.dispense(A, CLINIC)
    applied(graph, line)
    assert stock(graph, CLINIC) == [(CLINIC, 0, 1, 0, 0)]
    assert graph.incoming(CLINIC) == []
    assert stock(graph, DEALER) == []


def test_a_case_with_a_gtin_is_stock_only_while_it_is_empty(graph: Graph) -> None:
    """Trade item cases carry a GTIN of their own: what holds packs is packaging."""
    outer = pack_id("case", "16901234567899")
    line = Line()
    line.commission([outer, A])
    applied(graph, line)
    assert len(graph.stock(MAKER)) == 2
    line.pack(outer, [A], MAKER)
    line.pack(PALLET, [outer], MAKER)
    applied(graph, line)
    assert [(r.gtin, r.usable) for r in graph.stock(MAKER)] == [(GTIN, 1)]
    line.unpack(outer, [A], MAKER)
    applied(graph, line)
    assert sorted((r.gtin, r.usable) for r in graph.stock(MAKER)) == [(GTIN, 1), ("16901234567899", 1)]


def test_consumption_follows_verdicts_and_is_taken_back(graph: Graph) -> None:
    line = Line()
    line.commission([A, B, C], maker=CLINIC, content=30)
    sold = line.dispense(A, CLINIC, time=T0 + DAY)
    line.dispense(B, CLINIC, part=10, time=T0 + DAY + 5)
    line.dispense(B, CLINIC, part=10, time=T0 + 2 * DAY)
    applied(graph, line)

    def used(to: int = 10) -> list[tuple[int, float]]:
        return [((r.day - T0) // DAY, r.quantity) for r in graph.consumption(CLINIC, GTIN, T0, T0 + to * DAY)]

    assert used() == [(1, 1.333), (2, 0.334)]
    assert used(to=2) == [(1, 1.333)]
    assert stock(graph, CLINIC) == [(CLINIC, 1, 0, 0, 1)]
    voided = verdict(sold, Step.DISPENSE, T0 + DAY, CLINIC, outcome="voided", applies=False)
    line.judge(A, voided, status=Status.ACTIVE)
    applied(graph, line)
    assert used() == [(1, 0.333), (2, 0.334)]
    line.judge(A, msgspec.structs.replace(voided, outcome="suspect", applies=True))
    line.dispense(B, CLINIC, time=T0 + 3 * DAY)  # the rest
    applied(graph, line)
    assert used() == [(1, 1.333), (2, 0.334), (3, 0.333)]
    line.judge(A, gone=[(sold, Kind.EVENT, "", 0)])
    applied(graph, line)
    assert used() == [(1, 0.333), (2, 0.334), (3, 0.333)]
    assert graph.consumption(DEALER, None, T0, END) == []
