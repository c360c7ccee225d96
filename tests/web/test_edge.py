"""Keys, problems, pages of lists, limits: what every service shares."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from fastapi import Depends, FastAPI, Request
from fastapi.testclient import TestClient
from starlette.responses import JSONResponse

from pedigree.errors import DocumentError, Fault, FencedError, LogFullError, MedtraceError
from pedigree.facts import OPERATOR
from pedigree.messages import Fact
from services.auth import Caller, new_key, require
from services.context import Services
from services.paging import Pager
from services.problems import not_found
from services.ratelimit import RateLimiter
from services.registry import RegistryHolder
from tests.unit.test_registry import HOSPITAL, MAKER, gln, party
from tests.web.edge import NOW, Access, client_of, key_for, services_in

ERRORS: dict[str, Exception] = {
    "full": LogFullError("disk of /somewhere/secret is full"),
    "fenced": FencedError("x"),
    "document": DocumentError("two faults", (Fault("/a", "1", "2"), Fault("/b", "3", "4"))),
    "missing": not_found("no such thing"),
    "odd": MedtraceError("inner words"),
    "bug": ZeroDivisionError("inner words"),
}


@pytest.fixture
def services(tmp_path: Path) -> Services:
    return services_in(tmp_path)


@pytest.fixture
def client(services: Services) -> TestClient:
    app = FastAPI()
    pager = Pager(b"secret")
    numbers = list(range(10))

    @app.get("/who/{unit}")
    async def who(caller: Caller = Depends(require(services))) -> dict[str, object]:
        return {"party": caller.party, "roles": caller.roles}

    @app.get("/regulator")
    async def regulator(caller: Caller = Depends(require(services, "regulator"))) -> None: ...

    @app.get("/fail/{name}")
    async def fail(name: str) -> None:
        raise ERRORS[name]

    @app.get("/number/{n}")
    async def number(n: int) -> None: ...

    @app.get("/list")
    async def list_(request: Request, owner: str = "") -> object:
        page = pager.requested(request, owner)
        start = int(page.cursor[0]) if page.cursor else 0
        end = start + page.per_page
        return JSONResponse(numbers[start:end], headers=pager.link(request, (end,) if end < 10 else None, owner))

    return client_of(app)


def test_who_has_no_valid_key_is_told_so(client: TestClient, services: Services) -> None:
    good = key_for(services, MAKER, "capture", "query")
    text = good["Authorization"].split()[1]
    wrong = text[:-1] + ("E" if text[-1] == "A" else "A")
    assert client.get("/who/x", headers=good).json() == {"party": MAKER, "roles": ["capture", "query"]}
    assert client.get("/who/x", headers={"X-API-Key": text}).status_code == 200
    for headers in ({}, {"Authorization": "Basic eDp5"}, {"Authorization": f"Bearer {wrong}"}, {"X-API-Key": "mt_0_0"}):
        answer = client.get("/who/x", headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == "epcisException:SecurityException"


def test_a_revoked_key_stops_at_once_even_when_another_process_revokes_it(client: TestClient, services: Services) -> None:
    text, fact = new_key(MAKER, ["capture"], NOW)
    services.registry.state(fact)
    headers = {"X-API-Key": text}
    assert client.get("/who/x", headers=headers).status_code == 200
    other = RegistryHolder(services.log)
    other.state(Fact("key", fact.key, {**fact.value, "revoked": NOW}, NOW, OPERATOR))
    assert client.get("/who/x", headers=headers).status_code == 401


def test_roles_and_the_access_log(client: TestClient, services: Services) -> None:
    assert client.get("/regulator", headers=key_for(services, MAKER, "capture")).status_code == 403
    assert client.get("/regulator", headers=key_for(services, MAKER, "admin")).status_code == 200
    assert isinstance(services.access, Access)
    assert services.access.reads == [(MAKER, "/regulator", False), (MAKER, "/regulator", True)]


def test_keys_are_nowhere_in_the_log(services: Services) -> None:
    text, fact = new_key(MAKER, ["capture"], NOW)
    assert text.split("_", 2)[2].encode() not in msgspec.msgpack.encode(fact)


@pytest.mark.parametrize(
    ("path", "status", "type_"),
    [
        ("/fail/full", 503, "ImplementationException"),
        ("/fail/fenced", 503, "ImplementationException"),
        ("/fail/document", 400, "ValidationException"),
        ("/fail/missing", 404, "NoSuchResourceException"),
        ("/fail/odd", 500, "ImplementationException"),
        ("/fail/bug", 500, "ImplementationException"),
        ("/nowhere", 404, "NoSuchResourceException"),
        ("/number/x", 400, "QueryParameterException"),
        ("/list?perPage=0", 400, "QueryParameterException"),
        ("/list?perPage=x", 400, "QueryParameterException"),
        ("/list?nextPageToken=%F0%9F%92%8A", 400, "QueryParameterException"),
        ("/list?nextPageToken=AAAA", 400, "QueryParameterException"),
        ("/list?nextPageToken=" + "A" * 60, 400, "QueryParameterException"),
    ],
)
def test_errors_are_problem_documents(client: TestClient, path: str, status: int, type_: str) -> None:
    answer = client.get(path)
    made = answer.json()
    assert (answer.status_code, made["status"], made["type"]) == (status, status, f"epcisException:{type_}")
    assert answer.headers["content-type"] == "application/problem+json"
    assert made["detail"]
    assert "inner words" not in answer.text
    assert "secret" not in answer.text
    if status == 503:
        assert int(answer.headers["retry-after"]) > 0
    if status >= 500:
        assert len(made["id"]) == 12


def test_all_faults_are_listed(client: TestClient) -> None:
    faults = client.get("/fail/document").json()["faults"]
    assert faults == [{"where": "/a", "found": "1", "expected": "2"}, {"where": "/b", "found": "3", "expected": "4"}]
    answer = client.post("/list")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


def test_pages_follow_their_links_and_no_others(client: TestClient) -> None:
    seen: list[int] = []
    url = "/list?perPage=4&owner=a"
    while url:
        answer = client.get(url)
        seen += answer.json()
        url = answer.links.get("next", {}).get("url", "")
    assert seen == list(range(10))
    stolen = client.get("/list?perPage=4&owner=a").links["next"]["url"].replace("owner=a", "owner=b")
    assert client.get(stolen).status_code == 400


def test_a_client_that_asks_too_much_waits_and_others_do_not() -> None:
    now = [0.0]
    limiter = RateLimiter(2, 3, clients=3, now=lambda: now[0])
    assert [limiter.take("1.2.3.4") for _ in range(4)] == [0, 0, 0, 0.5]
    assert limiter.take("1.2.3.5") == 0
    now[0] = 0.5
    assert limiter.take("1.2.3.4") == 0
    assert limiter.take("1.2.3.4") > 0
    for n in range(3):
        assert limiter.take(f"2001:db8::{n}") == 0
    assert limiter.take("2001:db8::ffff") > 0  # the same /64
    for n in range(10):
        limiter.take(f"10.0.0.{n}")
    assert len(limiter._buckets) == 3


def test_the_limiter_answers_429() -> None:
    app = FastAPI(dependencies=[Depends(RateLimiter(0.1, 1))])

    @app.get("/")
    async def page() -> None: ...

    client = client_of(app)
    assert client.get("/").status_code == 200
    answer = client.get("/")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "10")


def test_facts_that_may_not_be_stated_leave_nothing(services: Services) -> None:
    before = services.registry.current().version
    with pytest.raises(DocumentError, match="no party"):
        services.registry.state(
            party(gln(70), "clinic"), Fact("delegation", "d", {"principal": gln(71), "delegate": HOSPITAL}, NOW, OPERATOR)
        )
    assert services.registry.current().version == before
    services.registry.state(
        party(gln(70), "clinic"), Fact("delegation", "d", {"principal": gln(70), "delegate": HOSPITAL}, NOW, OPERATOR)
    )
    assert services.registry.current().entitled(HOSPITAL, gln(70), NOW)


def test_two_processes_stating_facts_see_each_other(services: Services) -> None:
    other = RegistryHolder(services.log)
    other.current()
    services.registry.state(party(gln(70), "clinic", prefixes=["6907777"]))
    with pytest.raises(DocumentError, match="belongs to"):
        other.state(party(gln(71), "clinic", prefixes=["6907777"]))
