"""The handheld's page: what its scans become, and how it looks and works in a browser 360 px wide, without a network too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.auth import new_key
from tests.unit.test_registry import GTIN, MAKER, SITE
from tests.web.capture_world import unit
from tests.web.console_world import HTML, csrf_of
from tests.web.edge import NOW, documents
from tests.web.query_world import served
from tests.web.test_capture import World
from tests.web.test_scan import kept
from tests.web.test_verify_browser import CHROMIUM, CONTRAST

AT = "2026-09-01T10:00:00.123+08:00"


class Hand:
    """A browser that is signed in; `key` is its text."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        self.key, fact = new_key(MAKER, ("capture",), NOW)
        self.world.services.registry.state(fact)
        self.client = self.world.client
        answer = self.client.post("/scan/login", data={"key": self.key, "next": "/scan"}, headers=HTML, follow_redirects=False)
        assert answer.status_code == 303
        self.csrf = ""

    def send(self, *scans: dict[str, Any], **more: Any) -> Any:
        self.csrf = self.csrf or csrf_of(self.client.get("/scan", headers=HTML).text)
        return self.client.post("/scan/hand", json={"csrf": self.csrf, "scans": list(scans), **more})


@pytest.fixture
def hand(tmp_path: Path) -> Hand:
    return Hand(tmp_path)


def scan(id: str, code: str, **more: str) -> dict[str, str]:
    return {"id": id, "time": AT, "step": "receiving", "site": SITE, "code": code, **more}


def test_each_scan_is_taken_or_told_why_not(hand: Hand) -> None:
    bad = f"(01){GTIN[:-1]}0(21)9"
    other = f"]d201{GTIN}212\x1d17280101"
    answer = hand.send(scan("a", unit(1)), scan("b", bad), scan("c", other), scan("d", unit(3), step="packing"))
    assert answer.status_code == 200, answer.text
    results = {one["id"]: one for one in answer.json()["results"]}
    assert {id: one["taken"] for id, one in results.items()} == {"a": True, "b": False, "c": True, "d": False}
    assert results["b"]["fault"]["where"] == "line 3, code"
    assert results["d"]["fault"]["where"] == "line 5, parent"
    (made,) = kept(hand.world)
    assert made["epcList"] == [unit(1), unit(2)]
    assert hand.send(scan("b", bad)).json()["results"][0]["taken"] is False


def test_sent_twice_has_no_second_effect(hand: Hand) -> None:
    for _ in range(2):
        assert hand.send(scan("a", unit(1))).json()["results"] == [{"id": "a", "taken": True}]
    assert len(kept(hand.world)) == 1


def test_who_may_send_what(hand: Hand) -> None:
    hand.send(scan("a", unit(1)))
    for wrong in ([scan("a", "x\ny")], [scan("a", unit(1), colour="red")], [], [scan("a", unit(1))] * 51):
        assert hand.send(*wrong).status_code == 400
    hand.csrf = "another"
    assert hand.send(scan("a", unit(2))).status_code == 403
    hand.client.cookies.clear()
    assert hand.client.post("/scan/hand", json={"scans": [scan("a", unit(2))]}).status_code == 401
    assert len(documents(hand.world.services)) == 1


playwright = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")


@pytest.fixture
def page(hand: Hand) -> Iterator[Any]:
    with served(hand.client.app) as address, playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        opened = browser.new_context(viewport={"width": 360, "height": 740}, locale="zh-CN").new_page()
        opened.goto(f"{address}/scan")
        opened.fill("input[name=key]", hand.key)
        opened.click("main button")
        opened.wait_for_selector("#scan")
        yield opened
        browser.close()


def scanned(page: Any, code: str) -> None:
    """As a scanner that types: into whatever has the focus."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: the handheld's page was not looked at in a browser")
def test_a_worker_with_gloves_scans_through_a_dead_spot(hand: Hand, page: Any) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.evaluate("document.activeElement.name") == "code"
    scanned(page, f"01{GTIN}2177")
    page.wait_for_selector("#told.good")
    page.select_option("select[name=step]", "inspecting")
    scanned(page, f"(01){GTIN[:-1]}0(21)9")
    page.wait_for_selector("#told.bad")
    assert "条码无法识别" in page.inner_text("#told")
    assert page.evaluate(CONTRAST) == []
    page.context.set_offline(True)
    page.mouse.click(180, 700)
    for n in (78, 79):
        scanned(page, f"01{GTIN}21{n}")
    playwright.expect(page.locator("#queue")).to_contain_text("2 待发送 · 没有网络")
    page.context.set_offline(False)
    playwright.expect(page.locator("#list li.good")).to_have_count(3, timeout=15_000)
    assert sorted(code for one in kept(hand.world) for code in one["epcList"]) == [unit(77), unit(78), unit(79)]
    assert page.locator("#list li.bad").count() == 1
    page.reload()
    assert page.locator("#list li.bad").count() == 1  # what was refused stays until somebody has seen it
    page.click("#clear")
    assert page.locator("#list li").count() == 0
    for name in ("button.go", "input[name=code]", "select[name=step]"):
        assert page.locator(name).bounding_box()["height"] >= 48
    assert errors == []
