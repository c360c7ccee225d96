"""OpenTelemetry, only where a collector is configured: one span for each request and each step of a worker.

A request's `traceparent` is taken up; what it captures, and everything that follows from it on the stack, carries the trace in
its record's headers up to the checkpoint and the graph. The records' own bytes never do: what is hashed must not depend on who
watches. Steps that work on records of several traces are linked with them (`streams.tracing`).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

from ops.settings import Settings
from pedigree.errors import SettingsError


def configure(settings: Settings, process: str) -> Callable[[], None]:
    """Start exporting spans of this process; what must be called before it ends. Nothing happens where no collector is set."""
    if not settings.otlp_endpoint:
        return lambda: None
    for module in ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http"):
        if not _there(module):
            raise SettingsError(f"otlp_endpoint needs the package {module}: install Medtrace with its extra 'traces'")
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": f"medtrace-{process}"}))
    exporter = OTLPSpanExporter(endpoint=f"{settings.otlp_endpoint.rstrip('/')}/v1/traces", timeout=5)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)

    def stop() -> None:
        provider.shutdown()

    return stop


def _there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False
