"""Where everything lies in the data folder, and the lock that lets only one server use it."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import Any

from pedigree.errors import MedtraceError


class LockedError(MedtraceError):
    """Another process uses the data folder; the message says which."""


class Layout:
    """The names of files and folders. Derived stores can be rebuilt from `log`, keys can't."""

    def __init__(self, data: Path) -> None:
        self.root = data
        self.log = data / "log"
        self.custody = data / "custody.sqlite"
        self.ledger = data / "ledger.sqlite"
        self.graph = data / "graph.sqlite"
        self.index = data / "capture.sqlite"
        self.queries = data / "queries.sqlite"
        self.scans = data / "scans.sqlite"
        self.papers = data / "papers"
        self.keys = data / "keys"
        self.lock = data / "server.lock"
        self.writer_lock = data / "writer.lock"
        self.writer = data / "writer.json"
        self.retention = data / "retention.json"
        self.access = data / "access.log"

    def stores(self) -> list[Path]:
        """What is copied before the log: derived stores, each before what it follows, and the counts of looks."""
        return [path for path in (self.graph, self.ledger, self.custody, self.index, self.scans, self.queries) if path.exists()]

    def logs(self) -> list[Path]:
        """The log's files: topics that are derived from others come first."""
        found = sorted(self.log.glob("*.sqlite"))
        order = ["custody.decisions", "custody.observations", "epcis.documents", "facts"]
        return sorted(found, key=lambda path: (order.index(path.stem) if path.stem in order else -1, path.stem))

    @property
    def exists(self) -> bool:
        return self.log.is_dir()


class FolderLock:
    """Held by a server for its whole life. The kernel drops it when the process dies, however it dies."""

    def __init__(self, layout: Layout, what: str, *, file: Path | None = None, **about: Any) -> None:
        """`file`: which lock, the server's if not given. Raises LockedError that names the holder."""
        layout.root.mkdir(parents=True, exist_ok=True)
        self._file = os.open(file or layout.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as busy:
            holder = read_holder(file or layout.lock)
            os.close(self._file)
            raise LockedError(
                f"{layout.root} is in use by {holder.get('what', 'another process')}"
                f" (process {holder.get('pid', '?')}{', ' + holder['url'] if holder.get('url') else ''}):"
                " stop it first, or choose another folder with --data"
            ) from busy
        text = json.dumps({"what": what, "pid": os.getpid(), **about}).encode()
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, text, 0)

    def release(self) -> None:
        """Give the folder free."""
        os.ftruncate(self._file, 0)
        os.close(self._file)


def read_holder(lock: Path) -> dict[str, Any]:
    """What the holder of the lock wrote about itself, {} when nobody holds it."""
    try:
        text = lock.read_text(encoding="utf-8")
    except OSError:
        return {}
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def is_locked(layout: Layout, file: Path | None = None) -> bool:
    """Whether a server uses the folder at this moment; `file`: another of its locks."""
    return _held(file or layout.lock)


def _held(lock: Path) -> bool:
    try:
        file = os.open(lock, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False
