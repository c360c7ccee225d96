"""The public pages over a real graph: what they say, what they must not say, and in which forms."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from pedigree.errors import LogFullError, SettingsError
from pedigree.identifiers import hri
from pedigree.ports import Integrity
from services import problems
from services.verify import MemoryScans, problem_page, verify_router
from services.verify.words import WORDS
from tests.contract.graph_builder import CLINIC, DEALER, GTIN, MAKER, OTHER_GTIN, SHOP
from tests.web.console_world import NAMES as COMPANIES
from tests.web.public_world import CASE, CHINA20, NAMES, PublicWorld

LANGUAGES = ("zh", "en")
EXPECTED = {
    "genuine": ["NOT_SOLD"],
    "sold": [],
    "multiple": ["SOLD_MULTIPLE"],
    "suspect": ["SUSPECT"],
    "suspect_sold": [],
    "part": ["PART_PACK"],
    "transit": ["IN_TRANSIT"],
    "held": ["NOT_SOLD"],
    "expired": ["EXPIRED"],
    "recalled": ["RECALLED"],
    "integrity": ["INTEGRITY"],
    "pending": ["LEDGER_PENDING", "NOT_SOLD"],
    "many": ["MANY_SCANS", "NOT_SOLD"],
    "unknown": ["UNKNOWN"],
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicWorld]:
    made = PublicWorld(tmp_path_factory.mktemp("public"))
    yield made
    made.close()


@pytest.fixture
def browser(world: PublicWorld) -> TestClient:
    return TestClient(world.public, headers={"accept": "text/html,*/*;q=0.8", "accept-language": "en"}, follow_redirects=False)


@pytest.fixture
def program(world: PublicWorld) -> TestClient:
    return TestClient(world.public, headers={"accept": "application/json"})


def codes(answer: Any) -> list[str]:
    return [one["code"] for one in answer.json()["outcomes"]]


@pytest.mark.parametrize("name", NAMES)
def test_each_situation(world: PublicWorld, browser: TestClient, program: TestClient, name: str) -> None:
    assert codes(program.get(world.path(name))) == EXPECTED[name]
    for lang in LANGUAGES:
        answer = browser.get(f"{world.path(name)}?lang={lang}")
        assert answer.status_code == 200
        _is_public(answer.text, lang)
        heads = [one["head"] for one in program.get(f"{world.path(name)}?lang={lang}").json()["outcomes"]]
        places = [html.unescape(answer.text).index(f">{head}</h") for head in heads]
        assert places == sorted(places)


def _is_public(page: str, lang: str) -> None:
    """Small, whole in itself, in one language, and silent about everybody but the maker."""
    assert len(page.encode()) <= 30_000
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}">' in page
    assert not re.search(r"<script|<link|<img|@import|url\(|\son\w+=|https?://", page)
    for party in (DEALER, SHOP, CLINIC):
        assert COMPANIES[party][0] not in page
    for gln in (MAKER, DEALER, SHOP, CLINIC):
        assert gln not in page
    assert CASE not in page


def test_the_way_of_a_pack_in_both_languages(world: PublicWorld, program: TestClient) -> None:
    told = program.get(world.path("sold")).json()
    assert [(stop["what"], stop["kind"], stop["name"]) for stop in told["journey"]] == [
        ("made", "maker", "华康制药"),
        ("on_way", "distributor", ""),
        ("with", "distributor", ""),
        ("on_way", "pharmacy", ""),
        ("with", "pharmacy", ""),
        ("sold", "pharmacy", ""),
    ]
    assert [stop["now"] for stop in told["journey"]] == [False] * 5 + [True]
    assert told["journey"][0]["since"] == {"local": "2024-10-04 08:01", "offset": "UTC+08:00", "utc": "2024-10-04T00:01:00Z"}
    english = program.get(f"{world.path('sold')}?lang=en").json()["journey"]
    assert english[-1]["text"] == "Sold by a pharmacy in 北京"


def test_the_question_and_its_answers(world: PublicWorld, browser: TestClient, program: TestClient) -> None:
    path = f"{world.path('sold')}?17=270630"
    page = browser.get(path).text
    assert "Was it sold or given to you there and then?" in page
    assert '<input type="hidden" name="17" value="270630">' in page
    assert "2024-10-07" in page
    assert codes(program.get(f"{path}&sold=yes")) == ["SOLD_HERE"]
    assert codes(program.get(f"{path}&sold=no")) == ["SOLD_ELSEWHERE"]
    assert codes(program.get(f"{path}&kind=pharmacy&city=北京&day=2024-10-07")) == ["SOLD_HERE"]
    assert codes(program.get(f"{path}&day=2024-10-09")) == ["SOLD_ELSEWHERE"]
    assert codes(program.get(f"{path}&sold=perhaps&day=yesterday")) == []
    answered = browser.get(f"{path}&sold=yes").text
    assert "Was it sold or given" not in answered
    assert f'href="{world.path("sold")}?17=270630">Change my answer' in answered


def test_integrity_withholds_the_provenance(world: PublicWorld, browser: TestClient, program: TestClient) -> None:
    told = program.get(f"{world.path('integrity')}?sold=yes").json()
    assert (told["journey"], told["record"], told["sale"], told["question"], told["proof"]) == ([], None, None, False, "")
    page = browser.get(world.path("integrity")).text
    assert "Where it has been is not shown" in page
    assert "somebody" not in page  # what differs is for the operator


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"https://example.org/01/{GTIN}/21/000-genuine", ["NOT_SOLD"]),
        (f"HTTPS://EXAMPLE.ORG/01/{GTIN}/10/L1/21/000-genuine?17=270630", ["NOT_SOLD"]),
        (f"]d201{GTIN}1727063010L1\x1d21000-genuine", ["NOT_SOLD"]),
        (f"01{GTIN}21000-genuine\x1d10L2", ["SUSPECT"]),
        (hri(f"https://id.gs1.org/01/{GTIN}/21/000-genuine"), ["NOT_SOLD"]),
        ("urn:epc:id:sgtin:6901234.056789.000-genuine", ["NOT_SOLD"]),
        (f"01{GTIN}21000-GENUINE", ["UNKNOWN"]),
        (CHINA20, ["NOT_SOLD"]),
        ("81234560123456789099", ["UNKNOWN"]),
        (CASE, []),
        (f"00{CASE}", []),
    ],
)
def test_whatever_a_scanner_delivers(program: TestClient, text: str, expected: list[str]) -> None:
    assert codes(program.get("/q", params={"code": text})) == expected


def test_a_lost_separator_is_put_back_when_that_names_something_known(world: PublicWorld, browser: TestClient) -> None:
    answer = browser.get("/q", params={"code": f"]d201{OTHER_GTIN}10ABC21X", "format": "json"})
    told = answer.json()
    assert told["readAs"] == f"https://id.gs1.org/01/{OTHER_GTIN}/21/X"
    assert codes(answer) == ["NOT_SOLD"]


def test_addresses_in_every_form_of_the_standard(world: PublicWorld, program: TestClient) -> None:
    pack = world.path("genuine").rsplit("/", 1)[1]
    for path in (f"/01/{GTIN}/10/L1/21/{pack}", f"/gtin/{GTIN}/lot/L1/ser/{pack}", f"/01/{GTIN[1:]}/21/{pack}/"):
        assert codes(program.get(path)) == ["NOT_SOLD"], path
    assert codes(program.get(f"/01/{GTIN}/21/{pack}?10=L2")) == ["SUSPECT"]
    assert codes(program.get(f"/01/{GTIN}/10/L1")) == []
    assert codes(program.get(f"/01/{GTIN}/10/L9?17=270630")) == ["RECALLED"]
    assert codes(program.get(f"/01/{GTIN}/10/nowhere")) == ["UNKNOWN"]
    assert codes(program.get(f"/01/{GTIN}")) == []
    assert codes(program.get(f"/00/{CASE}")) == []
    for asset in ("/8003/06901234567892TRAY1", "/8004/6901234PUMP"):
        assert codes(program.get(asset)) == ["UNKNOWN"]


def test_a_serial_with_a_slash_is_one_serial(program: TestClient) -> None:
    assert program.get(f"/01/{GTIN}/21/A%2FB").json()["code"]["serial"] == "A/B"
    assert program.get(f"/01/{GTIN}/21/A/B").status_code == 400


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/01/06901234567893/21/1", "CHECK_DIGIT"),
        ("/q?code=06901234567893", "CHECK_DIGIT"),
        ("/q?code=hello", "UNREADABLE"),
        ("/q?code=%00", "UNREADABLE"),
        ("/01/abc", "UNREADABLE"),
        (f"/01/{GTIN}/21/%ZZ", "UNREADABLE"),
        (f"/01/{GTIN}/21/{'9' * 21}", "UNREADABLE"),
        (f"/01/{GTIN}/21/1?17=270230", "UNREADABLE"),
        (f"/q?code=01{GTIN}211%1D212", "UNREADABLE"),
        (f"/q?code={'1' * 5000}", "UNREADABLE"),
    ],
)
def test_codes_that_are_none(browser: TestClient, program: TestClient, path: str, code: str) -> None:
    answer = program.get(path)
    assert (answer.status_code, codes(answer)) == (400, [code])
    assert answer.headers["content-type"] == "application/problem+json"
    for lang in LANGUAGES:
        page = browser.get(path, params={"lang": lang} if "?" not in path else None)
        assert page.status_code == 400
        assert 'name="code"' in page.text


def test_a_place_is_no_pack(program: TestClient) -> None:
    assert codes(program.get("/414/6900000000014")) == ["UNREADABLE"]


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
    world.services.notices.append("Demo keys.")
    try:
        browser = TestClient(world.public, headers={"accept": "text/html", "accept-language": "en"})
        for path in ("/", "/q?code=x", world.path("genuine"), f"/00/{CASE}", f"/01/{GTIN}"):
            page = browser.get(path).text
            assert WORDS["en"]["simulation"] in page
            assert "Demo keys." in page
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
    assert (codes(answer), answer.json()["scans"]) == (["NOT_SOLD"], 0)


def test_what_came_in_between_is_compared_too(world: PublicWorld, program: TestClient) -> None:
    """The stores agreed on fewer entries than the page then finds: compared again, and what differs now is not shown."""
    unit, first = world.packs["held"], world.records.integrity
    answers = [Integrity("ok", (), 1, 1, 0), Integrity("differs", ("graph.unit",), 9, 9, 0)]
    world.records.integrity = lambda epc: answers.pop(0) if epc == unit else first(epc)
    try:
        assert codes(program.get(world.path("held"))) == ["INTEGRITY"]
    finally:
        world.records.integrity = first
