"""The public pages as HTTP: language, form, headers, proofs, limits, errors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from pedigree.custody.marks import PART
from pedigree.errors import LogFullError, SettingsError
from pedigree.facts import Recall
from services import problems
from services.verify import MemoryScans, problem_page, verify_router
from services.verify.words import WORDS
from tests.contract.graph_builder import GTIN, OTHER_GTIN, T0
from tests.web.public_world import CASE, PublicWorld


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicWorld]:
    made = PublicWorld(tmp_path_factory.mktemp("public"))
    yield made
    made.close()


@pytest.fixture
def browser(world: PublicWorld) -> TestClient:
    return TestClient(world.public, headers={"accept": "text/html,*/*;q=0.8", "accept-language": "en"}, follow_redirects=False)


def test_markup_in_a_code_stays_text(browser: TestClient) -> None:
    page = browser.get("/q", params={"code": "<script>alert(1)</script>"}).text
    assert "<script" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("header", "lang"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("en-GB,en;q=0.9,zh;q=0.1", "en"),
        ("de-DE,de", "en"),
        ("en;q=0.2, zh;q=0.7", "zh-CN"),
        ("*", "zh-CN"),
        ("en;q=nonsense,zh", "zh-CN"),
    ],
)
def test_language(browser: TestClient, header: str, lang: str) -> None:
    page = browser.get("/", headers={"accept-language": header}).text
    assert f'<html lang="{lang}">' in page
    other = "zh" if lang == "en" else "en"
    assert f'href="/?lang={other}"' in page
    assert f'<html lang="{"zh-CN" if other == "zh" else "en"}">' in browser.get(f"/?lang={other}").text


def test_form_of_the_answer(world: PublicWorld) -> None:
    path = world.path("genuine")
    plain = TestClient(world.public)
    for accept, kind in (
        ("*/*", "text/html"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
        ("application/json", "application/json"),
        ("application/ld+json", "application/json"),
        ("text/html;q=0.5,application/json", "application/json"),
        ("application/json;q=0", "text/html"),
    ):
        assert plain.get(path, headers={"accept": accept}).headers["content-type"].startswith(kind), accept
    assert plain.get(f"{path}?format=json").headers["content-type"] == "application/json"
    assert plain.get(f"{path}?format=html", headers={"accept": "application/json"}).text.startswith("<!doctype")


def test_headers(world: PublicWorld, browser: TestClient) -> None:
    headers = browser.get(world.path("genuine")).headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert "script-src" not in headers["content-security-policy"]
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "set-cookie" not in headers


def test_scanners_may_ask_for_the_headers_only(world: PublicWorld, browser: TestClient) -> None:
    answer = browser.head(world.path("genuine"))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_proof_to_download(world: PublicWorld, browser: TestClient) -> None:
    link = browser.get(f"{world.path('genuine')}?format=json").json()["proof"]
    for path in (link, f"/proof{world.path('genuine')}", f"/proof?code=01{GTIN}21000-genuine"):
        answer = browser.get(path)
        assert answer.content == b'{"proof": "of ' + world.packs["genuine"].encode() + b'"}'
        assert answer.headers["content-disposition"] == f'attachment; filename="medtrace-proof-{GTIN}-000-genuine.json"'
    assert link.replace("&", "&amp;") in browser.get(world.path("genuine")).text
    assert browser.get(f"/proof/01/{GTIN}/21/never").status_code == 404
    assert browser.get(f"/proof/01/{GTIN}").status_code == 404
    assert browser.get("/proof?code=hello", headers={"accept": "application/json"}).status_code == 400


def test_looks_are_counted_once_a_visitor_and_minute(tmp_path: Path) -> None:
    world = PublicWorld(tmp_path)
    try:
        one = TestClient(world.public, client=("192.0.2.1", 1), headers={"accept": "application/json"})
        two = TestClient(world.public, client=("192.0.2.2", 1), headers={"accept": "application/json"})
        path = world.path("genuine")
        assert [client.get(path).json()["scans"] for client in (one, one, two, one)] == [1, 1, 2, 2]
    finally:
        world.close()


def test_too_many_requests(tmp_path: Path) -> None:
    world = PublicWorld(tmp_path, rate=1, burst=2)
    try:
        browser = TestClient(world.public, headers={"accept": "text/html", "accept-language": "en"})
        answers = [browser.get(world.path("genuine")) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[2].headers["retry-after"] == "1"
        assert WORDS["en"]["error_429"] in answers[2].text
        assert answers[2].headers["content-security-policy"]
    finally:
        world.close()


def test_simulation_and_notices_are_on_every_page(tmp_path: Path) -> None:
    world = PublicWorld(tmp_path, simulation=True)
    world.services.notices.append(("演示密钥。", "Demo keys."))
    try:
        browser = TestClient(world.public, headers={"accept": "text/html", "accept-language": "en"})
        for path in ("/", "/q?code=x", world.path("genuine"), f"/00/{CASE}", f"/01/{GTIN}"):
            page = browser.get(path).text
            assert WORDS["en"]["simulation"] in page
            assert "Demo keys." in page
            assert "演示密钥。" in browser.get(path, headers={"accept-language": "zh"}).text
        assert browser.get(f"{world.path('genuine')}?format=json").json()["simulation"] is True
    finally:
        world.close()


def test_errors_of_the_whole_app_as_pages(world: PublicWorld) -> None:
    app = FastAPI()
    problems.install(app, problem_page(world.services))
    app.include_router(verify_router(world.services))
    page = TestClient(app, headers={"accept": "text/html", "accept-language": "zh"}).get("/nothing/here")
    assert page.status_code == 404
    assert WORDS["zh"]["error_404"] in page.text
    assert TestClient(app).get("/nothing/here").headers["content-type"] == "application/problem+json"


def test_no_page_without_something_to_compare_with(world: PublicWorld) -> None:
    history, world.services.history = world.services.history, None
    try:
        with pytest.raises(SettingsError):
            verify_router(world.services)
    finally:
        world.services.history = history


class FullDisk(MemoryScans):
    def record(self, epc: str, now_ms: int) -> None:
        raise LogFullError("no room")


def test_a_count_that_cannot_be_kept_keeps_nobody_from_the_answer(world: PublicWorld) -> None:
    app = world.app(verify_router(world.services, FullDisk()))
    answer = TestClient(app, headers={"accept": "application/json"}).get(world.path("genuine"))
    assert (answer.status_code, answer.json()["scans"]) == (200, 0)


def test_a_recall_of_a_part_reaches_the_page_of_the_kit_until_it_is_lifted(tmp_path: Path) -> None:
    world = PublicWorld(tmp_path)
    try:
        world.line.judge(world.packs["genuine"], marks=(f"{PART}{OTHER_GTIN}:P7",))
        world.apply()
        program = TestClient(world.public, headers={"accept": "application/json"})

        def codes() -> list[str]:
            return [one["code"] for one in program.get(world.path("genuine")).json()["outcomes"]]

        assert codes() == ["NOT_SOLD"]
        recall = Recall(id="P", gtin=OTHER_GTIN, lot="P7", since=T0)
        world.say("recall", recall)
        world.apply()
        assert codes() == ["RECALLED"]
        world.say("recall", msgspec.structs.replace(recall, lifted=T0 + 1))
        world.apply()
        assert codes() == ["NOT_SOLD"]
    finally:
        world.close()
