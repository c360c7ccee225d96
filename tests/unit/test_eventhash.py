"""The CBV event hash: the published vectors, and what must not or must change it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from pedigree.errors import DocumentError
from pedigree.eventhash import Hasher, event_hash, prehash
from pedigree.wire import Document, parse, parse_xml, to_json, to_xml
from tests.shared_documents import documents, present, vectors

NAMESPACES = {"example": "https://ns.example.com/epcis/", "other": "https://ns.example2.com/epcis"}
EVENT: dict[str, Any] = {
    "type": "ObjectEvent",
    "eventTime": "2020-03-04T11:00:30.000+01:00",
    "eventTimeZoneOffset": "+01:00",
    "action": "OBSERVE",
    "bizStep": "departing",
    "epcList": ["urn:epc:id:sscc:4012345.0000000333", "urn:epc:id:sscc:4012345.0000000111"],
}
HEAD = (
    "eventType=ObjectEventeventTime=2020-03-04T10:00:30.000ZeventTimeZoneOffset=+01:00"
    "epcListepc=https://id.gs1.org/00/040123450000001112epc=https://id.gs1.org/00/040123450000003338"
    "action=OBSERVEbizStep=https://ref.gs1.org/cbv/BizStep-departing"
)


def _text(**fields: Any) -> str:
    """What a changed event reads after the part that all share."""
    read = prehash({**EVENT, **fields}, NAMESPACES)
    assert read.startswith(HEAD)
    return read[len(HEAD) :]


@present
@pytest.mark.parametrize("path", vectors())
def test_published_vectors(path: Path) -> None:
    document = parse(path.read_bytes())
    hasher = document.hasher()
    hashes = path.with_suffix(".hashes").read_text().split()
    assert [hasher.hash(event) for event in document.events] == hashes
    strings = path.with_suffix(".prehashes")
    if strings.exists():
        published = strings.read_text().rstrip("\n").split("\n")
        digests = [f"ni:///sha-256;{hashlib.sha256(text.encode()).hexdigest()}?ver=CBV2.0" for text in published]
        if path.stem == "epcisDocWithAllGS1Keys":
            assert digests != hashes, "this file was published damaged; its hashes are right"
        else:
            assert digests == hashes
            assert [hasher.prehash(event) for event in document.events] == published


@present
@pytest.mark.parametrize("path", documents())
def test_the_other_notation_has_the_same_hash(path: Path) -> None:
    if path.name.startswith("Example-CaptureJob"):
        return
    document = parse(path.read_bytes())
    other = parse(to_xml(document) if path.suffix == ".jsonld" else to_json(document))
    assert _hashes(other) == _hashes(document)


def _hashes(document: Document) -> list[str]:
    hasher = document.hasher()
    return [hasher.hash(event) for event in document.events]


def test_the_same_event_said_differently() -> None:
    other = {
        "bizStep": "https://ref.gs1.org/cbv/BizStep-departing",
        "epcList": ["https://id.gs1.de/00/040123450000001112", "https://id.gs1.org/00/040123450000003338?x=1"],
        "action": "OBSERVE",
        "eventTimeZoneOffset": "+01:00",
        "eventTime": "2020-03-04T10:00:30Z",
        "type": "ObjectEvent",
        "recordTime": "2021-01-01T00:00:00Z",
        "eventID": "urn:uuid:1",
        "errorDeclaration": {"declarationTime": "2021-01-01T00:00:00Z"},
        "rdfs:comment": "as announced",
    }
    assert event_hash(other) == event_hash(EVENT) == Hasher().hash({**EVENT, "bizStep": "urn:epcglobal:cbv:bizstep:departing"})
    assert prehash(EVENT) == HEAD


@pytest.mark.parametrize(
    ("fields", "read"),
    [
        ({"example:n": "007"}, "{https://ns.example.com/epcis/}n=7"),
        ({"example:n": 7.0}, "{https://ns.example.com/epcis/}n=7"),
        ({"example:n": 1e-05}, "{https://ns.example.com/epcis/}n=1e-05"),
        ({"example:n": "1e999"}, "{https://ns.example.com/epcis/}n=1e999"),
        ({"example:n": 10**400}, "{https://ns.example.com/epcis/}n=1" + "0" * 400),
        ({"example:n": True}, "{https://ns.example.com/epcis/}n=true"),
        ({"example:n": None}, "{https://ns.example.com/epcis/}n"),
        ({"example:n": "  x "}, "{https://ns.example.com/epcis/}n=x"),
        ({"example:n": "example:x"}, "{https://ns.example.com/epcis/}n=https://ns.example.com/epcis/x"),
        ({"example:n": "urn:epc:id:giai:4012345.ABC"}, "{https://ns.example.com/epcis/}n=https://id.gs1.org/8004/4012345ABC"),
        ({"example:n": ["b", "a"]}, "{https://ns.example.com/epcis/}n=a{https://ns.example.com/epcis/}n=b"),
        ({"example:n": {"other:b": "1", "example:a": "2"}}, "{https://ns.example.com/epcis/}n{https://ns.example.com/epcis/}a=2"
         "{https://ns.example2.com/epcis}b=1"),
        ({"example:n": {"#text": "x", "@example:a": "1", "@xsi:type": "xsd:string"}}, "{https://ns.example.com/epcis/}n=x"
         "{https://ns.example.com/epcis/}a=1"),
        ({"example:n": {"@xmlns:in": "urn:in:", "in:a": "1"}}, "{https://ns.example.com/epcis/}n{urn:in:}a=1"),
        ({"cbvmda:lotNumber": "L"}, "{urn:epcglobal:cbv:mda:}lotNumber=L"),
        ({"rail:x": "undeclared"}, "rail:x=undeclared"),
        # a whole URI is the name that XML would give it, and that its prefix would
        ({"https://ns.example.com/epcis/a": "x"}, "{https://ns.example.com/epcis/}a=x"),
        ({"urn:foo:bar": {"https://a.example/b#c": 1}}, "{urn:foo:}bar{https://a.example/b#}c=1"),
        ({"ilmd": {}}, "ilmd"),
        ({"certificationInfo": []}, ""),
        ({"readPoint": {"id": "geo:1,2", "example:a": "x"}}, "readPointid=geo:1,2{https://ns.example.com/epcis/}a=x"),
        # extensions of a part stay with it only when their namespace ends in a slash
        ({"readPoint": {"id": "geo:1,2", "other:a": "x"}}, "readPointid=geo:1,2readPoint{https://ns.example2.com/epcis}a=x"),
        ({"readPoint": {"example:a": "x"}}, "readPoint{https://ns.example.com/epcis/}a=x"),
        ({"persistentDisposition": {"unset": ["recalled"], "set": ["urn:epcglobal:cbv:disp:expired"]}},
         "persistentDispositionset=https://ref.gs1.org/cbv/Disp-expiredunset=https://ref.gs1.org/cbv/Disp-recalled"),
        ({"sourceList": [{"source": "urn:epc:id:pgln:4012345.00000", "type": "location"}], "bizTransactionList": []},
         "sourceListtype=https://ref.gs1.org/cbv/SDT-locationsource=https://id.gs1.org/417/4012345000009"),
        ({"sensorElementList": [{"sensorReport": [{"type": "Temperature", "time": "2020-03-04T10:00:00Z", "component": "x"}]}]},
         "sensorElementListsensorElementsensorReporttype=https://gs1.org/voc/Temperaturetime=2020-03-04T10:00:00.000Z"
         "component=https://ref.gs1.org/cbv/Comp-x"),
    ],
)  # fmt: skip
def test_how_values_and_extensions_read(fields: dict[str, Any], read: str) -> None:
    assert _text(**fields) == read


def test_an_event_may_bring_its_own_context() -> None:
    assert _text(**{"@context": [{"mine": "urn:mine:"}], "mine:a": "mine:b"}) == "{urn:mine:}a=urn:mine:b"


def test_what_looks_short_for_a_uri_is_so_in_json_only() -> None:
    assert prehash({**EVENT, "example:n": "example:x"}, NAMESPACES, curies=False).endswith("n=example:x")
    assert prehash({**EVENT, "example:n": "gs1:Temperature"}, curies=False).endswith("n=https://gs1.org/voc/Temperature")


def test_a_word_of_one_field_is_no_word_elsewhere() -> None:
    """The hash of an event must not depend on which words its neighbours in the document use."""
    assert _text(**{"example:status": "departing"}) == "{https://ns.example.com/epcis/}status=departing"
    assert "disposition=departing" in _text(disposition="departing")


def test_impossible_times_are_refused() -> None:
    with pytest.raises(DocumentError):
        event_hash({**EVENT, "eventTime": "2020-02-30T00:00:00Z"})


def test_xml_notation_is_no_content() -> None:
    body = """<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
      xmlns:e="https://ns.example.com/epcis/" xmlns:d="http://www.w3.org/2000/01/rdf-schema#"><EPCISBody><EventList><ObjectEvent>
      <eventTime>2020-03-04T11:00:30.000+01:00</eventTime><eventTimeZoneOffset>+01:00</eventTimeZoneOffset>
      <epcList><epc>urn:epc:id:sscc:4012345.0000000333</epc><epc>urn:epc:id:sscc:4012345.0000000111</epc></epcList>
      <action>OBSERVE</action><bizStep>urn:epcglobal:cbv:bizstep:departing</bizStep>
      <d:comment>no content</d:comment>%s</ObjectEvent></EventList></EPCISBody></epcis:EPCISDocument>"""
    typed = parse_xml((body % '<e:n xsi:type="xsd:integer">007</e:n>').encode())
    assert typed.hasher().hash(typed.events[0]) == event_hash({**EVENT, "example:n": "7"}, NAMESPACES)
