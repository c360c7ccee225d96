"""What /openapi.json says of every operation, and that the edge keeps to it: who may ask, which forms there are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pedigree import errors
from pedigree.errors import MedtraceError
from services.problems import document, translate
from tests.web.query_world import QueryWorld
from tests.web.test_schemathesis import Whole

METHODS = {"get", "post", "delete"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    made = Whole(tmp_path_factory.mktemp("whole"))
    yield made
    made.world.close()


def operations(whole: Whole) -> list[tuple[str, str, dict[str, Any]]]:
    paths = whole.app.openapi()["paths"]
    return [(method, path, one) for path, methods in paths.items() for method, one in methods.items() if method in METHODS]


def test_what_needs_a_key_says_so_and_what_says_so_needs_one(whole: Whole) -> None:
    client = whole.world.client.__class__(whole.app, raise_server_exceptions=False)
    asked = 0
    for method, path, one in operations(whole):
        place = path.replace("{", "").replace("}", "")
        answer = client.request(method, place, headers={"Accept": "application/json"})
        if one["security"]:
            asked += 1
            assert answer.status_code in (401, 400), (method, path, answer.status_code)  # 400: a parameter is missing
        else:
            assert answer.status_code != 401 or path.endswith("/login"), (method, path)
    assert asked > 50


def test_every_scheme_is_defined_and_captures_may_be_sealed(whole: Whole) -> None:
    schemes = whole.app.openapi()["components"]["securitySchemes"]
    used = {name for _, _, one in operations(whole) for way in one["security"] for name in way}
    assert used == set(schemes)
    ways = {path: one["security"] for method, path, one in operations(whole) if method == "post"}
    for path in ("/capture", "/events", "/scan", "/scan/code-platform"):
        assert {"bearer": [], "seal": []} in ways[path]
    assert all({"seal": []} not in ways[path] for path in ways)


def test_every_problem_has_an_example_and_none_is_called_422(whole: Whole) -> None:
    for method, path, one in operations(whole):
        for status, answer in one["responses"].items():
            problem = answer.get("content", {}).get("application/problem+json")
            assert problem is None or problem["example"]["status"] == int(status), (method, path)
        assert "422" not in one["responses"]
        assert {"500", "503"} <= set(one["responses"])


@pytest.fixture
def world(tmp_path: Path) -> Iterator[QueryWorld]:
    made = QueryWorld(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("path", ["/events", "/epcs", "/queries", "/capture", "/inbox"])
@pytest.mark.parametrize(
    ("accept", "status"),
    [("application/pdf", 406), ("application/json;q=0, */*;q=0", 406), ("application/*", 200), ("text/csv, */*;q=0.1", 200)],
)
def test_an_answer_that_the_client_cant_take_is_not_sent(world: QueryWorld, path: str, accept: str, status: int) -> None:
    answer = world.client.get(path, headers={**world.maker, "Accept": accept})
    assert answer.status_code == status, answer.text
    if status == 406:
        assert answer.json()["type"] == "epcisException:NotAcceptableException"
        assert "application/json" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("error", "status", "type_", "says"),
    [
        (errors.GraphError("down at /srv/x"), 503, "ImplementationException", "nothing was taken"),
        (errors.CursorError("not of this list"), 400, "QueryParameterException", "not of this list"),
        (errors.QueryTooComplexError("ask for less"), 413, "QueryTooComplexException", "ask for less"),
        (errors.LogUnreachableError("no leader"), 503, "ImplementationException", "may have been taken"),
        (errors.LogFullError("disk"), 503, "ImplementationException", "there is no room"),
    ],
)
def test_faults_of_stores_are_told_as_what_they_are(error: MedtraceError, status: int, type_: str, says: str) -> None:
    problem = translate(error)
    made = document(problem)
    assert (made["status"], made["type"]) == (status, f"epcisException:{type_}")
    assert says in made["detail"]
    assert "/srv" not in made["detail"]
    assert ("Retry-After" in problem.headers) == (status == 503)
