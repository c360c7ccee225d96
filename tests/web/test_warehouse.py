"""The page of what needs a look, over a real graph: own events that need a look, with reasons and advice, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from pathlib import Path

import msgspec
import pytest
from fastapi import FastAPI

from pedigree.custody.steps import Step
from pedigree.findings import SEVERITY
from services.capture.index_sqlite import SqliteCaptureIndex
from services.capture.router import capture_router
from services.console.words import FINDING
from services.warehouse.advice import ADVICE
from services.warehouse.router import warehouse_router
from tests.contract.graph_builder import DAY, DEALER, MAKER, SHOP, finding, pack_id, verdict
from tests.web.console_world import World, client, signed_in

REASONS = ("no_shipment", "diversion", "clock_error")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The dealer sent 35 events that need a look, the shop one."""
    world = World(tmp_path)
    packs = [pack_id(n) for n in range(36)]
    world.line.commission(packs, time=world.now - 9 * DAY)
    for n, epc in enumerate(packs):
        party = SHOP if n == 35 else DEALER
        outcome = "pending" if n == 0 else "suspect"
        found = (finding(REASONS[n % 3], "medium", ms="700000"),)
        when = world.now - 5 * DAY + n * 1_000
        judged = verdict(bytes([n]) * 32, Step.RECEIVE, when, party, party=party, outcome=outcome, findings=found)
        world.line.judge(epc, msgspec.structs.replace(judged, record_time=when))
    world.apply()
    yield world
    world.close()


@pytest.fixture
def app(world: World, tmp_path: Path) -> FastAPI:
    world.services.captures = SqliteCaptureIndex(tmp_path / "captures.sqlite")
    return world.app(capture_router(world.services), warehouse_router(world.services))


def test_only_who_uploads_gets_in(world: World, app: FastAPI) -> None:
    assert client(app).get("/scan/inbox").headers["location"] == "/scan/login?next=%2Fscan%2Finbox"
    assert client(app, world.key(DEALER, "procurement")).get("/scan/inbox").status_code == 403
    assert signed_in(app, "scan", world.key(DEALER, "capture")).get("/scan/inbox").status_code == 200


def test_a_page_says_what_is_wrong_and_what_to_do(world: World, app: FastAPI) -> None:
    browser = signed_in(app, "scan", world.key(DEALER, "capture"))
    page = unescape(browser.get("/scan/inbox").text)
    for code in REASONS[1:]:
        assert FINDING[code][1] in page
        assert ADVICE[code][1] in page
    chinese = browser.get("/scan/inbox?lang=zh").text
    assert FINDING["diversion"][0] in chinese
    assert ADVICE["diversion"][0] in chinese
    pending = browser.get("/scan/inbox?state=pending&lang=en").text
    assert "Nothing to do now" in pending
    assert ADVICE["diversion"][1] not in pending
    assert browser.get("/scan/inbox?state=odd").status_code == 400
    assert "Nothing needs a look" in browser.get("/scan/inbox?state=rejected").text


def test_all_of_the_own_ones_page_by_page(world: World, app: FastAPI) -> None:
    program = client(app, world.key(DEALER, "capture"))
    seen: list[str] = []
    url = "/scan/inbox?perPage=10"
    while url:
        answer = program.get(url)
        seen += [item["epc"] for item in answer.json()["items"]]
        url = answer.links.get("next", {}).get("url", "")
    assert sorted(seen) == sorted(pack_id(n) for n in range(35))
    (other,) = client(app, world.key(SHOP, "capture")).get("/scan/inbox").json()["items"]
    assert other["epc"] == pack_id(35)
    assert client(app, world.key(MAKER, "capture")).get("/scan/inbox").json()["items"] == []


def test_advice_is_about_findings_that_exist() -> None:
    assert set(ADVICE) <= {*SEVERITY, *FINDING}
