"""Keeps the writer running: starts it, restarts it with growing pauses when it dies, replaces it when keys change."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import structlog

from ops.settings import Settings, secrets

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0
_HEALTHY = 20.0
_GRACE = 30.0
_LOOK = 0.2
_log = structlog.get_logger("medtrace.supervisor")


class Supervisor:
    """One thread that owns the child. `changed`: whether the child must be replaced (looked at every two seconds)."""

    def __init__(self, settings: Settings, changed: Callable[[], bool] = lambda: False) -> None:
        self._settings = settings
        self._changed = changed
        self._stop = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)
        self.restarts = 0
        """How often a writer that had died was started again."""
        self.failures = 0
        """Deaths in a row; 0 once it has run for a while."""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask the writer to finish what it is at, wait for it, and end."""
        self._stop.set()
        self._thread.join()

    @property
    def pid(self) -> int:
        """The writer's process id, 0 while there is none."""
        child = self._child
        return child.pid if child is not None and child.poll() is None else 0

    def _run(self) -> None:
        pause = FIRST_PAUSE
        while not self._stop.is_set():
            begun = time.monotonic()
            code = self._live()
            if self._stop.is_set() or code == 0:
                continue
            healthy = time.monotonic() - begun > _HEALTHY
            pause = FIRST_PAUSE if healthy else min(LONGEST_PAUSE, pause * 2)
            self.failures = 1 if healthy else self.failures + 1
            self.restarts += 1
            signal = -code if code < 0 else 0
            _log.error("writer_died", code=code, signal=signal, restart_in_seconds=pause, in_a_row=self.failures)
            self._stop.wait(pause)

    def _live(self) -> int:
        """One writer from start to end; its exit code."""
        child = self._started()
        self._child = child
        looked = begun = time.monotonic()
        while (code := child.poll()) is None:
            now = time.monotonic()
            if now - begun > _HEALTHY:
                self.failures = 0
            if self._stop.wait(_LOOK):
                return self._end(child)
            if now - looked > 2.0:
                looked = now
                if self._changed():
                    _log.info("writer_replaced", reason="keys have changed")
                    self._end(child)
                    return 0
        _close(child)
        return code

    def _started(self) -> subprocess.Popen[bytes]:
        """Secrets go through the pipe: an argument or a variable could be seen by others."""
        root = Path(__file__).resolve().parent.parent
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MEDTRACE_")}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(root), environment.get("PYTHONPATH", ""))))
        child = subprocess.Popen([sys.executable, "-m", "ops.writer"], stdin=subprocess.PIPE, env=environment)
        assert child.stdin is not None
        try:
            child.stdin.write(json.dumps(_plain(self._settings)).encode() + b"\n")
            child.stdin.flush()
        except BrokenPipeError:
            pass  # it died at once: the exit code tells
        return child

    def _end(self, child: subprocess.Popen[bytes]) -> int:
        _close(child)
        try:
            return child.wait(_GRACE)
        except subprocess.TimeoutExpired:
            _log.error("writer_killed", reason=f"it did not stop within {_GRACE:.0f} s")
            child.kill()
            return child.wait()


class KeyWatch:
    """Stands in for the supervisor where workers of the stack do the writer's work: only keys are looked after."""

    pid = 0

    def __init__(self, changed: Callable[[], bool]) -> None:
        self._changed = changed
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keys", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(2.0):
            if self._changed():
                _log.info("keys_exchanged")


def _close(child: subprocess.Popen[bytes]) -> None:
    """The writer stops when its standard input ends."""
    if child.stdin is not None:
        try:
            child.stdin.close()
        except BrokenPipeError:
            pass


def _plain(settings: Settings) -> dict[str, object]:
    """All settings as JSON can carry them, secrets in clear."""
    made = settings.model_dump(mode="json")
    for name in secrets():
        secret = getattr(settings, name)
        made[name] = None if secret is None else secret.get_secret_value()
    made["data"] = str(settings.data.absolute())
    return made
