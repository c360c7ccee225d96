"""EPCIS queries in every graph: copies of one event, who sees what, pages while events arrive."""

from __future__ import annotations

from typing import Any

import pytest

from graph.model import Cursor
from graph.port import Graph
from pedigree.errors import CursorError
from pedigree.messages import event_uri
from pedigree.query import Condition, EventQuery, FieldName, Match, Pattern, Role, Span, Value, Viewer, pattern
from tests.contract.graph_builder import CLINIC, DEALER, MAKER, SHOP, T0, document, hash_of
from tests.contract.graph_cases import PALLET, A, B, Open

ANY = (Role.EPC, Role.PARENT, Role.CHILD)
LOT = FieldName("ILMD", "{urn:epcglobal:cbv:mda}lotNumber")


def event(day: int, *epcs: str, **more: Any) -> dict[str, Any]:
    return {"type": "ObjectEvent", "eventTime": f"2024-10-{day:02d}T00:00:00Z", "epcList": list(epcs), **more}


def days(graph: Graph, query: EventQuery, viewer: Viewer | None = None) -> list[str]:
    return [row.json.decode()[row.json.decode().index("2024-10-") + 8 :][:2] for row in graph.query_events(query, viewer).items]


def about(*keys: str) -> EventQuery:
    return EventQuery(matches=(Match(ANY, tuple(Pattern(key) for key in keys)),))


def test_a_party_sees_what_names_it_and_units_that_it_had_when_it_asks_for_them(graph: Graph) -> None:
    shipped = event(2, PALLET, destinationList=[{"type": "owning_party", "destination": f"https://id.gs1.org/417/{CLINIC}"}])
    graph.apply_documents(0, 0, [document("c1", [event(1, A), shipped]), document("c2", [event(3, B)], party=DEALER)])
    assert days(graph, EventQuery()) == ["03", "02", "01"]
    assert days(graph, EventQuery(), Viewer(MAKER)) == ["02", "01"]
    assert days(graph, EventQuery(), Viewer(DEALER)) == ["03"]
    assert days(graph, EventQuery(), Viewer(CLINIC)) == ["02"]
    assert days(graph, EventQuery(), Viewer(SHOP)) == []
    assert days(graph, about(A, B), Viewer(SHOP)) == []
    assert days(graph, about(A, B), Viewer(SHOP, (A,))) == ["01"]
    assert days(graph, about(A, B), Viewer(DEALER, (A,))) == ["03", "01"]
    assert graph.count_events(about(A, B), Viewer(SHOP, (A,))) == 1


def test_every_attester_of_an_event_sees_it(graph: Graph) -> None:
    graph.apply_documents(0, 0, [document("c1", [event(1, A)])])
    graph.apply_documents(1, 0, [document("c2", [event(1, A)], party=DEALER, record_time=T0 + 9)])
    for party in (MAKER, DEALER):
        assert days(graph, EventQuery(), Viewer(party)) == ["01"]


def test_the_copy_that_is_shown_is_the_one_that_is_asked(graph_of: Open) -> None:
    """What a hash does not cover may differ between copies."""
    digest = hash_of("one")
    early = document("early", [event(1, A, eventID="urn:x:1", ilmd={"cbvmda:lotNumber": "L1"})], hashes=[digest])
    late = document("late", [event(1, A, eventID="urn:x:2", **{"none:note": "n"})], hashes=[digest], record_time=T0 + 9)
    graph = graph_of()
    lot = EventQuery(conditions=(Condition((LOT,), "EQ", (Value("s", "L1"),)),))
    note = EventQuery(conditions=(Condition((FieldName("EXT", "", "none:note"),), "EXISTS"),))
    for order in ([(0, early), (1, late)], [(1, late), (0, early)]):
        graph.clear()
        for partition, message in order:
            graph.apply_documents(partition, 0, [message])
        assert len(graph.query_events(lot).items) == 1
        assert graph.query_events(note).items == []
        assert len(graph.query_events(EventQuery(event_ids=("urn:x:1",))).items) == 1
        assert graph.query_events(EventQuery(event_ids=("urn:x:2",))).items == []
        assert len(graph.query_events(EventQuery(event_ids=(event_uri(digest),))).items) == 1


def test_all_serials_of_a_gtin(graph: Graph) -> None:
    other = "https://id.gs1.org/01/06901234567908/21/A"
    graph.apply_documents(0, 0, [document("c", [event(1, A), event(2, other), event(3, A, B, PALLET)])])
    assert days(graph, EventQuery(matches=(Match(ANY, (pattern("https://id.gs1.org/01/06901234567892"),)),))) == ["03", "01"]
    assert days(graph, EventQuery(matches=(Match(ANY, (pattern("urn:epc:idpat:sgtin:690123.*.*"),)),))) == ["03", "02", "01"]
    assert days(graph, EventQuery(matches=(Match((Role.CHILD,), (pattern("urn:epc:idpat:sgtin:690123.*.*"),)),))) == []


@pytest.mark.parametrize("order", ["eventTime", "recordTime", LOT])
@pytest.mark.parametrize("descending", [True, False])
def test_pages_hold_while_events_arrive(graph: Graph, order: Any, descending: bool) -> None:
    def capture(first: int, day: int) -> None:
        events = [event(day, A, n=n, ilmd={"cbvmda:lotNumber": f"L{day % 3}"}) for n in range(3)]
        graph.apply_documents(0, first, [document(f"c{first}", events, record_time=T0 + first)])

    for number, day in enumerate((5, 6, 7)):
        capture(number, day)
    query = EventQuery(order_by=order, descending=descending)
    expected = {row.hash for row in graph.query_events(query).items}
    seen: list[bytes] = []
    cursor: Cursor | None = None
    arriving = iter(((3, 1), (4, 9), (5, 6)))
    while True:
        page = graph.query_events(query, cursor=cursor, limit=2)
        seen += [row.hash for row in page.items]
        cursor = page.next
        if cursor is None:
            break
        arrived = next(arriving, None)
        if arrived is not None:
            capture(*arrived)
    assert len(seen) == len(set(seen))
    assert expected <= set(seen)


def test_a_cursor_of_another_list_is_refused(graph: Graph) -> None:
    graph.apply_documents(0, 0, [document("c", [event(1, A), event(2, B)])])
    query = EventQuery(order_by=LOT)
    for cursor in ((1,), (b"\xc1", 1), (1, 2), (b"\x90", 1)):
        with pytest.raises(CursorError):
            graph.query_events(query, cursor=cursor)


def test_known_at_a_record_time(graph: Graph) -> None:
    graph.apply_documents(0, 0, [document("c1", [event(5, A)]), document("c2", [event(4, A)], record_time=T0 + 9)])
    assert days(graph, EventQuery(record_time=Span(None, T0 + 1))) == ["05"]
    assert days(graph, EventQuery()) == ["05", "04"]
