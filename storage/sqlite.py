"""Opens SQLite files the same way everywhere: write-ahead log, schema migrations, errors of our own.

The file's `PRAGMA user_version` counts the migrations that it has seen. Migrations run in one transaction together with the
count, so a crash leaves the file before or after them, and of several processes that open a new file one migrates, others wait.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pedigree.errors import LogFullError, StoreError

Migration = str | Callable[[sqlite3.Connection], None]
"""SQL statements, or a function that gets the connection inside the migration's transaction and must not commit."""

BUSY_MS = 15_000
_NO_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE}
"""SQLite says FULL only for ENOSPC; a quota or a file-size limit comes as a failed write. Both leave the file as it was."""


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn SQLite's errors into ours: LogFullError when there is no room, StoreError for a damaged or locked file."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if isinstance(error, (sqlite3.IntegrityError, sqlite3.ProgrammingError)):
            raise
        code = getattr(error, "sqlite_errorcode", 0)
        if code in _NO_ROOM or code & 0xFF == sqlite3.SQLITE_FULL:
            raise LogFullError(f"{what}: no room ({error})") from error
        raise StoreError(f"{what}: {error}") from error


@contextmanager
def transaction(
    connection: sqlite3.Connection, mode: Literal["IMMEDIATE", "DEFERRED"] = "IMMEDIATE", what: str = "database"
) -> Iterator[sqlite3.Connection]:
    """All or nothing. IMMEDIATE takes the write lock at once, so that what is read inside can't change before the write."""
    with translated(what):
        connection.execute(f"BEGIN {mode}")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # SQLite has rolled back by itself when the disk was full
                connection.execute("ROLLBACK")
            raise


def open(
    path: Path | str,
    migrations: Sequence[Migration] = (),
    *,
    synchronous: Literal["FULL", "NORMAL", "OFF"] = "FULL",
    read_only: bool = False,
    max_bytes: int = 0,
    cache_kib: int = 8_192,
) -> sqlite3.Connection:
    """A connection in autocommit mode (use `transaction`), usable from any thread as long as one at a time uses it.

    `synchronous`: FULL survives a power cut at every commit; NORMAL survives kill -9 and may lose the last commits with the
    power. `max_bytes` is a quota for the file (0 = none). StoreError: damaged, locked, or made by a newer version.
    """
    name = Path(path).name
    with translated(name):
        if read_only:
            connection = sqlite3.connect(
                f"{Path(path).absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
            )
        else:
            connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
            connection.execute(f"PRAGMA cache_size=-{cache_kib}")
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute("PRAGMA temp_store=MEMORY")
            if not read_only:
                _wal(connection)
                connection.execute(f"PRAGMA synchronous={synchronous}")
                connection.execute("PRAGMA journal_size_limit=67108864")
                if max_bytes:
                    page = connection.execute("PRAGMA page_size").fetchone()[0]
                    connection.execute(f"PRAGMA max_page_count={max(2, max_bytes // page)}")
                _migrate(connection, migrations, name)
        except BaseException:
            connection.close()
            raise
    return connection


def _wal(connection: sqlite3.Connection) -> None:
    """Changing the journal mode does not wait for locks as other statements do; only the first opening changes it."""
    deadline = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _migrate(connection: sqlite3.Connection, migrations: Sequence[Migration], name: str) -> None:
    if version(connection) == len(migrations):
        return
    with transaction(connection, what=name):
        done = version(connection)
        if done > len(migrations):
            raise StoreError(f"{name} has schema {done}, this version of Medtrace knows {len(migrations)}: use the newer one")
        for migration in migrations[done:]:
            if callable(migration):
                migration(connection)
            else:
                for statement in statements(migration):
                    connection.execute(statement)
        connection.execute(f"PRAGMA user_version={len(migrations)}")


def version(connection: sqlite3.Connection) -> int:
    """How many migrations the file has seen."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def statements(script: str) -> Iterator[str]:
    """The statements of a script one by one: `executescript` would commit the migration's transaction first."""
    statement = ""
    for part in script.split(";"):
        statement += part + ";"
        if sqlite3.complete_statement(statement):
            if statement.strip(" \n\t;"):
                yield statement
            statement = ""
