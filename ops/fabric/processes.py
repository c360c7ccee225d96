"""Starts processes that outlive the command, and finds them again by their pid files."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from ops.fabric.nodes import Process
from ops.fabric.plan import Folder
from pedigree.errors import LedgerError


def start(process: Process, programs: Mapping[str, Path], folder: Folder) -> int:
    """Start it unless it runs; its pid. Its output goes to logs/<name>.log."""
    running = pid_of(process.name, folder)
    if running is not None:
        return running
    folder.logs.mkdir(parents=True, exist_ok=True)
    folder.pids.mkdir(parents=True, exist_ok=True)
    program = str(programs.get(process.program, process.program))
    with (folder.logs / f"{process.name}.log").open("ab") as log:
        started = subprocess.Popen(
            [program, *process.arguments],
            env={**os.environ, **process.environment},
            cwd=process.cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _file(process.name, folder).write_text(f"{started.pid} {_birth(started.pid)}\n")
    return started.pid


def pid_of(name: str, folder: Folder) -> int | None:
    """The pid when the process runs. A number that was given to another process since does not count."""
    try:
        pid, birth = _file(name, folder).read_text().split()
        os.kill(int(pid), 0)
    except (OSError, ValueError):
        return None
    _reap(int(pid))
    return int(pid) if _birth(int(pid)) == birth else None


def stop(names: Iterable[str], folder: Folder, patience: float = 10) -> None:
    """SIGTERM to all at once, SIGKILL to what is left. LedgerError: one that does not end."""
    left = {name: pid for name in names if (pid := pid_of(name, folder)) is not None}
    for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
        for pid in left.values():
            _send(pid, number)
        deadline = time.monotonic() + seconds
        while left and time.monotonic() < deadline:
            left = {name: pid for name, pid in left.items() if pid_of(name, folder) is not None}
            time.sleep(0.02)
    if left:
        raise LedgerError(f"{', '.join(left)} did not end")


def check_running(names: Iterable[str], folder: Folder) -> None:
    """LedgerError names the one that has ended, with the last words of its log."""
    for name in names:
        if pid_of(name, folder) is None:
            raise LedgerError(f"{name} has ended: {' | '.join(tail(name, folder, 3))}")


def tail(name: str, folder: Folder, lines: int = 20) -> list[str]:
    """The last lines of its log."""
    path = folder.logs / f"{name}.log"
    if not path.is_file():
        return []
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - 400 * lines))
        return log.read().decode("utf-8", "replace").splitlines()[-lines:]


def _file(name: str, folder: Folder) -> Path:
    return folder.pids / f"{name}.pid"


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def _reap(pid: int) -> None:
    """A child of ours that has ended would look alive until somebody asks for its exit code."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass


def _birth(pid: int) -> str:
    """When the process was started, in the kernel's ticks; "-" where there is no /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "-" if not Path("/proc/self/stat").exists() else "gone"
    return fields[19] if fields[0] != "Z" else "gone"
