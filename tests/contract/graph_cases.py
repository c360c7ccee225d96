"""A small world that several tests of the graph start from."""

from __future__ import annotations

from collections.abc import Callable

from graph.port import Graph
from tests.contract.graph_builder import DEALER, MAKER, Line, pack_id, sscc

Open = Callable[[], Graph]
CASE, PALLET, CRATE = sscc(1), sscc(2), sscc(3)
A, B, C = pack_id("A"), pack_id("B"), pack_id("C")


def shipped_pallet() -> Line:
    """A, B in a case, the case on a pallet, the pallet shipped to the dealer and received; C on its own."""
    line = Line(partitions=3)
    line.commission([A, B, C])
    line.pack(CASE, [A, B], MAKER)
    line.pack(PALLET, [CASE], MAKER)
    line.ship([PALLET], MAKER, DEALER)
    line.receive([PALLET], DEALER)
    return line


def applied(graph: Graph, line: Line) -> Graph:
    assert graph.apply_decisions(line.messages) == len(line.messages)
    line.messages.clear()
    return graph
