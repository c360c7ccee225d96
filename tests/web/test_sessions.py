"""Sign-in at a console: what a stolen cookie, a foreign page, a revoked key or a wrong role can do (nothing)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from fastapi import FastAPI

from pedigree.facts import OPERATOR, fact_of
from pedigree.messages import encode
from pedigree.ports import FACTS
from services.regulator import regulator_router
from tests.contract.graph_builder import DEALER, pack_id
from tests.web.console_world import REGULATOR, World, client, csrf_of, signed_in


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    world.line.commission([pack_id(1)])
    world.apply()
    yield world
    world.close()


@pytest.fixture
def app(world: World) -> FastAPI:
    return world.app(regulator_router(world.services))


def test_without_a_key_a_program_gets_401_and_a_person_the_sign_in_page(world: World, app: FastAPI) -> None:
    assert client(app).get("/regulator", headers={"accept": "application/json"}).status_code == 401
    answer = client(app).get("/regulator/recall?gtin=06901234567892&lot=L1")
    assert answer.status_code == 303
    form = client(app).get(answer.headers["location"])
    assert 'value="/regulator/recall?gtin=06901234567892&amp;lot=L1"' in form.text


@pytest.mark.parametrize("roles", [("capture",), ("query",), ("procurement",), ("admin",)])
def test_only_the_role_itself_opens_the_console(world: World, app: FastAPI, roles: tuple[str, ...]) -> None:
    key = world.key(DEALER, *roles)
    answer = client(app, key).get("/regulator")
    assert answer.status_code == 403
    assert answer.json()["type"] == "epcisException:SecurityException"
    refused = client(app).post("/regulator/login", data={"key": key})
    assert refused.status_code == 403
    assert "set-cookie" not in refused.headers
    assert "has not the role" in refused.text


def test_the_cookie_is_no_key_and_stays_in_its_console(world: World, app: FastAPI) -> None:
    key = world.key(REGULATOR, "regulator")
    answer = client(app).post("/regulator/login", data={"key": f" {key} ", "next": "/regulator/recalls"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/regulator/recalls")
    cookie = answer.headers["set-cookie"]
    assert key not in cookie
    assert key.split("_", 2)[2] not in cookie
    for part in ("HttpOnly", "SameSite=strict", "Path=/regulator", "Max-Age=14400"):
        assert part in cookie
    secure = client(app)
    secure.base_url = "https://testserver"
    assert "Secure" in secure.post("/regulator/login", data={"key": key}).headers["set-cookie"]


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/regulator/..\\x", "/regulatorx", "/verify", ""])
def test_sign_in_leads_nowhere_else(world: World, app: FastAPI, target: str) -> None:
    key = world.key(REGULATOR, "regulator")
    answer = client(app).post("/regulator/login", data={"key": key, "next": target})
    assert answer.headers["location"] == "/regulator"


def test_a_session_ends_by_time_by_sign_out_and_with_its_key(world: World, app: FastAPI) -> None:
    key = world.key(REGULATOR, "regulator")
    browser = signed_in(app, "regulator", key)
    page = browser.get("/regulator")
    assert page.status_code == 200
    copy = dict(browser.cookies)
    world.now += 4 * 3_600_000 + 1
    assert browser.get("/regulator").status_code == 303
    world.now -= 4 * 3_600_000
    assert browser.get("/regulator").status_code == 200
    assert browser.post("/regulator/logout", data={"csrf": csrf_of(page.text)}).status_code == 303
    thief = client(app)
    thief.cookies.update(copy)
    assert thief.get("/regulator").status_code == 303

    again = signed_in(app, "regulator", key)
    known = world.services.registry.current().api_keys()[0]
    revoked = msgspec.structs.replace(known, revoked=world.now)
    world.log.append(FACTS, 0, [encode(fact_of("key", revoked, OPERATOR, world.now))])
    assert again.get("/regulator").status_code == 303
    assert client(app, key).get("/regulator").status_code == 401


def test_a_changed_or_foreign_cookie_opens_nothing(world: World, app: FastAPI) -> None:
    key = world.key(REGULATOR, "regulator")
    token = dict(signed_in(app, "regulator", key).cookies)["medtrace_regulator"]
    for wrong in (token[:-2] + ("AA" if token[-2:] != "AA" else "BB"), "A" + token[1:], token[:30], "é", "x" * 5000):
        browser = client(app)
        answer = browser.get("/regulator", headers={"cookie": f"medtrace_regulator={wrong}".encode("latin-1")})
        assert answer.status_code == 303, wrong


def test_a_post_needs_a_form_of_ours(world: World, app: FastAPI) -> None:
    key = world.key(REGULATOR, "regulator")
    browser = signed_in(app, "regulator", key)
    token = csrf_of(browser.get("/regulator/recalls").text)
    said = {"gtin": "06901234567892", "lot": "L1", "class": "II", "reason": "test"}
    other = csrf_of(signed_in(app, "regulator", key).get("/regulator/recalls").text)
    for form in (said, {**said, "csrf": ""}, {**said, "csrf": other}):
        assert browser.post("/regulator/recalls", data=form).status_code == 403
    cross = browser.post("/regulator/recalls", data={**said, "csrf": token}, headers={"sec-fetch-site": "cross-site"})
    assert cross.status_code == 403
    assert world.services.registry.current().all_recalls() == []
    assert browser.post("/regulator/recalls", data={**said, "csrf": token}).status_code == 303
    assert len(world.services.registry.current().all_recalls()) == 1


def test_bodies_are_bounded_and_must_be_what_they_say(world: World, app: FastAPI) -> None:
    program = client(app, world.key(REGULATOR, "regulator"))
    assert program.post("/regulator/recalls", content=b"x" * 70_000).status_code == 413
    assert program.post("/regulator/recalls", content=b"[1]", headers={"content-type": "application/json"}).status_code == 400
    assert program.post("/regulator/recalls", content=b"{", headers={"content-type": "application/json"}).status_code == 400
    assert program.post("/regulator/recalls", content=b"<x/>", headers={"content-type": "text/xml"}).status_code == 415
