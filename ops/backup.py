"""Backup of a data folder while it is in use, and restore. SQLite's own online copy does the work; the order is what matters:

1. how far the splitter was is read first, then every store is copied before what it follows: graph, ledger, custody, index,
   then the topics, decisions before observations before documents before facts. So nothing in the copy is ahead of its source.
2. In the copied documents the splitter is set back to what was read first: it splits some documents again, which is harmless,
   and never skips one whose observations were not copied yet.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from eventlog.sqlite import SqliteLog
from ops.clock import now_ms
from ops.layout import Layout
from ops.settings import Settings
from pedigree.errors import MedtraceError
from pedigree.ports import DOCUMENTS
from storage.care import backup as copy_file
from storage.care import damage
from streams.splitter import GROUP

Report = Callable[[str, int, int], None]
"""Called with (file, files done, files in all)."""
MANIFEST = "backup.json"
_VERSION = 1
_ARCHIVES = (".tar", ".tar.gz", ".tgz")


class BackupError(MedtraceError):
    """A backup that can't be made or used; the message says why."""


class Copied(msgspec.Struct, frozen=True):
    """`name` relative to the data folder; SHA-256 in hex."""

    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds. Time in ms UTC."""

    version: int
    time: int
    origin: str
    partitions: int
    files: tuple[Copied, ...]
    keys: bool


def make_backup(settings: Settings, target: Path, *, keys: bool = False, report: Report = lambda *_: None) -> Manifest:
    """Copy the data folder to a folder, or to a file that ends in .tar, .tar.gz or .tgz; it appears whole or not at all.

    `keys`: the secret keys too. Raises BackupError, StoreError, LogFullError.
    """
    layout = Layout(settings.data)
    if not layout.exists:
        raise BackupError(f"{settings.data} holds no data")
    if target.exists():
        raise BackupError(f"{target} exists; a backup never overwrites")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        manifest = _fill(settings, layout, part, keys, report)
        if target.name.endswith(_ARCHIVES):
            archive = part.with_name(f"{part.name}.archive")
            with tarfile.open(archive, "w" if target.suffix == ".tar" else "w:gz") as packed:
                packed.add(part, arcname=".")
            if keys:
                archive.chmod(0o600)
            archive.replace(target)
        else:
            part.replace(target)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return manifest


def restore(source: Path, data: Path, report: Report = lambda *_: None) -> Manifest:
    """Put a backup into a data folder that does not exist yet, after every file's digest and structure were checked."""
    if data.exists() and any(data.iterdir()):
        raise BackupError(f"{data} is not empty: restore into a new folder, then move it into place")
    data.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{data.name}.", dir=data.parent))
    try:
        _unpack(source, part)
        manifest = read_manifest(part)
        for done, copied in enumerate(manifest.files):
            report(copied.name, done, len(manifest.files))
            _check(part, copied)
        (part / MANIFEST).unlink()
        if data.exists():
            data.rmdir()
        part.replace(data)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an unpacked backup; BackupError when it is none, or of a newer version."""
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as broken:
        raise BackupError(f"this is no backup: {MANIFEST} can't be read ({broken})") from broken
    if manifest.version > _VERSION:
        raise BackupError(f"the backup has version {manifest.version}, this Medtrace knows {_VERSION}: use the newer one")
    return manifest


def _fill(settings: Settings, layout: Layout, part: Path, keys: bool, report: Report) -> Manifest:
    with_positions = SqliteLog(layout.log, {DOCUMENTS: settings.partitions})
    try:
        positions = [with_positions.committed(GROUP, DOCUMENTS, p) for p in range(settings.partitions)]
    finally:
        with_positions.close()
    paths = [*layout.stores(), *layout.logs()]
    for done, path in enumerate(paths):
        name = path.relative_to(layout.root)
        report(str(name), done, len(paths))
        (part / name).parent.mkdir(parents=True, exist_ok=True)
        copy_file(path, part / name)
    copied_log = SqliteLog(part / layout.log.relative_to(layout.root), {DOCUMENTS: settings.partitions})
    try:
        for partition, position in enumerate(positions):
            copied_log.commit(GROUP, DOCUMENTS, partition, position)
    finally:
        copied_log.close()
    _copy_papers(layout, part)
    if layout.keys.is_dir():
        _copy_keys(layout, part, secret=keys)
    names = sorted(path.relative_to(part) for path in part.rglob("*") if path.is_file())
    files = tuple(Copied(str(name), (part / name).stat().st_size, _digest(part / name)) for name in names)
    manifest = Manifest(_VERSION, now_ms(), settings.origin, settings.partitions, files, keys)
    (part / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2))
    return manifest


def _copy_papers(layout: Layout, part: Path) -> None:
    """As they are, sealed; after the facts that name them, whose papers were durable first. They never change."""
    if layout.papers.is_dir():
        shutil.copytree(layout.papers, part / layout.papers.relative_to(layout.root), ignore=shutil.ignore_patterns(".*"))


def _copy_keys(layout: Layout, part: Path, *, secret: bool) -> None:
    """The published keys always: without them nobody could check the proofs. Secret ones with their mode."""
    folder = part / layout.keys.relative_to(layout.root)
    folder.mkdir(mode=0o700)
    for path in sorted(layout.keys.iterdir()):
        public = path.stat().st_mode & 0o077 != 0
        if path.is_file() and (secret or public):
            shutil.copy2(path, folder / path.name)


def _unpack(source: Path, part: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, part, dirs_exist_ok=True)
        return
    try:
        with tarfile.open(source) as packed:
            packed.extractall(part, filter="data")
    except (OSError, tarfile.TarError) as broken:
        raise BackupError(f"{source} can't be unpacked: {broken}") from broken


def _check(part: Path, copied: Copied) -> None:
    path = part / copied.name
    if not path.is_file() or os.path.islink(path):
        raise BackupError(f"{copied.name} is missing from the backup")
    if _digest(path) != copied.sha256:
        raise BackupError(f"{copied.name} is not what was backed up: its digest differs")
    if path.suffix == ".sqlite" and (wrong := damage(path)):
        raise BackupError(f"{copied.name} is damaged: {wrong[0]}")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
