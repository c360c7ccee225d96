"""Spans reach the collector that is configured, and nobody where none is."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ops.settings import Settings
from ops.tracing import configure

pytest.importorskip("opentelemetry.sdk", reason="the extra 'stack' is not installed")


def test_spans_reach_the_collector() -> None:
    from opentelemetry import trace

    heard: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """The test says what matters."""

    server = HTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    configure(Settings(), "custody")()
    ended = configure(Settings(otlp_endpoint=f"http://127.0.0.1:{server.server_port}"), "custody")
    with trace.get_tracer("medtrace").start_as_current_span("custody step"):
        pass
    ended()
    server.shutdown()
    server.server_close()
    assert [path for path, _ in heard] == ["/v1/traces"]
    assert b"medtrace-custody" in heard[0][1]
    assert b"custody step" in heard[0][1]
