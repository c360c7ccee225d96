"""A named query that is listened to: batches as they come, each with a token from which a listener can go on later.

The listener keeps its own position (the token it got last); nothing is stored here. Whoever goes on with that token gets
everything behind it: at least once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool

from services.auth import Caller
from services.paging import Pager
from services.problems import bad_query
from services.query.accept import Wanted
from services.query.answers import write
from services.query.asking import Asking, sees_all
from services.query.feed import Batch, Feed
from services.query.schedule import Schedule, read_schedule
from services.query.standing import asked_of, filter_of, viewer_of
from services.query.store import NamedQuery, Position
from services.query.watch import Watch

BEAT_S = 15.0
"""Seconds of silence after which a sign of life is sent."""
AS_JSON = Wanted("application/ld+json", "Never_Translates", "Never_Translates")
_UNITS = ("second", "minute", "hour", "dayOfMonth", "month", "dayOfWeek")


@dataclass(frozen=True, slots=True)
class Piece:
    """`body` b'': a sign of life. `token`: where to go on."""

    body: bytes
    token: str


def schedule_of(parameters: dict[str, str]) -> Schedule | None:
    """From `stream=true`, or the schedule's fields in the address. Raises 400 when it is neither or both."""
    given: dict[str, Any] = {name: parameters[name] for name in _UNITS if name in parameters}
    stream = parameters.get("stream", "").lower()
    if stream not in ("", "true", "false"):
        raise bad_query("stream: true or false")
    if (stream == "true") == bool(given):
        raise bad_query(f"stream: either stream=true or a schedule ({', '.join(_UNITS)}) is needed, and not both")
    if not given:
        return None
    try:
        return read_schedule(given)
    except ValueError as wrong:
        raise bad_query(str(wrong)) from wrong


class Listening:
    """One listener of one query."""

    def __init__(self, asking: Asking, feed: Feed, watch: Watch, caller: Caller, query: NamedQuery) -> None:
        self._asking, self._feed, self._watch, self._caller, self._query = asking, feed, watch, caller, query
        self._pager: Pager = asking.pager
        self._scope = f"live\n{caller.party}\n{query.name}"

    def start(self, token: str) -> Position:
        """Now, or where a token says. Raises 400 for a token of another listener's."""
        if not token:
            return self._feed.end()
        part, seq, *offsets = (int(value) for value in self._pager.read(token, self._scope))
        return Position(tuple(offsets), part, seq)

    async def pieces(self, position: Position, schedule: Schedule | None, report_if_empty: bool) -> AsyncIterator[Piece]:
        """Endless. With a schedule: all that is new at its times."""
        ran = self._asking.services.clock()
        while True:
            if schedule is not None:
                due = schedule.after(ran)
                if due is None:
                    return
                left = (due - self._asking.services.clock()) / 1000
                if left > 0:
                    await asyncio.sleep(min(left, BEAT_S))
                    if left > BEAT_S:
                        yield Piece(b"", self._token(position))
                    continue
                ran, empty = due, report_if_empty
                while True:
                    batch = await run_in_threadpool(self._take, position)
                    position = batch.position
                    if batch.events or (empty and batch.done):
                        empty = False
                        yield await self._piece(batch)
                    if batch.done:
                        break
                continue
            batch = await run_in_threadpool(self._take, position)
            moved, position = batch.position != position, batch.position
            if batch.events:
                yield await self._piece(batch)
            elif batch.done and not await self._watch.beyond(position, BEAT_S):
                yield Piece(b"", self._token(position))
            elif not moved:
                await asyncio.sleep(0.02)  # recorded this very moment: for the next look

    def _take(self, position: Position) -> Batch:
        services = self._asking.services
        now = services.clock()
        asked = asked_of(services, self._query)
        viewer = viewer_of(services, self._caller.party, asked, everything=sees_all(self._caller))
        return self._feed.take(position, None if services.simulation else now, filter_of(asked, viewer))

    async def _piece(self, batch: Batch) -> Piece:
        services = self._asking.services
        body = await run_in_threadpool(
            write, [told.row for told in batch.events], AS_JSON, services.registry.current(), services.clock(),
            name=self._query.name,
        )  # fmt: skip
        return Piece(body, self._token(batch.position))

    def _token(self, position: Position) -> str:
        return self._pager.token((position.part, position.seq, *position.offsets), self._scope)


def with_token(piece: Piece) -> str:
    """The document with the token in it, for a channel that has no place of its own for it."""
    document = msgspec.json.decode(piece.body)
    document["medtrace:position"] = piece.token
    document["@context"] = [*document["@context"], {"medtrace": "urn:medtrace:"}]
    return msgspec.json.encode(document).decode()
