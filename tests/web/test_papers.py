"""Papers over HTTP: taken once, refused when they are not what they say, read by who gave them and by the regulator."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from ops.layout import Layout
from ops.papers import open_papers, rotate_papers, secret_file
from ops.settings import Settings
from pedigree.errors import SettingsError
from pedigree.factcheck import check_fact
from pedigree.facts import OPERATOR
from pedigree.messages import Fact
from pedigree.registry import Registry
from pedigree.seal import sm3
from services.context import EdgeSettings, Services
from services.papers import papers_router
from services.registry import RegistryHolder
from tests.unit.test_registry import HOSPITAL, MAKER, REGULATOR
from tests.web.edge import NOW, Access, client_of, key_for, services_in

PDF = b"%PDF-1.7\nlot 7 passed\n"
NAME = sm3(PDF).hex()
QUERY = {"kind": "inspection_report", "title": "批检验报告 7"}


class World:
    def __init__(self, folder: Path) -> None:
        self.settings = Settings(data=folder / "data")
        self.services: Services = services_in(folder, EdgeSettings(workers=0, paper_bytes=1_000))
        self.services.papers = open_papers(self.settings)
        app = FastAPI()
        app.include_router(papers_router(self.services))
        self.client: TestClient = client_of(app)
        self.maker = key_for(self.services, MAKER, "capture")
        self.hospital = key_for(self.services, HOSPITAL, "capture")
        self.regulator = key_for(self.services, REGULATOR, "regulator")

    def give(self, body: bytes, media: str, key: dict[str, str] | None = None, **query: str) -> int:
        headers = {**(key or self.maker), "Content-Type": media}
        return self.client.post("/papers", params=QUERY | query, content=body, headers=headers).status_code


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_paper_is_taken_once_and_read_by_who_gave_it_and_the_regulator(world: World) -> None:
    first = world.client.post("/papers", params=QUERY, content=PDF, headers={**world.maker, "Content-Type": "application/pdf"})
    assert (first.status_code, first.headers["location"]) == (201, f"/papers/{NAME}")
    assert first.json()["uri"] == f"urn:medtrace:paper:sm3:{NAME}"
    facts = world.services.registry.current().version
    again = world.client.post(
        "/papers", params=QUERY | {"title": "another"}, content=PDF, headers={**world.maker, "Content-Type": "application/pdf"}
    )
    assert (again.status_code, again.json(), again.headers["location"]) == (200, first.json(), f"/papers/{NAME}")
    assert world.services.registry.current().version == facts

    for key in (world.maker, world.regulator):
        read = world.client.get(f"/papers/{NAME}", headers=key)
        assert (read.status_code, read.content) == (200, PDF)
        assert read.headers["content-type"] == "application/pdf"
        assert read.headers["content-disposition"].startswith("attachment;")
        assert read.headers["x-content-type-options"] == "nosniff"
    assert world.client.get(f"/papers/{NAME}").status_code == 401
    refused = world.client.get(f"/papers/{NAME}", headers=world.hospital)
    missing = world.client.get(f"/papers/{NAME[::-1]}", headers=world.hospital)
    assert (refused.status_code, missing.status_code) == (404, 404)
    assert refused.json()["detail"].replace(NAME, "") == missing.json()["detail"].replace(NAME[::-1], "")
    access = world.services.access
    assert isinstance(access, Access)
    assert [party for party, route, _ in access.reads if route == "/papers/{hash}"] == [MAKER, REGULATOR, HOSPITAL, HOSPITAL]


def test_another_party_with_the_same_bytes_takes_nothing_from_the_first(world: World) -> None:
    assert world.give(PDF, "application/pdf") == 201
    assert world.give(PDF, "application/pdf", world.hospital, title="ours") == 201
    assert [one.party for one in world.services.registry.current().papers(NAME)] == [MAKER, HOSPITAL]
    for key, title in ((world.maker, QUERY["title"]), (world.hospital, "ours")):
        assert [one["title"] for one in world.client.get("/papers", headers=key).json()] == [title]
        assert world.client.get(f"/papers/{NAME}", headers=key).content == PDF


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        (PDF, "application/pdf; version=1.7", 201),
        (b"\x89PNG\r\n\x1a\n0", "image/png", 201),
        (b"\xff\xd8\xff\xe0", "image/jpeg", 201),
        ("合格\n".encode(), "text/plain; charset=UTF-8", 201),
        (b"\xef\xbb\xbf <?xml version='1.0'?><a/>", "application/xml", 201),
        (b"<html>", "text/html", 415),
        (b"GIF89a", "image/gif", 415),
        (PDF, "", 415),
        (PDF, "image/png", 415),
        (PDF, "text/plain", 415),
        (b" " + PDF, "application/pdf", 415),
        (b"MZ\x90\x00", "text/plain", 415),
        (b"\xff\xfea\x00", "text/plain", 415),
        (b"abc", "text/plain; charset=gbk", 415),
        (b"{}", "application/xml", 415),
        (b"", "text/plain", 400),
        (b"a" * 1_000, "text/plain", 201),
        (b"a" * 1_001, "text/plain", 413),
    ],
)
def test_a_paper_must_be_what_its_content_type_says(world: World, body: bytes, media: str, status: int) -> None:
    assert world.give(body, media) == status
    assert len(world.client.get("/papers", headers=world.maker).json()) == (status == 201)
    assert world.services.papers is not None
    assert (world.services.papers.open(sm3(body).hex()) == body) == (status == 201)


def test_titles_and_kinds_are_checked_and_the_role_too(world: World) -> None:
    for title in ("", "a\nb", " ", "fdp\u202egnp", "x" * 201):
        assert world.give(PDF, "application/pdf", title=title) == 400
    assert world.give(PDF, "application/pdf", kind="menu") == 400
    assert world.give(PDF, "application/pdf", world.regulator) == 403


def test_own_papers_come_in_pages_newest_first(world: World) -> None:
    times = iter(range(NOW, NOW + 100))
    world.services.clock = lambda: next(times)
    for number in range(5):
        assert world.give(f"paper {number}".encode(), "text/plain", title=str(number)) == 201
    assert world.give(b"theirs", "text/plain", world.hospital) == 201
    world.services.clock = lambda: NOW + 100
    titles, url = [], "/papers?perPage=2"
    while url:
        answer = world.client.get(url, headers=world.maker)
        titles.append([one["title"] for one in answer.json()])
        url = answer.links.get("next", {}).get("url", "")
    assert titles == [["4", "3"], ["2", "1"], ["0"]]


def test_what_is_said_of_papers_is_rebuilt_from_the_log(world: World) -> None:
    assert world.give(PDF, "application/pdf") == 201
    assert RegistryHolder(world.services.log).current().papers(NAME) == world.services.registry.current().papers(NAME) != []


def test_nobody_states_a_paper_of_another_party(world: World) -> None:
    registry: Registry = world.services.registry.current()
    value = {"hash": NAME, "party": MAKER, "title": "x", "kind": "other", "media": "text/plain", "size": 1, "given": NOW}
    assert check_fact(registry, Fact("paper", f"{NAME}/{MAKER}", value, NOW, MAKER)) == []
    assert check_fact(registry, Fact("paper", f"{NAME}/{MAKER}", value, NOW, HOSPITAL)) != []
    assert check_fact(registry, Fact("paper", f"{NAME}/{HOSPITAL}", value, NOW, OPERATOR)) != []


def test_a_damaged_paper_is_not_given_out(world: World) -> None:
    assert world.give(PDF, "application/pdf") == 201
    file = Layout(world.settings.data).papers / NAME[:2] / NAME[2:4] / NAME
    file.write_bytes(file.read_bytes()[:-1] + b"\0\0")
    answer = world.client.get(f"/papers/{NAME}", headers=world.maker)
    assert answer.status_code == 503
    assert b"PDF" not in answer.content


def test_the_secret_rotates_under_a_running_server_and_a_lost_one_is_not_made_anew(world: World) -> None:
    layout = Layout(world.settings.data)
    assert world.give(PDF, "application/pdf") == 201
    assert rotate_papers(layout) == 2
    assert world.give(b"later", "text/plain") == 201
    assert world.services.papers is not None
    later = world.services.papers.about(sm3(b"later").hex())
    assert later is not None
    assert later.secret == 2
    assert world.client.get(f"/papers/{NAME}", headers=world.maker).content == PDF
    secret_file(layout).unlink()
    with pytest.raises(SettingsError, match="put it back"):
        open_papers(world.settings).open(NAME)
