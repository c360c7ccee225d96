"""A small world behind real consoles: facts in a real log, rows in a real graph, an app with the project's own error handling."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi import APIRouter, FastAPI
from starlette.testclient import TestClient

from eventlog.sqlite import SqliteLog
from graph.sqlite.store import SqliteGraph
from pedigree import facts
from pedigree.messages import Packed, Shown, Stay, Verdict, encode
from pedigree.ports import DOCUMENTS, FACTS, Integrity
from services.auth import new_key
from services.context import Services
from services.problems import install
from services.registry import RegistryHolder
from tests.contract.graph_builder import CLINIC, DAY, DEALER, GTIN, MAKER, SHOP, T0, Line

REGULATOR = "6900000000059"
NOW = T0 + 40 * DAY
NAMES = {
    MAKER: ("华康制药", "maker", "690123"),
    DEALER: ("东方医药物流", "distributor", ""),
    CLINIC: ("海淀第一医院", "hospital", ""),
    SHOP: ("百姓大药房", "pharmacy", ""),
    REGULATOR: ("药品监督管理局", "regulator", ""),
}


class Records:
    """The history port over what a test says."""

    def __init__(self) -> None:
        self.state = Integrity("ok", (), 3, 3, NOW - 5_000)
        self.known: dict[str, tuple[Shown, list[Verdict], list[Stay], list[Packed]]] = {}
        self.proofs: dict[str, bytes] = {}

    def integrity(self, epc: str) -> Integrity:
        return self.state

    def known_at(self, epc: str, record_time: int) -> tuple[Shown, list[Verdict], list[Stay], list[Packed]] | None:
        return self.known.get(epc)

    def proof(self, epc: str) -> bytes | None:
        return self.proofs.get(epc)


class World:
    """`line` gets the goods moving; `apply` brings what it did into the graph."""

    def __init__(self, folder: Path) -> None:
        self.log = SqliteLog(folder / "log", {FACTS: 1, DOCUMENTS: 1})
        self.graph = SqliteGraph(folder / "graph.sqlite")
        self.line = Line()
        self.records = Records()
        self.now = NOW
        self.services = Services(
            log=self.log, registry=RegistryHolder(self.log), clock=lambda: self.now, graph=self.graph, history=self.records
        )
        self._applied = 0
        for id, (name, role, prefix) in NAMES.items():
            site = facts.Site(gln=id, name=f"{name}一号库", city="北京" if role != "maker" else "上海")
            self.say("party", facts.Party(id=id, name=name, role=role, sites=(site,), prefixes=(prefix,) if prefix else ()))
        product = {"zh": "阿莫西林胶囊", "en": "Amoxicillin capsules"}
        self.say("product", facts.Product(id=GTIN, names=product, maker=MAKER, strength="0.25 g"))

    def say(self, kind: str, value: facts.Value) -> None:
        self.log.append(FACTS, 0, [encode(facts.fact_of(kind, value, facts.OPERATOR, T0))])

    def key(self, party: str, *roles: facts.KeyRole) -> str:
        text, fact = new_key(party, roles, T0)
        self.log.append(FACTS, 0, [encode(fact)])
        return text

    def apply(self) -> None:
        self.graph.apply_decisions(self.line.messages[self._applied :])
        self._applied = len(self.line.messages)

    def app(self, *routers: APIRouter) -> FastAPI:
        app = FastAPI()
        install(app)
        for router in routers:
            app.include_router(router)
        return app

    def close(self) -> None:
        self.graph.close()
        self.log.close()


HTML = {"accept": "text/html,application/xhtml+xml", "accept-language": "en", "sec-fetch-site": "same-origin"}


def client(app: FastAPI, key: str = "") -> TestClient:
    """A program with a key, or a browser without one."""
    headers = {"authorization": f"Bearer {key}", "accept": "application/json"} if key else HTML
    return TestClient(app, headers=headers, follow_redirects=False)


def signed_in(app: FastAPI, realm: str, key: str) -> TestClient:
    """A browser that has signed in."""
    browser = client(app)
    answer = browser.post(f"/{realm}/login", data={"key": key, "next": f"/{realm}"})
    assert answer.status_code == 303, answer.text
    return browser


def csrf_of(html: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', html)
    assert found is not None
    return found[1]
