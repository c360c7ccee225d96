"""A real server in a process of its own, as tests start, stop and kill it."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
SECONDS = 60.0


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def until(what: Callable[[], bool], seconds: float = SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.05)


class Server:
    """`medtrace serve` on a folder."""

    def __init__(self, data: Path, *options: str, certificate: Path | None = None) -> None:
        """`certificate`: of a server that speaks TLS; `options` name it too."""
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{(port := free_port())}"
        self.log = data.parent / f"server-{port}.log"
        command = [sys.executable, "-m", "ops", "serve", "--data", str(data), "--port", str(port), "--simulation", *options]
        environment = {**os.environ, "MEDTRACE_CHECKPOINT_SECONDS": "0.5"}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=environment)
        verify = ssl.create_default_context(cafile=str(certificate)) if certificate else True
        self.http = httpx.Client(base_url=self.url, timeout=20, verify=verify)
        until(self._answers)

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.http.get("/health/live").status_code == 200
        except httpx.TransportError:
            return False

    def writer(self) -> int:
        """The writer's process id, once it is up."""
        found: list[int] = []

        def up() -> bool:
            report = self.http.get("/health").json()
            if report["status"] == "ready":
                found.append(report["writer"]["pid"])
            return bool(found)

        until(up)
        return found[0]

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.http.close()
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(SECONDS)


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
