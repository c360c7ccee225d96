"""Faust around the roles: which partitions are ours, what is delivered, when it counts as done.

Faust loses events unless it is used in one particular way, and this is it: `noack_take`, one agent at a time, every output
delivered before an event is acknowledged, and the process ends at any error, so that what was not acknowledged is delivered
again. All work is done in one thread of its own, so that heartbeats go on while a step computes.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import faust
import structlog
from opentelemetry.trace import SpanContext

from pedigree.errors import StoreAheadError
from pedigree.ports import Record
from streams.meter import Meter
from streams.roles import Role
from streams.tracing import context_of, following
from streams.transport import Transport

IDLE_S = 0.5
AGAIN, BROKEN = 1, 4
"""Exit codes: what a restart mends, and what it does not."""
_log = structlog.get_logger("medtrace.worker")


def _credentials(transport: Transport) -> Any:
    if transport.username:
        return faust.SASLCredentials(
            username=transport.username,
            password=transport.password,
            mechanism=transport.mechanism,
            ssl_context=transport.tls,
        )
    return faust.SSLCredentials(transport.tls) if transport.tls is not None else None


class Shell:
    """One role in one Faust app. `take`, `within`: how many records and seconds a step gathers at most."""

    def __init__(self, role: Role, transport: Transport, meter: Meter, *, take: int = 50, within: float = 0.01) -> None:
        self.role, self._transport, self._meter = role, transport, meter
        self._take, self._within = take, within
        self._thread = ThreadPoolExecutor(1, "step")
        self._wanted: set[int] = set()
        self._open: set[int] = set()
        self.failure = ""
        """Why the process ends."""
        self.joined = False
        """Whether the group has told us our partitions yet."""
        self.app = self._made()

    def ready(self) -> bool:
        """Partitions are known, and all of them are open."""
        return self.joined and self._wanted == self._open

    def partitions(self) -> list[int]:
        return sorted(self._open)

    def _made(self) -> faust.App:
        transport = self._transport
        session = transport.session_ms / 1000
        app = faust.App(
            transport.prefix + self.role.name,
            broker=[f"kafka://{one}" for one in transport.brokers],
            broker_credentials=_credentials(transport),
            broker_session_timeout=session,
            broker_heartbeat_interval=session / 3,
            broker_rebalance_timeout=max(10.0, session),
            broker_request_timeout=max(15.0, session * 2),
            broker_commit_interval=0.5,
            broker_commit_every=10_000,
            broker_max_poll_interval=600.0,
            consumer_group_instance_id=transport.member or None,
            consumer_auto_offset_reset="earliest",
            consumer_max_fetch_size=transport.max_bytes,
            producer_request_timeout=10.0,
            stream_buffer_maxsize=max(64, self._take * 2),
            stream_wait_empty=False,
            stream_recovery_delay=0.0,
            topic_allow_declare=False,
            topic_disable_leader=True,
            store="memory://",
            key_serializer="raw",
            value_serializer="raw",
            processing_guarantee="at_least_once",
            web_enabled=False,
            worker_redirect_stdouts=False,
            autodiscover=False,
        )
        signals: list[tuple[Any, Any]] = [
            (app.on_partitions_assigned, self._assigned),
            (app.on_partitions_revoked, self._revoked),
        ]
        for signal, heard in signals:
            signal.connect(heard, weak=False)
        for topic in self.role.topics:
            channel = app.topic(transport.prefix + topic, key_type=bytes, value_type=bytes)
            app.agent(channel, name=f"{self.role.name}-{topic}", concurrency=1)(self._agent(topic))
        app.timer(IDLE_S)(self._idle)
        return app

    def _agent(self, topic: str) -> Callable[[Any], Any]:
        async def agent(stream: Any) -> None:
            async for events in stream.noack_take(self._take, within=self._within):
                await self._in_order(self._step, topic, events)
                for event in events:
                    await stream.ack(event)

        return agent

    async def _assigned(self, _app: Any, assigned: set[Any], **_: Any) -> None:
        self._wanted = {place.partition for place in assigned}
        self.joined = True

    async def _revoked(self, _app: Any, revoked: set[Any], **_: Any) -> None:
        self._wanted -= {place.partition for place in revoked}
        await self._in_order(self._settle)

    async def _idle(self) -> None:
        await self._in_order(self._between)

    # --- in the thread of the steps ------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Open what is ours, drop what is not."""
        for partition in sorted(self._open - self._wanted):
            self.role.drop(partition)
            self._open.discard(partition)
            _log.info("partition_dropped", role=self.role.name, partition=partition)
        for partition in sorted(self._wanted - self._open):
            self.role.open(partition)
            self._open.add(partition)
            _log.info("partition_opened", role=self.role.name, partition=partition)

    def _step(self, topic: str, events: Sequence[Any]) -> None:
        self._settle()
        groups: dict[int, list[Record]] = {}
        contexts: dict[int, list[SpanContext | None]] = {}
        for event in events:
            message = event.message
            record = self._transport.record(message.offset, event.value, message.headers)
            groups.setdefault(message.partition, []).append(record)
            contexts.setdefault(message.partition, []).append(context_of(message.headers))
        for partition, records in groups.items():
            if partition not in self._open:
                continue  # it has moved on: its new owner gets the same records
            said = {"partition": partition, "first_offset": records[0].offset, "last_offset": records[-1].offset}
            with following(f"{self.role.name} {topic}", contexts[partition], **said):
                self.role.take(topic, partition, records)
        self._meter.delivered.labels(topic).inc(len(events))

    def _between(self) -> None:
        self._settle()
        self.role.idle()
        self._meter.owned.set(len(self._open))
        for partition, records in self.role.behind().items():
            self._meter.behind.labels(str(partition)).set(records)

    async def _in_order(self, work: Callable[..., None], *arguments: Any) -> None:
        """One thing at a time, in the steps' thread; at any error the process ends, at once."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError):
                raise
            self.failure = f"{type(error).__name__}: {error}"
            _log.error("worker_failed", role=self.role.name, error=str(error), kind=type(error).__name__, exc_info=True)
            os._exit(BROKEN if isinstance(error, StoreAheadError) else AGAIN)


async def run(shell: Shell, stop: asyncio.Event) -> int:
    """Run the app until `stop` is set; 0 when it was, 1 when Faust ended by itself (a restart does what was not done)."""
    app = shell.app
    app.finalize()
    await app.start()
    try:
        while not stop.is_set():
            if app.should_stop or app.crash_reason is not None:
                _log.error("worker_failed", role=shell.role.name, error=repr(app.crash_reason), kind="Faust")
                return AGAIN
            try:
                await asyncio.wait_for(stop.wait(), IDLE_S)
            except TimeoutError:
                continue
        return 0
    finally:
        await app.stop()
