"""A backup taken while documents pour in: nothing in it is ahead of its source, nothing is missing after restoring."""

from __future__ import annotations

import os
import sqlite3
import tarfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from graph.sqlite import SqliteGraph
from graph.sqlite.schema import MIGRATIONS as GRAPH
from ledger.embedded.schema import MIGRATIONS as LEDGER
from ops.app import build_app
from ops.backup import BackupError, make_backup, restore
from ops.demo.send import state_facts
from ops.demo.state import Secrets
from ops.demo.world import World, make_world
from ops.facts import open_facts
from ops.keys import KeyFiles
from ops.layout import Layout
from ops.settings import Settings
from ops.wiring import open_log, open_runner, open_web, prepare
from pedigree.errors import StoreError
from pedigree.ports import DECISIONS, DOCUMENTS, FACTS, OBSERVATIONS
from storage import sqlite
from streams.schema import MIGRATIONS as CUSTODY

NOW = 1_764_000_000_000
LETTERS = 120


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(7, 1_000, NOW)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(data=tmp_path / "data", simulation=True, checkpoint_seconds=0.2, capture_workers=0)
    KeyFiles(made).init(NOW)
    prepare(made)
    return made


def _pour(settings: Settings, world: World, half_way: threading.Event) -> None:
    """Capture documents while a writer works."""
    secrets = Secrets()
    with open_facts(settings) as facts:
        state_facts(facts, world, secrets, NOW)
    keys = KeyFiles(settings).load()
    stop = threading.Event()
    with open_runner(settings, keys) as runner:
        writer = threading.Thread(target=runner.run, args=(stop,))
        writer.start()
        web = open_web(settings, keys, [])
        try:
            with TestClient(build_app(settings, web.services, lambda: 10**12, lambda: 1)) as client:
                for index, letter in enumerate(world.letters[:LETTERS]):
                    if index == LETTERS // 2:
                        half_way.set()
                    key = {"Authorization": f"Bearer {secrets.api[letter.who]}", "Content-Type": letter.content_type}
                    assert client.post("/capture", content=letter.body, headers=key).status_code == 202
        finally:
            half_way.set()
            stop.set()
            writer.join()
            web.close()


def _all_units(settings: Settings) -> dict[str, object]:
    """What the graph of a folder says once its writer has nothing left to do, and that it knows every document of the log."""
    with open_runner(settings, KeyFiles(settings).load()) as runner:
        runner.drain()
    log, graph = open_log(settings), SqliteGraph(Layout(settings.data).graph, readonly=True)
    try:
        documents = sum(log.end(DOCUMENTS, p) for p in range(log.partitions(DOCUMENTS)))
        assert graph.counts().documents == documents
        units = {str(row[0]): graph.unit_rows(str(row[0])) for row in graph.rows("unit")}
        return {epc: (rows.shown, rows.stays, rows.packed, rows.verdicts) for epc, rows in units.items() if rows is not None}
    finally:
        graph.close()
        log.close()


def _documents_only(settings: Settings, target: Path) -> Settings:
    """A folder with the same facts and documents and nothing else."""
    made = settings.model_copy(update={"data": target})
    KeyFiles(made).init(NOW)
    source, copy = open_log(settings), open_log(made)
    try:
        for topic in (FACTS, DOCUMENTS):
            for partition in range(source.partitions(topic)):
                values = [record.value for record in source.read(topic, partition, 0, 100_000, 10**9)]
                if values:
                    copy.append(topic, partition, values)
    finally:
        source.close()
        copy.close()
    return made


@pytest.fixture
def poured(settings: Settings, world: World) -> Iterator[tuple[Settings, threading.Thread]]:
    half_way = threading.Event()
    thread = threading.Thread(target=_pour, args=(settings, world, half_way))
    thread.start()
    assert half_way.wait(60)
    yield settings, thread
    thread.join()


@pytest.mark.parametrize("name", ["copy", "copy.tar.gz"])
def test_a_backup_under_load_restores_to_what_its_documents_say(
    poured: tuple[Settings, threading.Thread], tmp_path: Path, name: str
) -> None:
    settings, thread = poured
    manifest = make_backup(settings, tmp_path / name, keys=True)
    thread.join()
    assert {copied.name for copied in manifest.files} >= {"graph.sqlite", "log/epcis.documents.sqlite", "keys/gateway.pem"}
    again = settings.model_copy(update={"data": tmp_path / "again"})
    restore(tmp_path / name, again.data)
    log = open_log(again)
    documents = sum(log.end(DOCUMENTS, p) for p in range(log.partitions(DOCUMENTS)))
    log.close()
    assert LETTERS // 2 - 1 <= documents <= LETTERS
    from_copy = _all_units(again)
    from_scratch = _all_units(_documents_only(again, tmp_path / "scratch"))
    assert from_copy == from_scratch
    assert len(from_copy) > 50


def test_keys_stay_out_unless_asked_for_and_their_modes_stay(settings: Settings, tmp_path: Path) -> None:
    plain, whole = tmp_path / "plain", tmp_path / "whole.tar"
    make_backup(settings, plain)
    assert [path.name for path in (plain / "keys").iterdir()] == ["published.json"]
    make_backup(settings, whole, keys=True)
    assert whole.stat().st_mode & 0o077 == 0
    restore(whole, tmp_path / "back")
    assert (tmp_path / "back" / "keys" / "gateway.pem").stat().st_mode & 0o777 == 0o600
    assert KeyFiles(settings.model_copy(update={"data": tmp_path / "back"})).load()


def test_a_changed_or_incomplete_backup_is_refused_and_leaves_nothing(settings: Settings, tmp_path: Path) -> None:
    make_backup(settings, tmp_path / "copy")
    target = tmp_path / "back"
    with (tmp_path / "copy" / "log" / f"{DECISIONS}.sqlite").open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\xff")
    with pytest.raises(BackupError, match="digest differs"):
        restore(tmp_path / "copy", target)
    (tmp_path / "copy" / "log" / f"{OBSERVATIONS}.sqlite").unlink()
    with pytest.raises(BackupError):
        restore(tmp_path / "copy", target)
    assert not target.exists()
    with tarfile.open(tmp_path / "no.tar", "w"):
        pass
    with pytest.raises(BackupError, match="no backup"):
        restore(tmp_path / "no.tar", target)


def test_nothing_is_overwritten(settings: Settings, tmp_path: Path) -> None:
    make_backup(settings, tmp_path / "copy")
    with pytest.raises(BackupError, match="never overwrites"):
        make_backup(settings, tmp_path / "copy")
    with pytest.raises(BackupError, match="not empty"):
        restore(tmp_path / "copy", settings.data)


@pytest.mark.parametrize(
    ("name", "migrations"),
    [("graph.sqlite", GRAPH), ("custody.sqlite", CUSTODY), ("ledger.sqlite", LEDGER)],
    ids=["graph", "custody", "ledger"],
)
def test_a_folder_of_any_older_version_is_brought_up(tmp_path: Path, name: str, migrations: Sequence[sqlite.Migration]) -> None:
    for seen in range(len(migrations)):
        settings = Settings(data=tmp_path / str(seen))
        settings.data.mkdir()
        sqlite.open(settings.data / name, migrations[:seen]).close()
        prepare(settings)
        with closing(sqlite.open(settings.data / name, read_only=True)) as connection:
            assert sqlite.version(connection) == len(migrations)


def test_a_folder_of_a_newer_version_is_refused_by_name(settings: Settings) -> None:
    layout = Layout(settings.data)
    with closing(sqlite3.connect(layout.graph)) as connection:
        connection.execute("PRAGMA user_version=99")
        connection.commit()
    with pytest.raises(StoreError, match=r"graph\.sqlite.*newer"):
        prepare(settings)
