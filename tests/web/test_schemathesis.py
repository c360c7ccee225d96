"""Requests made from /openapi.json of the whole application: no 5xx, no answer that it does not declare."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
import schemathesis
from fastapi import FastAPI
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

from ops.app import build_app
from ops.layout import Layout
from ops.settings import Settings
from ops.writer import Status
from pedigree.seal.papers import generate_paper_secrets
from services.context import EdgeSettings
from storage.papers import FilePapers
from tests.unit.test_registry import REGULATOR
from tests.web.capture_world import event
from tests.web.console_world import Records
from tests.web.edge import key_for
from tests.web.query_world import QueryWorld

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
WRITER = 4_711
UNLIMITED = EdgeSettings(workers=0, webhook_hosts=("127.0.0.1",), public_rate=1e6, public_burst=1_000_000)


class Whole:
    """Every router over a small world; `key` may do what any role may."""

    def __init__(self, folder: Path) -> None:
        self.world = QueryWorld(folder, UNLIMITED)
        self.world.services.history = Records()
        secrets = generate_paper_secrets()
        self.world.services.papers = FilePapers(folder / "papers", lambda: secrets)
        self.world.capture(*(event(n, "storing") for n in range(5)))
        self.key = key_for(self.world.services, REGULATOR, "capture", "query", "regulator", "procurement")
        answer = self.world.client.post("/queries", json={"name": "0", "query": {}}, headers=self.key)
        assert answer.status_code == 201
        app_settings = Settings(data=folder / "data")
        writer = Layout(app_settings.data).writer
        writer.parent.mkdir(parents=True)
        now = self.world.now
        writer.write_bytes(msgspec.json.encode(Status(WRITER, now, now, {}, "")))
        self.app: FastAPI = build_app(app_settings, self.world.services, lambda: 10**12, lambda: WRITER)

    def ask(self, examples: int, subtests: pytest.Subtests) -> None:
        schema = schemathesis.openapi.from_asgi("/openapi.json", self.app)
        for found, mode in itertools.product(schema.get_all_operations(), GenerationMode):
            operation = found.ok()

            @given(case=operation.as_strategy(generation_mode=mode))
            @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
            def asked(case: Any) -> None:
                case.call_and_validate(headers=self.key, checks=CHECKS)

            # Unsatisfiable: an operation that takes any text can't be asked wrongly.
            with subtests.test(f"{operation.label}, {mode.value}"), suppress(Unsatisfiable):
                asked()


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    made = Whole(tmp_path)
    yield made
    made.world.close()


def test_every_operation_answers_as_it_is_described(whole: Whole, subtests: pytest.Subtests) -> None:
    whole.ask(1, subtests)


@pytest.mark.slow
def test_every_operation_answers_as_it_is_described_to_many(whole: Whole, subtests: pytest.Subtests) -> None:
    whole.ask(40, subtests)
