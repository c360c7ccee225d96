"""Lists of every graph: findings and inbox."""

from __future__ import annotations

import msgspec
import pytest

from graph.port import Graph
from pedigree.custody.steps import Step
from pedigree.errors import GraphError
from tests.contract.graph_builder import (
    CLINIC,
    DEALER,
    MAKER,
    SHOP,
    T0,
    Line,
    document,
    finding,
    hash_of,
    verdict,
)
from tests.contract.graph_cases import CASE, A, B, applied


def test_findings_are_filtered_and_paged(graph: Graph) -> None:
    line = Line()
    line.commission([A, B])
    codes = [("clone", "high", SHOP), ("late", "low", SHOP), ("diversion", "medium", CLINIC), ("note", "info", SHOP)]
    for i, (code, severity, actor) in enumerate(codes):
        found = (finding(code, severity, n=str(i)),)
        judged = verdict(hash_of(code), Step.RECEIVE, T0 + i, actor, outcome="suspect", findings=found)
        line.judge(A if i % 2 else B, judged)
    applied(graph, line)
    assert [f.code for f in graph.findings().items] == ["diversion", "late", "clone"]
    assert [f.code for f in graph.findings(severity="medium").items] == ["diversion", "clone"]
    assert [f.code for f in graph.findings(party=SHOP, severity="info").items] == ["note", "late", "clone"]
    assert [f.code for f in graph.findings(code="late").items] == ["late"]
    assert [f.code for f in graph.findings(since=T0 + 1000 + 2).items] == ["diversion"]
    first = graph.findings(limit=2)
    assert [f.code for f in first.items] == ["diversion", "late"]
    assert [f.code for f in graph.findings(limit=2, cursor=first.next).items] == ["clone"]
    row = first.items[0]
    assert (row.unit, row.evidence, row.outcome, row.party, row.time) == (B, (("n", "2"),), "suspect", CLINIC, T0 + 2)
    with pytest.raises(GraphError):
        graph.findings(severity="awful")


def test_inbox_shows_what_a_sender_should_look_at(graph: Graph) -> None:
    line = Line()
    line.commission([A, B])
    event = hash_of("sent")
    bad = verdict(event, Step.SHIP, T0, MAKER, outcome="rejected", applies=False, findings=(finding("shipped_without_custody"),))
    wait = verdict(hash_of("w"), Step.PACKED, T0 + 5, DEALER, outcome="pending", applies=False, party=MAKER, source=CASE, kind=2)
    line.judge(A, bad, wait)
    line.judge(B, verdict(hash_of("o"), Step.SHIP, T0, DEALER, outcome="rejected", applies=False))
    applied(graph, line)
    captured = {"type": "ObjectEvent", "eventTime": "2024-10-04T00:00:00Z"}
    graph.apply_documents(0, 0, [document("cap-1", [captured], hashes=[event])])
    inbox = graph.inbox(MAKER)
    assert [(row.unit, row.capture, row.verdict) for row in inbox.items] == [(A, "", wait), (A, "cap-1", bad)]
    assert [row.verdict for row in graph.inbox(MAKER, "rejected").items] == [bad]
    first = graph.inbox(MAKER, limit=1)
    assert [row.verdict for row in graph.inbox(MAKER, limit=1, cursor=first.next).items] == [bad]
    line.judge(A, msgspec.structs.replace(bad, outcome="confirmed", findings=()))
    applied(graph, line)
    assert [row.verdict for row in graph.inbox(MAKER).items] == [wait]
    with pytest.raises(GraphError):
        graph.inbox(MAKER, "confirmed")
