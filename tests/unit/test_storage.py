"""SQLite files: migrations, refusals, copies while in use."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from pedigree.errors import LogFullError, StoreError
from storage import care, sqlite

FIRST = """
CREATE TABLE pair (a INTEGER PRIMARY KEY, b INTEGER NOT NULL) STRICT;
INSERT INTO pair VALUES (1, 1); -- a ';' in a comment and in 'a;string' is no end
INSERT INTO pair VALUES (2, 2);
"""


def test_migrations_run_once_and_go_on_from_where_the_file_is(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    sqlite.open(path, [FIRST]).close()

    def second(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE pair ADD COLUMN c TEXT NOT NULL DEFAULT 'x'")

    for _ in range(2):
        with closing(sqlite.open(path, [FIRST, second])) as connection:
            assert connection.execute("SELECT * FROM pair").fetchall() == [(1, 1, "x"), (2, 2, "x")]
            assert sqlite.version(connection) == 2
    with pytest.raises(StoreError, match="use the newer one"):
        sqlite.open(path, [FIRST])


def test_a_failing_migration_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    sqlite.open(path, [FIRST]).close()
    with pytest.raises(StoreError):
        sqlite.open(path, [FIRST, "INSERT INTO pair VALUES (3, 3);", "INSERT INTO nowhere VALUES (1);"])
    with closing(sqlite.open(path, [FIRST])) as connection:
        assert connection.execute("SELECT count(*) FROM pair").fetchone() == (2,)


def _opens(path: Path) -> int:
    with closing(sqlite.open(path, [FIRST])) as connection:
        return int(connection.execute("SELECT count(*) FROM pair").fetchone()[0])


def test_processes_that_open_a_new_file_together_agree(tmp_path: Path) -> None:
    with multiprocessing.get_context("fork").Pool(4) as pool:
        assert pool.map(_opens, [tmp_path / "store.sqlite"] * 12, chunksize=1) == [2] * 12


def test_a_transaction_is_all_or_nothing_also_when_full(tmp_path: Path) -> None:
    def insert_then(connection: sqlite3.Connection, size: int) -> None:
        with sqlite.transaction(connection):
            connection.execute("INSERT INTO t VALUES (?)", (b"small",))
            connection.execute("INSERT INTO t VALUES (?)", (bytes(size),))
            raise KeyError

    with closing(sqlite.open(tmp_path / "s.sqlite", ["CREATE TABLE t (v BLOB) STRICT;"], max_bytes=100_000)) as connection:
        for _ in range(3):
            with pytest.raises(LogFullError):
                insert_then(connection, 200_000)
            with pytest.raises(KeyError):
                insert_then(connection, 1)
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_a_copy_taken_under_writes_is_one_instant(tmp_path: Path) -> None:
    source = tmp_path / "s.sqlite"
    connection = sqlite.open(source, [FIRST], synchronous="OFF")
    stop = threading.Event()

    def write() -> None:
        n = 3
        while not stop.is_set():
            with sqlite.transaction(connection):
                connection.executemany("INSERT INTO pair VALUES (?, ?)", [(n, n), (n + 1, n + 1)])
            n += 2

    writer = threading.Thread(target=write)
    writer.start()
    try:
        counts = []
        for n in range(5):
            care.backup(source, tmp_path / f"copy{n}.sqlite")
            with closing(sqlite3.connect(tmp_path / f"copy{n}.sqlite")) as copy:
                counts.append(copy.execute("SELECT count(*), max(a) FROM pair").fetchone())
    finally:
        stop.set()
        writer.join()
        connection.close()
    assert all(count == last and count % 2 == 0 for count, last in counts)
    assert care.damage(tmp_path / "copy4.sqlite") == []
    assert not list(tmp_path.glob("*.part"))


def test_damage_is_found(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    with closing(sqlite.open(path, ["CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT) STRICT; CREATE INDEX i ON t(b);"])) as made:
        made.executemany("INSERT INTO t VALUES (?, ?)", [(n, str(n) * 50) for n in range(500)])
    assert care.damage(path) == []
    content = bytearray(path.read_bytes())
    content[4096:8192] = bytes(4096)
    path.write_bytes(content)
    assert care.damage(path)
    path.write_bytes(b"no database at all, but long enough to be looked at" * 100)
    assert care.damage(path)
    with pytest.raises(StoreError):
        sqlite.open(path, [FIRST])
    with pytest.raises(StoreError, match="no such file"):
        care.backup(tmp_path / "missing.sqlite", tmp_path / "copy.sqlite")
