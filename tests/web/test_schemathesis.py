"""Requests made from /openapi.json: no 5xx, no answer that it does not declare."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.web.capture_world import event
from tests.web.query_world import QueryWorld

EXAMPLES = 4
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[QueryWorld]:
    made = QueryWorld(tmp_path)
    made.capture(*(event(n, "storing") for n in range(5)))
    answer = made.client.post("/queries", json={"name": "0", "query": {}}, headers=made.maker)
    assert answer.status_code == 201
    yield made
    made.close()


def test_every_operation_answers_as_it_is_described(world: QueryWorld, subtests: pytest.Subtests) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", world.app)
    for found, mode in itertools.product(schema.get_all_operations(), GenerationMode):
        operation = found.ok()

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        def asked(case: Any) -> None:
            case.call_and_validate(headers=world.maker, checks=CHECKS)

        # Unsatisfiable: an operation that takes any text can't be asked wrongly.
        with subtests.test(f"{operation.label}, {mode.value}"), suppress(Unsatisfiable):
            asked()
