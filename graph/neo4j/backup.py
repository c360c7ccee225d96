"""Backup and restore of a stopped Neo4j Community by its own administration command: one file, whole and checked.

The graph is derived, so this saves time only: `Neo4jGraph.clear` and the projector give the same rows from the log.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from pedigree.errors import StoreError


def backup(admin: Sequence[str], folder: Path, database: str = "neo4j", environment: Mapping[str, str] | None = None) -> Path:
    """Write `<database>.dump` into the folder, over an older one. `admin`: how the command is called, `["neo4j-admin"]` where
    it is on PATH. StoreError with the command's words, such as that the server still runs."""
    folder.mkdir(parents=True, exist_ok=True)
    _run([*admin, "database", "dump", database, f"--to-path={folder}", "--overwrite-destination=true"], environment)
    return folder / f"{database}.dump"


def restore(admin: Sequence[str], folder: Path, database: str = "neo4j", environment: Mapping[str, str] | None = None) -> None:
    """Put the backup in place of the database. Progress comes with it: the projector goes on from there."""
    _run([*admin, "database", "load", database, f"--from-path={folder}", "--overwrite-destination=true"], environment)


def _run(command: Sequence[str], environment: Mapping[str, str] | None) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **(environment or {})})
    except OSError as error:
        raise StoreError(f"{command[0]} can't be run: {error.strerror}") from error
    if done.returncode:
        raise StoreError(f"{command[-4]} {command[-3]} failed: {(done.stdout + done.stderr).strip()[-800:]}")
