"""The public page as a phone shows it: 360 px wide, no script, no second request, readable in the dark, usable by keyboard."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from tests.web.public_world import CASE, NAMES, PublicWorld

playwright = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")
CHROMIUM = next((path for path in map(Path, ("/usr/bin/chromium", "/usr/bin/chromium-browser")) if path.exists()), None)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: the pages were not looked at in a browser"),
]
# WCAG 2.2, 1.4.3, computed by the browser itself: contrast of each piece of text with what lies behind it.
CONTRAST = """() => {
  const rgb = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = node => { for (; node; node = node.parentElement) { const c = rgb(getComputedStyle(node).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) { const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node.checkVisibility()) continue;
    const [a, b] = [light(rgb(getComputedStyle(node).color)), light(behind(node))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) poor.push([walker.currentNode.data.trim().slice(0, 40), ratio]); }
  return poor; }"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PublicWorld, str]]:
    world = PublicWorld(tmp_path_factory.mktemp("browser"), simulation=True)
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(world.public, log_level="warning"))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        yield world, f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)
    world.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


def phone(chromium: Any, **options: Any) -> Any:
    return chromium.new_context(**{"viewport": {"width": 360, "height": 740}, "java_script_enabled": True, **options}).new_page()


@pytest.mark.parametrize(("locale", "scheme"), [("zh-CN", "light"), ("en-GB", "dark")])
def test_every_situation_fits_a_phone(address: tuple[PublicWorld, str], chromium: Any, locale: str, scheme: str) -> None:
    world, base = address
    page = phone(chromium, locale=locale, color_scheme=scheme)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    paths = ["/", "/q?code=hello", f"/00/{CASE}", "/01/06901234567892/10/L1", *map(world.path, NAMES)]
    for path in paths:
        page.goto(base + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        assert page.evaluate(CONTRAST) == [], path
        assert page.locator("h1").count() <= 1
        assert page.locator("main").count() == page.locator("header").count() == 1
    assert requests == [base + path for path in paths]
    assert [one for one in complaints if "400" not in one] == []  # Chromium says aloud that a code was refused


def test_the_question_without_script_and_by_keyboard(address: tuple[PublicWorld, str], chromium: Any) -> None:
    world, base = address
    page = phone(chromium, locale="en-GB", java_script_enabled=False)
    page.goto(f"{base}{world.path('sold')}?17=270630")
    yes = page.get_by_role("button", name="Yes, that was me")
    yes.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**sold=yes")
    assert page.get_by_role("heading", level=1).inner_text() == "This matches your purchase"
    page.get_by_role("link", name="Change my answer").click()
    page.get_by_role("button", name="No").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Recorded as sold to somebody else"
    page.get_by_role("link", name="中文").click()
    assert page.get_by_role("heading", level=1).inner_text() == "登记的售出对象不是您"


def test_a_typed_code(address: tuple[PublicWorld, str], chromium: Any) -> None:
    base = address[1]
    page = phone(chromium, locale="en-GB", java_script_enabled=False)
    page.goto(base)
    page.get_by_label("Code").fill("(01)06901234567892(21)000-genuine")
    page.get_by_role("button", name="Check").click()
    assert page.get_by_role("heading", level=1).inner_text() == "The record is in order; not sold yet"


def test_the_first_screen_says_what_to_do(address: tuple[PublicWorld, str], chromium: Any) -> None:
    """Nobody scrolls for a recall: heading, sentence and action are above the fold."""
    world, base = address
    page = phone(chromium, locale="en-GB")
    for name in ("recalled", "suspect", "genuine", "sold"):
        page.goto(base + world.path(name))
        box = page.locator("section.verdict").bounding_box()
        assert box["y"] + box["height"] <= 740, name
