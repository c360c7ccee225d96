"""Serves the subscriptions: one task each, which reads the feed from where the subscription stands, and moves its position only
when a delivery was taken. Whatever dies in between, the same events are sent again: at least once, in order.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import msgspec
import structlog
from starlette.concurrency import run_in_threadpool

from pedigree.errors import MedtraceError
from services.context import Services
from services.query.accept import Wanted
from services.query.answers import write
from services.query.feed import Batch, Feed
from services.query.schedule import Schedule, read_schedule
from services.query.standing import asked_of, filter_of, rights_of, viewer_of
from services.query.store import Position, Progress, QueryStore, Subscription
from services.query.watch import Watch
from services.query.webhook import DELIVERY, Sender, signatures

AS_JSON = Wanted("application/ld+json", "Never_Translates", "Never_Translates")
LOOK_EVERY_S, POLL_S, PAUSE_S = 1.0, 0.02, 5.0
"""Seconds between looks for new subscriptions, between two looks at the log, and after what is no receiver's fault."""
_log = structlog.get_logger("medtrace.subscriptions")


class Deliveries:
    """One a process; of several processes on one store one delivers (`QueryStore.lead`)."""

    def __init__(self, services: Services, store: QueryStore, feed: Feed, watch: Watch, sender: Sender) -> None:
        self._services, self._store, self._feed, self._watch, self._sender = services, store, feed, watch, sender
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Until it is cancelled."""
        try:
            while not await run_in_threadpool(self._store.lead):
                await asyncio.sleep(LOOK_EVERY_S)
            while True:
                await self._look()
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
            await self._sender.close()

    async def _look(self) -> None:
        """A task for each subscription that has none; those of subscriptions that are gone end."""
        try:
            wanted = {one.id: one for one in await run_in_threadpool(self._store.all_subscriptions)}
        except MedtraceError as error:
            _log.warning("subscriptions_unreadable", error=str(error))
            return
        for id in self._tasks.keys() - wanted.keys():
            self._tasks.pop(id).cancel()
        for id in wanted.keys() - self._tasks.keys():
            self._tasks[id] = asyncio.create_task(self._serve(wanted[id]), name=f"subscription {id}")

    async def _serve(self, subscription: Subscription) -> None:
        schedule = read_schedule(msgspec.json.decode(subscription.schedule)) if subscription.schedule else None
        while True:
            try:
                done = await (self._stream(subscription) if schedule is None else self._scheduled(subscription, schedule))
            except MedtraceError as error:
                # The log, the graph or the store does not answer; none of it is the receiver's fault, and all of it may pass.
                _log.warning("subscription_waits", subscription=subscription.id, error=str(error))
                await asyncio.sleep(PAUSE_S)
            else:
                if done:
                    return

    async def _stream(self, subscription: Subscription) -> bool:
        """Until the subscription is gone: what is new, as it comes."""
        while True:
            found = await run_in_threadpool(self._store.subscription, subscription.id)
            if found is None:
                return True
            position = found[1].position
            batch = await self._take(subscription, position)
            if batch is None:
                await asyncio.sleep(PAUSE_S)
                continue
            if batch.events:
                await self._deliver(subscription, found[1], batch)
            if batch.position != position:
                await run_in_threadpool(self._store.advance, subscription.id, batch.position, sent=int(bool(batch.events)))
            if batch.done and not await self._watch.beyond(batch.position, PAUSE_S):
                continue
            if batch.position == position:
                await asyncio.sleep(POLL_S)  # what there is was recorded this very moment: it is for the next look

    async def _scheduled(self, subscription: Subscription, schedule: Schedule) -> bool:
        """One run at its time: all that is new since the last one; the position moves with each delivery."""
        found = await run_in_threadpool(self._store.subscription, subscription.id)
        if found is None:
            return True
        due = schedule.after(found[1].ran)
        if due is None:
            return True
        wait = (due - self._services.clock()) / 1000
        if wait > 0:
            await asyncio.sleep(min(wait, LOOK_EVERY_S))
            return False
        now, sent, progress = self._services.clock(), 0, found[1]
        while True:
            batch = await self._take(subscription, progress.position, now)
            if batch is None:
                await asyncio.sleep(PAUSE_S)
                return False
            if batch.events or (batch.done and not sent and subscription.report_if_empty):
                await self._deliver(subscription, progress, batch)
                sent += 1
            # A run that was missed is not made up for: the next one brings what it would have brought.
            ran = now if batch.done else None
            await run_in_threadpool(self._store.advance, subscription.id, batch.position, sent=int(bool(sent)), ran=ran)
            if batch.done:
                return False
            progress = msgspec.structs.replace(progress, position=batch.position, sent=progress.sent + 1)

    async def _take(self, subscription: Subscription, position: Position, before: int | None = None) -> Batch | None:
        """The next events; None when the key that subscribed may not see any."""

        def take() -> Batch | None:
            services = self._services
            now = services.clock() if before is None else before
            everything = rights_of(services, subscription)
            query = self._store.query(subscription.party, subscription.query)
            if everything is None or query is None:
                self._store.failed(subscription.id, "the API key that subscribed is revoked or may not query")
                return None
            asked = asked_of(services, query)
            viewer = viewer_of(services, subscription.party, asked, everything=everything)
            belongs = filter_of(asked, viewer)
            return self._feed.take(
                position,
                None if services.simulation else now,
                lambda told: told.row.record_time >= subscription.since and belongs(told),
            )

        return await run_in_threadpool(take)

    async def _deliver(self, subscription: Subscription, progress: Progress, batch: Batch) -> None:
        body = await run_in_threadpool(
            write, [told.row for told in batch.events], AS_JSON, self._services.registry.current(), self._services.clock(),
            name=subscription.query, subscription=subscription.id,
        )  # fmt: skip
        headers = {
            "Content-Type": AS_JSON.media,
            "GS1-EPCIS-Version": "2.0.0",
            # The same for every try of one delivery, so that a receiver can tell a repeat.
            DELIVERY: f"{subscription.id}/{progress.sent}",
            **signatures(body, subscription.token),
        }

        def failed(error: str) -> None:
            with suppress(MedtraceError):
                self._store.failed(subscription.id, error)

        await self._sender.send(subscription.dest, body, headers, failed)
