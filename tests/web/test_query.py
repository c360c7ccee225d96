"""GET /events: parameters over HTTP, pages, limits, forms, who sees what."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from pedigree.times import format_time
from pedigree.wire import parse
from tests.unit.test_registry import DOCK, GTIN, HOSPITAL, SITE
from tests.web.capture_world import CONTEXT, XML, event, unit
from tests.web.query_world import QueryWorld, day, segment

EXAMPLE = {"example": "https://ns.example.com/epcis/"}
SITE_URI, DOCK_URI = f"https://id.gs1.org/414/{SITE}", f"https://id.gs1.org/414/{DOCK}"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[QueryWorld]:
    made = QueryWorld(tmp_path)
    yield made
    made.close()


@pytest.fixture
def filled(world: QueryWorld) -> QueryWorld:
    return fill(world)


@pytest.fixture(scope="module")
def ten(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QueryWorld]:
    """`filled`, for tests that only read."""
    made = fill(QueryWorld(tmp_path_factory.mktemp("ten")))
    yield made
    made.close()


def fill(world: QueryWorld) -> QueryWorld:
    """Ten events that differ in one thing each."""
    more: list[dict[str, Any]] = [
        {"bizStep": "shipping", "disposition": "in_transit"},
        {"action": "OBSERVE", "quantityList": [{"epcClass": f"https://id.gs1.org/01/{GTIN}/10/L1", "quantity": 5, "uom": "KGM"}]},
        {"readPoint": {"id": DOCK_URI}, "bizLocation": {"id": DOCK_URI}},
        {"bizTransactionList": [{"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:6901234000011:7"}]},
        {"action": "ADD", "ilmd": {"cbvmda:lotNumber": "00123", "cbvmda:itemExpirationDate": "2027-06-30"}},
        {"example:temperature": 7.5, "example:box": {"example:seal": "X1"}},
        {"errorDeclaration": {"declarationTime": day(20), "reason": "incorrect_data", "correctiveEventIDs": ["urn:uuid:9"]}},
        {"eventID": "urn:uuid:8", "persistentDisposition": {"set": ["completeness_verified"]}},
        {"sensorElementList": [{"sensorMetadata": {"deviceID": "urn:epc:id:giai:4000001.111"}, "sensorReport": [
            {"type": "Temperature", "value": 59, "uom": "FAH", "time": day(9)}]}]},
        {"destinationList": [{"type": "owning_party", "destination": f"https://id.gs1.org/417/{HOSPITAL}"}]},
    ]  # fmt: skip
    context = [CONTEXT, EXAMPLE, {"cbvmda": "urn:epcglobal:cbv:mda:"}]
    events = [event(n, "storing", **{"eventTime": day(n), "action": "OBSERVE", **one}) for n, one in enumerate(more, start=1)]
    world.capture(*events, **{"@context": context})
    return world


@pytest.mark.parametrize(
    ("parameter", "value", "found"),
    [
        ("EQ_bizStep", "shipping", [1]),
        ("EQ_bizStep", "urn:epcglobal:cbv:bizstep:shipping", [1]),
        ("EQ_bizStep", "https://ref.gs1.org/cbv/BizStep-shipping", [1]),
        ("EQ_disposition", "in_transit,active", [1]),
        ("EQ_action", "OBSERVE", [10, 9, 8, 7, 6, 4, 3, 2, 1]),
        ("EQ_action", "ADD", [5]),
        ("eventType", "AggregationEvent", []),
        ("GE_eventTime", day(9), [10, 9]),
        ("LT_eventTime", "2026-09-02T08:00:00+08:00", [1]),
        ("GE_recordTime", "2030-01-01T00:00:00Z", []),
        ("MATCH_epc", unit(3), [3]),
        ("MATCH_epc", f"urn:epc:id:sgtin:690123400.{GTIN[0]}{GTIN[10:13]}.3", [3]),
        ("MATCH_anyEPC", f"urn:epc:idpat:sgtin:690123400.{GTIN[0]}{GTIN[10:13]}.*", [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]),
        ("MATCH_epcClass", f"https://id.gs1.org/01/{GTIN}/10/L1", [2]),
        ("MATCH_epcClass", f"https://id.gs1.org/01/{GTIN}/10/*", [2]),
        ("MATCH_inputEPC", unit(3), []),
        ("EQ_readPoint", DOCK_URI, [3]),
        ("WD_bizLocation", DOCK_URI, [3]),
        ("GE_quantity", "5", [2]),
        ("EQ_quantity_GRM", "5000", [2]),
        ("LT_quantity", "5", []),
        ("EQ_bizTransaction_po", "urn:epcglobal:cbv:bt:6901234000011:7", [4]),
        ("EQ_bizTransaction_urn:epcglobal:cbv:btt:po", "urn:epcglobal:cbv:bt:6901234000011:7", [4]),
        ("EQ_bizTransaction_desadv", "urn:epcglobal:cbv:bt:6901234000011:7", []),
        ("EQ_destination_owning_party", f"https://id.gs1.org/417/{HOSPITAL}", [10]),
        ("EQ_ILMD_cbvmda:lotNumber", "00123", [5]),
        ("EQ_ILMD_cbvmda:lotNumber", "123", []),
        ("EQ_ILMD_urn:epcglobal:cbv:mda:lotNumber", "00123", [5]),
        ("LT_ILMD_cbvmda:itemExpirationDate", "2027-07-01", [5]),
        ("EXISTS_ILMD_cbvmda:lotNumber", "", [5]),
        ("GT_example:temperature", "7", [6]),
        ("GT_https://ns.example.com/epcis/temperature", "7.4", [6]),
        ("EQ_INNER_example:seal", "X1", [6]),
        ("EQ_example:seal", "X1", []),
        ("EXISTS_example:box", "", [6]),
        ("EXISTS_errorDeclaration", "", [7]),
        ("EQ_hasErrorDeclaration", "true", [7]),
        ("GE_errorDeclarationTime", day(20), [7]),
        ("EQ_errorReason", "incorrect_data", [7]),
        ("EQ_correctiveEventID", "urn:uuid:9", [7]),
        ("EQ_eventID", "urn:uuid:8", [8]),
        ("EQ_persistentDisposition_set", "completeness_verified", [8]),
        ("EQ_type", "gs1:Temperature", [9]),
        ("EQ_value_CEL", "15", [9]),
        ("GE_value_FAH", "60", []),
        ("EQ_deviceID", "https://id.gs1.org/8004/4000001111", [9]),
        ("EQ_SENSORMETADATA_deviceID", "https://id.gs1.org/8004/4000001111", [9]),
        ("GE_time", day(9), [9]),
        ("EXISTS_sensorElementList", "", [9]),
        ("EQ_transformationID", "urn:x:1", []),
    ],
)  # fmt: skip
def test_every_parameter_finds_what_it_means(ten: QueryWorld, parameter: str, value: str, found: list[int]) -> None:
    assert ten.epcs(**{parameter: value}) == [str(n) for n in found]


@pytest.mark.parametrize(
    ("parameter", "value", "said"),
    [
        ("EQ_bizSetp", "shipping", "EQ_bizStep"),
        ("EQ_bizStep", "shiping", "shipping"),
        ("EQ_action", "REMOVE", "EQ_action"),
        ("eventType", "ObjektEvent", "eventType"),
        ("GE_eventTime", "yesterday", "GE_eventTime"),
        ("GE_quantity", "many", "GE_quantity"),
        ("GE_example:x", "text", "GE_example:x"),
        ("MATCH_epc", "urn:epc:idpat:sgtin:690*.1.1", "MATCH_epc"),
        ("orderBy", "colour", "orderBy"),
        ("orderDirection", "UP", "orderDirection"),
        ("perPage", "0", "perPage"),
        ("eventCountLimit", "-1", "eventCountLimit"),
        ("nextPageToken", "AAAA", "nextPageToken"),
        ("EXISTS_errorDeclaration", "false", "EXISTS_errorDeclaration"),
        ("EQ_value_CEL", "warm", "EQ_value_CEL"),
        ("EQ_eventID", "", "EQ_eventID"),
        ("EQATTR_colour", "x", "EQATTR_colour"),
        ("medtrace_asKnownAt", "x", "medtrace_asKnownAt"),
    ],
)
def test_a_wrong_parameter_is_named(ten: QueryWorld, parameter: str, value: str, said: str) -> None:
    answer = ten.get("/events", **{parameter: value})
    assert answer.status_code == 400
    assert answer.json()["type"] == "epcisException:QueryParameterException"
    assert said in answer.json()["detail"]


def test_several_values_are_alternatives_and_several_parameters_conditions(ten: QueryWorld) -> None:
    assert ten.epcs(MATCH_epc=[unit(1), unit(2)]) == ["2", "1"]
    assert ten.epcs(MATCH_epc=f"{unit(1)},{unit(2)}") == ["2", "1"]
    assert ten.epcs(MATCH_epc=[unit(1), unit(2)], EQ_bizStep="shipping") == ["1"]


def test_order_limits_and_pages(ten: QueryWorld) -> None:
    assert ten.epcs(orderBy="eventTime", orderDirection="ASC", perPage=3) == ["1", "2", "3"]
    assert ten.epcs(orderBy="ILMD_cbvmda:lotNumber", perPage=1) == ["5"]
    assert ten.epcs(eventCountLimit=2) == ["10", "9"]
    assert ten.epcs(maxEventCount=10) == [str(n) for n in range(10, 0, -1)]
    large = ten.get("/events", maxEventCount=9)
    assert (large.status_code, large.json()["type"]) == (413, "epcisException:QueryTooLargeException")
    both = ten.get("/events", maxEventCount=9, eventCountLimit=9)
    assert both.status_code == 400
    assert ten.get("/events", x="y" * 20_000).status_code == 414


def follow(world: QueryWorld, answer: Any) -> Any:
    link = answer.headers["link"]
    assert link.endswith('>; rel="next"')
    return world.client.get(link[1 : link.index(">")], headers=world.regulator)


def serials(answer: Any) -> list[str]:
    listed = answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return [one["epcList"][0].rpartition("/")[2] for one in listed]


def test_tokens_hold_while_events_arrive_and_belong_to_their_query(filled: QueryWorld) -> None:
    first = filled.get("/events", perPage=4)
    filled.capture(event(11, "storing", eventTime=day(15)), event(12, "storing", eventTime=day(5)))
    second = follow(filled, first)
    third = follow(filled, second)
    assert [serials(first), serials(second)] == [["10", "9", "8", "7"], ["6", "12", "5", "4"]]
    assert serials(third) == ["3", "2", "1"]
    assert "link" not in third.headers
    token = first.headers["link"].partition("nextPageToken=")[2].partition(">")[0]
    for changed in ({"EQ_bizStep": "storing"}, {}):
        key = filled.maker if not changed else filled.regulator
        assert filled.get("/events", key, nextPageToken=token, **changed).status_code == 400


def test_a_count_limit_holds_across_pages(ten: QueryWorld) -> None:
    first = ten.get("/events", perPage=2, eventCountLimit=3)
    second = follow(ten, first)
    assert serials(first) + serials(second) == ["10", "9", "8"]
    assert "link" not in second.headers


def test_answers_say_when_and_under_which_name_an_event_was_recorded(world: QueryWorld) -> None:
    world.capture(event(1, recordTime="2001-01-01T00:00:00Z"), event(2, eventID="urn:uuid:2"))
    found = {one["epcList"][0]: one for one in world.ask()}
    assert found[unit(1)]["recordTime"].startswith("2026-09")
    assert found[unit(1)]["eventID"].startswith("ni:///sha-256;")
    assert found[unit(2)]["eventID"] == "urn:uuid:2"
    for one in found.values():
        alone = world.get(f"/events/{segment(one['eventID'])}")
        assert alone.status_code == 200
        assert {key: value for key, value in alone.json().items() if key != "@context"} == one


def test_notations_by_accept(world: QueryWorld) -> None:
    world.send(XML, "application/xml")
    for accept, media in {
        "application/json": "application/json", "application/ld+json;q=0.9, text/html": "application/ld+json",
        "": "application/json", "text/xml": "text/xml", "application/xml, */*;q=0.1": "application/xml",
    }.items():  # fmt: skip
        answer = world.get("/events", headers={"Accept": accept})
        assert answer.headers["content-type"].partition(";")[0] == media
        assert len(parse(answer.content, media).events) == 1
        assert answer.headers["gs1-epcis-version"] == "2.0.0"
    assert world.ask()[0]["bizStep"] == "commissioning"
    words = etree.fromstring(world.get("/events", headers={"Accept": "text/xml"}).content).findtext(".//bizStep")
    assert words == "urn:epcglobal:cbv:bizstep:commissioning"
    web = {"Accept": "text/xml", "GS1-CBV-XML-Format": "Always_Web_URI"}
    words = etree.fromstring(world.get("/events", headers=web).content).findtext(".//bizStep")
    assert words == "https://ref.gs1.org/cbv/BizStep-commissioning"
    refused = world.get("/events", headers={"Accept": "text/html"})
    assert (refused.status_code, refused.json()["type"]) == (406, "epcisException:NotAcceptableException")


def test_identifiers_in_the_asked_form(world: QueryWorld) -> None:
    urn = f"urn:epc:id:sgtin:690123400.{GTIN[0]}{GTIN[10:13]}.7"
    foreign = "https://id.gs1.org/01/09521141123454/21/1"
    world.capture(event(1, epcList=[unit(1), urn, foreign, "urn:uuid:5"]))
    kept = world.ask()[0]["epcList"]
    assert kept == [unit(1), urn, foreign, "urn:uuid:5"]

    def asked(form: str) -> list[str]:
        answer = world.get("/events", headers={"GS1-EPC-Format": form})
        found: list[str] = answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"][0]["epcList"]
        return found

    assert asked("Always_GS1_Digital_Link") == [unit(1), unit(7), foreign, "urn:uuid:5"]
    assert asked("Always_EPC_URN") == [urn[:-1] + "1", urn, foreign, "urn:uuid:5"]
    assert asked("Never_Translates") == kept
    assert world.get("/events", headers={"GS1-EPC-Format": "Sometimes"}).status_code == 400


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [("GS1-EPCIS-Min", "2.0", 200), ("GS1-EPCIS-Min", "2.1", 406), ("GS1-EPCIS-Max", "1.2", 406), ("GS1-CBV-Max", "2.0.1", 200),
     ("GS1-EPCIS-Max", "two", 400)],
)  # fmt: skip
def test_versions_are_negotiated(ten: QueryWorld, header: str, value: str, status: int) -> None:
    assert ten.get("/events", headers={header: value}).status_code == status


def test_who_sees_what(world: QueryWorld) -> None:
    to_hospital = [{"type": "owning_party", "destination": f"https://id.gs1.org/417/{HOSPITAL}"}]
    world.capture(event(1), event(2, "shipping", destinationList=to_hospital))
    assert sorted(world.epcs(world.maker)) == ["1", "2"]
    assert world.epcs(world.hospital) == ["2"]
    assert world.epcs(world.carrier) == []
    assert sorted(world.epcs(world.regulator)) == ["1", "2"]
    own, foreign = (f"/events/{segment(one['eventID'])}" for one in world.ask(orderBy="eventTime"))
    assert world.get(own, world.maker).status_code == 200
    seen = [world.get(path, world.hospital).status_code for path in (own, foreign)]
    assert sorted(seen) == [200, 404]
    assert world.client.get("/events").status_code == 401
    capture_only = world.get("/events", {**world.carrier, "Authorization": "Bearer mt_00000000_" + "x" * 43})
    assert capture_only.status_code == 401
    assert world.get("/epcs", world.hospital).json()["member"] == [unit(2)]


def test_extension_prefixes_are_those_of_the_question_or_of_the_event(world: QueryWorld) -> None:
    context = CONTEXT
    world.capture(event(1, **{"a:x": "1"}), **{"@context": [context, {"a": "https://one.example/"}]})
    world.capture(event(2, **{"a:x": "1"}), **{"@context": [context, {"a": "https://two.example/"}]})
    assert sorted(world.epcs(**{"EQ_a:x": "1"})) == ["1", "2"]
    mine = world.get("/events", headers={"GS1-Extensions": "b=https://two.example/"}, **{"EQ_b:x": "1"})
    assert serials(mine) == ["2"]
    both = parse(world.get("/events").content)
    assert {both.namespaces[key.partition(":")[0]] for one in both.events for key in one if key.endswith(":x")} == {
        "https://one.example/", "https://two.example/",
    }  # fmt: skip


def test_resources_list_their_values_and_events(ten: QueryWorld) -> None:
    expected = {
        "/bizSteps": ["shipping", "storing"],
        "/dispositions": ["in_transit"],
        "/readPoints": sorted([SITE_URI, DOCK_URI]),
        "/bizLocations": sorted([SITE_URI, DOCK_URI]),
    }
    for path, values in expected.items():
        answer = ten.get(path)
        assert (answer.json()["type"], answer.json()["member"]) == ("Collection", values)
    assert "ObjectEvent" in ten.get("/eventTypes").json()["member"]
    assert len(ten.get("/epcs").json()["member"]) == 10
    first = ten.get("/epcs", perPage=9)
    assert follow(ten, first).json()["member"] == [unit(9)]
    assert ten.epcs(path=f"/epcs/{segment(unit(3))}/events") == ["3"]
    assert ten.epcs(path=f"/epcs/{unit(3)}/events") == ["3"]
    assert ten.epcs(path="/bizSteps/shipping/events", MATCH_epc=unit(1)) == ["1"]
    assert ten.epcs(path=f"/readPoints/{segment(DOCK_URI)}/events") == ["3"]
    assert len(ten.ask(path="/eventTypes/ObjectEvent/events")) == 10
    assert ten.get("/eventTypes/ObjectEvent").json()["member"] == ["events"]
    assert ten.get("/eventTypes/Nothing/events").status_code == 404
    assert ten.get("/bizSteps/shipping/events", EQ_bizStep="storing").status_code == 400


def test_master_data_answers_for_places(world: QueryWorld) -> None:
    elements = [
        {"id": SITE_URI, "attributes": [{"id": "urn:epcglobal:cbv:mda:city", "attribute": "Wuhan"}], "children": [DOCK_URI]},
        {"id": DOCK_URI, "attributes": [{"id": "cbvmda:city", "attribute": "Xi'an"}]},
    ]
    words = [{"type": "urn:epcglobal:epcis:vtype:BusinessLocation", "vocabularyElementList": elements}]
    header = {"epcisHeader": {"epcisMasterData": {"vocabularyList": words}}}
    inner = {"id": f"{SITE_URI}/254/A"}
    world.capture(
        event(1, eventTime=day(1)), event(2, "storing", bizLocation={"id": DOCK_URI}, eventTime=day(2)),
        event(3, "storing", bizLocation=inner, eventTime=day(3)), **header,
    )  # fmt: skip
    assert world.epcs(WD_bizLocation=SITE_URI) == ["3", "2", "1"]
    assert world.epcs(EQ_bizLocation=SITE_URI) == ["1"]
    assert world.epcs(**{"EQATTR_bizLocation_cbvmda:city": "Wuhan"}) == ["1"]
    assert world.epcs(**{"EQATTR_bizLocation_urn:epcglobal:cbv:mda:city": "Xi'an"}) == ["2"]
    assert world.epcs(HASATTR_bizLocation="cbvmda:city") == ["2", "1"]
    assert world.epcs(HASATTR_bizLocation="cbvmda:colour") == []


def test_as_known_at_a_record_time(world: QueryWorld) -> None:
    world.capture(event(1))
    before = world.now
    world.capture(event(2))
    assert len(world.ask()) == 2
    assert world.epcs(medtrace_asKnownAt=format_time(before)) == ["1"]


def test_options_tell_what_there_is(world: QueryWorld) -> None:
    for path in ("/events", "/events/x", "/epcs", "/epcs/x", "/epcs/x/events", "/queries", "/queries/x/subscriptions"):
        answer = world.client.options(path)
        assert answer.status_code == 204
        for name in ("allow", "gs1-epcis-version", "gs1-epcis-min", "gs1-epcis-max", "gs1-cbv-version", "gs1-epc-format"):
            assert answer.headers[name]
    assert "POST" in world.client.options("/events").headers["allow"]
    assert world.client.options("/events").headers["gs1-epcis-capture-limit"]


def test_an_event_named_by_its_owner_is_found_by_name(world: QueryWorld) -> None:
    world.capture(event(1, eventID="https://example.org/events/1?x=1"))
    assert world.get(f"/events/{segment('https://example.org/events/1?x=1')}").json()["eventID"].endswith("x=1")
    assert world.get("/events/nonsense").status_code == 404
