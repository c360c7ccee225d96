"""XML documents of EPCIS 2.0 and 1.2."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from pedigree.errors import DocumentError
from pedigree.wire import Document, parse, parse_event, parse_xml, to_json, to_xml, where
from tests.shared_documents import documents, present, vectors, xml_meaning

WHEN = "<eventTime>2024-05-01T09:30:00.000+08:00</eventTime><eventTimeZoneOffset>+08:00</eventTimeZoneOffset>"


def _frame(events: str, declared: str = "", header: str = "") -> bytes:
    return (
        f'<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xmlns:e="https://ns.example.com/epcis/" {declared} schemaVersion="2.0" creationDate="2024-05-01T00:00:00Z">{header}'
        f"<EPCISBody><EventList>{events}</EventList></EPCISBody></epcis:EPCISDocument>"
    ).encode()


def _object(inner: str) -> str:
    return f"<ObjectEvent>{WHEN}<epcList/><action>OBSERVE</action>{inner}</ObjectEvent>"


def _meaning(body: bytes) -> Any:
    return xml_meaning(etree.fromstring(body, etree.XMLParser(remove_comments=True)))


def _same_after_writing(body: bytes) -> Document:
    document = parse_xml(body)
    assert _meaning(to_xml(document)) == _meaning(body)
    assert parse(to_json(document)).hasher().hash(document.events[0]) == document.hasher().hash(document.events[0])
    return document


@present
@pytest.mark.parametrize("path", documents(".xml"))
def test_published_documents_come_back_as_they_were(path: Path) -> None:
    body = path.read_bytes()
    if path.name.startswith("Example-CaptureJob"):
        with pytest.raises(DocumentError, match="EPCISCaptureJob"):
            parse_xml(body)
        return
    assert _meaning(to_xml(parse_xml(body))) == _meaning(body)


def _twins() -> list[Any]:
    return [one for one in vectors() if one.values[0].suffix == ".xml" and one.values[0].with_suffix(".jsonld").exists()]


@present
@pytest.mark.parametrize("path", _twins())
def test_twins_are_the_same_events(path: Path) -> None:
    """Words and CURIEs are written as JSON writes them, to compare; everything else is equal as it is read."""
    read = json.loads(to_json(parse(path.read_bytes())))["epcisBody"]["eventList"]
    twin = json.loads(to_json(parse(path.with_suffix(".jsonld").read_bytes())))["epcisBody"]["eventList"]
    for one, other in zip(read, twin, strict=True):
        for event in (one, other):
            event["eventTime"] = event["eventTime"].replace(".000", "")
        assert one == other


@pytest.mark.parametrize(
    ("inner", "read"),
    [
        ("<e:a>x</e:a>", "x"),
        ("<e:a/>", ""),
        ("<e:a> kept as it is </e:a>", " kept as it is "),
        ('<e:a xsi:nil="true"/>', None),
        ('<e:a xsi:type="e:t">7</e:a>', {"@xsi:type": "e:t", "#text": "7"}),
        ('<e:a e:b="1" c="2">x</e:a>', {"@e:b": "1", "@c": "2", "#text": "x"}),
        ("<e:a>x</e:a><e:a>y</e:a><e:a/>", ["x", "y", ""]),
        ("<e:a><e:b><e:c>1</e:c></e:b><e:b e:d='2'/></e:a>", {"e:b": [{"e:c": "1"}, {"@e:d": "2"}]}),
        ("<e:a>before<e:b>in</e:b>after</e:a>", {"#text": "before", "e:b": {"#text": "in", "#tail": "after"}}),
        ("<e:a>one<!-- no content -->two</e:a>", "onetwo"),
        ("<e:a><![CDATA[<&>]]></e:a>", "<&>"),
        ('<e:a xml:lang="zh">药</e:a>', {"@xml:lang": "zh", "#text": "药"}),
    ],
)
def test_extensions_survive(inner: str, read: Any) -> None:
    body = _frame(_object(inner))
    document = parse_xml(body)
    assert document.events[0]["e:a"] == read
    expected = body.replace(b"<!-- no content -->", b"")
    assert _meaning(to_xml(document)) == _meaning(expected)


def test_namespaces_declared_anywhere() -> None:
    body = _frame(
        _object('<e:a><x:b xmlns:x="urn:one"/><x:b xmlns:x="urn:two"/><c xmlns="urn:three" xmlns:e="urn:four" e:d="1"/></e:a>')
        + _object('<ns0:z xmlns:ns0="urn:five"><ns1:y xmlns:ns1="urn:six" ns1:w="2"/></ns0:z>')
    )
    document = _same_after_writing(body)
    inner = {f"urn:{number}" for number in ("one", "two", "three", "four", "five", "six")}
    assert set(document.namespaces.values()) == {"https://ns.example.com/epcis/", *inner}
    assert json.loads(to_json(document))["@context"][1] == document.namespaces


def test_every_standard_part_is_read_as_json_has_it() -> None:
    event = f"""<AssociationEvent>{WHEN}<eventID>urn:uuid:1</eventID>
      <errorDeclaration><declarationTime>2024-05-02T00:00:00Z</declarationTime><reason>urn:epcglobal:cbv:er:incorrect_data</reason>
        <correctiveEventIDs><correctiveEventID>urn:uuid:2</correctiveEventID></correctiveEventIDs><e:who>x</e:who></errorDeclaration>
      <certificationInfo>https://c.example/1</certificationInfo><certificationInfo>https://c.example/2</certificationInfo>
      <parentID>urn:epc:id:grai:4012345.55555.987</parentID><childEPCs/><action>ADD</action>
      <readPoint><id>geo:1,2</id><e:shelf>3</e:shelf></readPoint>
      <bizTransactionList><bizTransaction>urn:x:1</bizTransaction>
        <bizTransaction type="urn:epcglobal:cbv:btt:po">urn:x:2</bizTransaction></bizTransactionList>
      <childQuantityList><quantityElement><epcClass>urn:epc:idpat:sgtin:4012345.044444.*</epcClass><quantity>600</quantity>
        <uom>KGM</uom><e:q>1</e:q></quantityElement>
        <quantityElement><epcClass>urn:c</epcClass><quantity xsi:nil="true"/></quantityElement></childQuantityList>
      <sourceList><source type="urn:epcglobal:cbv:sdt:location">urn:s</source></sourceList>
      <sensorElementList><sensorElement><sensorMetadata time="2024-05-01T00:00:00Z" e:m="1"/>
        <sensorReport type="gs1:Temperature" value="26.0" booleanValue="1" minValue="-1e-3" e:r="2"><e:n>3</e:n></sensorReport>
        <e:s>4</e:s></sensorElement></sensorElementList>
      <persistentDisposition><unset>urn:epcglobal:cbv:disp:active</unset><set>urn:epcglobal:cbv:disp:recalled</set></persistentDisposition>
      <ilmd e:v="1"><e:lot>L</e:lot></ilmd></AssociationEvent>"""
    document = _same_after_writing(_frame(event).replace(b'booleanValue="1"', b'booleanValue="true"'))
    read = parse_xml(_frame(event)).events[0]
    assert read == document.events[0]
    assert read["childEPCs"] == []
    assert read["certificationInfo"] == ["https://c.example/1", "https://c.example/2"]
    assert read["errorDeclaration"]["correctiveEventIDs"] == ["urn:uuid:2"]
    assert read["readPoint"] == {"id": "geo:1,2", "e:shelf": "3"}
    assert read["bizTransactionList"][0] == {"bizTransaction": "urn:x:1"}
    assert read["bizTransactionList"][1] == {"type": "urn:epcglobal:cbv:btt:po", "bizTransaction": "urn:x:2"}
    assert read["childQuantityList"][0]["quantity"] == 600
    assert read["childQuantityList"][1]["quantity"] is None
    report = read["sensorElementList"][0]["sensorReport"][0]
    assert report == {
        **{"type": "gs1:Temperature", "value": 26, "booleanValue": True, "minValue": -0.001},
        **{"e:r": "2", "e:n": {"#text": "3"}},
    }
    assert read["persistentDisposition"]["unset"] == ["urn:epcglobal:cbv:disp:active"]
    assert read["persistentDisposition"]["set"] == ["urn:epcglobal:cbv:disp:recalled"]
    assert read["ilmd"] == {"@e:v": "1", "e:lot": "L"}


def test_version_1_2_becomes_2_0() -> None:
    old = f"""<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:1" xmlns:e="https://ns.example.com/epcis/"
      schemaVersion="1.2" creationDate="2019-01-01T00:00:00Z"><EPCISBody><EventList>
      <ObjectEvent>{WHEN}<baseExtension><eventID>urn:uuid:1</eventID><errorDeclaration>
        <declarationTime>2024-05-02T00:00:00Z</declarationTime></errorDeclaration></baseExtension><epcList/><action>ADD</action><extension><quantityList><quantityElement>
        <epcClass>urn:epc:class:lgtin:4012345.012345.998877</epcClass><quantity>200</quantity></quantityElement></quantityList>
        <sourceList><source type="urn:epcglobal:cbv:sdt:location">urn:s</source></sourceList>
        <ilmd><extension><e:lot>L</e:lot></extension></ilmd>
        <extension><e:deep>1</e:deep></extension></extension><e:own>2</e:own></ObjectEvent>
      <AggregationEvent>{WHEN}<parentID>urn:p</parentID><childEPCs/><action>ADD</action>
        <extension><childQuantityList/></extension></AggregationEvent>
      <QuantityEvent>{WHEN}<epcClass>urn:c</epcClass><quantity>5</quantity><bizStep>urn:epcglobal:cbv:bizstep:holding</bizStep></QuantityEvent>
      <extension><TransformationEvent>{WHEN}<inputEPCList><epc>urn:i</epc></inputEPCList></TransformationEvent></extension>
      </EventList></EPCISBody></epcis:EPCISDocument>"""
    document = parse_xml(old.encode())
    first, second, third, fourth = document.events
    assert document.source == "xml12"
    assert first["eventID"] == "urn:uuid:1"
    assert first["quantityList"] == [{"epcClass": "urn:epc:class:lgtin:4012345.012345.998877", "quantity": 200}]
    assert (first["ilmd"], first["e:deep"], first["e:own"]) == ({"e:lot": "L"}, "1", "2")
    assert second["childQuantityList"] == []
    assert (third["type"], third["action"]) == ("ObjectEvent", "OBSERVE")
    assert third["quantityList"] == [{"epcClass": "urn:c", "quantity": 5}]
    assert (fourth["type"], fourth["inputEPCList"]) == ("TransformationEvent", ["urn:i"])
    again = parse_xml(to_xml(document))
    assert (again.events, again.source, again.header["schemaVersion"]) == (document.events, "xml", "2.0")
    assert [child.tag for child in etree.fromstring(to_xml(document)).find(".//ObjectEvent")][2:7] == [  # type: ignore[union-attr]
        "eventID", "errorDeclaration", "epcList", "action", "quantityList"]  # fmt: skip
    assert json.loads(to_json(document))["schemaVersion"] == "2.0"


def test_the_header_survives() -> None:
    header = """<EPCISHeader><sbdh:StandardBusinessDocumentHeader
      xmlns:sbdh="http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"><sbdh:HeaderVersion>1.0</sbdh:HeaderVersion>
      <sbdh:Sender><sbdh:Identifier Authority="GS1">urn:sender</sbdh:Identifier></sbdh:Sender>
      <sbdh:Receiver><sbdh:Identifier>urn:receiver</sbdh:Identifier></sbdh:Receiver>
      <sbdh:DocumentIdentification><sbdh:InstanceIdentifier>77</sbdh:InstanceIdentifier></sbdh:DocumentIdentification>
      </sbdh:StandardBusinessDocumentHeader><extension><EPCISMasterData><VocabularyList>
      <Vocabulary type="urn:epcglobal:epcis:vtype:BusinessLocation"><VocabularyElementList>
      <VocabularyElement id="urn:epc:id:sgln:0037000.00729.0"><attribute id="urn:epcglobal:cbv:mda#latitude">+18.0</attribute>
      <attribute id="urn:x:address"><e:street e:n="1">A</e:street></attribute>
      <children><id>urn:epc:id:sgln:0037000.00729.8201</id></children></VocabularyElement></VocabularyElementList></Vocabulary>
      </VocabularyList></EPCISMasterData></extension></EPCISHeader>"""
    document = _same_after_writing(_frame(_object(""), header=header))
    found = [document.header[name] for name in ("sender", "receiver", "instanceIdentifier")]
    assert found == ["urn:sender", "urn:receiver", "77"]
    (vocabulary,) = document.header["epcisHeader"]["epcisMasterData"]["vocabularyList"]
    (element,) = vocabulary["vocabularyElementList"]
    assert element["attributes"][0] == {"id": "urn:epcglobal:cbv:mda#latitude", "attribute": "+18.0"}
    assert element["children"] == ["urn:epc:id:sgln:0037000.00729.8201"]


def test_parties_of_a_json_document_become_a_business_header() -> None:
    frame = {"type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2024-05-01T00:00:00Z", "sender": "urn:a"}
    body = json.dumps({**frame, "receiver": "urn:b", "instanceIdentifier": "5", "epcisBody": {"eventList": []}}).encode()
    again = parse_xml(to_xml(parse(body)))
    assert [again.header[name] for name in ("sender", "receiver", "instanceIdentifier")] == ["urn:a", "urn:b", "5"]


def test_query_documents() -> None:
    body = f"""<q:EPCISQueryDocument xmlns:q="urn:epcglobal:epcis-query:xsd:2" schemaVersion="2.0"
      creationDate="2024-05-01T00:00:00Z"><EPCISBody><q:QueryResults><queryName>SimpleEventQuery</queryName><resultsBody>
      <EventList>{_object("")}</EventList></resultsBody></q:QueryResults></EPCISBody></q:EPCISQueryDocument>""".encode()
    document = _same_after_writing(body)
    assert json.loads(to_json(document))["epcisBody"]["queryResults"]["queryName"] == "SimpleEventQuery"


@pytest.mark.parametrize("root", ["<ObjectEvent", '<p:ObjectEvent xmlns:p="urn:epcglobal:epcis:xsd:2"'])
def test_one_event_alone(root: str) -> None:
    tag = root.split()[0][1:]
    body = f'{root} xmlns:e="urn:e">{WHEN}<action>ADD</action><e:a>1</e:a></{tag}>'.encode()
    document = parse_event(body)
    assert (document.events[0]["type"], document.events[0]["e:a"], document.header) == ("ObjectEvent", "1", {})
    assert parse_event(to_xml(document)).events == document.events
    assert json.loads(to_json(document))["action"] == "ADD"
    assert where(document, 0, ("action",)) == "/ObjectEvent[1]/action"


@pytest.mark.parametrize(
    ("events", "place"),
    [
        (_object("<action>ADD</action>"), "action[2]"),
        (_object("<bizStep><x/></bizStep>"), "bizStep"),
        (_object('<bizStep a="1">x</bizStep>'), "bizStep"),
        (_object("<quantityList><epc>x</epc></quantityList>"), "quantityList/epc"),
        (_object("<sourceList><source type='t'>a<b/></source></sourceList>"), "source"),
        (_object("<type>x</type>"), "type"),
        (_object("<sensorElementList><sensorReport/></sensorElementList>"), "sensorReport"),
    ],
)
def test_elements_out_of_place_are_named(events: str, place: str) -> None:
    with pytest.raises(DocumentError) as refused:
        parse_xml(_frame(events))
    assert refused.value.faults[0].where.startswith("/epcis:EPCISDocument/EPCISBody/EventList/ObjectEvent")
    assert refused.value.faults[0].where.endswith(place)


def test_places_are_xpaths() -> None:
    document = parse_xml(_frame(_object("") + f"<AggregationEvent>{WHEN}</AggregationEvent>" + _object("")))
    path = "/EPCISDocument/EPCISBody/EventList/ObjectEvent[2]"
    assert where(document, 2, ("epcList", 2)) == path + "/epcList/epc[3]"
    assert where(document, 2, ("bizTransactionList", 0, "type")) == path + "/bizTransactionList/bizTransaction[1]/@type"
    assert where(document, 2, ("sourceList", 0, "source")) == path + "/sourceList/source[1]"
    assert where(document, 2, ("sensorElementList", 0, "sensorReport", 1, "value")) == (
        path + "/sensorElementList/sensorElement[1]/sensorReport[2]/@value"
    )


@pytest.mark.parametrize("extra", [{"e x:y": 1}, {"x:1": 1}, {"x:a": "\x01"}, {"x:a": "￿"}, {":a": 1}, {"x:": 1}])
def test_what_xml_cannot_say_is_an_error_of_the_document(extra: dict[str, Any]) -> None:
    event = {"type": "ObjectEvent", "eventTime": "2024-05-01T09:30:00Z", **extra}
    document = parse_event(json.dumps(event).encode())
    with pytest.raises(DocumentError):
        to_xml(document)
