"""Papers on the regulator's page of a unit: those that its events announce, handed in or not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from pedigree import facts
from pedigree.papers import URN
from pedigree.registry import Registry
from pedigree.seal.papers import generate_paper_secrets
from services.console.names import Names
from services.regulator import regulator_router
from services.regulator.desk import Desk
from services.regulator.papers import papers_of
from storage.papers import FilePapers
from tests.contract.graph_builder import CLINIC, DEALER, MAKER, T0, document, pack_id
from tests.web.capture_world import event
from tests.web.console_world import REGULATOR, World, client, signed_in
from tests.web.query_world import QueryWorld

PACK = pack_id(1)
REPORT = b"%PDF-1.7 passed"
UNKNOWN = "ab" * 32
PAGE = f"/regulator/unit?epc={quote(PACK, safe='')}"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The maker announces a report that it hands in a second later; the dealer announces that one, and one that nobody has."""
    world = World(tmp_path)
    secrets = generate_paper_secrets()
    world.services.papers = papers = FilePapers(tmp_path / "papers", lambda: secrets)
    name, _ = papers.put(REPORT)
    world.line.commission([PACK])
    world.apply()
    plain = {"type": "ObjectEvent", "epcList": [PACK], "eventTime": "2024-10-16T00:00:00.000Z"}
    made = {**plain, "bizStep": "commissioning", "certificationInfo": URN + name}
    later = {**plain, "eventTime": "2024-10-17T00:00:00.000Z", "bizStep": "receiving",
             "certificationInfo": [URN + UNKNOWN, "https://example.com/other", URN + name, URN + "../secret"]}  # fmt: skip
    world.graph.apply_documents(0, 0, [document("d1", [made]), document("d2", [later], party=DEALER, record_time=T0 + 9_000)])
    said = facts.Paper(
        id=f"{name}/{MAKER}", hash=name, party=MAKER, title="<b>Report</b> 7", kind="inspection_report", media="application/pdf",
        size=len(REPORT), given=T0 + 1_000,
    )  # fmt: skip
    world.say("paper", said)
    yield world
    world.close()


def hash_of_report(world: World) -> str:
    assert world.services.papers is not None
    return next(world.services.papers.list())


def test_the_page_tells_what_was_handed_in_from_what_was_only_announced(world: World) -> None:
    name = hash_of_report(world)
    app = world.app(regulator_router(world.services))
    found = client(app, world.key(REGULATOR, "regulator")).get(PAGE).json()["papers"]
    assert [(one["hash"], one["state"], len(one["announced"]), len(one["given"])) for one in found] == [
        (UNKNOWN, "announced", 1, 0),
        (name, "here", 2, 1),
    ]
    assert [one["by"]["id"] for one in found[1]["announced"]] == [DEALER, MAKER]
    assert (found[1]["given"][0]["by"]["id"], found[1]["given"][0]["title"]) == (MAKER, "<b>Report</b> 7")

    browser = signed_in(app, "regulator", world.key(REGULATOR, "regulator"))
    page = browser.get(PAGE).text
    assert "announced, not handed in" in page
    assert UNKNOWN in page
    assert "&lt;b&gt;Report" in page
    assert "<b>Report" not in page
    paper = browser.get(f"/regulator/paper/{name}")
    assert (paper.status_code, paper.content) == (200, REPORT)
    assert paper.headers["content-disposition"].startswith("attachment;")
    assert browser.get(f"/regulator/paper/{UNKNOWN}").status_code == 404


def test_as_known_at_a_time_a_paper_that_came_later_is_not_there(world: World) -> None:
    desk, names = Desk(world.services), Names(world.services.registry.current(), "en")

    def known(until: int | None) -> list[tuple[str, str]]:
        return [(one["hash"], one["state"]) for one in papers_of(desk, names, PACK, until)]

    name = hash_of_report(world)
    assert known(T0 - 1) == []
    assert known(T0) == [(name, "announced")]
    assert known(T0 + 1_000) == [(name, "here")]
    assert known(None) == [(UNKNOWN, "announced"), (name, "here")]


def test_a_lost_or_damaged_file_is_said(world: World, tmp_path: Path) -> None:
    desk, names, name = Desk(world.services), Names(world.services.registry.current(), "en"), hash_of_report(world)
    file = tmp_path / "papers" / name[:2] / name[2:4] / name
    file.write_bytes(b"x" * 100)
    assert papers_of(desk, names, PACK, T0 + 1_000)[0]["state"] == "damaged"
    file.unlink()
    assert papers_of(desk, names, PACK, T0 + 1_000)[0]["state"] == "missing"


def test_only_the_regulator_reads_there(world: World) -> None:
    app, path = world.app(regulator_router(world.services)), f"/regulator/paper/{hash_of_report(world)}"
    assert client(app, world.key(CLINIC, "capture")).get(path).status_code == 403
    assert client(app).get(path).status_code != 200


def test_capture_takes_one_paper_and_several(tmp_path: Path) -> None:
    world = QueryWorld(tmp_path)
    one, both = {**event(1, "storing")}, {**event(2, "storing")}
    one["certificationInfo"] = URN + UNKNOWN
    both["certificationInfo"] = [URN + UNKNOWN, URN + UNKNOWN[::-1]]
    world.capture(one, both)
    desk, names = Desk(world.services), Names(Registry(), "en")
    told = [[paper["hash"] for paper in papers_of(desk, names, taken["epcList"][0], None)] for taken in (one, both)]
    assert told == [[UNKNOWN], [UNKNOWN, UNKNOWN[::-1]]]
    world.close()
