"""The Digital Link resolver: linksets, link types, what passes on to the page behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from pedigree.facts import OPERATOR
from pedigree.messages import Fact
from services import problems
from services.context import EdgeSettings
from services.resolver import Resolver, resolver_router
from tests.unit.test_registry import GTIN
from tests.web.capture_world import event
from tests.web.query_world import QueryWorld

LINKSET = "application/linkset+json"
BASE = "https://id.example.org"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[QueryWorld]:
    made = QueryWorld(tmp_path, EdgeSettings(workers=0, base_url=BASE, public_burst=30, public_rate=0.01))
    for kind, key, value in (
        ("product", GTIN, {"name": {"en": "Tablets", "zh": "片"}, "strength": "5 mg"}),
        ("recall", "R1", {"gtin": GTIN, "lot": "L1", "class": "I", "reason": "glass"}),
    ):
        made.services.registry.state(Fact(kind, key, value, made.now, OPERATOR))
    yield made
    made.close()


@pytest.fixture
def client(world: QueryWorld) -> TestClient:
    app = FastAPI()
    app.include_router(resolver_router(world.services))

    @app.get("/{rest:path}")
    def page(rest: str) -> dict[str, str]:
        return {"page": rest}

    problems.install(app)
    app.add_middleware(Resolver, services=world.services)
    return TestClient(app, follow_redirects=False)


HOW = [{"headers": {"Accept": LINKSET}}, {"params": {"linkType": "all"}}, {"params": {"linkType": "linkset"}}]


@pytest.mark.parametrize("how", HOW)
def test_a_linkset_says_what_there_is(client: TestClient, how: dict[str, dict[str, str]]) -> None:
    answer = client.get(f"/01/{GTIN}/10/L1/21/7", **how)  # type: ignore[arg-type]
    assert (answer.status_code, answer.headers["content-type"]) == (200, LINKSET)
    (context,) = answer.json()["linkset"]
    assert context["anchor"] == f"{BASE}/01/{GTIN}/10/L1/21/7"
    assert context["itemDescription"] == "Tablets"
    typed = {name: targets for name, targets in context.items() if name.startswith("https://gs1.org/voc/")}
    kinds = {name.rpartition("/")[2]: targets[0]["href"] for name, targets in typed.items()}
    assert kinds == {
        "verificationService": f"{BASE}/01/{GTIN}/10/L1/21/7",
        "defaultLink": f"{BASE}/01/{GTIN}/10/L1/21/7",
        "pip": f"{BASE}/products/{GTIN}",
        "recallStatus": f"{BASE}/products/{GTIN}/recall?lot=L1&serial=7",
        "epcis": f"{BASE}/epcs/https%3A%2F%2Fid.gs1.org%2F01%2F{GTIN}%2F21%2F7/events",
        "traceability": f"{BASE}/proof/01/{GTIN}/10/L1/21/7",
    }
    assert answer.headers["access-control-allow-origin"] == "*"


def test_link_types_lead_there(client: TestClient) -> None:
    expected = {"gs1:pip": f"/products/{GTIN}", "https://gs1.org/voc/recallStatus": "recall?lot=L1", "gs1:defaultLink": "/10/L1"}
    for kind, end in expected.items():
        answer = client.get(f"/01/{GTIN}/10/L1", params={"linkType": kind})
        assert answer.status_code == 307
        assert answer.headers["location"].endswith(end)
        assert "linkset" in answer.headers["link"]
    assert client.get(f"/01/{GTIN}", params={"linkType": "gs1:nothing"}).status_code == 404
    assert client.get("/414/6901234000016", params={"linkType": "gs1:pip"}).status_code == 404
    assert "EQ_bizLocation" in client.get("/414/6901234000016", params={"linkType": "gs1:epcis"}).headers["location"]
    assert client.head(f"/01/{GTIN}", params={"linkType": "gs1:pip"}).status_code == 307


def test_everything_else_passes(client: TestClient) -> None:
    page = f"/01/{GTIN}/21/7"
    for path, accept in ((page, "text/html"), (page, f"text/html, {LINKSET};q=0.5"), ("/queries", LINKSET)):
        assert client.get(path, headers={"Accept": accept}).json() == {"page": path[1:]}
    assert client.get("/console?linkType=all").json() == {"page": "console"}


def test_public_limits_hold(client: TestClient) -> None:
    answers = {client.get(f"/01/{GTIN}", params={"linkType": "all"}).status_code for _ in range(40)}
    assert answers == {200, 429}


def test_what_the_links_lead_to(world: QueryWorld, client: TestClient) -> None:
    elements = [{"id": f"urn:epc:idpat:sgtin:690123400.{GTIN[0]}{GTIN[10:13]}.*", "attributes": [
        {"id": "urn:epcglobal:cbv:mda:descriptionShort", "attribute": "Small tablets"}]}]  # fmt: skip
    words = [{"type": "urn:epcglobal:epcis:vtype:EPCClass", "vocabularyElementList": elements}]
    world.capture(event(1), epcisHeader={"epcisMasterData": {"vocabularyList": words}})
    found = client.get(f"/products/{GTIN}").json()
    assert (found["names"]["en"], found["strength"]) == ("Tablets", "5 mg")
    assert found["masterData"] == {"urn:epcglobal:cbv:mda:descriptionShort": "Small tablets"}
    assert client.get(f"/products/{GTIN[:-1]}0").status_code == 404
    assert client.get(f"/products/{GTIN}/recall?lot=L1").json()["recalled"] is True
    assert client.get(f"/products/{GTIN}/recall?lot=L2").json()["recalled"] is False
    assert client.get("/.well-known/gs1resolver").json()["resolverRoot"] == BASE
