"""The checker's page in a browser: saved to disk and offline on a phone, and its yes and no there."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pedigree.seal import encode_keyring
from services.verify import checker
from tests.web.checker_edits import edits
from tests.web.checker_world import SHAPES, holds

playwright = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")
CHROMIUM = next((path for path in map(Path, ("/usr/bin/chromium", "/usr/bin/chromium-browser")) if path.exists()), None)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: the checker was not opened")
KEYS = encode_keyring(SHAPES["two lanes"][1])


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.mark.browser
@needs_chromium
def test_saved_to_disk_on_a_phone(tmp_path: Path, chromium: Any) -> None:
    """Opened as a file without network: a genuine proof, a tampered one, another code, both languages; nothing is asked for."""
    (tmp_path / "check.html").write_text(checker.PAGE, encoding="utf-8")
    page = chromium.new_context(viewport={"width": 360, "height": 740}, locale="en-GB", offline=True).new_page()
    complaints: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto((tmp_path / "check.html").as_uri())
    page.get_by_role("button", name="Check").click()
    assert "give the proof file" in page.locator("#result").inner_text()
    proof, ring = SHAPES["many leaves"]
    (tmp_path / "proof.json").write_bytes(proof)
    (tmp_path / "keys.json").write_bytes(encode_keyring(ring))
    page.set_input_files("#proof-file", tmp_path / "proof.json")
    page.set_input_files("#keys-file", tmp_path / "keys.json")
    page.locator("#keys-name", has_text="keys.json").wait_for()
    page.fill("#code", "(01)09506000134352(21)ABC123")
    page.get_by_role("button", name="Check").click()
    assert page.locator("#result h2").first.inner_text() == "The proof holds"
    assert "The proof is about the code that you typed." in page.locator("#result").inner_text()
    assert page.locator("li.yes").count() == 7
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.fill("#code", "(01)09506000134352(21)ABC124")
    page.get_by_role("button", name="Check").click()
    assert "ANOTHER code" in page.locator("#result .bad").inner_text()
    page.get_by_role("button", name="中文").click()
    assert page.locator("#result h2").first.inner_text() == "证明成立"
    page.get_by_text("粘贴内容").first.click()
    page.fill("#proof-text", SHAPES["two lanes"][0].decode().replace("3000", "3001"))
    page.get_by_role("button", name="核对").click()
    assert page.locator("#result h2").first.inner_text() == "证明不成立"
    assert (page.locator("li.yes").count(), page.locator("li.no").count()) == (6, 1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert complaints == []
    assert requests == [(tmp_path / "check.html").as_uri()]


@pytest.mark.browser
@needs_chromium
def test_the_browser_agrees_too(chromium: Any) -> None:
    page = chromium.new_page()
    page.set_content(f"<script>'use strict';\n{checker.CORE}</script>")
    ask = "pairs => pairs.map(pair => checkProof(...pair.map(fromHex)).why)"
    good = [(data, encode_keyring(ring)) for data, ring in SHAPES.values()]
    pairs = [*good, *((data, KEYS) for data in edits(SHAPES["two lanes"][0], 150, random.Random(9)))]
    said = page.evaluate(ask, [[one.hex() for one in pair] for pair in pairs])
    assert [why == "" for why in said] == [holds(*pair) for pair in pairs]
    assert said[: len(good)] == [""] * len(good)
