"""Jobs, inbox and events as the graph comes to know them."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from graph.sqlite import SqliteGraph
from pedigree.custody.steps import Step
from pedigree.messages import Decisions, Finding, Verdict, decode_document
from pedigree.ports import DOCUMENTS
from tests.contract.graph_builder import NOBODY, Numbers, decision, verdict
from tests.unit.test_registry import HOSPITAL, MAKER, REGULATOR
from tests.web.capture_world import document, event, unit
from tests.web.edge import documents, key_for
from tests.web.test_capture import World


@pytest.fixture
def graph(tmp_path: Path) -> SqliteGraph:
    return SqliteGraph(tmp_path / "graph.sqlite")


@pytest.fixture
def world(tmp_path: Path, graph: SqliteGraph) -> World:
    made = World(tmp_path)
    made.services.graph = graph
    return made


def project(world: World, graph: SqliteGraph) -> None:
    log = world.services.log
    for partition in range(log.partitions(DOCUMENTS)):
        start, _ = graph.progress(f"documents/{partition}")
        records = log.read(DOCUMENTS, partition, start)
        graph.apply_documents(partition, start, [decode_document(record.value) for record in records])


def judged(hash: bytes, outcome: str, *findings: Finding) -> Verdict:
    return verdict(hash, Step.COMMISSION, 5000, MAKER, outcome=outcome, party=MAKER, findings=findings, biz_step="commissioning")


def decide(graph: SqliteGraph, numbers: Numbers, *verdicts: tuple[str, Verdict]) -> None:
    message: tuple[Decisions, bytes] = numbers.message([decision(epc, NOBODY, verdicts=[one]) for epc, one in verdicts])
    assert graph.apply_decisions([message]) == 1


def test_a_job_runs_until_its_events_are_decided(world: World, graph: SqliteGraph) -> None:
    report = {"sensorReport": [{"type": "Temperature", "value": 5.5, "uom": "CEL"}]}
    sensor = event(3, "sensor_reporting", epcList=[], sensorElementList=[report])
    answer = world.post("/capture", document(event(1), event(2), sensor))
    job = world.job(answer)
    assert (job["running"], job["success"]) == (True, False)
    project(world, graph)
    assert world.job(answer)["running"]
    first, second, _ = (one.hash for one in documents(world.services)[0].events)
    numbers = Numbers()
    decide(graph, numbers, (unit(1), judged(first, "confirmed")))
    job = world.job(answer)
    assert (job["running"], job["progress"]["decided"], job["progress"]["verdicts"]) == (True, 1, {"confirmed": 1})
    wrong = Finding("foreign_prefix", "high", (("owner", "x"),))
    decide(graph, numbers, (unit(2), judged(second, "rejected", wrong)))
    job = world.job(answer)
    assert (job["running"], job["success"], job["progress"]["expected"]) == (False, True, 2)
    assert job["progress"]["verdicts"] == {"confirmed": 1, "rejected": 1}
    assert job["progress"]["findings"] == {"foreign_prefix": 1}
    repeated = world.post("/capture", document(event(1), event(2)))
    assert (world.job(repeated)["running"], world.job(repeated)["success"]) == (False, True)


def test_the_inbox_has_the_callers_own_with_reasons(world: World, graph: SqliteGraph) -> None:
    answer = world.post("/capture", document(*(event(n) for n in range(5))))
    project(world, graph)
    hashes = [one.hash for one in documents(world.services)[0].events]
    reason = Finding("order_conflict", "medium", (("lag_s", "700"),))
    outcomes = ("confirmed", "rejected", "suspect", "pending", "rejected")
    numbers = Numbers()
    for n, outcome in enumerate(outcomes):
        decide(graph, numbers, (unit(n), judged(hashes[n], outcome, reason)))
    seen: list[tuple[str, str]] = []
    url = "/inbox?perPage=3"
    while url:
        page = world.client.get(url, headers=world.maker)
        seen += [(item["unit"], item["state"]) for item in page.json()]
        url = page.links.get("next", {}).get("url", "")
    assert sorted(seen) == sorted((unit(n), outcome) for n, outcome in enumerate(outcomes) if outcome != "confirmed")
    (item,) = world.client.get("/inbox?state=pending", headers=world.maker).json()
    assert item["captureID"] == answer.json()["captureID"]
    assert item["reasons"] == [{"code": "order_conflict", "severity": "medium", "evidence": {"lag_s": "700"}}]
    assert world.client.get("/inbox", headers=world.hospital).json() == []
    wrong = world.client.get("/inbox?state=odd", headers=world.maker)
    assert (wrong.status_code, wrong.json()["type"]) == (400, "epcisException:QueryParameterException")
    assert world.client.get("/inbox").status_code == 401


def test_an_events_location_leads_to_it(world: World, graph: SqliteGraph) -> None:
    made = event(1)
    location = world.post("/events", msgspec.json.encode({"@context": "https://ref.gs1.org/x", **made})).headers["location"]
    assert world.client.get(location, headers=world.maker).status_code == 404
    project(world, graph)
    found = world.client.get(location, headers=world.maker)
    assert (found.status_code, found.json()["epcList"]) == (200, [unit(1)])
    assert world.client.get(location, headers=key_for(world.services, HOSPITAL, "capture")).status_code == 404
    assert world.client.get(location, headers=key_for(world.services, REGULATOR, "regulator")).status_code == 200
    assert world.client.get("/events/nonsense", headers=world.maker).status_code == 404
