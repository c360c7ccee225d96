"""The regulator's cases over a real graph: grouped, filtered, judged by people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pedigree.custody.steps import Step
from pedigree.times import format_time
from services.regulator import regulator_router
from tests.contract.graph_builder import CLINIC, DAY, GTIN, SHOP, T0, document, finding, hash_of, verdict
from tests.web.console_world import REGULATOR, World, client, csrf_of, signed_in

REAL = [f"https://id.gs1.org/01/{GTIN}/21/aBq{n}" for n in range(6)]
WRONG = [f"https://id.gs1.org/01/{GTIN}/21/ABQ{n}" for n in range(6)]
GATE = f"https://id.gs1.org/414/{SHOP}/254/7"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A scanner of the shop writes capitals; and a pack was sold twice."""
    world = World(tmp_path)
    world.now = T0 + 20 * DAY
    line = world.line
    line.commission([*REAL, *WRONG])
    odd = (finding("unknown_origin"),)
    for unit in WRONG:
        strange = verdict(hash_of("flip"), Step.DISPENSE, T0 + 13 * DAY, SHOP, outcome="suspect", findings=odd)
        line.judge(unit, strange, verdict="suspect")
    twice = verdict(
        hash_of("again"), Step.DISPENSE, T0 + 14 * DAY, CLINIC, outcome="rejected", applies=False,
        findings=(finding("repeat_dispensing"),),
    )  # fmt: skip
    line.judge(REAL[0], twice, verdict="suspect")
    event = {"type": "ObjectEvent", "eventTime": "2024-10-16T00:00:00.000Z", "epcList": WRONG, "readPoint": {"id": GATE}}
    world.graph.apply_documents(0, 0, [document("doc-1", [event], party=SHOP, hashes=[hash_of("flip")])])
    world.apply()
    yield world
    world.close()


@pytest.fixture
def program(world: World) -> TestClient:
    return client(world.app(regulator_router(world.services)), world.key(REGULATOR, "regulator"))


def test_one_scanner_is_one_case_that_names_it(program: TestClient) -> None:
    cases = {one["kind"]: one for one in program.get("/regulator/cases").json()["cases"]}
    assert set(cases) == {"misread", "resale"}
    misread = cases["misread"]
    assert (misread["units"], misread["party"]["id"], misread["gate"]["id"]) == (6, SHOP, f"{SHOP} (7)")
    assert cases["resale"]["score"] > misread["score"]
    whole = program.get(misread["link"]).json()
    assert {one["epc"] for one in whole["members"]} == set(WRONG)
    assert whole["examples"][0]["code"] == "unknown_origin"
    for query, n in {"kind=resale": 1, f"party={CLINIC}": 1, "state=dismissed": 0, "days=1": 0}.items():
        assert program.get(f"/regulator/cases?{query}").json()["total"] == n, query
    page = program.get("/regulator/cases?perPage=1")
    assert len(page.json()["cases"]) == 1
    assert 'rel="next"' in page.headers["link"]


def test_a_dismissed_case_goes_to_the_end_and_stays_on_record(world: World, program: TestClient) -> None:
    first = program.get("/regulator/cases").json()["cases"][0]
    assert program.post(f"{first['link']}/feedback", json={"verdict": "dismissed"}).status_code == 400
    assert program.post("/regulator/cases/none/feedback", json={"verdict": "dismissed", "reason": "x"}).status_code == 404
    browser = signed_in(world.app(regulator_router(world.services)), "regulator", world.key(REGULATOR, "regulator"))
    token = csrf_of(browser.get(first["link"]).text)
    said = {"csrf": token, "verdict": "dismissed", "reason": "the clinic scanned it twice"}
    assert browser.post(f"{first['link']}/feedback", data=said).status_code == 303
    last = program.get("/regulator/cases").json()["cases"][-1]
    assert (last["id"], last["state"], last["reason"]) == (first["id"], "dismissed", "the clinic scanned it twice")
    note = world.services.registry.current().notes("feedback")[f"case/{first['id']}"]
    assert note.value["by"] == REGULATOR


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_pages_for_people(world: World, lang: str) -> None:
    browser = signed_in(world.app(regulator_router(world.services)), "regulator", world.key(REGULATOR, "regulator"))
    text = browser.get(f"/regulator/cases?lang={lang}").text
    assert ("误读编码" if lang == "zh" else "codes read wrongly") in text
    assert "<script" not in text


def test_cases_are_for_regulators_only(world: World) -> None:
    app = world.app(regulator_router(world.services))
    assert client(app, world.key(CLINIC, "capture")).get("/regulator/cases").status_code == 403


def told(number: int, time: int) -> dict[str, object]:
    """A sale of the shop at `time` (ms UTC)."""
    return {
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "retail_selling", "eventTime": format_time(time),
        "eventTimeZoneOffset": "+00:00", "epcList": [f"https://id.gs1.org/01/{GTIN}/21/R{number}"], "readPoint": {"id": GATE},
    }  # fmt: skip


def test_a_sale_moved_back_and_a_week_of_full_hours_are_cases_of_the_place(world: World) -> None:
    number = 0
    for day in range(-40, 20):
        lying = -20 <= day < -14
        times = [T0 + day * DAY + (8 + n) * 3_600_000 + (0 if lying else 60_000 * (n * 7 + 1)) for n in range(9)]
        if day == 18:
            times.append(T0 + 5 * DAY + 34_000_000)
        events = [told(number + n, time) for n, time in enumerate(times)]
        number += len(events)
        hashes = [hash_of(f"sale{number}-{n}") for n in range(len(events))]
        at = T0 + (day + 1) * DAY
        world.graph.apply_documents(0, day + 41, [document(f"doc-{day}", events, party=SHOP, hashes=hashes, record_time=at)])
    world.apply()
    program = client(world.app(regulator_router(world.services)), world.key(REGULATOR, "regulator"))
    cases = program.get("/regulator/cases?kind=rhythm&days=60").json()["cases"]
    assert {(one["subject"], one["place"]["id"]) for one in cases} == {("older", SHOP), ("full_hours", SHOP)}
    link = next(one["link"] for one in cases if one["subject"] == "older")
    (example,) = program.get(link).json()["examples"]
    assert example["eventTime"]["utc"].startswith("2024-10-09 09:26:40")
    browser = signed_in(world.app(regulator_router(world.services)), "regulator", world.key(REGULATOR, "regulator"))
    assert "dated long before what it was uploaded with" in browser.get(f"{link}&lang=en").text
