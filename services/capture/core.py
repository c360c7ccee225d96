"""What takes documents in, made once an app: how they are read, prepared and written, whatever route they came by."""

from __future__ import annotations

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from pedigree.errors import SettingsError
from services.auth import Caller
from services.body import Intake
from services.capture.index import CaptureIndex
from services.capture.prepare import Prepared, Task, prepare
from services.capture.taking import Taken, Taker, Upload
from services.capture.upload import scanned_of, upload_of
from services.capture.workers import Preparer
from services.context import Services
from services.paging import Pager
from services.problems import invalid, too_large


class Capture:
    """The interface's parts, made once an app."""

    def __init__(self, services: Services) -> None:
        if services.captures is None:
            raise SettingsError("capture needs its index: set Services.captures")
        self.services = services
        self.index: CaptureIndex = services.captures
        self.taker = Taker(services, self.index)
        self.preparer = Preparer(services.settings.workers)
        self.intake = Intake(services.settings.capture_bytes)
        self.pager = Pager(services.page_secret)

    async def take(self, request: Request, caller: Caller, *, single: bool = False, scans: bool = False) -> Taken:
        """`scans`: a scanner's file instead of EPCIS."""
        settings = self.services.settings
        async with self.intake.body(request) as body:
            read = scanned_of if scans else upload_of
            upload = await read(request, body, caller.party, settings, single=single)
            task = Task(
                upload.body, upload.content_type, single, upload.behaviour, settings.capture_limit, settings.children_limit,
                self.services.registry.current().aliases() if scans else {},
            )  # fmt: skip
            if self.preparer.elsewhere(task):
                return await run_in_threadpool(self._settle, upload, await self.preparer.prepare(task))
            return await run_in_threadpool(lambda: self._settle(upload, prepare(task)))  # one change of threads, not two

    def _settle(self, upload: Upload, prepared: Prepared) -> Taken:
        if prepared.over:
            raise too_large(prepared.refusal)
        if prepared.refusal:
            raise invalid(prepared.refusal, prepared.problems())
        return self.taker.take(upload, prepared)
