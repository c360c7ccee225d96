"""Events in every graph, and how far they are decided."""

from __future__ import annotations

import pytest

from graph.port import Graph
from pedigree.custody.steps import Step
from pedigree.errors import GraphError
from tests.contract.graph_builder import (
    DEALER,
    MAKER,
    T0,
    Line,
    document,
    finding,
    hash_of,
    verdict,
)
from tests.contract.graph_cases import CASE, PALLET, A, B, Open, applied


def test_events_are_kept_whole_and_found(graph: Graph) -> None:
    many = [f"urn:epc:id:sgtin:690123.0456789.{i}" for i in range(200)]
    shipping = {
        "type": "AggregationEvent", "eventTime": "2024-10-04T09:00:00+08:00", "bizStep": "urn:epcglobal:cbv:bizstep:packing",
        "parentID": PALLET, "childEPCs": many, "readPoint": {"id": "urn:epc:id:sgln:690123.000001.0"}, "x:note": "kept",
    }  # fmt: skip
    storing = {"type": "ObjectEvent", "eventTime": "2024-10-05T00:00:00Z", "bizStep": "storing", "epcList": [A, PALLET]}
    documents = [document("c1", [shipping, storing]), document("c2", [storing], party=DEALER, record_time=T0 + 9)]
    graph.apply_documents(1, 0, documents[:1])
    graph.apply_documents(1, 0, documents)  # the first again
    assert graph.progress("documents/1") == (2, b"")
    with pytest.raises(GraphError):
        graph.apply_documents(1, 3, documents)
    kept = graph.event(documents[0].events[0].hash)
    assert kept is not None
    assert kept.json == documents[0].events[0].event
    assert (kept.type, kept.biz_step, kept.time) == ("AggregationEvent", "packing", 1728003600000)
    assert (kept.capture, kept.partition, kept.offset, kept.seq) == ("c1", 1, 0, 0)
    assert [e.type for e in graph.unit_events(PALLET).items] == ["ObjectEvent", "AggregationEvent"]
    assert [e.type for e in graph.unit_events("https://id.gs1.org/01/06901234567892/21/7").items] == ["AggregationEvent"]
    assert [e.biz_step for e in graph.find_events(to_ms=kept.time + 1).items] == ["packing"]
    assert [e.biz_step for e in graph.find_events(from_ms=kept.time + 1).items] == ["storing"]
    assert [e.capture for e in graph.find_events(biz_step="storing").items] == ["c1"]  # two documents, one event
    assert [e.type for e in graph.find_events(epc=PALLET, biz_step="packing", to_ms=kept.time + 1).items] == ["AggregationEvent"]
    first = graph.find_events(limit=1)
    assert [e.biz_step for e in graph.find_events(limit=1, cursor=first.next).items] == ["packing"]
    assert (graph.counts().events, graph.counts().documents) == (2, 2)


def test_an_event_that_names_a_unit_twice_is_listed_once(graph: Graph) -> None:
    odd = {"type": "AggregationEvent", "parentID": PALLET, "childEPCs": [PALLET, A]}
    events = [{**odd, "eventTime": f"2024-10-0{day}T00:00:00Z"} for day in range(1, 4)]
    graph.apply_documents(0, 0, [document("c", events)])
    first = graph.unit_events(PALLET, limit=2)
    rest = graph.unit_events(PALLET, cursor=first.next, limit=2)
    assert [e.seq for e in [*first.items, *rest.items]] == [2, 1, 0]
    assert rest.next is None


def test_the_earliest_copy_of_an_event_is_shown_in_any_order(graph_of: Open) -> None:
    event = {"type": "ObjectEvent", "eventTime": "2024-10-05T00:00:00Z", "epcList": [A]}
    early = document("early", [event], record_time=T0)
    late = document("late", [event], party=DEALER, record_time=T0 + 5)
    graph, dumps = graph_of(), []
    for order in ([(0, early), (1, late)], [(1, late), (0, early)]):
        graph.clear()
        for partition, message in order:
            graph.apply_documents(partition, 0, [message])
        row = graph.event(early.events[0].hash)
        assert row is not None
        assert (row.capture, row.party) == ("early", MAKER)
        dumps.append(list(graph.dump()))
    assert dumps[0] == dumps[1]


def test_a_declaration_stands_beside_its_event(graph: Graph) -> None:
    event = {"type": "ObjectEvent", "eventTime": "2024-10-05T00:00:00Z", "epcList": [A]}
    error = {**event, "errorDeclaration": {"declarationTime": "2024-10-06T00:00:00Z", "reason": "did_not_occur"}}
    digest = hash_of("both")
    graph.apply_documents(0, 0, [document("c", [event, error], hashes=[digest, digest])])
    declared = graph.event(digest, 1728172800000)
    plain = graph.event(digest)
    assert plain is not None
    assert declared is not None
    assert b"errorDeclaration" in declared.json
    assert b"errorDeclaration" not in plain.json
    assert len(graph.unit_events(A).items) == 2


def test_verdicts_of_a_document_are_counted(graph: Graph) -> None:
    line = Line()
    made = line.commission([A, B])
    packing = line.pack(CASE, [A, B], MAKER)
    events = [{"type": "ObjectEvent", "eventTime": "2024-10-05T00:00:00Z", "n": n} for n in range(3)]
    graph.apply_documents(0, 0, [document("cap", events, hashes=[made, packing, hash_of("waits")])])
    counts = graph.verdict_counts("cap")
    assert (counts.events, counts.decided, counts.outcomes, counts.edges) == (3, 0, {}, {})
    line.judge(A, verdict(made, Step.COMMISSION, T0, MAKER, outcome="suspect", findings=(finding("late"),)))
    applied(graph, line)
    counts = graph.verdict_counts("cap")
    assert (counts.events, counts.decided, counts.outcomes, counts.edges, counts.findings) == (
        3, 2, {"confirmed": 2, "suspect": 1}, {"confirmed": 2}, {"late": 1},
    )  # fmt: skip
    assert graph.verdict_counts([made, packing, hash_of("unheard")]).decided == 2
    assert graph.verdict_counts("unheard").events == 0


def test_an_event_that_cannot_be_read_is_kept_all_the_same(graph: Graph) -> None:
    message = document("c", [{"type": "ObjectEvent"}])
    graph.apply_documents(0, 0, [message])
    row = graph.event(message.events[0].hash)
    assert row is not None
    assert (row.type, row.json) == ("?", message.events[0].event)
