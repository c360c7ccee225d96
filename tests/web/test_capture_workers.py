"""Larger bodies are prepared in other processes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import msgspec

from services.capture.prepare import Task, decode_prepared, prepare, prepare_bytes
from services.capture.workers import SMALL, Preparer
from tests.web.capture_world import document, event, text

ROOT = Path(__file__).resolve().parents[2]


def task(events: int, **more: object) -> Task:
    body = text(document(*(event(n, **more) for n in range(events))))
    return Task(body, "application/json", False, "rollback", 10_000, 10_000)


def test_another_process_prepares_the_same() -> None:
    for one in (task(40), task(40, action="MAYBE"), task(1)):
        assert decode_prepared(prepare_bytes(msgspec.msgpack.encode(one))) == prepare(one)


def test_a_worker_that_dies_is_replaced() -> None:
    async def run() -> None:
        big = task(40)
        assert len(big.body) > SMALL
        preparer = Preparer(1)
        try:
            first = await preparer.prepare(big)
            assert len(first.events) == 40
            assert preparer._pool is not None
            for pid in list(preparer._pool._processes):
                os.kill(pid, signal.SIGKILL)
            assert await preparer.prepare(big) == first
        finally:
            preparer.close()

    asyncio.run(run())


def test_workers_do_not_outlive_a_parent_that_is_killed() -> None:
    code = textwrap.dedent("""
        import asyncio, sys
        from services.capture.workers import Preparer
        from tests.web.test_capture_workers import task

        async def main():
            preparer = Preparer(1)
            await preparer.prepare(task(40))
            print(list(preparer._pool._processes)[0], flush=True)
            await asyncio.sleep(60)

        if __name__ == "__main__":
            asyncio.run(main())
    """)
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{worker}").exists() and "Z" not in Path(f"/proc/{worker}/stat").read_text().split()[2]:
        assert time.monotonic() < deadline, "the worker is still there"
        time.sleep(0.05)


def test_a_body_that_needs_too_much_memory_is_refused_and_the_worker_lives() -> None:
    async def run() -> None:
        hungry = Task(b"[" + b"[]," * 4_000_000 + b"[]]", "application/json", False, "rollback", 10_000, 10_000)
        preparer = Preparer(1, 300_000_000)
        try:
            made = await preparer.prepare(hungry)
            assert made.over
            assert "memory" in made.refusal
            assert preparer._pool is not None
            assert len((await preparer.prepare(task(40))).events) == 40
        finally:
            preparer.close()

    asyncio.run(run())
