"""One server: the lock on the data folder, the writer as a supervised child, and the pages in this process."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
import uvicorn

from ops import logs, tracing
from ops.app import build_app
from ops.keys import KeyFiles
from ops.layout import FolderLock, Layout
from ops.settings import Settings
from ops.supervisor import KeyWatch, Supervisor
from ops.wiring import Web, free_bytes, open_follower, open_web, prepare

_log = structlog.get_logger("medtrace.serve")


class Running:
    """A server that is up: its address, and the way to end it."""

    def __init__(self, settings: Settings, server: uvicorn.Server, supervisor: Supervisor | KeyWatch) -> None:
        self.settings = settings
        self.supervisor = supervisor
        self._server = server

    def ready(self) -> bool:
        return self._server.started

    def stop(self) -> None:
        self._server.should_exit = True

    def run(self) -> None:
        """Serve until SIGTERM, Ctrl+C or `stop`; requests under way are finished first."""
        # uvicorn raises the signal again when it has ended; what must be closed is closed after that.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        self._server.run()


@contextmanager
def serving(settings: Settings, *, what: str = "medtrace serve", notices: tuple[tuple[str, str], ...] = ()) -> Iterator[Running]:
    """Everything up to the point where `run` is called. Raises SettingsError, LockedError, StoreError."""
    files = KeyFiles(settings)
    keys = files.load()
    layout = Layout(settings.data)
    lock = FolderLock(layout, what, url=settings.url)
    try:
        prepare(settings)
        web = open_web(settings, keys, list(notices))
        changed = _key_watch(files, web)
        supervisor = KeyWatch(changed) if settings.backend == "stack" else Supervisor(settings, changed)
        app = build_app(settings, web.services, lambda: free_bytes(settings), lambda: supervisor.pid, web.scans)
        server = uvicorn.Server(_config(settings, app))
        follower = open_follower(settings, lambda: setattr(server, "should_exit", True))
        supervisor.start()
        _log.info("serving", url=settings.url, data=str(settings.data), simulation=settings.simulation)
        try:
            yield Running(settings, server, supervisor)
        finally:
            supervisor.stop()
            if follower is not None:
                follower.stop()
            web.close()
            _log.info("stopped")
    finally:
        lock.release()


def serve(settings: Settings) -> None:
    """The command: serve until it is told to stop."""
    logs.configure(settings, "web")
    ended = tracing.configure(settings, "web")
    try:
        with serving(settings) as running:
            running.run()
    finally:
        ended()


def in_background(running: Running) -> threading.Thread:
    """Serve from a thread, for the demonstration and for tests; `running.stop()` ends it."""
    thread = threading.Thread(target=running._server.run, name="web", daemon=True)
    thread.start()
    return thread


def _config(settings: Settings, app: Callable[..., object]) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        ssl_certfile=str(settings.tls_cert) if settings.tls_cert else None,
        ssl_keyfile=str(settings.tls_key) if settings.tls_key else None,
        proxy_headers=settings.proxy_headers,
        forwarded_allow_ips=settings.trusted_proxies if settings.proxy_headers else None,
        access_log=False,  # it would keep addresses and scanned codes; `ops.middleware` logs templates
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=20,
    )


def _key_watch(files: KeyFiles, web: Web) -> Callable[[], bool]:
    """Whether the key files have changed since the last look; the pages' own keys are exchanged on the way."""
    seen = files.stamp()

    def changed() -> bool:
        nonlocal seen
        now = files.stamp()
        if now == seen:
            return False
        seen = now
        web.exchange(files.load())
        return True

    return changed
