"""The regulator's console over a real graph: search, custody through containers, recalls, findings."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from pedigree import facts
from pedigree.custody.marks import PART
from pedigree.custody.steps import Status, Step
from pedigree.ports import Integrity
from services.regulator import regulator_router
from services.regulator.access import KeptAccessLog
from tests.contract.graph_builder import (
    CLINIC,
    DAY,
    DEALER,
    GTIN,
    LOT,
    MAKER,
    OTHER_GTIN,
    SHOP,
    T0,
    document,
    finding,
    hash_of,
    pack_id,
    sscc,
    verdict,
)  # fmt: skip
from tests.web.console_world import REGULATOR, World, client, csrf_of, signed_in

PACKS = [pack_id(i) for i in range(1, 41)]
CASE, PALLET = sscc(106141412345678908), sscc(106141412345678915)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """40 packs; 20 in a case on a pallet went to the dealer and to the clinic, where 5 were unpacked, 2 sold."""
    world = World(tmp_path)
    line = world.line
    line.commission(PACKS)
    line.pack(CASE, PACKS[:20], MAKER)
    line.pack(PALLET, [CASE], MAKER)
    line.ship([PALLET], MAKER, DEALER)
    line.receive([PALLET], DEALER, T0 + 2 * DAY)
    line.ship([PALLET], DEALER, CLINIC, T0 + 9 * DAY)
    line.receive([PALLET], CLINIC, T0 + 10 * DAY)
    line.unpack(CASE, PACKS[:5], CLINIC, T0 + 11 * DAY)
    line.dispense(PACKS[0], CLINIC, time=T0 + 12 * DAY)
    sold = line.dispense(PACKS[1], CLINIC, time=T0 + 12 * DAY)
    again = verdict(
        hash_of("again"), Step.DISPENSE, T0 + 13 * DAY, SHOP, outcome="rejected", applies=False, attested="ab12cd34ef567890",
        findings=(finding("repeat_dispensing", first_place=CLINIC, first_sale="2024-10-16T00:00:00Z", places="2"),),
    )  # fmt: skip
    line.judge(PACKS[1], again, verdict="suspect")
    shipping = {
        "type": "ObjectEvent", "eventTime": "2024-10-16T00:00:00.000Z", "epcList": [PACKS[1]], "bizStep": "dispensing",
        "readPoint": {"id": f"https://id.gs1.org/414/{CLINIC}"},
    }  # fmt: skip
    world.graph.apply_documents(0, 0, [document("doc-1", [shipping], party=CLINIC, hashes=[sold])])
    world.apply()
    yield world
    world.close()


@pytest.fixture
def app(world: World) -> FastAPI:
    return world.app(regulator_router(world.services))


@pytest.fixture
def program(world: World, app: FastAPI) -> TestClient:
    return client(app, world.key(REGULATOR, "regulator"))


@pytest.fixture
def browser(world: World, app: FastAPI) -> TestClient:
    return signed_in(app, "regulator", world.key(REGULATOR, "regulator"))


def unit(epc: str, **more: str) -> str:
    return f"/regulator/unit?epc={quote(epc, safe='')}" + "".join(f"&{name}={quote(value)}" for name, value in more.items())


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        (PACKS[1], PACKS[1]),
        (f"(01){GTIN}(21)2(10){LOT}", PACKS[1]),
        (f"]d201{GTIN}212\x1d10{LOT}", PACKS[1]),
        (f"https://example.com/01/{GTIN}/21/2?17=270630", PACKS[1]),
        (f"urn:epc:id:sgtin:6901234.056789.{2}", PACKS[1]),
        ("00106141412345678915", PALLET),
        ("106141412345678915", PALLET),
    ],
)
def test_any_form_of_a_code_leads_to_its_unit(browser: TestClient, program: TestClient, typed: str, found: str) -> None:
    answer = browser.get("/regulator/search", params={"q": typed})
    assert answer.status_code == 303
    page = browser.get(answer.headers["location"])
    assert page.status_code == 200
    assert f"<dd class=\"code\">{found}</dd>" in page.text
    assert program.get("/regulator/search", params={"q": typed}).json()["units"][0]["epc"] == found


def test_search_by_lot_and_of_what_is_not_known(browser: TestClient, program: TestClient) -> None:
    lots = program.get("/regulator/search", params={"q": "L"}).json()["lots"]
    assert [(hit["gtin"], hit["lot"], hit["units"]) for hit in lots] == [(GTIN, LOT, 40)]
    unknown = browser.get("/regulator/search", params={"q": f"(01){GTIN}(21)NOPE"})
    assert "no proof of a fake" in unknown.text
    assert browser.get(unit(pack_id("NOPE"))).status_code == 404
    assert "&lt;script&gt;" in browser.get("/regulator/search", params={"q": "<script>"}).text
    assert program.get("/regulator/search", params={"q": ""}).json()["units"] == []


def test_the_path_goes_through_containers_with_names_and_times_in_zone_and_utc(program: TestClient) -> None:
    seen = program.get(unit(PACKS[3])).json()
    steps = [(one["party"]["id"], one["status"], one["via"]) for one in seen["path"]]
    assert (DEALER, Status.ACTIVE, PALLET) in steps
    assert steps[0] == (MAKER, Status.ACTIVE, "")
    assert steps[-1] == (CLINIC, Status.ACTIVE, "")
    at_dealer = next(one for one in seen["path"] if one["party"]["id"] == DEALER)
    assert at_dealer["party"]["name"] == "东方医药物流"
    assert at_dealer["from"]["local"].endswith("08:00:00")
    assert at_dealer["from"]["zone"] == "+08:00 Asia/Shanghai"
    assert at_dealer["from"]["utc"].endswith("00:00:00 UTC")
    assert seen["state"]["party"]["id"] == CLINIC


def test_every_event_shows_its_verdict_evidence_and_who_vouches(program: TestClient, browser: TestClient) -> None:
    seen = program.get(unit(PACKS[1])).json()
    bad = next(one for one in seen["verdicts"] if one["outcome"] == "rejected")
    assert bad["findings"] == [
        {
            "code": "repeat_dispensing", "severity": "high",
            "evidence": {"first_place": CLINIC, "first_sale": "2024-10-16T00:00:00Z", "places": "2"},
            "named": {CLINIC: "海淀第一医院"},
        }
    ]  # fmt: skip
    assert (bad["attestedBy"]["id"], bad["seal"], bad["proof"], bad["applies"]) == (SHOP, "ab12cd34ef567890", "unproven", False)
    page = browser.get(unit(PACKS[1])).text
    assert page.index("What needs a look") < page.index("Custody path")
    for shown in ("sold at more than one place", "first sale: <b>2024-10-16T00:00:00Z</b>", "<svg", "gateway only", "百姓大药房"):
        assert shown in page


def test_an_integrity_alarm_stands_above_everything(world: World, browser: TestClient) -> None:
    world.records.state = Integrity("differs", ("stay 2 of the graph: party is another", "acc after 3 leaves"), 3, 3, 0)
    page = browser.get(unit(PACKS[1])).text
    assert page.index("Integrity alarm") < page.index("Verdict")
    assert "stay 2 of the graph: party is another" in page
    world.services.history = None
    assert "not compared here" in browser.get(unit(PACKS[1])).text


def test_as_known_at_a_record_time(world: World, program: TestClient, browser: TestClient) -> None:
    passport = world.graph.unit_rows(PACKS[1])
    assert passport is not None
    world.records.known[PACKS[1]] = (passport.shown, passport.verdicts[:1], passport.stays[:1], [])
    then = program.get(unit(PACKS[1], known_at="2024-10-05T10:00")).json()
    assert len(then["path"]) == 1
    assert len(then["verdicts"]) == 1
    assert "Only the unit" in browser.get(unit(PACKS[1], known_at="2024-10-05")).text
    assert program.get(unit(PACKS[2], known_at="2024-10-05")).status_code == 404
    assert program.get(unit(PACKS[1], known_at="yesterday")).status_code == 400


def test_what_was_scanned_is_compared_with_what_is_on_record(browser: TestClient) -> None:
    assert "Differs from what was scanned" in browser.get(unit(PACKS[1], lot="L9")).text
    assert "Differs from what was scanned" in browser.get(unit(PACKS[1], expiry="2030-01-01")).text
    assert "Differs from what was scanned" not in browser.get(unit(PACKS[1], lot=LOT, expiry="2027-06-30")).text


def test_contents_page_by_page_and_at_a_moment(program: TestClient, browser: TestClient) -> None:
    first = program.get("/regulator/contents", params={"epc": CASE, "perPage": 6})
    assert first.json()["levels"] == [{"depth": 1, "units": 15, "packs": 15}]
    seen = [one["epc"] for one in first.json()["children"]]
    answer = first
    while "link" in answer.headers:
        answer = program.get(answer.headers["link"].split(">")[0][1:])
        seen += [one["epc"] for one in answer.json()["children"]]
        assert answer.json()["levels"] == []
    assert sorted(seen) == sorted(PACKS[5:20])
    before = program.get("/regulator/contents", params={"epc": PALLET, "at": "2024-10-06T00:00Z"}).json()
    assert [(level["depth"], level["units"]) for level in before["levels"]] == [(1, 1), (2, 20)]
    assert "Next page" in browser.get("/regulator/contents", params={"epc": CASE, "perPage": 6}).text


def test_a_kit_names_what_it_is_made_of_and_stands_under_the_recall_of_a_part(
    world: World, program: TestClient, browser: TestClient
) -> None:
    world.line.judge(PACKS[3], marks=(f"{PART}{OTHER_GTIN}:P7",))
    world.say("recall", facts.Recall(id="P", gtin=OTHER_GTIN, lot="P7", reason="glass", since=T0))
    world.apply()
    found = program.get(unit(PACKS[3])).json()
    assert (found["parts"], found["marks"]) == ([{"gtin": OTHER_GTIN, "lot": "P7"}], [])
    assert [one["id"] for one in found["standing"]["recalls"]] == ["P"]
    assert f"gtin={OTHER_GTIN}&amp;lot=P7" in browser.get(unit(PACKS[3])).text
    assert program.get(unit(PACKS[4])).json()["standing"]["recalls"] == []


def test_where_a_lot_is_and_how_far_its_recall_has_come(program: TestClient) -> None:
    found = program.get("/regulator/recall", params={"gtin": GTIN, "lot": LOT}).json()
    assert found["total"] == 40
    holders = {one["party"]["id"]: (one["units"], one["inContainers"], one["status"]) for one in found["holders"]}
    assert holders[MAKER] == (20, 0, {str(int(Status.ACTIVE)): 20})
    assert holders[CLINIC] == (20, 15, {str(int(Status.ACTIVE)): 18, str(int(Status.DISPENSED)): 2})
    assert sum(one["share"] for one in found["holders"]) == pytest.approx(1)
    figures = found["figures"]
    assert [figures[name] for name in ("produced", "sold", "toRecall", "back", "ended")] == [40, 2, 18, 20, 0]
    assert figures["done"] == pytest.approx(20 / 38, abs=1e-4)


def test_the_list_of_a_lot_as_pages_and_as_a_file_names_each_unit_once(program: TestClient) -> None:
    answer = program.get("/regulator/recall", params={"gtin": GTIN, "lot": LOT, "perPage": 7})
    listed = [one["epc"] for one in answer.json()["units"]]
    while "link" in answer.headers:
        answer = program.get(answer.headers["link"].split(">")[0][1:])
        listed += [one["epc"] for one in answer.json()["units"]]
        assert answer.json()["holders"] == []
    file = program.get("/regulator/recall", params={"gtin": GTIN, "lot": LOT, "format": "csv"})
    assert file.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(file.text)))
    assert sorted(listed) == sorted(PACKS) == sorted(row["epc"] for row in rows)
    inside = next(row for row in rows if row["epc"] == PACKS[10])
    assert (inside["party"], inside["party_name"], inside["container"]) == (CLINIC, "海淀第一医院", PALLET)


def test_names_from_outside_are_neither_markup_nor_formulas(world: World, program: TestClient, browser: TestClient) -> None:
    world.say("party", facts.Party(id=CLINIC, name="=HYPERLINK(1)<script>alert(1)</script>", role="hospital"))
    rows = csv.DictReader(io.StringIO(program.get("/regulator/recall", params={"gtin": GTIN, "lot": LOT, "format": "csv"}).text))
    assert {row["party_name"][:3] for row in rows if row["party"] == CLINIC} == {"'=H"}
    for page in (unit(PACKS[1]), f"/regulator/recall?gtin={GTIN}&lot={LOT}", "/regulator/parties", "/regulator"):
        assert "<script" not in browser.get(page).text


def test_a_recall_is_declared_once_shown_at_once_and_lifted_once(world: World, program: TestClient, browser: TestClient) -> None:
    said = {"id": "R-7", "gtin": GTIN, "lot": LOT, "class": "I", "reason": "glass splinters", "from": "2024-11-01T08:00"}
    first = program.post("/regulator/recalls", json=said)
    assert first.status_code == 201
    assert program.post("/regulator/recalls", json=said).status_code == 200
    assert program.post("/regulator/recalls", json={**said, "lot": "L2"}).status_code == 409
    stated = world.services.registry.current().recalls(GTIN, LOT, "", world.now)
    assert [(one.id, one.level, one.reason, one.since) for one in stated] == [("R-7", "I", "glass splinters", 1730419200000)]
    page = browser.get(unit(PACKS[3])).text
    assert page.index("glass splinters") < page.index("Custody path")
    listed = program.get("/regulator/recalls").json()["recalls"]
    assert [(one["id"], one["stands"], one["overdue"], one["figures"]["toRecall"]) for one in listed] == [("R-7", True, True, 18)]
    token = csrf_of(browser.get("/regulator/recalls").text)
    assert browser.post("/regulator/recalls/R-7/lift", data={"csrf": token}).status_code == 303
    assert world.services.registry.current().recalls(GTIN, LOT, "", world.now) == []
    assert program.get("/regulator/recalls").json()["recalls"][0]["stands"] is False
    assert program.post("/regulator/recalls/R-7/lift", json={}).status_code == 409
    assert program.post("/regulator/recalls/R-8/lift", json={}).status_code == 404


def test_a_recall_of_serials_or_of_the_whole_product_counts_just_these(program: TestClient) -> None:
    some = {"gtin": GTIN, "lot": LOT, "serials": "1, 2 3；40", "class": "II", "reason": "wrong leaflet"}
    whole = {"gtin": GTIN, "class": "III", "reason": "label"}
    for said in (some, whole):
        assert program.post("/regulator/recalls", json=said).status_code == 201
    produced = {one["class"]: one["figures"] for one in program.get("/regulator/recalls").json()["recalls"]}
    assert (produced["II"]["produced"], produced["II"]["sold"]) == (4, 2)
    assert produced["III"]["produced"] == 40


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"gtin": "12"}, "gtin"), ({"gtin": "06901234567893"}, "gtin"), ({"class": "IV"}, "class"), ({"reason": ""}, "reason"),
        ({"from": "soon"}, "from"), ({"colour": "red"}, "colour"), ({"id": "../x"}, "id"), ({"lot": "x" * 21}, "lot"),
    ],
)  # fmt: skip
def test_a_recall_that_makes_no_sense_names_the_field(
    world: World, program: TestClient, wrong: dict[str, str], field: str
) -> None:
    answer = program.post("/regulator/recalls", json={"gtin": GTIN, "lot": LOT, "class": "I", "reason": "x", **wrong})
    assert answer.status_code == 400
    assert field in answer.json()["detail"]
    assert world.services.registry.current().all_recalls() == []


def test_a_hold_stands_until_it_is_lifted(world: World, program: TestClient, browser: TestClient) -> None:
    made = program.post("/regulator/holds", json={"gtin": GTIN, "lot": LOT, "reason": "sample taken"})
    assert made.status_code == 201
    id = made.json()["id"]
    assert "sample taken" in browser.get(unit(PACKS[3])).text
    assert [one["id"] for one in program.get(f"/regulator/recall?gtin={GTIN}&lot={LOT}").json()["holds"]] == [id]
    assert program.post(f"/regulator/holds/{id}/lift", json={"gtin": GTIN, "lot": LOT}).status_code == 200
    assert world.services.registry.current().holds(GTIN, LOT, "", world.now) == []


def test_findings_are_filtered_and_linked(program: TestClient, browser: TestClient) -> None:
    every = program.get("/regulator/findings").json()["findings"]
    assert [(one["code"], one["epc"], one["party"]["name"]) for one in every] == [("repeat_dispensing", PACKS[1], "百姓大药房")]
    filters = {"severity=high": 1, "code=late": 0, f"party={SHOP}": 1, f"party={CLINIC}": 0, "since=2030-01-01": 0}
    for query, n in filters.items():
        assert len(program.get(f"/regulator/findings?{query}").json()["findings"]) == n, query
    assert program.get("/regulator/findings?severity=awful").status_code == 400
    home = browser.get("/regulator").text
    assert f'href="/regulator/unit?epc={quote(PACKS[1], safe="")}"' in home


def test_events_as_captured_and_the_proof_file(world: World, program: TestClient, browser: TestClient) -> None:
    listed = program.get("/regulator/events", params={"epc": PACKS[1]}).json()["events"]
    seen = [(one["captureID"], one["event"]["bizStep"], one["attestedBy"]["id"]) for one in listed]
    assert seen == [("doc-1", "dispensing", CLINIC)]
    one = program.get("/regulator/event", params={"hash": listed[0]["hash"]}).json()["events"]
    assert one == listed
    assert program.get("/regulator/event", params={"hash": "ni:///x"}).status_code == 400
    assert browser.get("/regulator/proof", params={"epc": PACKS[1]}).status_code == 404
    world.records.proofs[PACKS[1]] = b'{"proof":1}'
    file = browser.get("/regulator/proof", params={"epc": PACKS[1]})
    assert (file.content, file.headers["content-disposition"]) == (b'{"proof":1}', 'attachment; filename="proof.json"')


def test_who_read_what_can_be_read_back(world: World) -> None:
    world.services.access = KeptAccessLog(world.services.access, world.services.clock)
    app = world.app(regulator_router(world.services))
    program = client(app, world.key(REGULATOR, "regulator"))
    client(app, world.key(DEALER, "capture")).get(unit(PACKS[1]))
    program.get(unit(PACKS[2]))
    reads = program.get("/regulator/access").json()["reads"]
    assert [(one["route"], one["party"]["id"], one["allowed"], one["subject"].get("epc", "")) for one in reads] == [
        ("/regulator/access", REGULATOR, True, ""),
        ("/regulator/unit", REGULATOR, True, PACKS[2]),
        ("/regulator/unit", DEALER, False, PACKS[1]),
    ]
    program.get("/regulator/search", params={"q": world.key(DEALER, "query")})
    assert program.get("/regulator/access").json()["reads"][1]["subject"] == {"q": "(withheld)"}
    first = program.get("/regulator/access?perPage=2")
    rest = program.get(first.headers["link"].split(">")[0][1:]).json()["reads"]
    assert [one["route"] for one in first.json()["reads"]] == ["/regulator/access"] * 2
    assert [one["route"] for one in rest] == ["/regulator/search", "/regulator/access"]


def test_pages_load_nothing_from_elsewhere_and_run_no_script(browser: TestClient) -> None:
    plain = [f"/regulator{path}" for path in ("", "/recalls", "/parties", "/findings", "/access", "/search?q=L")]
    for path in (*plain, unit(PACKS[1]), f"/regulator/recall?gtin={GTIN}&lot={LOT}", f"/regulator/contents?epc={quote(PALLET)}"):
        for lang in ("zh", "en"):
            answer = browser.get(path + ("&" if "?" in path else "?") + f"lang={lang}")
            assert answer.status_code == 200, path
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert answer.headers["cache-control"] == "no-store"
            assert " src=" not in answer.text
            assert "<script" not in answer.text
            assert " style=" not in answer.text
            assert (f'lang="{"zh-CN" if lang == "zh" else "en"}"') in answer.text[:200]
