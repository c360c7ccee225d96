"""The writer: the child process that decides, commits and projects, so that pages stay fast while documents pour in.

Started by `ops.supervisor` with the settings on its standard input, which stays open: when it closes, the parent is gone and the
writer stops. Twice a second it leaves a status file, which health and metrics of the parent read.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

import msgspec
import structlog

from ops import logs
from ops.clock import now_ms
from ops.keys import KeyFiles
from ops.layout import FolderLock, Layout, LockedError
from ops.settings import Settings
from ops.wiring import open_retention, open_runner
from pedigree.errors import MedtraceError

_PR_SET_PDEATHSIG = 1
_PATIENCE = 15.0
_STATUS_EVERY = 0.5
_log = structlog.get_logger("medtrace.writer")


class Status(msgspec.Struct):
    """What the writer says about itself. `positions`: how far each step is behind; times in ms UTC."""

    pid: int
    started: int
    time: int
    positions: dict[str, int] = {}
    error: str = ""


def read_status(layout: Layout) -> Status | None:
    """The last status, None when there is none that can be read."""
    try:
        return msgspec.json.decode(layout.writer.read_bytes(), type=Status)
    except (OSError, msgspec.MsgspecError):
        return None


def main() -> int:
    """The child's whole life; its exit code: 0 asked to stop, 1 failed in a way that a restart may mend, 4 it can't."""
    if sys.platform == "linux":  # elsewhere the closed pipe alone tells that the parent is gone
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    settings = Settings.model_validate(json.loads(sys.stdin.readline()))
    logs.configure(settings, "writer")
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the whole group; the parent says when to stop
    threading.Thread(target=_stop_with_parent, args=(stop,), daemon=True).start()
    layout = Layout(settings.data)
    try:
        lock = _lock(layout, stop)
        return _run(settings, layout, stop) if lock else 0
    except MedtraceError as error:
        _log.error("writer_failed", error=str(error), kind=type(error).__name__)
        _write(layout, Status(os.getpid(), now_ms(), now_ms(), {}, f"{type(error).__name__}: {error}"))
        return 1


def _run(settings: Settings, layout: Layout, stop: threading.Event) -> int:
    keys = KeyFiles(settings).load()
    # Thousands of small objects live for one round and hold no cycles: collecting as often as Python does costs an eighth.
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)
    with open_runner(settings, keys) as runner, open_retention(settings) as retention:
        status = Status(os.getpid(), now_ms(), now_ms())
        written = 0.0

        def watch() -> None:
            nonlocal written
            if time.monotonic() - written > _STATUS_EVERY:
                status.time, status.positions = now_ms(), msgspec.structs.asdict(runner.positions())
                _write(layout, status)
                written = time.monotonic()
                if gone := retention.step(status.time):
                    _log.info("observations_forgotten", count=gone, older_than_days=settings.observations_days)

        _log.info("writer_started", pid=os.getpid())
        runner.run(stop, watch)
        _log.info("writer_stopped")
    return 0


def _lock(layout: Layout, stop: threading.Event) -> FolderLock | None:
    """An orphan of a parent that was killed may take a moment to end: wait for it."""
    deadline = time.monotonic() + _PATIENCE
    while not stop.is_set():
        try:
            return FolderLock(layout, "a writer", file=layout.writer_lock)
        except LockedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
    return None


def _stop_with_parent(stop: threading.Event) -> None:
    while sys.stdin.buffer.read(1):
        pass
    stop.set()


def _write(layout: Layout, status: Status) -> None:
    part = Path(f"{layout.writer}.part")
    part.write_bytes(msgspec.json.encode(status))
    part.replace(layout.writer)


if __name__ == "__main__":
    sys.exit(main())
