"""One worker of the stack: a role in a Faust app, with its health and metrics, until it is told to stop.

Exit codes: 0 asked to stop, 1 failed in a way that a restart mends, or there are new keys, 2 a setting can't work, 4 a store is
ahead of its log.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import threading
from collections.abc import Callable
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import structlog
from prometheus_client import generate_latest

from ops import logs, tracing
from ops.keys import KeyFiles
from ops.layout import Layout
from ops.settings import Settings
from ops.wiring_stack import open_role, transport
from pedigree.errors import LogUnreachableError, MedtraceError, SettingsError, StoreAheadError, UnknownRulesError
from streams.faust_apps import AGAIN, Shell, run
from streams.meter import Meter

_log = structlog.get_logger("medtrace.worker")
_KEYS_S = 2.0
"""Seconds between looks at the key files."""
_KEYED = ("custody", "ledger")
"""Who holds keys of its own."""
_TAKE = {"splitter": (100, 0.005), "custody": (20, 0.005), "ledger": (20, 0.1), "projector": (50, 0.02), "ticker": (50, 0.1)}
"""How many records a step gathers at most, and for how many seconds."""


def work(settings: Settings, role: str) -> int:
    """Run the role until SIGTERM or Ctrl+C; the exit code. Raises what a restart does not mend, and LogUnreachableError, before
    it has started."""
    logs.configure(settings, role)
    for name in ("faust", "mode", "aiokafka"):  # they tell each step of their own start and end
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
    logging.getLogger("mode.timers").setLevel(logging.ERROR)  # a step may take longer than the idle timer's interval
    files = KeyFiles(settings)
    seen, keys = files.stamp(), files.load()
    meter = Meter()
    with ExitStack() as stack:
        stack.callback(tracing.configure(settings, role))
        try:
            made = open_role(role, settings, keys, meter, stack)
        except (SettingsError, StoreAheadError, UnknownRulesError, LogUnreachableError):
            raise
        except MedtraceError as error:  # a server that is away, a file that is locked: whoever keeps us tries again
            _log.error("worker_failed", role=role, error=str(error), kind=type(error).__name__)
            return AGAIN
        take, within = _TAKE[role]
        member = f"{role}-{settings.worker}" if settings.worker else ""
        shell = Shell(made, transport(settings, member), meter, take=take, within=within)
        server = _serve(settings, shell, meter)
        stack.callback(server.shutdown)
        port = int(server.server_address[1])
        file = worker_file(settings, role)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps({"pid": os.getpid(), "port": port}))
        except OSError as error:
            _log.error("worker_failed", role=role, error=f"data: {file} can't be written: {error.strerror}", kind="OSError")
            return AGAIN
        _log.info("worker_started", role=role, port=port, member=member)
        code = asyncio.run(_until_told(shell, files if role in _KEYED else None, seen))
        _log.info("worker_stopped", role=role, code=code)
        return code


def worker_file(settings: Settings, role: str) -> Path:
    """Where a worker says at which port its health is."""
    name = f"{role}-{settings.worker}" if settings.worker else role
    return Layout(settings.data).root / "workers" / f"{name}.json"


async def _until_told(shell: Shell, files: KeyFiles | None, seen: tuple[int, ...]) -> int:
    stop, exchanged = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    async def watch(files: KeyFiles) -> None:
        while not keys_changed(files, seen):
            await asyncio.sleep(_KEYS_S)
        exchanged.set()
        stop.set()

    watching = asyncio.create_task(watch(files)) if files is not None else None
    code = await run(shell, stop)
    if watching is not None:
        watching.cancel()
    return AGAIN if exchanged.is_set() else code


def keys_changed(files: KeyFiles, seen: tuple[int, ...]) -> bool:
    """Whether there are other keys than those of `seen` (`KeyFiles.stamp`), good ones: broken ones are no reason to end."""
    if files.stamp() == seen:
        return False
    try:
        files.load()
    except SettingsError as error:
        _log.error("keys_broken", error=str(error))
        return False
    _log.info("keys_exchanged", what="this worker ends in order, and starts again with them")
    return True


def _serve(settings: Settings, shell: Shell, meter: Meter) -> ThreadingHTTPServer:
    """`/health/live`, `/health/ready`, `/metrics`, from threads of their own: they answer while a step computes."""

    def ready() -> tuple[int, str, bytes]:
        body = {"role": shell.role.name, "ready": shell.ready(), "partitions": shell.partitions(), "pid": os.getpid()}
        return (200 if shell.ready() else 503), "application/json", json.dumps(body).encode()

    pages: dict[str, Callable[[], tuple[int, str, bytes]]] = {
        "/health/live": lambda: (200, "application/json", b'{"status": "alive"}'),
        "/health/ready": ready,
        "/metrics": lambda: (200, "text/plain; version=0.0.4; charset=utf-8", generate_latest(meter.registry)),
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = pages.get(self.path.partition("?")[0])
            status, kind, body = page() if page is not None else (404, "text/plain", b"there is no such page")
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Probes every few seconds are nothing to tell."""

    server = ThreadingHTTPServer((settings.worker_host, settings.worker_port), Handler)
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server
