"""Processes that prepare larger bodies, so that the pages of this process stay fast meanwhile."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import resource
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait

import msgspec
import structlog
from starlette.concurrency import run_in_threadpool

from services.capture.prepare import Prepared, Task, decode_prepared, prepare_bytes
from services.problems import Problem

SMALL = 8_192
"""Bytes up to which a body is prepared here: sending it away would cost more than it saves."""
WORKER_BYTES = 1_500_000_000
"""Memory of one worker. A body of 50 MB can be made of 17 million empty lists; such a one is refused, not read at any price."""
_log = structlog.get_logger("medtrace.capture")


class Preparer:
    """`workers` processes, started when first needed; 0 = nothing is sent away."""

    def __init__(self, workers: int, worker_bytes: int = WORKER_BYTES) -> None:
        self._workers = workers
        self._worker_bytes = worker_bytes
        self._pool: ProcessPoolExecutor | None = None

    def start(self) -> None:
        """Start the workers now, so that the first larger document does not wait for them."""
        for _ in range(self._workers):
            self._started().submit(os.getpid)

    def elsewhere(self, task: Task) -> bool:
        """Whether the task is worth sending to a worker."""
        return self._workers > 0 and len(task.body) > SMALL

    async def prepare(self, task: Task) -> Prepared:
        """In a worker. Its death is survived once, then it is a 503."""
        encoded = msgspec.msgpack.encode(task)
        for attempt in (1, 2):
            pool = self._started()
            try:
                made = await asyncio.get_running_loop().run_in_executor(pool, prepare_bytes, encoded)
            except BrokenProcessPool as broken:
                # A worker was killed (memory?). It may have been another request's body: once more in a new pool.
                _log.error("capture_worker_died", attempt=attempt, size=len(task.body), error=str(broken))
                self._drop(pool)
            else:
                return await run_in_threadpool(decode_prepared, made)
        raise Problem(503, "ImplementationException", "the document could not be prepared", headers={"Retry-After": "10"})

    def close(self) -> None:
        if self._pool is not None:
            self._drop(self._pool)

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            spawn = multiprocessing.get_context("spawn")  # forking a process with threads can hang the child
            self._pool = ProcessPoolExecutor(self._workers, mp_context=spawn, initializer=_start, initargs=(self._worker_bytes,))
        return self._pool

    def _drop(self, pool: ProcessPoolExecutor) -> None:
        if self._pool is pool:
            self._pool = None
        pool.shutdown(wait=False, cancel_futures=True)


def _start(most: int) -> None:
    """In the worker: Ctrl-C is the parent's business, and a worker must not outlive a parent that was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (allowed, hard))
    gc.freeze()
    gc.disable()  # parsing makes millions of objects and no cycles: collecting meanwhile took most of the time
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_leave_with, args=(parent.sentinel,), daemon=True).start()


def _leave_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(0)
