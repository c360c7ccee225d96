"""Tells everybody who waits that the documents log has more: one look at its ends for all of them."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from starlette.concurrency import run_in_threadpool

from pedigree.errors import MedtraceError
from services.query.feed import Feed
from services.query.store import Position

POLL_S = 0.1


class Watch:
    """One an event loop."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._ends = Position(())
        self._looked = 0.0
        self._looking = asyncio.Lock()

    async def beyond(self, position: Position, seconds: float) -> bool:
        """Wait until the log reaches further than `position`, or the time is up; whether it does."""
        end = time.monotonic() + seconds
        while True:
            ends = await self._latest()
            if any(now > then for now, then in zip(ends.offsets, position.offsets, strict=False)):
                return True
            if time.monotonic() > end:
                return False
            await asyncio.sleep(POLL_S)

    async def _latest(self) -> Position:
        async with self._looking:
            if time.monotonic() - self._looked > POLL_S / 2:
                with suppress(MedtraceError):  # whoever reads the log next says what is wrong with it
                    self._ends = await run_in_threadpool(self._feed.end)
                self._looked = time.monotonic()
            return self._ends
