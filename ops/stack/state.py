"""What a stack has written about itself: where it runs, and how far its start is."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import msgspec

from ops.settings import Settings


class Running(msgspec.Struct):
    """One program: its log, and its process id when it was last looked at."""

    name: str
    log: str
    about: str = ""
    pid: int = 0
    ready: bool = False
    restarts: int = 0


class State(msgspec.Struct):
    """`pid`: the keeper. `ports` are kept from one start to the next."""

    pid: int = 0
    phase: str = "starting"
    """starting | ready | failed | stopped"""
    said: list[str] = []
    programs: list[Running] = []
    ports: dict[str, int] = {}
    without: list[str] = []
    url: str = ""


class Folder:
    """Where a stack keeps its servers' data, logs and state: inside the data folder."""

    def __init__(self, settings: Settings) -> None:
        self.root = settings.data.absolute() / "stack"
        self.state = self.root / "state.json"
        self.config = self.root / "medtrace.toml"
        self.logs = self.root / "logs"
        self.password = self.root / "neo4j.password"

    def read(self) -> State:
        """The last state, an empty one when there is none."""
        try:
            return msgspec.json.decode(self.state.read_bytes(), type=State)
        except (OSError, msgspec.MsgspecError):
            return State(phase="stopped")

    def write(self, state: State) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        part = self.state.with_suffix(".part")
        part.write_bytes(msgspec.json.format(msgspec.json.encode(state)))
        part.replace(self.state)


def alive(pid: int) -> bool:
    """Whether the keeper with this id runs."""
    if pid <= 0:
        return False
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        try:
            os.kill(pid, 0)
        except OSError:
            return False
        return not Path("/proc/self").exists()
    return b"ops.stack.daemon" in command


def end_orphans(folder: Folder, state: State, seconds: float = 30) -> int:
    """End what a keeper that was killed has left behind; how many processes. Only ours: their command names this folder."""
    left = [one.pid for one in state.programs if _is_ours(one.pid, folder)]
    for pid in left:
        os.kill(pid, signal.SIGCONT)
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while any(_is_ours(pid, folder) for pid in left) and time.monotonic() < deadline:
        time.sleep(0.1)
    for pid in left:
        if _is_ours(pid, folder):
            os.kill(pid, signal.SIGKILL)
    return len(left)


def _is_ours(pid: int, folder: Folder) -> bool:
    try:
        return pid > 0 and str(folder.root).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
