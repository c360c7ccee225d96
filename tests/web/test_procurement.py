"""The procurement console over a real graph and facts log: proposals, approval once, orders that arrive."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from pedigree import facts
from pedigree.facts import Recall
from services.procurement import procurement_router
from services.procurement.settings import KIND
from tests.contract.graph_builder import CLINIC, DAY, DEALER, GTIN, LOT, MAKER, OTHER_GTIN, SHOP, pack_id, sscc
from tests.web.console_world import World, client, csrf_of, signed_in

USE = (2, 0, 3, 1, 0, 2, 4)
LEFT = 3


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The clinic has used 1.7 packs a day for 60 days and has 3 left; of another product it has used two."""
    monkeypatch.setitem(facts.KINDS, KIND, facts.Note)
    world = World(tmp_path)
    line, used = world.line, [USE[day % 7] for day in range(60)]
    packs = [pack_id(i) for i in range(sum(used) + LEFT)]
    others = [pack_id(i, OTHER_GTIN) for i in range(4)]
    line.commission(packs + others, time=world.now - 100 * DAY)
    line.ship(packs + others, MAKER, CLINIC, world.now - 99 * DAY)
    line.receive(packs + others, CLINIC, world.now - 98 * DAY)
    given = iter(packs)
    for day, count in enumerate(used):
        for _ in range(count):
            line.dispense(next(given), CLINIC, time=world.now - (60 - day) * DAY)
    for epc in others[:2]:
        line.dispense(epc, CLINIC, time=world.now - 30 * DAY)
    world.apply()
    yield world
    world.close()


@pytest.fixture
def app(world: World) -> FastAPI:
    return world.app(procurement_router(world.services))


@pytest.fixture
def program(world: World, app: FastAPI) -> TestClient:
    return client(app, world.key(CLINIC, "procurement"))


def proposal(program: TestClient, gtin: str = GTIN, show: str = "all") -> dict[str, Any]:
    found = program.get("/procurement", params={"show": show}).json()["proposals"]
    return next((one for one in found if one["gtin"] == gtin), {})


def deliver(world: World, count: int, first: int = 1000, to: str = CLINIC) -> list[str]:
    """New packs in a case, on the way."""
    packs, case = [pack_id(first + i) for i in range(count)], sscc(first)
    world.line.commission(packs, time=world.now - DAY)
    world.line.pack(case, packs, MAKER, world.now - DAY)
    world.line.ship([case], MAKER, to, world.now - DAY)
    world.apply()
    return packs


def test_a_proposal_carries_the_numbers_that_led_to_it(program: TestClient) -> None:
    made = proposal(program)
    assert made["outcome"] == "order"
    assert made["usable"] == made["position"] == LEFT
    assert made["mean"] == pytest.approx(12 / 7, rel=0.15)
    assert (made["days"], made["stockoutDays"]) == (60, 0)
    assert made["quantity"] == made["orderUpTo"] - LEFT
    assert made["orderUpTo"] == made["reorderLevel"] + made["lot"]
    assert made["expected"] >= 0.98
    assert made["leadAssumed"] is True
    chinese = program.get("/procurement", params={"lang": "zh"}).json()["proposals"][0]["reasons"]
    assert f"订 {made['quantity']} 盒" in chinese[0]
    english = program.get("/procurement", params={"lang": "en"}).json()["proposals"][0]["reasons"]
    assert f"order {made['quantity']}" in english[0]


def test_too_little_data_is_said_and_nothing_is_proposed(program: TestClient) -> None:
    made = proposal(program, OTHER_GTIN)
    assert (made["outcome"], made["quantity"]) == ("too_little_data", 0)
    assert proposal(program, OTHER_GTIN, show="order") == {}


def test_a_proposal_is_approved_once_however_often_it_is_clicked(program: TestClient) -> None:
    made = proposal(program)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: program.post(f"/procurement/proposals/{made['id']}/approve", json={}), range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    for answer in answers:
        if answer.status_code == 409:
            assert answer.json()["order"]["quantity"] == made["quantity"]
    orders = program.get("/procurement/orders").json()["orders"]
    assert [(one["id"], one["quantity"], one["toCome"]) for one in orders] == [(made["id"], made["quantity"], made["quantity"])]
    assert orders[0]["transaction"] == f"urn:epcglobal:cbv:bt:{CLINIC}:{made['id']}"
    assert orders[0]["proposal"]["reorderLevel"] == made["reorderLevel"]
    after = proposal(program)
    assert (after["outcome"], after["ordered"]) == ("enough", made["quantity"])


def test_an_order_arrives_through_the_stock_and_is_not_counted_twice(world: World, program: TestClient) -> None:
    made = proposal(program)
    program.post(f"/procurement/proposals/{made['id']}/approve", json={"gtin": GTIN})
    packs = deliver(world, 10)
    coming = proposal(program)
    assert (coming["incoming"], coming["ordered"]) == (10, made["quantity"] - 10)
    assert coming["position"] == LEFT + made["quantity"]
    world.line.receive([sscc(1000)], CLINIC, world.now)
    world.now += DAY
    for epc in packs[:4]:
        world.line.dispense(epc, CLINIC, time=world.now)
    world.apply()
    later = proposal(program)
    assert (later["usable"], later["ordered"]) == (LEFT + 6, made["quantity"] - 10)
    deliver(world, made["quantity"] - 10, first=2000)
    assert proposal(program)["ordered"] == 0
    assert program.get("/procurement/orders").json()["orders"][0]["shown"] == "received"


def test_an_order_that_will_not_come_is_closed_by_a_person(program: TestClient) -> None:
    made = proposal(program)
    program.post(f"/procurement/proposals/{made['id']}/approve", json={})
    close = f"/procurement/orders/{made['id']}/close"
    assert program.post(close, json={"state": "lost"}).status_code == 400
    assert program.post(close, json={"state": "cancelled"}).status_code == 200
    assert program.post(close, json={"state": "cancelled"}).status_code == 409
    again = proposal(program)
    assert (again["outcome"], again["ordered"], again["quantity"]) == ("order", 0, made["quantity"])
    assert program.post(f"/procurement/proposals/{made['id']}/approve", json={}).status_code == 409
    assert program.post(f"/procurement/proposals/{again['id']}/approve", json={}).status_code == 201


def test_yesterdays_proposal_can_not_be_approved(world: World, program: TestClient) -> None:
    made = proposal(program)
    world.now += DAY
    answer = program.post(f"/procurement/proposals/{made['id']}/approve", json={})
    assert answer.status_code == 409
    assert "look again" in answer.json()["detail"]
    assert program.get("/procurement/orders").json()["orders"] == []


def test_recalled_and_held_stock_is_no_stock(world: World, program: TestClient) -> None:
    before = proposal(program)
    world.say("recall", Recall(id="R1", gtin=GTIN, lot=LOT, since=1))
    after = proposal(program)
    assert (after["usable"], after["blocked"]) == (0, LEFT)
    assert after["quantity"] == before["quantity"] + LEFT
    stock = program.get("/procurement/stock").json()["lines"]
    assert [(one["usable"], one["blocked"]) for one in stock if one["gtin"] == GTIN] == [(0, LEFT)]


def test_settings_change_the_proposal_and_caps_need_a_second_look(program: TestClient) -> None:
    first = proposal(program)
    said = {"gtin": GTIN, "service": "99.5", "leadDays": "3, 3, 5", "pack": 10, "least": 30, "price": 20, "budget": 100}
    assert program.post("/procurement/settings", json=said).status_code == 200
    made = proposal(program)
    assert (made["service"], made["leadDays"], made["leadAssumed"]) == (0.995, [3, 3, 5], False)
    assert (made["quantity"] % 10, made["quantity"] >= 30, made["value"]) == (0, True, made["quantity"] * 20.0)
    assert made["over"] == ["budget"]
    assert made["id"] != first["id"]
    approve = f"/procurement/proposals/{made['id']}/approve"
    refused = program.post(approve, json={})
    assert (refused.status_code, refused.json()["faults"][0]["where"]) == (400, "accept")
    assert program.post(approve, json={"accept": ["budget"]}).status_code == 201
    shown = program.get("/procurement/settings", params={"gtin": GTIN}).json()
    assert (shown["setting"]["least"], [one["gtin"] for one in shown["own"]]) == (30, [GTIN])


@pytest.mark.parametrize(
    "wrong",
    [{"gtin": "x"}, {"service": "high"}, {"service": 101}, {"pack": 0}, {"leadDays": "3, x"}, {"leadDays": [400]}, {"colour": 1}],
)
def test_settings_that_make_no_sense_are_refused(program: TestClient, wrong: dict[str, Any]) -> None:
    answer = program.post("/procurement/settings", json={"gtin": GTIN, **wrong})
    assert answer.status_code == 400
    assert program.get("/procurement/settings").json()["own"] == []


def test_a_buyer_sees_and_orders_for_his_own_party_only(world: World, app: FastAPI, program: TestClient) -> None:
    made = proposal(program)
    stranger = client(app, world.key(SHOP, "procurement"))
    assert stranger.get("/procurement?show=all").json()["proposals"] == []
    assert stranger.post(f"/procurement/proposals/{made['id']}/approve", json={}).status_code == 409
    program.post(f"/procurement/proposals/{made['id']}/approve", json={})
    assert stranger.get("/procurement/orders").json()["orders"] == []
    assert stranger.post(f"/procurement/orders/{made['id']}/close", json={"state": "received"}).status_code == 404
    assert client(app, world.key(DEALER, "capture", "query")).get("/procurement").status_code == 403


def test_a_buyer_at_a_browser_approves_with_a_click(world: World, app: FastAPI) -> None:
    browser = signed_in(app, "procurement", world.key(CLINIC, "procurement"))
    page = browser.get("/procurement").text
    assert "Amoxicillin capsules" in page
    id = page.split("/procurement/proposals/")[1].split("/")[0]
    form = {"csrf": csrf_of(page), "gtin": GTIN}
    assert browser.post(f"/procurement/proposals/{id}/approve", data={"gtin": GTIN}).status_code == 403
    assert browser.post(f"/procurement/proposals/{id}/approve", data=form).headers["location"] == "/procurement/orders"
    again = browser.post(f"/procurement/proposals/{id}/approve", data=form)
    assert again.status_code == 409
    assert "approved already" in again.text
    for path in ("/procurement", "/procurement?show=all", "/procurement/stock", "/procurement/orders", "/procurement/settings"):
        for lang in ("zh", "en"):
            shown = browser.get(path, params={"lang": lang, **({"show": "all"} if "?" in path else {})})
            assert shown.status_code == 200
            assert "<script" not in shown.text
