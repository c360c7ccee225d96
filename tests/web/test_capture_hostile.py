"""Bodies made to break a parser: each is a 4xx problem that says where, none leaves anything behind."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from tests.unit.test_registry import GTIN
from tests.web.capture_world import XML, alone, document, event, text, unit
from tests.web.edge import documents
from tests.web.test_capture import World

XML_TYPE = {"Content-Type": "application/xml"}
GOOD = text(document(event(1), event(2)))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(Path(tmp_path_factory.mktemp("hostile")))


def deep(levels: int) -> bytes:
    return GOOD.replace(b'"action"', b'"example:deep": ' + b"[" * levels + b"]" * levels + b', "action"', 1)


def entity_bomb() -> bytes:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    subset = f'<!DOCTYPE x [<!ENTITY e0 "x">{entities}]>'.encode()
    return XML.replace(b"<epcis:", subset + b"<epcis:", 1).replace(b"commissioning", b"&e11;")


JSON_BODIES: dict[str, bytes] = {
    "nothing": b"",
    "null": b"null",
    "a number": b"12",
    "a list": b"[]",
    "no events": text(document(epcisBody={})),
    "cut off": GOOD[:-20],
    "bad UTF-8": GOOD.replace(b"commissioning", b"\xff\xfe", 1),
    "a lone surrogate": GOOD.replace(b"commissioning", b"\\ud800", 1),
    "NaN": GOOD.replace(b'"ADD"', b"NaN", 1),
    "a key twice": GOOD.replace(b'"action"', b'"action": "DELETE", "action"', 1),
    "deep nesting": deep(100_000),
    "ten megabytes of text": GOOD.replace(b"commissioning", b"x" * 10_000_000, 1),
    "year 0000": text(document(event(eventTime="0000-01-01T00:00:00Z"))),
    "year 10000": text(document(event(eventTime="10000-01-01T00:00:00Z"))),
    "a day that is none": text(document(event(eventTime="2026-02-30T00:00:00Z"))),
    "a time zone that is none": text(document(event(eventTimeZoneOffset="+25:00"))),
    "a wrong check digit": text(document(event(epcList=[f"https://id.gs1.org/01/{GTIN[:-1]}{(int(GTIN[-1]) + 1) % 10}/21/1"]))),
    "a lost group separator": text(document(event(epcList=[f"https://id.gs1.org/01/{GTIN}/21/{'1' * 25}"]))),
    "an AI twice": text(document(event(epcList=[f"https://id.gs1.org/01/{GTIN}/21/1/21/2"]))),
    "a number for a text": text(document(event(bizStep=5))),
    "a text for a list": text(document(event(epcList=unit(1)))),
    "a list of objects": text(document(event(epcList=[{}]))),
    "an unknown type": text(document(event(type="SubjectEvent"))),
    "no action": text(document({k: v for k, v in event().items() if k != "action"})),
    "a query document": GOOD.replace(b"EPCISDocument", b"EPCISQueryDocument", 1),
    "too many children": text(document(event(epcList=[unit(n) for n in range(10_001)]))),
}
XML_BODIES: dict[str, bytes] = {
    "an entity bomb": entity_bomb(),
    "an outside entity": XML.replace(b"<epcis:", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><epcis:', 1),
    "an outside DTD": XML.replace(b"<epcis:", b'<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd" []><epcis:', 1),
    "not closed": XML[:-10],
    "nothing": b"",
    "deep": XML.replace(b"<ObjectEvent>", b"<ObjectEvent>" + b"<a>" * 50_000 + b"</a>" * 50_000, 1),
    "another root": b"<html/>",
    "UTF-7": XML.replace(b"UTF-8", b"UTF-7", 1),
    "a nul": XML.replace(b"ADD", b"\x00", 1),
    "JSON": GOOD,
}


def refused(world: World, path: str, body: bytes, **headers: str) -> dict[str, Any]:
    answer = world.post(path, body, **headers)
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text[:500])
    assert answer.headers["content-type"] == "application/problem+json"
    made: dict[str, Any] = answer.json()
    assert len(answer.content) < 200_000
    assert made["detail"]
    return made


@pytest.mark.parametrize("name", JSON_BODIES)
def test_json(world: World, name: str) -> None:
    made = refused(world, "/capture", JSON_BODIES[name])
    assert made["faults"], "the fault is not named"
    assert documents(world.services) == []


@pytest.mark.parametrize("name", XML_BODIES)
def test_xml(world: World, name: str) -> None:
    made = refused(world, "/capture", XML_BODIES[name], **XML_TYPE)
    assert "root:" not in str(made)
    assert documents(world.services) == []


def test_numbers_beyond_64_bits_survive(tmp_path: Path) -> None:
    world = World(tmp_path)
    big = alone(event("big", **{"example:n": 0}))
    big["@context"] = [big["@context"], {"example": "https://example.org/"}]
    body = text(big).replace(b'"example:n": 0', b'"example:n": 123456789012345678901234567890')
    assert world.post("/events", body).status_code == 201
    assert b"123456789012345678901234567890" in documents(world.services)[0].events[0].event


JUNK = (b'"', b"{", b"]", b"\\u0000", b"<", b"&", b"1e999", b"-", b"%00", b"\x1d", b"null", b"9" * 30)


def mutated(body: bytes, random_: random.Random) -> bytes:
    made = bytearray(body)
    for _ in range(random_.randint(1, 4)):
        at = random_.randrange(len(made))
        kind = random_.randrange(5)
        if kind == 0:
            made[at] = random_.randrange(256)
        elif kind == 1:
            del made[at : at + random_.randint(1, 30)]
        elif kind == 2:
            made[at:at] = made[at : at + random_.randint(1, 30)]
        elif kind == 3:
            made[at:at] = random_.choice(JUNK)
        else:
            other = random_.randrange(len(made))
            made[at : at + 10] = made[other : other + 10]
        if not made:
            made += b" "
    return bytes(made)


@pytest.mark.parametrize(("body", "headers"), [(GOOD, {}), (XML, XML_TYPE)], ids=["json", "xml"])
def test_mutated_documents_never_break_the_service(tmp_path: Path, body: bytes, headers: dict[str, str]) -> None:
    world = World(tmp_path)
    random_ = random.Random(7)
    accepted = 0
    for _ in range(250):
        answer = world.post("/capture", mutated(body, random_), **headers)
        assert answer.status_code < 500, answer.text
        if answer.status_code == 202:
            accepted += 1
        else:
            assert answer.json()["detail"]
    assert len(documents(world.services)) == accepted
