"""One process that we started: its log, its life, its end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def answers(port: int, timeout: float = 0.5) -> bool:
    """Whether somebody listens there."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout):
            return True
    except OSError:
        return False


@dataclass
class Program:
    """`ready`: whether it does its work by now. `grace_s`: how long it may take to end before it is killed."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] = lambda: True
    ready_s: float = 60.0
    grace_s: float = 20.0
    about: str = ""
    child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """In a session of its own: Ctrl+C of a terminal reaches only us, and we end it in order."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        output: IO[bytes]
        with self.log.open("ab") as output:
            self.child = subprocess.Popen(
                list(self.command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """0 while it does not run."""
        return self.child.pid if self.child is not None and self.child.poll() is None else 0

    def send(self, number: signal.Signals) -> None:
        if self.pid:
            os.kill(self.pid, number)

    def ask_to_stop(self) -> None:
        self.send(signal.SIGCONT)
        self.send(signal.SIGTERM)

    def stop(self) -> int:
        """End it; its exit code (0 when it did not run)."""
        if self.child is None:
            return 0
        self.ask_to_stop()
        try:
            return self.child.wait(self.grace_s)
        except subprocess.TimeoutExpired:
            self.child.kill()
            return self.child.wait()

    def last_words(self, lines: int = 12) -> str:
        """The end of its log."""
        if not self.log.is_file():
            return ""
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - 20_000))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
