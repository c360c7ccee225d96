"""What only the SQLite store of the graph has: edits of its file show, several connections and threads get along."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import msgspec
import pytest

from graph.dumpspec import SPECS
from graph.model import Receipt
from graph.sqlite import SqliteGraph
from graph.sqlite.schema import TABLES
from pedigree.custody.steps import Step
from pedigree.errors import GraphError, StoreError
from tests.contract.graph_builder import CLINIC, DEALER, MAKER, T0, Line, document, finding, hash_of, pack_id, sscc, verdict

A, B, CASE = pack_id("A"), pack_id("B"), sscc(1)


def rich(path: Path) -> SqliteGraph:
    """A graph with a row in every table."""
    line = Line()
    made = line.commission([A, B], content=30)
    line.pack(CASE, [A], MAKER)
    line.ship([CASE, B], MAKER, CLINIC)
    line.receive([CASE, B], CLINIC)
    line.dispense(B, CLINIC, part=10)
    line.judge(A, verdict(hash_of("v"), Step.RECEIVE, T0, DEALER, outcome="suspect", findings=(finding("clone", n="1"),)))
    graph = SqliteGraph(path)
    graph.apply_decisions(line.messages)
    graph.apply_decisions([line.numbers[0].message([], [(1, b"raw", "why")])])
    place = {"id": "https://id.gs1.org/414/6900000000011"}
    event = {
        "type": "ObjectEvent", "eventTime": "2024-10-05T00:00:00Z", "epcList": [A], "bizStep": "commissioning",
        "ilmd": {"cbvmda:lotNumber": "L1"}, "readPoint": place, "bizLocation": place, "eventID": "urn:uuid:1",
    }  # fmt: skip
    words = {"type": "urn:epcglobal:epcis:vtype:Location", "vocabularyElementList": [
        {"id": place["id"], "attributes": [{"id": "cbvmda:city", "attribute": "Beijing"}]}]}  # fmt: skip
    header = {"header": {"epcisHeader": {"epcisMasterData": {"vocabularyList": [words]}}}}
    message = document("c", [event], hashes=[made])
    message.context = msgspec.json.encode(header)
    graph.apply_documents(0, 0, [message])
    graph.apply_receipts(0, 0, [Receipt(0, 0, 0, 3, 0, T0, 1)])
    return graph


def test_every_edit_of_every_column_shows_in_the_dump(tmp_path: Path) -> None:
    path = tmp_path / "graph.db"
    graph = rich(path)
    whole = list(graph.dump())
    assert {row[0] for row in whole} == set(SPECS)
    editor = sqlite3.connect(path, isolation_level=None)
    unseen = []
    for table in TABLES:
        rows = editor.execute(f"SELECT * FROM {table}")
        columns = [c[0] for c in rows.description]
        for column in columns:
            where = f"({', '.join(columns)}) = (SELECT {', '.join(columns)} FROM {table} ORDER BY 1 DESC LIMIT 1)"
            changed = (
                f"CASE typeof({column}) WHEN 'text' THEN {column} || 'x' WHEN 'blob' THEN CAST({column} || x'00' AS BLOB) "
                f"ELSE {column} + 7777 END"
            )
            editor.execute("BEGIN")
            editor.execute(f"UPDATE {table} SET {column} = {changed} WHERE {where}")
            assert editor.total_changes
            editor.execute("COMMIT")
            if list(graph.dump()) == whole:
                unseen.append(f"{table}.{column}")
            graph.close()
            editor.close()
            for file in tmp_path.iterdir():
                file.unlink()
            graph = rich(path)
            editor = sqlite3.connect(path, isolation_level=None)
    assert unseen == []
    editor.close()
    graph.close()


def test_a_deleted_row_shows_and_so_does_one_without_a_name(tmp_path: Path) -> None:
    graph = rich(tmp_path / "graph.db")
    whole = list(graph.dump())
    editor = sqlite3.connect(tmp_path / "graph.db", isolation_level=None)
    columns = "t_from, ord, t_to, status, party, owner, location, addressee, event, inferred"
    editor.execute(f"INSERT INTO stay SELECT 99999, {columns} FROM stay LIMIT 1")
    assert next(row for row in graph.dump() if row not in whole)[1][0] == "?"
    editor.execute("DELETE FROM stay WHERE unit = 99999")
    assert list(graph.dump()) == whole
    for table in SPECS:
        editor.execute("BEGIN")
        editor.execute(f"DELETE FROM {table}")
        editor.execute("COMMIT")
        assert list(graph.rows(table)) == []
    editor.close()
    graph.close()


def test_two_writers_on_one_file_do_not_mix_their_names_up(tmp_path: Path) -> None:
    """A zombie runner still has the file open: both remember ids of names."""
    line = Line()
    for i in range(6):
        line.commission([pack_id(i)])
        line.pack(CASE, [pack_id(i)], MAKER)
    alone, one, two = (SqliteGraph(tmp_path / name) for name in ("alone.db", "both.db", "both.db"))
    alone.apply_decisions(line.messages)
    one.apply_decisions(line.messages[:3])
    two.clear()
    for i in range(len(line.messages)):
        (one, two)[i % 2].apply_decisions(line.messages[: i + 1])
    assert list(one.dump()) == list(alone.dump()) == list(two.dump())
    for graph in (alone, one, two):
        graph.close()


def test_readers_see_whole_transactions_while_a_writer_commits(tmp_path: Path) -> None:
    line = Line()
    line.commission([A])
    for i in range(60):
        (line.ship([A], MAKER, DEALER) if i % 2 else line.receive([A], MAKER))
    writer = SqliteGraph(tmp_path / "graph.db")
    writer.apply_decisions(line.messages[:1])
    reader = SqliteGraph(tmp_path / "graph.db", readonly=True)
    torn: list[int] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            passport = reader.passport(A)
            if passport is None or not passport.unit.n == len(passport.path) == len(passport.verdicts):
                torn.append(0 if passport is None else passport.unit.n)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for message in line.messages[1:]:
        writer.apply_decisions([message])
    done.set()
    for thread in threads:
        thread.join()
    assert torn == []
    last = reader.passport(A)
    assert last is not None
    assert last.unit.n == 61
    with pytest.raises(GraphError):
        reader.apply_decisions(line.messages)
    reader.close()
    writer.close()
    with pytest.raises(GraphError):
        reader.passport(A)


def test_a_file_of_the_first_version_takes_its_documents_from_the_log_again(tmp_path: Path) -> None:
    path = tmp_path / "graph.db"
    graph = rich(path)
    whole = list(graph.dump())
    graph.close()
    old = sqlite3.connect(path, isolation_level=None)
    for table in ("event_field", "field", "event_party", "master_data"):
        old.execute(f"DROP TABLE {table}")
    for index in ("recorded", "named", "read_point", "biz_location", "disposition"):
        old.execute(f"DROP INDEX event_{index}")
    for column in ("read_point", "biz_location", "event_id"):
        old.execute(f"ALTER TABLE event DROP COLUMN {column}")
    old.execute("PRAGMA user_version=1")
    old.close()
    graph = SqliteGraph(path)
    assert graph.progress("documents/0") == (0, b"")
    assert graph.progress("decisions/0/0")[0] > 0
    graph.close()
    path.unlink()
    graph = rich(path)
    assert list(graph.dump()) == whole
    graph.close()


def test_a_file_that_is_missing_is_not_made_by_a_reader(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        SqliteGraph(tmp_path / "none.db", readonly=True)
    assert list(tmp_path.iterdir()) == []
