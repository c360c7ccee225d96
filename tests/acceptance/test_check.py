"""check, audit, replay: beside a running writer, with evidence that was forged, after files were lost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ledger.embedded import EmbeddedLedger
from ops.check import Secrets, audit_data, check_data, replay_data
from ops.check.replay import NEW_LEDGER, replay
from ops.cli.common import Exit
from ops.cli.main import run
from ops.clock import now_ms
from ops.demo.world import make_world
from ops.keys import KeyFiles
from ops.layout import FolderLock, Layout, LockedError
from ops.settings import Settings
from ops.wiring import open_log, open_runner
from pedigree.errors import StoreError
from pedigree.messages import DocumentMessage, decode_decisions, encode
from pedigree.ports import DECISIONS, DOCUMENTS, FACTS
from pedigree.seal import sm3
from streams.store import CustodyStore
from tests.acceptance import digests
from tests.acceptance.digests import copy_documents
from tests.acceptance.evidence_world import NOW, RING, edit_record, evidence_line, forge
from tests.acceptance.line import CONSORTIUM, PARTITIONS, Line
from tests.acceptance.test_kills import writer

SECRETS = Secrets(CONSORTIUM, RING)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("evidence") / "line"
    line, _ = evidence_line(folder)
    line.close()
    return folder


@pytest.fixture
def line(made: Path, tmp_path: Path) -> Iterator[Line]:
    shutil.copytree(made, tmp_path / "line")
    line = Line(tmp_path / "line", NOW)
    yield line
    line.close()


def checked(line: Line) -> list[str]:
    return [str(one) for one in check_data(Layout(line.folder), 4, SECRETS)]


def test_check_finds_nothing_while_a_writer_is_at_work(tmp_path: Path) -> None:
    world = make_world(3, 1_000, NOW)
    line = Line(tmp_path / "busy", NOW)
    line.state(world)
    glns = {key: one["gln"] for key, one in world.manifest["parties"].items()}
    child = writer(line.folder)
    try:
        for number, letter in enumerate(world.letters):
            line.send(letter.body, letter.content_type, glns[letter.who], letter.arrival)
            if number % 100 == 50:
                assert checked(line) == []
                assert audit_data(Layout(line.folder), 4, SECRETS).differences == []
    finally:
        child.kill()
        child.wait()
        child.stdout.close()  # type: ignore[union-attr]
    assert checked(line) == []
    line.close()


def test_audit_counts_what_each_party_has_sealed(line: Line) -> None:
    found = audit_data(Layout(line.folder), 4, SECRETS)
    assert found.differences == []
    assert found.leaves == found.anchored == line.ledger.counts().leaves
    assert found.waiting == 0
    sealed = {party for party, one in found.parties.items() if one.sealed}
    journaled = {party for party, one in found.parties.items() if one.journaled}
    assert len(sealed) == len(journaled) == 1
    for party, one in found.parties.items():
        assert one.sealed == (one.events if party in sealed else 0)
        assert one.journaled == (one.events if party in journaled else 0)
        assert one.gateway == one.events - one.sealed
    assert sum(one.documents for one in found.parties.values()) == 120


def _sealed(message: DocumentMessage) -> bool:
    return message.seal is not None


def _journaled(message: DocumentMessage) -> bool:
    return bool(message.events) and bool(message.events[0].earliest)


def _event(message: DocumentMessage, **change: Any) -> dict[str, Any]:
    return {"events": [msgspec.structs.replace(message.events[0], **change), *message.events[1:]]}


def _other_seal(message: DocumentMessage) -> dict[str, Any]:
    assert message.seal is not None
    return {"seal": msgspec.structs.replace(message.seal, time_ms=message.seal.time_ms - 1)}


@pytest.mark.parametrize(
    ("wanted", "change", "table"),
    [
        (_sealed, _other_seal, "log.seal"),
        (_sealed, lambda m: {"party": "9521901000001"}, "log.seal"),
        (_journaled, lambda m: _event(m, earliest=m.events[0].earliest - 1), "log.journal"),
        (lambda m: not _journaled(m), lambda m: _event(m, earliest=1), "log.journal"),
        (lambda m: True, lambda m: _event(m, entitled=not m.events[0].entitled), "log.stamp"),
        (lambda m: True, lambda m: _event(m, actor="9521901000001"), "log.stamp"),
        (lambda m: True, lambda m: {"events": []}, "custody.entry"),
        (lambda m: not _sealed(m), lambda m: {"record_time": m.record_time - 1}, "custody.entry"),
    ],
)
def test_forged_evidence_is_named(
    line: Line, wanted: Callable[[DocumentMessage], bool], change: Callable[[DocumentMessage], dict[str, Any]], table: str
) -> None:
    where = forge(line, wanted, change)
    found = [str(one) for one in audit_data(Layout(line.folder), 4, SECRETS).differences]
    named = [one for one in found if one.startswith(table)]
    assert named
    if table in ("log.seal", "log.stamp"):
        assert any(one.startswith(f"{table} {where}") for one in named)


def test_a_document_with_other_bytes_is_named(line: Line) -> None:
    where = forge(line, lambda m: True, lambda m: {"digest": bytes(32)})
    assert [one for one in checked(line) if one.startswith(f"log.{DOCUMENTS} {where}: found bytes with digest")]
    assert [str(one) for one in audit_data(Layout(line.folder), 4, SECRETS).differences]


def test_decisions_that_were_exchanged_are_named(line: Line) -> None:
    """By somebody who knows the formats: every later decision names the new hash of the one before it."""
    messages = [decode_decisions(record.value) for record in line.log.read(DECISIONS, 0, 0, 10_000)]
    unit = next(unit for unit in messages[1].units if unit.leaves)
    unit.leaves[0] = unit.leaves[0][:-1] + bytes([unit.leaves[0][-1] ^ 1])
    for number in range(1, len(messages)):
        message = msgspec.structs.replace(messages[number], previous=sm3(encode(messages[number - 1])))
        messages[number] = message
        edit_record(line.folder, DECISIONS, 0, number, encode(message))
    assert any(one.startswith("custody.progress 0") for one in checked(line))
    found = [str(one) for one in audit_data(Layout(line.folder), 4, SECRETS).differences]
    assert any(one.startswith(f"ledger.leaf {unit.unit}") for one in found)
    assert any(one.startswith("ledger.batch 0 / 0 / ") for one in found)


def test_a_break_in_the_log_is_named_and_nothing_is_built_on_it(line: Line) -> None:
    edit_record(line.folder, DECISIONS, 1, 0, b"\x90")
    found = checked(line)
    assert found[0].startswith(f"log.{DECISIONS} 1 / 0")
    assert {one.partition(".")[0] for one in found} == {"log"}
    with pytest.raises(StoreError, match="restore it from a backup"):
        replay_data(Layout(line.folder), 4)


def results(line: Line) -> dict[str, str]:
    return dict(digests.results(line.store, line.ledger, line.graph, CONSORTIUM))


def _rows(line: Line) -> tuple[list[Any], list[Any], list[Any]]:
    return list(line.store.dump()), list(line.graph.dump()), list(line.ledger.dump())


def test_replay_builds_the_same_rows(line: Line) -> None:
    layout, before, meaning = Layout(line.folder), _rows(line), results(line)
    told = [line.store.progress(p) for p in range(4)]
    line.close()
    layout.graph.unlink()
    with closing(CustodyStore(layout.custody)) as store:
        store.clear()
    assert checked(line)
    done = replay_data(layout, 4)
    assert done.built == ("custody", "graph")
    line.open()
    assert _rows(line) == before
    assert [line.store.progress(p).head for p in range(4)] == [one.head for one in told]
    assert checked(line) == []
    line.runner.drain()
    assert results(line) == meaning  # what is told again is known
    assert checked(line) == []


def test_a_lost_ledger_is_built_again_and_says_that_it_is_new(line: Line) -> None:
    layout = Layout(line.folder)
    units = [row for row in line.ledger.dump() if row[0] == "state" and str(row[1][0]).startswith("unit/")]
    line.close()
    for path in line.folder.glob("ledger.sqlite*"):
        path.write_bytes(b"no database at all" * 500)
    done = replay_data(layout, 4)
    assert done.built == ("custody", "ledger", "graph")
    assert done.notes == (NEW_LEDGER,)
    assert list(line.folder.glob("damaged-*-ledger.sqlite"))
    with closing(EmbeddedLedger(layout.ledger, readonly=True)) as ledger:
        assert [row for row in ledger.dump() if row[0] == "state" and str(row[1][0]).startswith("unit/")] == units
        assert ledger.counts().disputed == 0
        assert ledger.counts().checkpoints == 0
    line.open()
    assert checked(line) == []


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Settings:
    """A data folder as the server makes it, with the documents of the line."""
    settings = Settings(data=tmp_path / "data")
    KeyFiles(settings).init(now_ms())
    source = Line(made, NOW)
    with closing(open_log(settings)) as log:
        facts = source.log.read(FACTS, 0, 0, 10_000)
        log.append(FACTS, 0, [record.value for record in facts])
        copy_documents(source.log, log)
    source.close()
    with open_runner(settings, KeyFiles(settings).load()) as runner:
        runner.drain()
    return settings


def test_the_commands(data: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    folder = ["--data", str(data.data), "--json"]

    def said(*command: str) -> tuple[int, dict[str, Any]]:
        code = run([*command, *folder])
        return code, json.loads(capsys.readouterr().out)

    assert said("check") == (Exit.OK, {"differences": []})
    code, audited = said("audit")
    assert all(one["documents"] for one in audited["parties"].values())
    # The tokens of the journal are another gateway's.
    assert {one["table"] for one in audited["differences"]} == {"journal"}
    assert code == Exit.FOUND
    (data.data / "graph.sqlite").unlink()
    code, found = said("check", "--quick")
    assert code == Exit.FOUND
    assert found["differences"][0]["text"].startswith("graph.file graph.sqlite")
    assert said("replay", "--yes", "--only", "graph")[1]["built"] == ["graph"]
    assert said("check", "--quick") == (Exit.OK, {"differences": []})
    lock = FolderLock(Layout(data.data), "a writer", file=Layout(data.data).writer_lock)
    with pytest.raises(LockedError):
        replay(data)
    lock.release()
    assert run(["check", "--data", str(data.data)]) == Exit.OK
    assert "follows from the documents" in capsys.readouterr().out
    assert not list(data.data.glob(".check-*"))
    assert PARTITIONS[DOCUMENTS] == data.partitions
