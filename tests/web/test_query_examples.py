"""Every published document: captured, and queried back equal in meaning, in both notations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pedigree.errors import DocumentError
from pedigree.eventhash import event_hash
from pedigree.wire import Document, parse
from services.epcis import validate
from tests import shared_documents as shared
from tests.web.query_world import QueryWorld, segment

pytestmark = shared.present
_ADDED = ("recordTime", "eventID", "@context")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[QueryWorld]:
    made = QueryWorld(tmp_path)
    yield made
    made.close()


def hashes(document: Document) -> list[str]:
    hasher = document.hasher()
    return sorted({hasher.hash(event) for event in document.events})


def declared(document: Document) -> list[bool]:
    return sorted("errorDeclaration" in event for event in document.events)


def plain(event: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in event.items() if key not in _ADDED}


@pytest.mark.parametrize("path", shared.documents())
def test_a_document_comes_back_as_it_was(world: QueryWorld, path: Path) -> None:
    body = path.read_bytes()
    try:
        document = parse(body)
    except DocumentError:
        pytest.skip("no EPCIS document")
    media = "application/json" if document.source == "json" else "application/xml"
    if validate(document) or document.header.get("type") != "EPCISDocument":
        answer = world.client.post("/capture", content=body, headers={**world.maker, "Content-Type": media})
        assert answer.status_code == 400
        return
    world.send(body, media)
    expected = hashes(document)
    for accept in ("application/json", "application/xml"):
        back = parse(world.get("/events", headers={"Accept": accept}, perPage=1000).content, accept)
        assert hashes(back) == expected
        if document.source == "json":
            assert declared(back) == declared(document) or len(back.events) < len(document.events)
        assert all("recordTime" in event and "eventID" in event for event in back.events)
    if document.source == "json":
        kept = world.get("/events", perPage=1000).json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        given = [msgspec.json.encode(plain(event), order="sorted") for event in document.events]
        assert {msgspec.json.encode(plain(event), order="sorted") for event in kept} == set(given)
    for row in world.graph.find_events(limit=1000).items:  # its own JSON has its hash, whatever notation it came in
        assert event_hash(msgspec.json.decode(row.json))[14:78] == row.hash.hex()
    first = world.ask()[0]
    assert world.get(f"/events/{segment(first['eventID'])}").json()["eventTime"] == first["eventTime"]
