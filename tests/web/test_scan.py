"""Scanners' files over a real log: what they become, and that no line is lost silently."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard

from pedigree.facts import OPERATOR
from pedigree.messages import Fact, event_uri
from pedigree.seal import encode_seal, generate_key, seal_document
from services.scan.platform import MEDIA
from tests.unit.test_registry import GTIN, HOSPITAL, MAKER, SITE
from tests.web.capture_world import alone, event, unit
from tests.web.edge import NOW, documents
from tests.web.test_capture import World

GS = "\x1d"
CSV = {"Content-Type": "text/csv"}
HEAD = "time,step,site,code,parent,quantity,to,document,lot,expiry\n"
TEN = "2026-09-01T10:00:00+08:00"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def kept(world: World) -> list[dict[str, Any]]:
    return [msgspec.json.decode(one.event) for message in documents(world.services) for one in message.events]


def test_lines_that_say_the_same_are_one_event_whatever_the_code_looks_like(world: World) -> None:
    codes = [f"(01){GTIN}(21)1", f"01{GTIN}212", f"]d201{GTIN}213{GS}17280101", unit(4), f"(01){GTIN}(21)1"]
    lines = "".join(f"{TEN},shipping,{SITE},{code},,,{HOSPITAL},D 7,,\n" for code in codes)
    answer = world.post("/scan", (HEAD + lines).encode(), **CSV)
    assert answer.status_code == 202, answer.text
    (made,) = kept(world)
    assert made["epcList"] == [unit(n) for n in (1, 2, 3, 4)]
    assert (made["action"], made["bizStep"], made["disposition"]) == ("OBSERVE", "shipping", "in_transit")
    assert made["eventTime"] == "2026-09-01T02:00:00.000Z"
    assert made["eventTimeZoneOffset"] == "+08:00"
    assert made["destinationList"] == [{"type": "possessing_party", "destination": f"https://id.gs1.org/417/{HOSPITAL}"}]
    assert made["bizTransactionList"] == [{"bizTransaction": f"urn:epcglobal:cbv:bt:{SITE}:D_7"}]
    assert "bizLocation" not in made
    job = world.job(answer)
    assert (job["success"], job["errors"]) == (True, [])
    (message,) = documents(world.services)
    assert zstandard.decompress(message.raw) == (HEAD + lines).encode()
    assert answer.json()["events"] == [event_uri(message.events[0].hash)]


def test_a_file_sent_again_has_no_second_effect(world: World) -> None:
    body = f"{HEAD}{TEN},receiving,{SITE},{unit(1)},,,,,,\n".encode()
    world.post("/scan", body, **CSV)
    job = world.job(world.post("/scan", body, **CSV))
    assert (job["progress"]["events"], job["progress"]["duplicates"]) == (0, 1)


def test_packing_lots_and_commissioning(world: World) -> None:
    box = "00069012340000000016"
    lines = [
        f"{TEN},commissioning,{SITE},(01){GTIN}(21)9(10)L1(17)280131,,,,,,",
        f"{TEN},packing,{SITE},{unit(9)},(00){box[2:]},,,,,",
        f"{TEN},receiving,{SITE},(01){GTIN}(10)L1,,12,,,,",
        f"{TEN},receiving,{SITE},(01){GTIN}(10)L1,,3,,,,",
    ]
    answer = world.post("/scan", (HEAD + "\n".join(lines)).encode(), **CSV)
    assert answer.status_code == 202, answer.text
    born, packed, lot = kept(world)
    assert born["ilmd"] == {"cbvmda:lotNumber": "L1", "cbvmda:itemExpirationDate": "2028-01-31"}
    assert (packed["type"], packed["action"], packed["childEPCs"]) == ("AggregationEvent", "ADD", [unit(9)])
    assert packed["parentID"] == "https://id.gs1.org/00/069012340000000016"
    assert lot["quantityList"] == [{"epcClass": f"https://id.gs1.org/01/{GTIN}/10/L1", "quantity": 15.0}]


def test_a_list_of_codes_with_the_rest_in_the_query(world: World) -> None:
    body = f"# shelf 4\n{unit(1)}\n\n(01){GTIN}(21)2\r\n".encode()
    query = f"/scan?step=inspecting&site={SITE}&time=2026-09-01 10:00:00&zone=%2B08:00"
    assert world.post(query, body, **{"Content-Type": "text/plain"}).status_code == 202
    (made,) = kept(world)
    assert (made["epcList"], made["bizStep"]) == ([unit(1), unit(2)], "inspecting")


def test_a_chinese_spreadsheet(world: World) -> None:
    body = f"扫描时间;操作;地点;追溯码;时区\n2026/09/01 10:00:00;入库;{SITE};{unit(1)};+08:00\n".encode("gb18030")
    assert world.post("/scan", body, **CSV).status_code == 202
    (made,) = kept(world)
    assert (made["bizStep"], made["eventTime"]) == ("receiving", "2026-09-01T02:00:00.000Z")


BAD = [
    (f"2026-09-01 10:00,receiving,{SITE},{unit(1)},,,,,,", "line 2, time"),
    (f"{TEN},teleporting,{SITE},{unit(1)},,,,,,", "line 2, step"),
    (f"{TEN},receiving,123,{unit(1)},,,,,,", "line 2, site"),
    (f"{TEN},receiving,{SITE},(01)06901234000012(21)1,,,,,,", "line 2, code"),
    (f"{TEN},receiving,{SITE},(01){GTIN}(10)L1,,,,,,", "line 2, quantity"),
    (f"{TEN},receiving,{SITE},(01){GTIN}(10)L1,,many,,,,", "line 2, quantity"),
    (f"{TEN},packing,{SITE},{unit(1)},,,,,,", "line 2, parent"),
    (f"{TEN},shipping,{SITE},{unit(1)},,,6900000000012,,,", "line 2, to"),
]


@pytest.mark.parametrize(("line", "where"), BAD)
def test_a_line_that_cant_be_used_is_named_and_nothing_is_taken(world: World, line: str, where: str) -> None:
    good = f"{TEN},receiving,{SITE},{unit(7)},,,,,,"
    answer = world.post("/scan", f"{HEAD}{line}\n{good}\n".encode(), **CSV)
    assert answer.status_code == 400
    (fault,) = answer.json()["faults"]
    assert fault["where"] == where
    assert fault["expected"]
    assert documents(world.services) == []


def test_proceed_takes_the_good_lines_and_lists_the_others(world: World) -> None:
    good = f"{TEN},receiving,{SITE},{unit(7)},,,,,,\n"
    body = HEAD + good + "".join(f"{line}\n" for line, _ in BAD)
    answer = world.post("/scan", body.encode(), **CSV, **{"GS1-Capture-Error-Behaviour": "proceed"})
    assert answer.status_code == 202
    job = world.job(answer)
    assert [fault["where"] for fault in job["errors"]] == [
        where.replace("line 2", f"line {n}") for n, (_, where) in enumerate(BAD, 3)
    ]
    assert [made["epcList"] for made in kept(world)] == [[unit(7)]]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"when,what\n1,2\n", "line 1, column 1"),
        (b"time,step,site\n1,2,3\n", "line 1"),
        (f"code,step\n{unit(1)},receiving,more\n".encode(), "line 2"),
        (b"code\n\xff\xff\xff\n", "line 2"),
        (b"code\n", "line 1"),
        (b'code\n"unclosed', "line 2"),
    ],
)
def test_a_file_that_cant_be_read_says_where(world: World, body: bytes, where: str) -> None:
    answer = world.post("/scan", body, **CSV)
    assert answer.status_code == 400, answer.text
    assert answer.json()["faults"][0]["where"] == where


def test_what_scan_does_not_take(world: World) -> None:
    assert world.post("/scan", b"{}").status_code == 415
    assert world.post("/scan?colour=red", b"code\n", **CSV).status_code == 400
    assert world.client.post("/scan", content=b"code\n", headers=CSV).status_code == 401


def test_a_seal_over_the_file_makes_its_party_the_attester(world: World) -> None:
    key = generate_key()
    value = {"public_key": key.public.point.hex(), "party": MAKER}
    world.services.registry.state(Fact("seal_key", key.key_id, value, NOW, OPERATOR))
    body = f"{HEAD}{TEN},receiving,{SITE},{unit(1)},,,,,,\n".encode()
    sealed = {"Medtrace-Seal": encode_seal(seal_document(body, key, MAKER, NOW - 1000))}
    assert world.post("/scan", body, world.hospital, **CSV, **sealed).status_code == 202
    (message,) = documents(world.services)
    assert (message.party, message.seal is not None) == (MAKER, True)


def test_ten_thousand_lines_are_one_event(world: World) -> None:
    body = "code\n" + "".join(f"{unit(n)}\n" for n in range(10_000))
    answer = world.post(f"/scan?step=receiving&site={SITE}&time={TEN.replace('+', '%2B')}", body.encode(), **CSV)
    assert answer.status_code == 202, answer.text[:300]
    (made,) = kept(world)
    assert len(made["epcList"]) == 10_000


# ---- code platforms


def bill(**more: Any) -> dict[str, Any]:
    made = {
        "bill_code": "XS-1", "bill_time": "2026-09-01 10:00:00", "bill_type": 201, "ref_user_id": "ent-maker",
        "from_user_id": "ent-maker", "to_user_id": HOSPITAL, "trace_codes": "81012350000000157474,81012350000000157475",
        "executer_name": "张三", "executer_code": "11034564321",
    }  # fmt: skip
    return {**made, **more}


def post_bills(world: World, *bills: Any, **more: str) -> Any:
    return world.post("/scan", json.dumps(list(bills)).encode(), **{"Content-Type": MEDIA}, **more)


def test_a_platforms_bill_becomes_the_event_of_the_packs_own_codes(world: World) -> None:
    world.services.registry.state(Fact("alias", "ent-maker", {"gln": SITE}, NOW, OPERATOR))
    assert post_bills(world, bill(), bill(bill_code="TH-2", bill_type="202")).status_code == 202
    sale, back = kept(world)
    assert sale["epcList"] == ["urn:medtrace:china20:81012350000000157474", "urn:medtrace:china20:81012350000000157475"]
    assert (sale["bizStep"], sale["eventTime"]) == ("shipping", "2026-09-01T02:00:00.000Z")
    assert sale["bizTransactionList"] == [{"bizTransaction": f"urn:epcglobal:cbv:bt:{SITE}:XS-1"}]
    assert back["disposition"] == "returned"
    assert "张三" not in json.dumps([sale, back], ensure_ascii=False)


def test_what_of_a_bill_could_not_be_mapped_is_reported(world: World) -> None:
    world.services.registry.state(Fact("alias", "ent-maker", {"gln": SITE}, NOW, OPERATOR))
    odd = [
        bill(bill_type=213), bill(to_user_id="ent-nobody"), {"bill_code": "x"}, bill(trace_codes=["123", "81012350000000157474"]),
    ]  # fmt: skip
    refused = post_bills(world, *odd)
    assert refused.status_code == 400
    answer = post_bills(world, *odd, **{"GS1-Capture-Error-Behaviour": "proceed"})
    wheres = [fault["where"] for fault in world.job(answer)["errors"]]
    assert wheres == ["bill 1 (XS-1), bill_type", "bill 2 (XS-1), to_user_id", "bill 3", "bill 4 (XS-1), code 1"]
    assert [made["epcList"] for made in kept(world)] == [["urn:medtrace:china20:81012350000000157474"]]
    assert post_bills(world, *odd[:3], **{"GS1-Capture-Error-Behaviour": "proceed"}).status_code == 400


def test_the_twin_in_epcis_is_the_same_event(world: World) -> None:
    world.post("/scan", f"{HEAD}{TEN},receiving,{SITE},{unit(1)},,,,,,\n".encode(), **CSV)
    twin = event(1, "receiving", eventTime=TEN, disposition="in_progress")
    assert world.post("/events", alone(twin)).status_code == 409
