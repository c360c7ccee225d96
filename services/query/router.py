"""The EPCIS 2.0 query interface as one router."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import APIRouter

from services.context import Services
from services.query import events, named, options, streaming, subscribing, vocabularies
from services.query.asking import Asking
from services.query.delivery import Deliveries
from services.query.feed import Feed
from services.query.watch import Watch
from services.query.webhook import Sender

_READ = "GET, OPTIONS"
_OWN = "GET, DELETE, OPTIONS"


def query_router(services: Services) -> APIRouter:
    """The routes. With a store of queries (`Services.queries`) also named queries and subscriptions, which are served while the
    app runs. Mount it together with the capture router: /events is both's."""
    asking = Asking(services)
    store = services.queries
    feed = Feed(services.log)
    watch = Watch(feed)

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        if store is None:
            yield
            return
        deliveries = Deliveries(services, store, feed, watch, Sender(services.settings.webhook_hosts))
        task = asyncio.create_task(deliveries.run(), name="subscriptions")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    router = APIRouter(lifespan=lifespan, tags=["EPCIS query"])
    events.install(router, asking)
    vocabularies.install(router, asking)
    resources = {"/events": "GET, POST, OPTIONS", "/events/{id:path}": _READ}
    for path in vocabularies.KINDS:
        resources |= {f"/{path}": _READ, f"/{path}/{{value:path}}/events": _READ, f"/{path}/{{value:path}}": _READ}
    if store is not None:
        named.install(router, asking, store)
        streaming.install(router, asking, store, feed, watch)
        subscribing.install(router, asking, store, feed)
        resources |= {
            "/queries": "GET, POST, OPTIONS",
            "/queries/{name}": _OWN,
            "/queries/{name}/events": _READ,
            "/queries/{name}/subscriptions": "GET, POST, OPTIONS",
            "/queries/{name}/subscriptions/{id}": _OWN,
        }
    options.install(router, services.settings, resources)
    return router
