"""Copies and checks SQLite files while others write to them."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from pedigree.errors import StoreError
from storage import sqlite


def backup(source: Path, target: Path, progress: Callable[[int, int], None] | None = None) -> None:
    """Copy a file as it stands at one instant, while it is in use; `target` appears whole or not at all.

    `progress` is called with (pages left, pages in all). Copy derived stores before the logs that they follow: a store that is
    behind its log catches up, one that is ahead of it stops.
    """
    if not source.exists():
        raise StoreError(f"{source.name}: there is no such file to copy")
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    report = None if progress is None else lambda _, left, whole: progress(left, whole)
    with (
        sqlite.translated(source.name),
        closing(sqlite.open(source, read_only=True)) as reader,
        closing(sqlite3.connect(part)) as writer,
    ):
        # One step: in smaller ones a writer that never rests would make the copy start again and again.
        reader.backup(writer, pages=-1, progress=report)
        writer.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
    with part.open("rb") as copied:
        os.fsync(copied.fileno())
    part.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def damage(path: Path) -> list[str]:
    """What is wrong with the file's structure, [] if nothing (SQLite's quick_check; rows' meaning is checked elsewhere)."""
    try:
        with closing(sqlite.open(path, read_only=True)) as connection:
            found = [str(row[0]) for row in connection.execute("PRAGMA quick_check")]
    except (StoreError, sqlite3.DatabaseError) as error:
        return [str(error)]
    return [] if found == ["ok"] else found
