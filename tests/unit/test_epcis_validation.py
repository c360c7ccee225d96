"""What capture asks of an event, and how it says what is wrong."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from pedigree.errors import DocumentError
from pedigree.namespaces import CONTEXT
from pedigree.wire import parse, to_xml
from services.epcis import validate, warnings
from tests.shared_documents import documents, present

WHEN = {"eventTime": "2024-05-01T09:30:00.000+08:00", "eventTimeZoneOffset": "+08:00"}
EPC = "urn:epc:id:sgtin:4012345.011111.9876"
CLASS = "urn:epc:class:lgtin:4012345.011111.L1"
PLACE = "urn:epc:id:sgln:4012345.00005.0"
REPORT = "/sensorElementList/0/sensorReport/0"
ORDER = [{"type": "po", "bizTransaction": "urn:x:1"}]
OUTPUT = [{"epcClass": CLASS, "quantity": 2, "uom": "KGM"}]
GOOD: dict[str, dict[str, Any]] = {
    "ObjectEvent": {**WHEN, "action": "OBSERVE", "epcList": [EPC], "bizStep": "shipping", "readPoint": {"id": PLACE}},
    "AggregationEvent": {**WHEN, "action": "ADD", "parentID": "urn:epc:id:sscc:4012345.0000000333", "childEPCs": [EPC]},
    "AssociationEvent": {**WHEN, "action": "ADD", "parentID": "urn:epc:id:grai:4012345.55555.9", "childEPCs": [EPC]},
    "TransactionEvent": {**WHEN, "action": "ADD", "epcList": [EPC], "bizTransactionList": ORDER},
    "TransformationEvent": {**WHEN, "inputEPCList": [EPC], "outputQuantityList": OUTPUT},
}

FRAME = {"@context": CONTEXT, "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2024-05-01T00:00:00Z"}
NOTHING = {"inputEPCList": ..., "outputQuantityList": ..., "transformationID": "urn:x:1"}


def _amount(**fields: Any) -> dict[str, Any]:
    return {"quantityList": [{"epcClass": CLASS, **fields}]}


def _sensor(**fields: Any) -> dict[str, Any]:
    return {"sensorElementList": [{"sensorReport": [fields]}]}


def _faults(kind: str, changes: dict[str, Any], *, xml: bool = False, **header: Any) -> dict[str, tuple[str, str]]:
    event = {"type": kind, **copy.deepcopy(GOOD.get(kind, GOOD["ObjectEvent"])), **changes}
    event = {key: value for key, value in event.items() if value is not ...}
    frame = {key: value for key, value in {**FRAME, **header}.items() if value is not ...}
    document = parse(json.dumps({**frame, "epcisBody": {"eventList": [event]}}).encode())
    if xml:
        document = parse(to_xml(document))
    start = f"/EPCISDocument/EPCISBody/EventList/{kind}[1]" if xml else "/epcisBody/eventList/0"
    return {fault.where.removeprefix(start): (fault.found, fault.expected) for fault in validate(document, max_list=50)}


@pytest.mark.parametrize("kind", sorted(GOOD))
@pytest.mark.parametrize("xml", [False, True])
def test_good_events_have_no_faults(kind: str, xml: bool) -> None:
    assert _faults(kind, {}, xml=xml) == {}


@present
@pytest.mark.parametrize("path", documents())
def test_published_documents_have_no_faults(path: Path) -> None:
    try:
        document = parse(path.read_bytes())
    except DocumentError:
        assert path.name.startswith("Example-CaptureJob")
        return
    assert validate(document) == []


@pytest.mark.parametrize(
    ("kind", "changes", "place", "found", "expected"),
    [
        ("Event", {}, "/type", "'Event'", "ObjectEvent"),
        ("ObjectEvent", {"eventTime": ...}, "/eventTime", "nothing", "a value"),
        ("ObjectEvent", {"eventTime": "2024-05-01"}, "/eventTime", "'2024-05-01'", "a time with offset"),
        ("ObjectEvent", {"eventTime": "0001-01-01T00:00:00Z"}, "/eventTime", "0001", "1970 to 2100"),
        ("ObjectEvent", {"eventTime": "9999-12-31T00:00:00Z"}, "/eventTime", "9999", "1970 to 2100"),
        ("ObjectEvent", {"eventTime": 5}, "/eventTime", "5", "a text"),
        ("ObjectEvent", {"eventTimeZoneOffset": "Z"}, "/eventTimeZoneOffset", "'Z'", "an offset"),
        ("ObjectEvent", {"action": ...}, "/action", "nothing", "a value"),
        ("ObjectEvent", {"action": "add"}, "/action", "'add'", "ADD, OBSERVE or DELETE"),
        ("ObjectEvent", {"action": ["ADD"]}, "/action", "a list", "ADD, OBSERVE or DELETE"),
        ("TransformationEvent", {"action": "ADD"}, "/action", "'action'", "a field of EPCIS 2.0"),
        ("ObjectEvent", {"bizStep": "returning"}, "/bizStep", "'returning'", "a business step"),
        ("ObjectEvent", {"bizStep": "urn:epcglobal:cbv:bizstep:returning"}, "/bizStep", "returning", "a business step"),
        ("ObjectEvent", {"bizStep": "cbv:Disp-active"}, "/bizStep", "cbv:Disp-active", "a business step"),
        ("ObjectEvent", {"disposition": "shipping"}, "/disposition", "'shipping'", "a disposition"),
        ("ObjectEvent", {"epcList": []}, "/epcList", "no EPC", "at least one"),
        ("ObjectEvent", {"epcList": "x"}, "/epcList", "'x'", "a list"),
        ("ObjectEvent", {"epcList": [EPC, "no uri"]}, "/epcList/1", "no uri", "a well-formed identifier"),
        ("ObjectEvent", {"epcList": ["https://id.gs1.org/01/04012345111119/21/1"]}, "/epcList/0", "check digit", "a well-formed"),
        ("ObjectEvent", {"epcList": ["urn:epc:id:sgtin:4012345.1.1"]}, "/epcList/0", "4012345.1.1", "a well-formed identifier"),
        ("ObjectEvent", {"epcList": [CLASS]}, "/epcList/0", CLASS, "one thing"),
        ("ObjectEvent", {"epcList": ["https://id.gs1.org/01/04012345111118"]}, "/epcList/0", "04012345111118", "one thing"),
        ("ObjectEvent", {"epcList": [EPC] * 51}, "/epcList", "51 elements", "at most 50"),
        ("ObjectEvent", {"quantityList": [{"quantity": 1}]}, "/quantityList/0/epcClass", "nothing", "a value"),
        ("ObjectEvent", _amount(quantity=-1), "/quantityList/0/quantity", "-1", "not negative"),
        ("ObjectEvent", _amount(quantity="1"), "/quantityList/0/quantity", "'1'", "a number"),
        ("ObjectEvent", _amount(uom="kilo"), "/quantityList/0/uom", "'kilo'", "a unit of measure"),
        ("ObjectEvent", {"quantityList": ["x"]}, "/quantityList/0", "'x'", "an object"),
        ("ObjectEvent", {"readPoint": PLACE}, "/readPoint", "sgln", "an object"),
        ("ObjectEvent", {"readPoint": {}}, "/readPoint/id", "nothing", "a value"),
        ("ObjectEvent", {"readPoint": {"id": PLACE, "floor": 2}}, "/readPoint/floor", "'floor'", "with a namespace"),
        ("ObjectEvent", {"bizLocation": {"id": "https://id.gs1.org/414/4012345000055"}}, "/bizLocation/id", "check digit", "a"),
        ("ObjectEvent", {"note": 1}, "/note", "'note'", "with a namespace"),
        ("ObjectEvent", {"action": "ADD", "ilmd": {"lot": "1"}}, "/ilmd/lot", "'lot'", "with a namespace"),
        ("ObjectEvent", {"action": "ADD", "ilmd": []}, "/ilmd", "a list", "an object"),
        ("ObjectEvent", {"sourceList": [{"source": "urn:x:1"}]}, "/sourceList/0/type", "nothing", "a value"),
        ("ObjectEvent", {"sourceList": [{"type": "owner", "source": "urn:x:1"}]}, "/sourceList/0/type", "'owner'", "a source or"),
        ("ObjectEvent", {"errorDeclaration": {}}, "/errorDeclaration/declarationTime", "nothing", "a value"),
        ("ObjectEvent", {"errorDeclaration": {"declarationTime": "x"}}, "/errorDeclaration/declarationTime", "'x'", "a time"),
        ("ObjectEvent", {"persistentDisposition": {}}, "/persistentDisposition", "neither", "at least one"),
        ("ObjectEvent", {"certificationInfo": ["https://c.example", "x y"]}, "/certificationInfo/1", "'x y'", "a URI"),
        ("ObjectEvent", {"sensorElementList": [{}]}, "/sensorElementList/0/sensorReport", "nothing", "a value"),
        ("ObjectEvent", {"sensorElementList": [{"sensorReport": []}]}, REPORT[:-2], "a list of 0", "at least one"),
        ("ObjectEvent", _sensor(value=1), REPORT + "/type", "neither type", "measures"),
        ("ObjectEvent", _sensor(type="Warmth"), REPORT + "/type", "'Warmth'", "a measurement"),
        ("ObjectEvent", _sensor(type="Mass", hexBinaryValue="f"), REPORT + "/hexBinaryValue", "'f'", "hexadecimal"),
        ("ObjectEvent", _sensor(type="Mass", booleanValue="yes"), REPORT + "/booleanValue", "'yes'", "true or false"),
        ("AggregationEvent", {"parentID": ...}, "/parentID", "nothing", "a parent"),
        ("AggregationEvent", {"action": "DELETE", "parentID": ...}, "/parentID", "nothing", "a parent"),
        ("AggregationEvent", {"childEPCs": []}, "/childEPCs", "no children", "at least one"),
        ("AssociationEvent", {"parentID": ...}, "/parentID", "nothing", "a parent"),
        ("AssociationEvent", {"action": "DELETE", "parentID": ...}, "/parentID", "nothing", "a parent"),
        ("AssociationEvent", {"action": "OBSERVE", "childEPCs": ...}, "/childEPCs", "no children", "at least one"),
        ("TransactionEvent", {"bizTransactionList": ...}, "/bizTransactionList", "no business", "at least one"),
        ("TransactionEvent", {"epcList": ...}, "/epcList", "no EPC", "at least one"),
        ("TransformationEvent", {"inputEPCList": ...}, "/inputEPCList", "no inputs", "a transformationID"),
        ("TransformationEvent", {"outputQuantityList": []}, "/outputEPCList", "no outputs", "a transformationID"),
        ("TransformationEvent", NOTHING, "/inputEPCList", "neither", "at least one"),
    ],
)  # fmt: skip
def test_each_fault_is_named(kind: str, changes: dict[str, Any], place: str, found: str, expected: str) -> None:
    faults = _faults(kind, changes)
    assert list(faults) == [place]
    assert found in faults[place][0]
    assert expected in faults[place][1]


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("ObjectEvent", {"epcList": [], **_sensor(type="gs1:MT-Temperature", value=4)}),
        ("ObjectEvent", {"epcList": ..., "quantityList": [{"epcClass": CLASS, "quantity": 0}]}),
        ("ObjectEvent", {"bizStep": "cbv:BizStep-shipping", "disposition": "urn:epcglobal:cbv:disp:recalled"}),
        ("ObjectEvent", {"bizStep": "urn:medtrace:bizstep:onboarding", "x:note": {"free": [1, None]}}),
        ("ObjectEvent", {"@context": [{"note": "https://ns.example.com/note"}], "note": "a declared term"}),
        ("ObjectEvent", {"certificationInfo": "https://c.example/1", "readPoint": {"id": "geo:31.2,121.5"}}),
        ("ObjectEvent", {"epcList": ["https://dl.example.com/01/04012345111118/10/L1/21/S1?17=261231"]}),
        ("AggregationEvent", {"action": "DELETE", "childEPCs": ...}),
        ("AggregationEvent", {"action": "OBSERVE", "parentID": ...}),
        ("AssociationEvent", {"action": "DELETE", "childEPCs": []}),
        ("TransactionEvent", {"action": "DELETE", "epcList": []}),
        ("TransformationEvent", {"inputEPCList": ..., "transformationID": "urn:epc:id:gdti:4012345.55555.1"}),
    ],
)  # fmt: skip
def test_what_the_standard_allows(kind: str, changes: dict[str, Any]) -> None:
    assert _faults(kind, changes) == {}


def test_all_faults_come_at_once_and_in_order() -> None:
    changes = {"eventTime": "x", "action": "y", "epcList": ["z", EPC, "z"], "bizStep": 1, "extra": 1, "parentID": EPC}
    assert list(_faults("ObjectEvent", changes)) == [
        *("/action", "/bizStep", "/epcList/0", "/epcList/2", "/eventTime", "/extra", "/parentID"),
    ]


def test_faults_of_xml_are_xpaths() -> None:
    changes = {"epcList": [EPC, "z"], "sourceList": [{"type": "urn:epcglobal:cbv:sdt:owner", "source": "urn:x:1"}]}
    assert list(_faults("ObjectEvent", changes, xml=True)) == ["/epcList/epc[2]", "/sourceList/source[1]/@type"]


@pytest.mark.parametrize(
    ("header", "place"),
    [
        ({"schemaVersion": "3.0"}, "/schemaVersion"),
        ({"schemaVersion": 2}, "/schemaVersion"),
        ({"creationDate": "today"}, "/creationDate"),
    ],
)
def test_the_frame_is_looked_at(header: dict[str, Any], place: str) -> None:
    assert list(_faults("ObjectEvent", {}, **header)) == [place]


def test_a_hostile_list_costs_little() -> None:
    frame = {**FRAME, "epcisBody": {"eventList": []}}
    event = {"type": "ObjectEvent", **GOOD["ObjectEvent"], "epcList": ["x"] * 9_000}
    document = parse(json.dumps(frame).encode())
    document.events.append(event)
    faults = validate(document)
    assert len(faults) == 101
    assert faults[-1].found == "8900 more faults"
    event["epcList"] *= 100
    assert [fault.found for fault in validate(document)] == ["900000 elements"]


def test_oddities_are_warnings() -> None:
    report = {"type": "Temperature", "value": 4, "time": "2024-05-01T09:30:01.000+08:00"}
    metadata = {"startTime": "2024-05-01T09:00:00Z", "endTime": "2024-04-01T09:00:00Z"}
    changes = {
        "epcList": [EPC, EPC],
        "sensorElementList": [{"sensorMetadata": metadata, "sensorReport": [report]}],
    }
    event = {"type": "ObjectEvent", **GOOD["ObjectEvent"], **changes}
    document = parse(json.dumps({**FRAME, "epcisBody": {"eventList": [event]}}).encode())
    assert validate(document) == []
    places = sorted(fault.where.removeprefix("/epcisBody/eventList/0") for fault in warnings(document))
    sensor = "/sensorElementList/0"
    assert places == [
        *("/epcList", sensor + "/sensorMetadata/startTime", sensor + "/sensorMetadata/startTime"),
        sensor + "/sensorReport/0/time",
    ]
