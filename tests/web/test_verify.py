"""The public pages over a real graph: what they say, what they must not say, and in which forms."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from pedigree.identifiers import hri
from pedigree.ports import Integrity
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
    "held": ["ON_HOLD"],
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


def test_what_came_in_between_is_compared_too(world: PublicWorld, program: TestClient) -> None:
    """The stores agreed on fewer entries than the page then finds: compared again, and what differs now is not shown."""
    unit, first = world.packs["held"], world.records.integrity
    answers = [Integrity("ok", (), 1, 1, 0), Integrity("differs", ("graph.unit",), 9, 9, 0)]
    world.records.integrity = lambda epc: answers.pop(0) if epc == unit else first(epc)
    try:
        assert codes(program.get(world.path("held"))) == ["INTEGRITY"]
    finally:
        world.records.integrity = first
