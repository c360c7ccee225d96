"""The capture interface over a real log: what is answered, what is kept."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import msgspec
import pytest
import zstandard
from fastapi.testclient import TestClient

from pedigree.errors import StoreAheadError
from pedigree.eventhash import event_hash
from pedigree.facts import OPERATOR
from pedigree.messages import Fact, event_uri
from pedigree.ports import DOCUMENTS
from services.capture.index_sqlite import SqliteCaptureIndex
from services.context import EdgeSettings, Services
from tests.unit.test_registry import HOSPITAL, MAKER, REGULATOR
from tests.web.capture_world import XML, XML_EVENT, alone, capture_app, document, event, text, unit
from tests.web.edge import NOW, documents, key_for

JSON = {"Content-Type": "application/ld+json"}


class World:
    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder = folder
        self.client: TestClient
        self.services: Services
        max_bytes = settings.pop("max_bytes", 0)
        self.client, self.services = capture_app(folder, EdgeSettings(workers=0, **settings), max_bytes=max_bytes)
        self.maker = {**key_for(self.services, MAKER, "capture"), **JSON}
        self.hospital = {**key_for(self.services, HOSPITAL, "capture"), **JSON}

    def post(self, path: str, body: Any, headers: dict[str, str] | None = None, **more: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else text(body)
        return self.client.post(path, content=content, headers={**(headers or self.maker), **more})

    def job(self, answer: httpx.Response) -> dict[str, Any]:
        assert answer.status_code == 202, answer.text
        found = self.client.get(answer.headers["location"], headers=self.maker)
        assert found.status_code == 200
        made: dict[str, Any] = found.json()
        return made


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_document_is_one_message(world: World) -> None:
    body = text(document(event(1), event(2), event(3, "inspecting")))
    answer = world.post("/capture", body)
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/capture/{answer.json()['captureID']}"
    assert answer.headers["gs1-epcis-version"] == "2.0.0"
    (message,) = documents(world.services)
    assert zstandard.decompress(message.raw) == body
    assert (message.party, message.record_time, message.seal) == (MAKER, NOW, None)
    assert message.registry == world.services.registry.current().version
    given = (event(1), event(2), event(3, "inspecting"))
    assert [event_uri(one.hash) for one in message.events] == [event_hash(one) for one in given]
    assert [one.actor for one in message.events] == [MAKER] * 3
    assert msgspec.json.decode(message.events[0].event) == event(1)
    job = world.job(answer)
    assert (job["running"], job["success"], job["errors"], job["progress"]["events"]) == (False, True, [], 3)
    assert job["captureErrorBehaviour"] == "rollback"
    assert job["createdAt"] == "2026-09-21T14:13:20.000Z"


def test_xml_is_taken_too_and_has_the_hash_of_its_twin(world: World) -> None:
    assert world.post("/capture", XML, **{"Content-Type": "application/xml"}).status_code == 202
    assert world.post("/events", alone(event("x"))).status_code == 409
    alone_xml = XML_EVENT.replace(unit("x"), unit("y")).encode()
    assert world.post("/events", alone_xml, **{"Content-Type": "text/xml"}).status_code == 201
    assert world.post("/events", alone(event("y"))).status_code == 409


def test_a_single_event_and_its_duplicate(world: World) -> None:
    answer = world.post("/events", alone(event()))
    assert answer.status_code == 201
    assert answer.headers["location"] == "/events/" + quote(event_hash(event()), safe="")
    again = world.post("/events", alone(event()))
    assert (again.status_code, again.headers["location"]) == (409, answer.headers["location"])
    assert again.json()["type"] == "epcisException:ResourceAlreadyExistsException"
    assert again.json()["captureID"] == answer.json()["captureID"]
    assert len(documents(world.services)) == 1


def test_another_attesters_copy_and_another_declaration_are_no_duplicates(world: World) -> None:
    assert world.post("/events", alone(event())).status_code == 201
    assert world.post("/events", alone(event()), world.hospital).status_code == 201
    for day, status in (("01", 201), ("02", 201), ("01", 409)):
        declared = event(errorDeclaration={"declarationTime": f"2026-09-{day}T00:00:00Z", "reason": "did_not_occur"})
        assert world.post("/events", alone(declared)).status_code == status


def test_a_document_sent_again_has_no_second_effect(world: World) -> None:
    body = document(event(1), event(2), event(2))
    first, second = world.post("/capture", body), world.post("/capture", body)
    assert world.job(first)["progress"]["duplicates"] == 1
    job = world.job(second)
    assert (job["success"], job["progress"]["events"], job["progress"]["duplicates"]) == (True, 0, 3)
    more = world.job(world.post("/capture", document(event(2), event(3))))
    assert (more["progress"]["events"], more["progress"]["duplicates"]) == (1, 1)
    assert sum(len(message.events) for message in documents(world.services)) == 3


def test_an_attestation_that_proves_more_is_taken_again(world: World) -> None:
    received = event(1, "receiving", readPoint=None, bizLocation={"id": f"https://id.gs1.org/414/{HOSPITAL}"})
    del received["readPoint"]
    assert world.post("/events", alone(received)).status_code == 201
    assert world.post("/events", alone(received)).status_code == 409
    world.services.registry.state(Fact("delegation", "d", {"principal": HOSPITAL, "delegate": MAKER}, NOW, OPERATOR))
    assert world.post("/events", alone(received)).status_code == 201
    assert world.post("/events", alone(received)).status_code == 409
    assert sorted(message.events[0].entitled for message in documents(world.services)) == [False, True]


def test_rollback_refuses_all_and_proceed_leaves_out_the_bad(world: World) -> None:
    bad = event(2)
    del bad["eventTime"]
    worse = event(3, action="MAYBE")
    body = document(event(1), bad, worse, event(4))
    answer = world.post("/capture", body)
    assert (answer.status_code, answer.json()["type"]) == (400, "epcisException:ValidationException")
    places = {fault["where"] for fault in answer.json()["faults"]}
    assert places == {"/epcisBody/eventList/1/eventTime", "/epcisBody/eventList/2/action"}
    assert documents(world.services) == []
    proceeded = world.post("/capture", body, **{"GS1-Capture-Error-Behaviour": "proceed"})
    job = world.job(proceeded)
    assert (job["success"], job["captureErrorBehaviour"], job["progress"]["events"]) == (False, "proceed", 2)
    assert {error["where"] for error in job["errors"]} == places
    assert world.post("/capture", body, **{"GS1-Capture-Error-Behaviour": "sometimes"}).status_code == 400


def test_jobs_are_the_callers_own_and_paged(world: World) -> None:
    ids = [world.post("/capture", document(event(n))).json()["captureID"] for n in range(5)]
    other = world.post("/capture", document(event(9)), world.hospital).headers["location"]
    seen: list[str] = []
    url = "/capture?perPage=2"
    while url:
        answer = world.client.get(url, headers=world.maker)
        seen += [job["captureID"] for job in answer.json()]
        url = answer.links.get("next", {}).get("url", "")
    assert sorted(seen) == sorted(ids)
    assert world.client.get(other, headers=world.maker).status_code == 404
    assert world.client.get(other, headers=key_for(world.services, REGULATOR, "capture", "regulator")).status_code == 200
    assert world.client.get("/capture/nothing", headers=world.maker).status_code == 404


def test_who_may_not_capture(world: World) -> None:
    body = document(event())
    assert world.post("/capture", body, {"Content-Type": "application/json"}).status_code == 401
    assert world.post("/capture", body, {**key_for(world.services, MAKER, "query"), **JSON}).status_code == 403
    assert documents(world.services) == []


def test_limits_are_told_and_kept(tmp_path: Path) -> None:
    world = World(tmp_path, capture_limit=3, capture_bytes=20_000, children_limit=50)
    headers = world.client.options("/capture").headers
    assert headers["gs1-epcis-capture-limit"] == "3"
    assert headers["gs1-epcis-capture-file-size-limit"] == "20000"
    assert headers["gs1-capture-error-behaviour"] == "rollback"
    for path in ("/capture", "/capture/x", "/events", "/events/x", "/inbox"):
        answer = world.client.options(path)
        assert answer.status_code == 204
        assert "OPTIONS" in answer.headers["allow"]
        for name in ("Version", "Min", "Max"):
            assert answer.headers[f"GS1-EPCIS-{name}"] == "2.0.0"
        assert {"gs1-cbv-version", "gs1-epc-format", "gs1-extensions"} <= set(answer.headers)
    assert world.post("/capture", document(*(event(n) for n in range(4)))).status_code == 413
    assert world.post("/capture", b" " * 20_001).status_code == 413
    chunks = iter([b" " * 10_000] * 3)  # no Content-Length
    assert world.client.post("/capture", content=chunks, headers=world.maker).status_code == 413
    many = world.post("/capture", document(event(epcList=[unit(n) for n in range(51)])))
    assert many.status_code == 400
    assert many.json()["faults"][0]["where"] == "/epcisBody/eventList/0/epcList"
    assert documents(world.services) == []
    assert world.post("/capture", document(*(event(n) for n in range(3)))).status_code == 202


@pytest.mark.parametrize("media", ["text/plain", "application/octet-stream", "image/svg", "nonsense"])
def test_other_media_are_refused(world: World, media: str) -> None:
    answer = world.post("/capture", document(event()), **{"Content-Type": media})
    assert (answer.status_code, answer.json()["type"]) == (415, "epcisException:UnsupportedMediaTypeException")
    assert world.post("/capture", document(event()), **{"Content-Encoding": "gzip"}).status_code == 415


def test_record_times_can_be_given_in_simulation_only(world: World, tmp_path: Path) -> None:
    given = {"Medtrace-Record-Time": "2026-09-02T00:00:00Z"}
    assert world.post("/capture", document(event()), **given).status_code == 400
    assert documents(world.services) == []
    simulated = World(tmp_path / "simulated", simulation=True)
    answer = simulated.post("/capture", document(event()), **given)
    assert answer.headers["medtrace-simulation"] == "true"
    assert documents(simulated.services)[0].record_time == 1_788_307_200_000
    assert simulated.post("/capture", document(event(2)), **{"Medtrace-Record-Time": "yesterday"}).status_code == 400


def test_a_full_disk_is_503_and_takes_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, max_bytes=300_000)
    status = 202
    taken = 0
    for start in range(0, 10_000, 200):
        status = world.post("/capture", document(*(event(n) for n in range(start, start + 200)))).status_code
        taken += status == 202
        if status != 202:
            break
    answer = world.post("/capture", document(*(event(f"z{n}") for n in range(400))))
    assert (status, answer.status_code) == (503, 503)
    assert int(answer.headers["retry-after"]) > 0
    assert len(documents(world.services)) == taken > 0


def test_the_index_heals_after_a_crash_between_log_and_index(world: World, tmp_path: Path) -> None:
    location = world.post("/events", alone(event())).headers["location"]
    job = world.post("/capture", document(event(2), event(3))).headers["location"]
    before = world.client.get(job, headers=world.maker).json()
    world.services.log.close()
    for path in tmp_path.glob("captures.sqlite*"):
        path.unlink()
    healed = World(tmp_path)
    assert healed.client.get(job, headers=healed.maker).json() == before
    again = healed.post("/events", alone(event()))
    assert (again.status_code, again.headers["location"]) == (409, location)


def test_an_index_that_knows_more_than_the_log_stops(world: World, tmp_path: Path) -> None:
    world.post("/capture", document(event(1)))
    world.post("/capture", document(event(2)))
    world.services.log.close()
    for path in (tmp_path / "log").glob(f"{DOCUMENTS}*"):
        path.unlink()
    with pytest.raises(StoreAheadError):
        World(tmp_path)


def test_one_event_sent_by_many_at_once_is_taken_once(world: World) -> None:
    answers: list[int] = []

    def send() -> None:
        answers.append(world.post("/events", alone(event())).status_code)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201] + [409] * 7
    assert len(documents(world.services)) == 1


def test_the_index_keeps_what_it_is_told(world: World, tmp_path: Path) -> None:
    world.post("/capture", document(event(1), event(2)))
    rebuilt = SqliteCaptureIndex(tmp_path / "again.sqlite")
    assert rebuilt.follow(world.services.log) == 1
    assert rebuilt.follow(world.services.log) == 0
    assert [job.events for job in rebuilt.jobs(MAKER, None, 10)] == [2]
    rebuilt.clear()
    assert rebuilt.jobs(MAKER, None, 10) == []
    assert rebuilt.follow(world.services.log) == 1
    rebuilt.close()
