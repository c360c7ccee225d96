"""Bills of code platforms in their notations, over HTTP and on the command line; the documentation's own example."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pedigree.facts import OPERATOR
from pedigree.messages import Fact
from tests.acceptance.server import ROOT
from tests.unit.test_registry import HOSPITAL, SITE
from tests.web.edge import NOW, documents
from tests.web.test_capture import World
from tests.web.test_scan import kept

CODES = ("81012350000000157474", "81012350000000157475")
BILL = {
    "bill_code": "XS-1", "bill_time": "2026-09-01 10:00:00", "bill_type": 201, "ref_user_id": "ent-maker",
    "from_user_id": "ent-maker", "to_user_id": HOSPITAL, "trace_codes": list(CODES),
}  # fmt: skip
LINE = f'ToCorpID="{HOSPITAL}" FromCorpID="ent-maker" CorpOrderID="XS-1"'
XML = (
    '<Document><Events><Event Name="SalesWareHouseOut"><DataField>'
    f'<Data Code="{CODES[0]}" Actor="张三" ActDate="2026-09-01 09:58:00" {LINE}/>'
    f'<Data Code="{CODES[1]}" ActDate="2026-09-01 10:00:00" {LINE}/>'
    "</DataField></Event></Events></Document>"
)
CSV = "单据号,单据时间,单据类型,发货企业,收货企业,追溯码\n" + "".join(
    f"XS-1,2026-09-01 10:00:00,201,ent-maker,{HOSPITAL},{code}\n" for code in CODES
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.services.registry.state(Fact("alias", "ent-maker", {"gln": SITE}, NOW, OPERATOR))
    return made


def post(world: World, body: str, media: str, query: str = "", **more: str) -> Any:
    return world.post(f"/scan/code-platform{query}", body.encode(), **{"Content-Type": media}, **more)


@pytest.mark.parametrize(("body", "media"), [(XML, "application/xml"), (XML, "text/xml"), (CSV, "text/csv; charset=utf-8")])
def test_every_notation_says_the_same(world: World, body: str, media: str) -> None:
    assert post(world, json.dumps(BILL), "application/json").status_code == 202
    job = world.job(post(world, body, media))
    assert (job["success"], job["progress"]["duplicates"]) == (True, 1), job
    (made,) = kept(world)
    assert made["epcList"] == [f"urn:medtrace:china20:{code}" for code in CODES]
    assert "张三" not in json.dumps(made, ensure_ascii=False)


def test_whose_a_terminals_file_is_stands_beside_it(world: World) -> None:
    alone = XML.replace(' FromCorpID="ent-maker"', "")
    refused = post(world, alone, "application/xml")
    assert (refused.status_code, refused.json()["faults"][0]["where"]) == (400, "bill 1 (XS-1), ref_user_id")
    assert post(world, alone, "application/xml", f"?site={SITE}").status_code == 202
    (made,) = kept(world)
    assert made["readPoint"] == {"id": f"https://id.gs1.org/414/{SITE}"}


@pytest.mark.parametrize(
    ("body", "media", "where", "found"),
    [
        (XML.replace("SalesWareHouseOut", "Teleport"), "application/xml", "bill 1 (XS-1), bill_type", "Teleport"),
        (XML.replace(CODES[1], "123"), "application/xml", "bill 1 (XS-1), code 2", "123"),
        (CSV.replace("ent-maker", "ent-other"), "text/csv", "bill 1 (XS-1), from_user_id", "ent-other"),
        (CSV.replace("追溯码", "条形"), "text/csv", "line 1", "条形"),
        (CSV.replace(f",{CODES[1]}", ""), "text/csv", "line 3", "5 columns"),
        ("<Document/>", "application/xml", "/Document", "no Event"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><Document>&b;</Document>', "application/xml", "DOCTYPE", "internal subset"),
    ],
)
def test_what_cant_be_mapped_is_named(world: World, body: str, media: str, where: str, found: str) -> None:
    answer = post(world, body, media)
    assert answer.status_code == 400, answer.text
    fault = answer.json()["faults"][0]
    assert fault["where"] == where
    assert found in fault["found"]
    assert documents(world.services) == []


def test_ten_thousand_codes_of_a_terminal(world: World) -> None:
    codes = [f"81012350{n:012d}" for n in range(10_000)]
    lines = "".join(f'<Data Code="{code}" ActDate="2026-09-01 10:00:00" {LINE}/>' for code in codes)
    body = f'<Document><Events><Event Name="SalesWareHouseOut"><DataField>{lines}</DataField></Event></Events></Document>'
    assert post(world, body, "application/xml").status_code == 202
    (made,) = kept(world)
    assert len(made["epcList"]) == 10_000


def test_the_documentations_example(tmp_path: Path) -> None:
    (script,) = re.findall(r"^```sh\n(.*?)^```", (ROOT / "docs" / "epcis.md").read_text(), re.MULTILINE | re.DOTALL)
    script = "set -e\n" + script.replace("/tmp/", f"{tmp_path}/")
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "2 events, no fault" in done.stdout
    (unmapped,) = json.loads((tmp_path / "unmapped.json").read_text())["unmapped"]
    assert (unmapped["where"], unmapped["found"]) == ("bill 2 (PY-20260902-1), bill_type", "111")
    (sale,) = json.loads((tmp_path / "sale.jsonld").read_text())["epcisBody"]["eventList"]
    assert sale["bizStep"] == "shipping"
    assert "worker" not in json.dumps(sale)
