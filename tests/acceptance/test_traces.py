"""One document on the stack is one trace: from the client's request to the checkpoint and the graph."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from ops.bench.line import DEALER, MAKER, documents
from ops.health import Health
from ops.metrics import Metrics
from ops.middleware import Observe
from pedigree.facts import OPERATOR
from pedigree.messages import Fact
from tests.acceptance.fleet import CaptureLine, Fleet

pytest.importorskip("opentelemetry.proto", reason="the extra 'traces' is not installed")
pytestmark = pytest.mark.stack
NOW = 1_790_000_000_000
TRACE, CLIENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
STEPS = {
    "splitter epcis.documents",
    "custody custody.observations",
    "ledger custody.decisions",
    "checkpoint",
    "projector epcis.documents",
    "projector custody.decisions",
}


@contextmanager
def collector(heard: list[Any]) -> Iterator[str]:
    """Takes OTLP over HTTP; `heard` gets the spans."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                import gzip

                body = gzip.decompress(body)
            sent = ExportTraceServiceRequest.FromString(body)
            heard.extend(span for one in sent.resource_spans for scope in one.scope_spans for span in scope.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """The test says what matters."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_document_is_one_trace_from_the_request_to_the_checkpoint(kafka: str, tmp_path: Path) -> None:
    heard: list[Any] = []
    with collector(heard) as url:
        crew = tuple((role, "1") for role in ("splitter", "custody", "ledger", "projector"))
        fleet = Fleet(tmp_path, kafka, extra=f'otlp_endpoint = "{url}"\n', prefix="trace-", crew=crew)
        fleet.start()
        (tmp_path / "capture").mkdir()
        line = CaptureLine(tmp_path / "capture", NOW, kafka, "trace-")
        health = Health(fleet.settings, line.log, line.clock, lambda: 10**12, lambda: 0)
        line.client = TestClient(Observe(line.app, Metrics(health)))
        for party, role, prefix in ((MAKER, "maker", "690123400"), (DEALER, "distributor", "690987600")):
            value = {"name": role, "role": role, "prefixes": [prefix], "sites": [{"gln": party}]}
            line.services.registry.state(Fact("party", party, value, NOW, OPERATOR))
        party, body = documents(100, 0)[0]
        line.key(party)["traceparent"] = f"00-{TRACE}-{CLIENT}-01"
        line.send(body, "application/ld+json", party, NOW)
        fleet.rest(line.log)
        deadline = time.monotonic() + 30
        ours: dict[str, list[Any]] = {}
        while not ours.keys() >= STEPS and time.monotonic() < deadline:
            time.sleep(0.5)
            ours = {}
            for span in heard:
                if span.trace_id.hex() == TRACE:
                    ours.setdefault(span.name, []).append(span)
        fleet.stop()
        line.close()
    assert ours.keys() >= STEPS
    known = {span.span_id.hex() for spans in ours.values() for span in spans} | {CLIENT}
    assert all(span.parent_span_id.hex() in known for spans in ours.values() for span in spans)
    (split,) = ours["splitter epcis.documents"]
    assert split.parent_span_id.hex() == CLIENT
    assert {s.parent_span_id for s in ours["custody custody.observations"]} == {split.span_id}
    decided = {s.span_id for s in ours["custody custody.observations"]}
    assert {s.parent_span_id for s in ours["ledger custody.decisions"]} <= decided
    assert {s.parent_span_id for s in ours["projector custody.decisions"]} <= decided
    committed = {s.span_id for s in ours["ledger custody.decisions"]}
    assert {s.parent_span_id for s in ours["checkpoint"]} <= committed
