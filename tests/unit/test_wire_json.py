"""JSON-LD documents: read strictly, written back as they were."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pedigree.errors import DocumentError
from pedigree.wire import Limits, parse, parse_event, parse_json, to_json, where
from tests.shared_documents import documents, present

EVENT = {"type": "ObjectEvent", "eventTime": "2024-05-01T09:30:00Z", "eventTimeZoneOffset": "+00:00", "action": "OBSERVE"}


def _document(**more: Any) -> dict[str, Any]:
    return {"type": "EPCISDocument", "schemaVersion": "2.0", "epcisBody": {"eventList": [EVENT]}, **more}


def _refused(body: bytes, **limits: int) -> DocumentError:
    with pytest.raises(DocumentError) as refused:
        parse_json(body, Limits(**limits) if limits else None)
    assert refused.value.faults
    return refused.value


@present
@pytest.mark.parametrize("path", documents(".jsonld"))
def test_published_documents_come_back_as_they_were(path: Path) -> None:
    body = path.read_bytes()
    assert json.loads(to_json(parse_json(body))) == json.loads(body)


@pytest.mark.parametrize(
    "document",
    [
        _document(**{"@context": "https://example.org/context"}),
        _document(**{"@context": {"example": "https://ns.example.com/"}}),
        _document(**{"@context": []}) | {"id": "https://id.example.org/1", "example:note": {"a": [1, None, True, [2]]}},
        _document(epcisBody={"event": EVENT, "example:more": 1}),
        _document(epcisBody={"eventList": []}),
        _document(
            type="EPCISQueryDocument",
            epcisBody={"queryResults": {"queryName": "q", "resultsBody": {"eventList": [EVENT], "x:y": 1}, "x:s": "s"}},
        ),
        _document(epcisHeader={"epcisMasterData": {"vocabularyList": [{"type": "urn:x", "vocabularyElementList": []}]}}),
        _document(epcisBody={"eventList": [{**EVENT, "@context": [{"in": "urn:in:"}], "in:a": {"@id": "x"}}]}),
    ],
)
def test_nothing_is_lost(document: dict[str, Any]) -> None:
    before = json.dumps(document)
    read = parse_json(before.encode())
    written = json.loads(to_json(read))
    assert written == document
    assert json.loads(to_json(read)) == written, "writing changes nothing"


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "JSON"),
        (b"{", "JSON"),
        (b"[]", "a list"),
        (b"12", "a number"),
        (b'{"type": "EPCISDocument"}', "nothing"),
        (b'{"epcisBody": {}}', "no type"),
        (b'{"type": "EPCISCaptureJob"}', "EPCISCaptureJob"),
        (b'{"type": ["EPCISDocument"]}', "EPCISDocument"),
        (b'{"type": "EPCISDocument", "epcisBody": []}', "a list"),
        (b'{"type": "EPCISDocument", "epcisBody": {"eventList": {}}}', "an object"),
        (b'{"type": "EPCISDocument", "epcisBody": {"eventList": [1, {}, "x"]}}', "a number"),
        (b'{"type": "EPCISQueryDocument", "epcisBody": {"eventList": []}}', "queryResults"),
        (b'{"type": "EPCISDocument", "a": 1, "a": 1}', "'a' twice"),
        (b'{"type": "EPCISDocument", "epcisBody": {"eventList": [{"x": {"b": 1, "\\u0062": 2}}]}}', "'b' twice"),
        (b'{"type": NaN}', "JSON"),
        (b'{"type": -Infinity}', "JSON"),
        (b'{"type": 1e999}', "range"),
        (b'{"type": "\xff"}', "UTF-8"),
        (b'{"type": "\\ud800"}', "JSON"),
        (b'{"type": ' + b"9" * 6000 + b"}", "range"),
        (b'{"a":' * 100_000, "nesting"),
        (b"[" * 100_000 + b"]" * 100_000, "nesting"),
    ],
)
def test_what_is_no_document_is_refused_with_a_reason(body: bytes, word: str) -> None:
    error = _refused(body)
    assert word in str(error)
    assert len(str(error)) < 500


def test_all_faults_of_the_frame_are_listed() -> None:
    error = _refused(b'{"type": "EPCISDocument", "epcisBody": {"eventList": [1, {}, "x", null]}}')
    assert [fault.where for fault in error.faults] == [f"/epcisBody/eventList/{at}" for at in (0, 2, 3)]


def test_limits() -> None:
    deep: Any = "x"
    for _ in range(60):
        deep = [deep]
    parse_json(json.dumps(_document(**{"x:deep": deep})).encode())
    for _ in range(4):
        deep = [deep]
    assert "64 levels" in str(_refused(json.dumps(_document(**{"x:deep": deep})).encode()))
    long = json.dumps(_document(**{"x:a~/b": ["", "x" * 70_000], "y" * 70_000: 1})).encode()
    faults = _refused(long).faults
    assert {fault.where for fault in faults} == {"", "/x:a~0~1b/1"}
    assert parse_json(long, Limits(text=80_000)).events == [EVENT]


def test_a_byte_order_mark_is_no_fault() -> None:
    assert parse(b"\xef\xbb\xbf" + json.dumps(_document()).encode()).events == [EVENT]


def test_one_event_alone() -> None:
    alone = {"@context": ["https://ref.gs1.org/x", {"example": "urn:e:"}], **EVENT, "example:a": 1}
    document = parse_event(json.dumps(alone).encode(), "application/json")
    assert document.events == [{**EVENT, "example:a": 1}]
    assert document.namespaces == {"example": "urn:e:"}
    assert json.loads(to_json(document)) == alone
    assert where(document, 0, ("epcList", 3)) == "/epcList/3"


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"type": "Event"}', b'{"type": "EPCISDocument", "epcisBody": {}}'])
def test_what_is_not_one_event_is_refused(body: bytes) -> None:
    with pytest.raises(DocumentError):
        parse_event(body)


def test_places_are_json_pointers() -> None:
    listed = parse_json(json.dumps(_document()).encode())
    assert where(listed, 0, ("x:a/b", 2)) == "/epcisBody/eventList/0/x:a~1b/2"
    single = parse_json(json.dumps(_document(epcisBody={"event": EVENT})).encode())
    assert where(single, 0, ("action",)) == "/epcisBody/event/action"


@pytest.mark.parametrize(
    ("media", "is_xml"),
    [("application/xml", True), ("text/xml; charset=utf-8", True), ("application/ld+json", False), ("a/b+xml", True)],
)
def test_the_content_type_decides(media: str, is_xml: bool) -> None:
    with pytest.raises(DocumentError) as refused:
        parse(b"?", media)
    assert ("XML" in str(refused.value)) is is_xml


@pytest.mark.parametrize("body", [b"", b"  \n "])
def test_an_empty_body_says_so(body: bytes) -> None:
    with pytest.raises(DocumentError, match="empty"):
        parse(body)
