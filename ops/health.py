"""Is the process alive, is it ready, and if not, why not: for load balancers, for operators, for `medtrace status`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse

from ops.layout import Layout
from ops.settings import Settings
from ops.writer import Status, read_status
from pedigree.errors import LogError
from pedigree.ports import DOCUMENTS, EventLog

_SILENT_MS = 15_000
_BEHIND = 2_000
"""Documents that may wait before the server calls itself not ready."""


@dataclass(frozen=True, slots=True)
class Health:
    """Looks at the log, the writer's status file and the disk each time that it is asked."""

    settings: Settings
    log: EventLog
    clock: Callable[[], int]
    free: Callable[[], int]
    writer_pid: Callable[[], int]

    def status(self) -> Status | None:
        return read_status(Layout(self.settings.data))

    def behind(self) -> int:
        """Documents that are in the log and not split yet."""
        ends = [self.log.end(DOCUMENTS, p) - self.log.committed("splitter", DOCUMENTS, p) for p in self._partitions()]
        return sum(ends)

    def reasons(self) -> list[str]:
        """Why the server is not ready, in words that say what to do; [] when it is."""
        found = self._stack() if self.settings.backend == "stack" else self._writer()
        if self.low_disk():
            found.append(f"less than {self.settings.min_free_mb} MB of disk are free; captures are refused until there is room")
        return found

    def _stack(self) -> list[str]:
        """Workers tell about themselves; what concerns us is the log."""
        try:
            behind = self.behind()
        except LogError as error:
            return [str(error)]
        return [f"the splitter is {behind} documents behind; verdicts come late"] if behind > _BEHIND else []

    def _writer(self) -> list[str]:
        found = []
        status = self.status()
        if not self.writer_pid():
            found.append("the writer is not running; it is being restarted, see the log for why it died")
        elif status is None or status.pid != self.writer_pid():
            found.append("the writer is starting")
        elif self.clock() - status.time > _SILENT_MS:
            found.append(f"the writer has said nothing for {(self.clock() - status.time) // 1000} s")
        if status is not None and status.error and status.pid != self.writer_pid():
            found.append(f"the writer's last words: {status.error}")
        behind = self.behind()
        if behind > _BEHIND:
            found.append(f"the writer is {behind} documents behind; verdicts come late")
        return found

    def low_disk(self) -> bool:
        return self.free() < self.settings.min_free_mb * 1_000_000

    def report(self) -> dict[str, Any]:
        """All of it, as JSON has it."""
        status, reasons = self.status(), self.reasons()
        return {
            "status": "not ready" if reasons else "ready",
            "reasons": reasons,
            "simulation": self.settings.simulation,
            **self._documents(),
            "writer": None if status is None else {"pid": status.pid, "time": status.time, "positions": status.positions},
            "free_mb": self.free() // 1_000_000,
        }

    def _documents(self) -> dict[str, int]:
        try:
            whole = sum(self.log.end(DOCUMENTS, partition) for partition in self._partitions())
            return {"documents": whole, "documents_waiting": self.behind()}
        except LogError:
            return {}

    def _partitions(self) -> range:
        return range(self.log.partitions(DOCUMENTS))


def health_router(health: Health) -> APIRouter:
    """`/health/live` and `/health/ready`: 200, or 503 with the reasons."""
    router = APIRouter(prefix="/health")

    @router.get("/live")
    async def live() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/ready", responses={503: {"description": "Not ready, and why", "content": {"application/json": {}}}})
    def ready() -> JSONResponse:
        report = health.report()
        return JSONResponse(report, 200 if not report["reasons"] else 503)

    @router.get("")
    def health_page() -> JSONResponse:
        return JSONResponse(health.report())

    return router
