"""Whatever arrives: a document, or an error that names what is wrong. Never another exception, never a fault too late."""

from __future__ import annotations

import json
import tracemalloc

import pytest

from pedigree.errors import DocumentError
from pedigree.events import read_event
from pedigree.wire import parse, parse_event, to_json, to_xml
from services.epcis import validate, warnings
from tests.property.mutants import mutants
from tests.shared_documents import documents


def _take(body: bytes) -> str:
    """What capture does. A document without faults must be readable, hashable and writable."""
    try:
        document = parse(body)
    except DocumentError as refused:
        return "refused" if refused.faults else "refused without a word"
    faults = validate(document)
    json.loads(to_json(document))
    try:
        to_xml(document)
    except DocumentError:
        pass
    if faults:
        assert all(fault.where or fault.found for fault in faults)
        return "faults"
    hasher = document.hasher()
    for event in document.events:
        read_event(event)
        assert hasher.hash(event).startswith("ni:///sha-256;")
    warnings(document)
    return "taken"


def _run(seed: int, count: int) -> None:
    samples = [path.values[0].read_bytes() for path in documents()]
    found: dict[str, int] = {}
    for number, (name, body) in enumerate(mutants(seed, count, samples)):
        try:
            outcome = _take(body)
        except Exception as error:
            raise AssertionError(f"mutant {number} of seed {seed} ({name}): {body[:3000]!r}") from error
        found[outcome] = found.get(outcome, 0) + 1
    assert set(found) == {"refused", "faults", "taken"}
    assert min(found.get(outcome, 0) for outcome in ("refused", "faults", "taken")) > count // 50, found


def test_mutated_documents() -> None:
    _run(seed=20240501, count=700)


@pytest.mark.slow
def test_ten_thousand_mutated_documents() -> None:
    _run(seed=1, count=10_000)


@pytest.mark.parametrize(
    "body",
    [
        b'{"type": "EPCISDocument", "x:y": "' + b"x" * 10_000_000 + b'"}',
        b'{"type": "EPCISDocument", "epcisBody": {"eventList": [' + b"{}," * 20_000 + b"{}]}}",
        b'{"type": "EPCISDocument", "epcisBody": {"event": {"type": "ObjectEvent", "epcList": [' + b'"",' * 150_000 + b"1]}}}",
        b'<a>' + b"<b/>" * 150_000 + b"</a>",
        b"<a " + b" ".join(b'a%d="x"' % number for number in range(50_000)) + b"/>",
        b"[" * 3_000_000,
    ],
    ids=["text", "events", "epcs", "elements", "attributes", "nesting"],
)  # fmt: skip
def test_memory_is_bounded(body: bytes) -> None:
    tracemalloc.start()
    try:
        _take(body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100_000_000


@pytest.mark.parametrize("body", [b"{}", b"[]", b"<a/>", b"null", b'{"type": "ObjectEvent"}', b"<ObjectEvent/>", b'"x"'])
def test_single_events_too(body: bytes) -> None:
    try:
        document = parse_event(body)
    except DocumentError:
        return
    faults = validate(document)
    assert {fault.where for fault in faults} >= {"/ObjectEvent[1]/eventTime" if body.startswith(b"<") else "/eventTime"}
    assert parse_event(to_json(document)).events == document.events
