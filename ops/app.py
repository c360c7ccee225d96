"""The web application: every service's router, health and metrics, errors as problem documents."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI

from ops.health import Health, health_router
from ops.metrics import Metrics
from ops.middleware import Observe, RoomFirst
from ops.settings import Settings
from services import problems
from services.capture.router import capture_router
from services.context import Services
from services.label import label_router
from services.papers import papers_router
from services.procurement.router import procurement_router
from services.query.router import query_router
from services.regulator.router import regulator_router
from services.resolver import Resolver, resolver_router
from services.verify import ScanCounts, problem_page, verify_router
from services.warehouse.router import warehouse_router

VERSION = "0.1.0"


def build_app(
    settings: Settings,
    services: Services,
    free: Callable[[], int],
    writer_pid: Callable[[], int],
    scans: ScanCounts | None = None,
) -> FastAPI:
    """`free`: bytes of disk; `writer_pid`: the writer's process id, 0 while there is none; `scans`: in memory if not given."""
    health = Health(settings, services.log, services.clock, free, writer_pid)
    metrics = Metrics(health)
    app = FastAPI(
        title="Medtrace",
        version=VERSION,
        summary="Provenance of medicines and devices that a stranger can check",
        docs_url=None,  # its page would load scripts from elsewhere; /openapi.json can be read by any viewer
        redoc_url=None,
    )
    problems.install(app, problem_page(services))
    for made in (query_router, capture_router, regulator_router, procurement_router, warehouse_router, label_router):
        app.include_router(made(services))
    app.include_router(papers_router(services))
    app.include_router(resolver_router(services))
    app.include_router(verify_router(services, scans))
    app.include_router(health_router(health))
    app.include_router(metrics.router())
    app.add_middleware(Resolver, services=services)
    app.add_middleware(RoomFirst, health=health)
    app.add_middleware(Observe, metrics=metrics)  # the outermost: refusals of the others are seen too
    return app
