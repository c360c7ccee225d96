"""Documents that the standard allows and documents that it does not, in the spellings that partners use."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pedigree.errors import DocumentError
from pedigree.wire import parse, to_json, to_xml
from services.epcis import validate
from tests.unit.test_epcis_validation import CLASS, EPC, FRAME, GOOD, PLACE, WHEN

GRAI, GLN = "urn:epc:id:grai:4012345.55555.9", "https://id.gs1.org/414/4012345000054"
URNS = ("urn:epcglobal:cbv:", "https://ref.gs1.org/cbv/", "cbv:")


def _document(kind: str, changes: dict[str, Any], **header: Any) -> bytes:
    event = {"type": kind, **GOOD[kind], **changes}
    frame = {**FRAME, "epcisBody": {"eventList": [{key: value for key, value in event.items() if value is not ...}]}, **header}
    return json.dumps({key: value for key, value in frame.items() if value is not ...}).encode()


def _sensor(metadata: Any = ..., **report: Any) -> dict[str, Any]:
    element = {"sensorReport": [report]}
    return {"sensorElementList": [element if metadata is ... else {"sensorMetadata": metadata, **element}]}


ALLOWED: list[tuple[str, dict[str, Any]]] = [
    *(("ObjectEvent", {"eventTime": time}) for time in (
        "2024-05-01T09:30:00Z", "2024-05-01T09:30:00.1+00:00", "2024-05-01T09:30:00.123456789012+14:00",
        "2024-05-01T24:00:00Z", "2024-02-29T23:59:59.999-13:59",
    )),
    *(("ObjectEvent", {"eventTimeZoneOffset": offset}) for offset in ("+00:00", "-00:00", "+14:00", "-14:00", "+05:45")),
    *(("ObjectEvent", {"eventID": name}) for name in (
        "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8", "ni:///sha-256;" + "0" * 64 + "?ver=CBV2.0", "https://x.example/e?1#2",
    )),
    *(("ObjectEvent", {"bizStep": step}) for step in (
        "sampling", "urn:epcglobal:cbv:bizstep:sampling", "https://ref.gs1.org/cbv/BizStep-sampling", "cbv:BizStep-sampling",
        "https://voc.example.com/step#own", "example:own", "urn:example:own",
    )),
    ("ObjectEvent", {"epcList": [], "quantityList": [{"epcClass": "urn:epc:idpat:sgtin:4012345.066666.*", "quantity": 0.5,
                                                      "uom": "KGM"}]}),
    ("ObjectEvent", {"epcList": ..., "quantityList": [{"epcClass": "https://id.gs1.org/01/04012345111118/10/L1"}]}),
    ("ObjectEvent", {"epcList": ["https://example.com/some/path/gtin/4012345111118/ser/A%2F1?linkType=all", "urn:uuid:1",
                                 "https://id.gs1.org/8003/04012345555554ABC", "https://id.gs1.org/8006/040123451111180102/21/1"]}),
    ("ObjectEvent", {"action": "ADD", "ilmd": {"cbvmda:lotNumber": "L", "x:a": [{"x:b": None}], "https://y.example/z": 1}}),
    ("ObjectEvent", {"action": "DELETE", "bizStep": "decommissioning"}),
    ("ObjectEvent", {"persistentDisposition": {"set": ["completeness_verified"], "unset": ["cbv:Disp-expired"]}}),
    ("ObjectEvent", {"errorDeclaration": {"declarationTime": "2024-06-01T00:00:00Z", "reason": "did_not_occur",
                                          "correctiveEventIDs": ["urn:uuid:2"], "example:why": {"example:who": "x"}}}),
    ("ObjectEvent", {"sourceList": [{"type": "possessing_party", "source": "urn:epc:id:pgln:4012345.00000"},
                                    {"type": "https://ref.gs1.org/cbv/SDT-location", "source": GLN},
                                    {"type": "urn:example:own", "source": "urn:example:place"}]}),
    ("ObjectEvent", {"bizTransactionList": [{"bizTransaction": "https://id.gs1.org/253/4012345000054A1"},
                                            {"type": "https://x.example/t", "bizTransaction": "http://tx.example/1"}]}),
    ("ObjectEvent", {"readPoint": {"id": "geo:48.1,11.5;u=10", "example:shelf": ["A", "B"]}, "bizLocation": {"id": GLN}}),
    ("ObjectEvent", _sensor(type="Temperature", value=26, uom="CEL")),
    ("ObjectEvent", _sensor(type="gs1:Temperature", value=-1e-3, uom="CEL", component="cbv:Comp-x")),
    ("ObjectEvent", _sensor(exception="ALARM_CONDITION")),
    ("ObjectEvent", _sensor(exception="https://gs1.org/voc/ERROR_CONDITION", type="https://gs1.org/voc/Temperature")),
    ("ObjectEvent", _sensor(type="https://x.example/colour", stringValue="", hexBinaryValue="0aF1", booleanValue=False,
                            uriValue="https://id.gs1.org/8004/4000001111", minValue=0, maxValue=1, meanValue=0.5, sDev=0.1)),
    ("ObjectEvent", _sensor(type="Speed", percRank=50, percValue=12.7, uom="KMH", time="2024-05-01T00:00:00Z",
                            coordinateReferenceSystem="https://gs1.org/voc/CRS-WGS84", microorganism="https://m.example/1",
                            chemicalSubstance="https://c.example/QTBSBXVTEAMEQO", deviceID="urn:epc:id:giai:4000001.111",
                            deviceMetadata="https://d.example/m", rawData="https://r.example/1",
                            dataProcessingMethod="https://p.example/1")),
    ("ObjectEvent", {"epcList": [], **_sensor(
        {"time": "2024-05-01T00:00:00Z", "startTime": "2024-04-30T00:00:00Z", "endTime": "2024-05-01T00:00:00Z",
         "deviceID": "https://id.gs1.org/8004/4000001111", "bizRules": "https://b.example/1", "example:by": "x"},
        type="Illuminance", value=800, uom="LUX", **{"example:raw": "x"})}),
    ("AggregationEvent", {"action": "OBSERVE", "parentID": ..., "childEPCs": [], "childQuantityList": [{"epcClass": CLASS}]}),
    ("AggregationEvent", {"action": "DELETE", "childEPCs": []}),
    ("AssociationEvent", {"action": "OBSERVE", "parentID": PLACE, "childQuantityList": [{"epcClass": CLASS, "quantity": 1}]}),
    ("TransactionEvent", {"epcList": [], "parentID": GRAI, "action": "OBSERVE"}),
    ("TransformationEvent", {"ilmd": {"cbvmda:lotNumber": "L"}, "transformationID": "urn:uuid:9", "inputEPCList": []}),
    ("TransformationEvent", {"inputEPCList": ..., "inputQuantityList": [{"epcClass": CLASS}], "disposition": "in_progress"}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "changes"), ALLOWED)
def test_what_is_allowed_is_taken_and_means_the_same_in_both_notations(kind: str, changes: dict[str, Any]) -> None:
    names = [FRAME["@context"], {"example": "https://ns.example.com/epcis/", "x": "urn:x:"}]
    document = parse(_document(kind, changes, **{"@context": names}))
    assert validate(document) == []
    twin = parse(to_xml(document))
    assert validate(twin) == []
    back = parse(to_json(twin))
    assert validate(back) == []
    hashes = [each.hasher().hash(each.events[0]) for each in (document, twin, back)]
    assert len(set(hashes)) == 1


_NO_EPCS: tuple[Any, ...] = (
    "", "4012345111118", "urn:epc:id:sgtin:4012345.011111", "urn:epc:id:sgtin:4012345.01111.9876", "urn:epc:id:nope:1.2",
    "urn:epc:id:sscc:4012345.000000033", "https://id.gs1.org/00/040123450000003339", "https://id.gs1.org/01/0401234511111",
    "urn:epc:id:sgtin:4012345.011111.<b>", "urn:epc:id:sgtin:4012345.011111.123456789012345678901", 7, None, {},
)  # fmt: skip
REFUSED: list[tuple[str, dict[str, Any], list[str]]] = [
    *(("ObjectEvent", {"eventTime": time}, ["/eventTime"]) for time in (
        "2024-05-01T09:30:00", "2024-05-01 09:30:00Z", "2024-13-01T00:00:00Z", "2024-02-30T00:00:00Z", "2024-05-01T24:00:01Z",
        "2024-05-01T09:30Z", "2024-05-01T09:30:00+0800", "2024-05-01T09:30:00.Z", "1714527000", "",
        "２０24-05-01T09:30:00Z", None,
    )),
    *(("ObjectEvent", {"eventTimeZoneOffset": offset}, ["/eventTimeZoneOffset"]) for offset in (
        ..., "Z", "+8:00", "0800", "+14:01", "+15:00", "08:00", "+08:60", 8, None,
    )),
    *(("ObjectEvent", {"epcList": [epc]}, ["/epcList/0"]) for epc in _NO_EPCS),
    ("ObjectEvent", {"bizStep": None}, ["/bizStep"]),
    ("ObjectEvent", {"disposition": "Active"}, ["/disposition"]),
    ("ObjectEvent", {"disposition": "urn:epcglobal:cbv:disp:sold"}, ["/disposition"]),
    ("ObjectEvent", {"epcis:bizStep": "x"}, ["/epcis:bizStep"]),
    ("ObjectEvent", {"readPoint": {"id": PLACE, "epcis:shelf": 1}}, ["/readPoint/epcis:shelf"]),
    ("ObjectEvent", {"parentID": GRAI, "childEPCs": [EPC]}, ["/childEPCs", "/parentID"]),
    ("ObjectEvent", {"ilmd": {"cbvmda:lotNumber": "L"}}, ["/ilmd"]),
    ("ObjectEvent", {"action": "DELETE", "ilmd": {}}, ["/ilmd"]),
    ("AggregationEvent", {"ilmd": {"cbvmda:lotNumber": "L"}}, ["/ilmd"]),
    ("TransactionEvent", {"ilmd": {"cbvmda:lotNumber": "L"}}, ["/ilmd"]),
    ("AssociationEvent", {"ilmd": {"cbvmda:lotNumber": "L"}}, ["/ilmd"]),
    ("AssociationEvent", {"action": "OBSERVE", "parentID": ...}, ["/parentID"]),
    ("AggregationEvent", {"parentID": None}, ["/parentID"]),
    ("AggregationEvent", {"epcList": [EPC]}, ["/epcList"]),
    ("TransformationEvent", {"epcList": [EPC]}, ["/epcList"]),
    ("TransactionEvent", {"bizTransactionList": []}, ["/bizTransactionList"]),
    ("ObjectEvent", {"quantityList": [{"epcClass": CLASS, "uom": "KGM"}]}, ["/quantityList/0/uom"]),
    ("ObjectEvent", {"quantityList": [{"epcClass": CLASS, "quantity": 1, "uom": "kg"}]}, ["/quantityList/0/uom"]),
    ("ObjectEvent", {"quantityList": [{"epcClass": "L1", "quantity": True}]}, ["/quantityList/0/epcClass",
                                                                              "/quantityList/0/quantity"]),
    ("ObjectEvent", {"quantityList": {"epcClass": CLASS}}, ["/quantityList"]),
    ("ObjectEvent", {"persistentDisposition": {"set": "active"}}, ["/persistentDisposition/set"]),
    ("ObjectEvent", {"persistentDisposition": {"set": ["nope"], "put": []}}, ["/persistentDisposition/put",
                                                                             "/persistentDisposition/set/0"]),
    ("ObjectEvent", {"sourceList": [{"type": "possessing_party", "destination": GLN}]}, ["/sourceList/0/destination",
                                                                                        "/sourceList/0/source"]),
    ("ObjectEvent", {"errorDeclaration": {"reason": "mistake"}}, ["/errorDeclaration/declarationTime",
                                                                  "/errorDeclaration/reason"]),
    ("ObjectEvent", _sensor({"time": "now"}, type="Temperature", value="26"), [
        "/sensorElementList/0/sensorMetadata/time", "/sensorElementList/0/sensorReport/0/value"]),
    ("ObjectEvent", _sensor(type="Temperature", component="w", uom="degC", temperature=1), [
        f"/sensorElementList/0/sensorReport/0/{name}" for name in ("component", "temperature", "uom")]),
    ("ObjectEvent", {"sensorElementList": [{"sensorReport": {"type": "Temperature"}}]}, ["/sensorElementList/0/sensorReport"]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "changes", "places"), REFUSED)
def test_what_is_not_allowed_is_named_where_it_stands(kind: str, changes: dict[str, Any], places: list[str]) -> None:
    faults = validate(parse(_document(kind, changes)))
    assert [fault.where.removeprefix("/epcisBody/eventList/0") for fault in faults] == places
    assert all(fault.found and fault.expected for fault in faults)


@pytest.mark.parametrize(
    ("header", "place"),
    [
        ({"@context": ...}, "/@context"),
        ({"@context": None}, "/@context"),
        ({"@context": [FRAME["@context"], 5]}, "/@context/1"),
        ({"schemaVersion": ...}, "/schemaVersion"),
        ({"schemaVersion": "1.2"}, "/schemaVersion"),
        ({"creationDate": ...}, "/creationDate"),
        ({"creationDate": "2024-05-01"}, "/creationDate"),
        ({"schemaVersion": "2.x"}, "/schemaVersion"),
        ({"note": 1}, "/note"),
        ({"epcisBody": {"eventList": [], "note": 1}}, "/epcisBody/note"),
        ({"epcisHeader": []}, "/epcisHeader"),
        ({"epcisHeader": {"epcisMasterData": {"vocabularyList": {}}}}, "/epcisHeader/epcisMasterData/vocabularyList"),
        ({"epcisHeader": {"epcisMasterData": {"vocabularyList": [{}]}}}, "/epcisHeader/epcisMasterData/vocabularyList/0/type"),
    ],
)
def test_the_frame_is_part_of_the_document(header: dict[str, Any], place: str) -> None:
    assert [fault.where for fault in validate(parse(_document("ObjectEvent", {}, **header)))] == [place]


def _xml(inner: str, root: str = "", start: str = '<?xml version="1.0"?>') -> str:
    declared = 'xmlns:epcis="urn:epcglobal:epcis:xsd:2" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:e="urn:e:"'
    dates = root or 'schemaVersion="2.0" creationDate="2024-05-01T00:00:00Z"'
    return (
        f"{start}<epcis:EPCISDocument {declared} {dates}><EPCISBody><EventList><ObjectEvent><eventTime>{WHEN['eventTime']}"
        f"</eventTime><eventTimeZoneOffset>+08:00</eventTimeZoneOffset><epcList><epc>{EPC}</epc></epcList>"
        f"<action>OBSERVE</action>{inner}</ObjectEvent></EventList></EPCISBody></epcis:EPCISDocument>"
    )


_QUANTITY = "<quantityList><quantityElement><epcClass>urn:x:1</epcClass>%s</quantityElement></quantityList>"
_REPORT = "<sensorElementList><sensorElement><sensorReport %s/></sensorElement></sensorElementList>"


@pytest.mark.parametrize(
    "body",
    [
        _xml("").encode("utf-16"),
        b"\xef\xbb\xbf" + _xml("").encode(),
        _xml("<e:name>药</e:name>", start='<?xml version="1.0" encoding="GB18030"?>').encode("gb18030"),
        _xml("<!-- c --><?pi x?><bizStep><![CDATA[urn:epcglobal:cbv:bizstep:storing]]></bizStep>").encode(),
        _xml('<e:a xsi:type="e:t">7</e:a><b xmlns="urn:other:">x</b><e:list><e:i>1</e:i><e:i at="2"/></e:list>').encode(),
        _xml(_QUANTITY % '<quantity xsi:nil="true"/>').encode(),
        _xml("<bizStep>\n urn:epcglobal:cbv:bizstep:storing </bizStep><extension><e:x>1</e:x></extension>").encode(),
    ],
)
def test_xml_as_others_write_it(body: bytes) -> None:
    document = parse(body)
    assert validate(document) == []
    twin = parse(to_json(document))
    assert validate(twin) == []
    assert twin.hasher().hash(twin.events[0]) == document.hasher().hash(document.events[0])


@pytest.mark.parametrize(
    ("inner", "root", "place"),
    [
        ("<bizStep/>", "", "/bizStep"),
        ("<bizStep>storing</bizStep><note>1</note>", "", "/note"),
        ("<epcis:note>1</epcis:note>", "", "/epcis1:note"),
        ('<disposition xsi:nil="true"/>', "", "/disposition"),
        (_QUANTITY % "<uom>KGM</uom>", "", "/quantityList/quantityElement[1]/uom"),
        (_REPORT % 'type="gs1:Temperature" value="warm"', "", "/sensorElementList/sensorElement[1]/sensorReport[1]/@value"),
        ("<ilmd><e:a>1</e:a></ilmd>", "", "/ilmd"),
        ("", 'creationDate="2024-05-01T00:00:00Z"', "/EPCISDocument/@schemaVersion"),
        ("", 'schemaVersion="2.0"', "/EPCISDocument/@creationDate"),
    ],
)  # fmt: skip
def test_faults_in_xml_have_their_path(inner: str, root: str, place: str) -> None:
    found = [fault.where for fault in validate(parse(_xml(inner, root).encode()))]
    assert [one.removeprefix("/EPCISDocument/EPCISBody/EventList/ObjectEvent[1]") for one in found] == [place]


@pytest.mark.parametrize(
    "inner",
    ["<action>ADD</action>", "<bizStep><e:x/></bizStep>", "<bizLocation><id>urn:x:1</id><id>urn:x:2</id></bizLocation>",
     "<readPoint>urn:x:1</readPoint>", "<bizTransactionList><source>urn:x:1</source></bizTransactionList>", "text"],
)  # fmt: skip
def test_elements_out_of_place_are_refused(inner: str) -> None:
    with pytest.raises(DocumentError):
        parse(_xml(inner).encode())
