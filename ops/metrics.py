"""`/metrics` for Prometheus: requests of this process, and what the writer last said about itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fastapi import APIRouter
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.responses import Response

from ops.health import Health
from pedigree.errors import LogError

_CONTENT = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.002, 0.005, 0.01, 0.015, 0.03, 0.06, 0.12, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """One a process. Labels are route templates, never paths: a scanned code must not become a label."""

    def __init__(self, health: Health) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "medtrace_requests_total", "Answers given", ("method", "route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "medtrace_request_seconds", "Time to the answer", ("method", "route"), buckets=_BUCKETS, registry=self.registry
        )
        self.registry.register(_Writer(health))

    def router(self) -> APIRouter:
        router = APIRouter()

        @router.get("/metrics", include_in_schema=False)
        def metrics() -> Response:
            return Response(generate_latest(self.registry), media_type=_CONTENT)

        return router


class _Writer(Collector):
    """Gauges that are looked up when they are asked for."""

    def __init__(self, health: Health) -> None:
        self._health = health

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        health, status = self._health, self._health.status()
        yield GaugeMetricFamily("medtrace_ready", "1 when the server is ready", value=float(not health.reasons()))
        try:
            waiting = health.behind()
        except LogError:  # the other gauges are all the more of interest
            pass
        else:
            yield GaugeMetricFamily("medtrace_documents_waiting", "Documents that are not split yet", value=waiting)
        yield GaugeMetricFamily("medtrace_free_bytes", "Free bytes on the disk of the data folder", value=health.free())
        yield GaugeMetricFamily("medtrace_writer_running", "1 while there is a writer", value=float(bool(health.writer_pid())))
        if status is None:
            return
        age = (health.clock() - status.time) / 1000
        yield GaugeMetricFamily("medtrace_writer_status_age_seconds", "Age of the writer's last status", value=age)
        behind = GaugeMetricFamily("medtrace_writer_behind", "How far the writer's steps are behind", labels=("step",))
        for name, value in status.positions.items():
            behind.add_metric((name,), value)
        yield behind
