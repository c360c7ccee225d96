"""What every graph lists of the events' words and things, and what master data says of them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from graph.model import ValueKind
from graph.port import Graph
from pedigree.errors import CursorError
from pedigree.messages import DocumentMessage
from pedigree.query import Viewer
from tests.contract.graph_builder import DEALER, MAKER, SHOP, T0, document, site
from tests.contract.graph_cases import CASE, PALLET, A, B, C, applied, shipped_pallet

LOCATION = "urn:epcglobal:epcis:vtype:BusinessLocation"
CITY = "urn:epcglobal:cbv:mda:city"


def event(day: int, *epcs: str, place: str = site(MAKER), **more: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent", "eventTime": f"2024-10-{day:02d}T00:00:00Z", "epcList": list(epcs), "bizStep": "storing",
        "disposition": "in_progress", "readPoint": {"id": place}, "bizLocation": {"id": place}, **more,
    }  # fmt: skip


def stated(*elements: dict[str, Any], events: list[dict[str, Any]] | None = None, **more: Any) -> DocumentMessage:
    message = document("m", events or [event(9, A)], **more)
    lists = [{"type": LOCATION, "vocabularyElementList": list(elements)}]
    message.context = msgspec.json.encode({"header": {"epcisHeader": {"epcisMasterData": {"vocabularyList": lists}}}})
    return message


def test_values_are_listed_once_in_order_page_by_page(graph: Graph) -> None:
    mine = event(2, B, A, bizStep="shipping", quantityList=[{"epcClass": "https://id.gs1.org/01/06901234567892", "quantity": 2}])
    documents = [document("c1", [event(1, A), mine]), document("c2", [event(3, C, place=site(SHOP))], party=DEALER)]
    graph.apply_documents(0, 0, documents)
    expected: dict[ValueKind, list[str]] = {
        "epc": [A, B, C],
        "bizStep": ["shipping", "storing"],
        "disposition": ["in_progress"],
        "readPoint": [site(MAKER), site(SHOP)],
        "bizLocation": [site(MAKER), site(SHOP)],
    }
    for kind, listed in expected.items():
        assert graph.values(kind).items == listed
        found, cursor = [], None
        while True:
            page = graph.values(kind, cursor=cursor, limit=1)
            found += page.items
            cursor = page.next
            if cursor is None:
                break
        assert found == listed
    assert graph.values("epc", Viewer(DEALER)).items == [C]
    assert graph.values("readPoint", Viewer(MAKER)).items == [site(MAKER)]
    assert graph.values("epc", Viewer(SHOP)).items == []
    with pytest.raises(CursorError):
        graph.values("epc", cursor=(1,))


def test_who_had_a_unit(graph: Graph) -> None:
    applied(graph, shipped_pallet())
    assert graph.held(DEALER, [A, C, CASE, PALLET, "https://id.gs1.org/00/000000000000000099"]) == [A, CASE, PALLET]
    assert graph.held(MAKER, [A, C]) == [A, C]
    assert graph.held(SHOP, [A, C]) == []


def test_the_latest_document_says_what_a_place_is(graph: Graph) -> None:
    old = {"id": site(MAKER), "attributes": [{"id": "cbvmda:city", "attribute": "Beijing"}, {"id": "x:a", "attribute": {"b": 1}}]}
    new = {"id": site(MAKER), "attributes": [{"id": CITY, "attribute": "Shanghai"}], "children": [site(DEALER)]}
    deep = {"id": site(DEALER), "children": [site(SHOP), site(MAKER)]}
    graph.apply_documents(0, 0, [stated(new, record_time=T0 + 9), stated(old, {"id": 3}, deep)])
    rows = {row.attribute: row.value for row in graph.master_data(site(MAKER))}
    assert rows == {CITY: '"Shanghai"', "x:a": '{"b":1}', "children": f'["{site(DEALER)}"]'}
    assert graph.elements("cbvmda:city") == [site(MAKER)]
    assert graph.elements(CITY, ["Shanghai", "x"]) == [site(MAKER)]
    assert graph.elements(CITY, ["Beijing"]) == []
    assert graph.within([site(MAKER)]) == [site(MAKER), site(DEALER), site(SHOP)]
    assert graph.within([site(SHOP)]) == [site(SHOP)]
