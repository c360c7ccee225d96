"""`medtrace epcis`: files and pipes, exit codes, answers for programs."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from ops.cli.common import Exit
from ops.cli.main import run
from pedigree.wire import parse
from tests.web.capture_world import XML, document, event, text


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "a.json").write_bytes(text(document(event(1), event(2, eventID="urn:uuid:2"))))
    (tmp_path / "b.json").write_bytes(text(document(event(2, eventID="urn:uuid:2", disposition="active"), event(1))))
    (tmp_path / "wrong.json").write_bytes(text(document(event(1, bizStep="nonsense", action="MAYBE"))))
    (tmp_path / "c.xml").write_bytes(XML)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_convert_keeps_the_hashes(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["epcis", "convert", str(files / "a.json"), "--out", str(files / "a.xml")]) == Exit.OK
    capsys.readouterr()
    hashes = []
    for name in ("a.json", "a.xml"):
        assert run(["epcis", "hash", str(files / name), "--json"]) == Exit.OK
        hashes.append(said(capsys)["hashes"])
    assert hashes[0] == hashes[1]
    assert len(hashes[0]) == 2
    assert run(["epcis", "diff", str(files / "a.json"), str(files / "a.xml")]) == Exit.OK
    assert run(["epcis", "convert", str(files / "c.xml"), "--to", "png"]) == Exit.USAGE


def test_a_pipe_works_as_a_file_does(files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    class Stdin:
        buffer = io.BytesIO(XML)

    monkeypatch.setattr("sys.stdin", Stdin)
    assert run(["epcis", "convert", "-"]) == Exit.OK
    assert parse(capsys.readouterr().out.encode()).events[0]["bizStep"] == "commissioning"
    assert run(["epcis", "diff", "-", "-"]) == Exit.USAGE
    assert run(["epcis", "hash", str(files / "nothing.json")]) == Exit.USAGE


def test_validate_names_every_fault(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["epcis", "validate", str(files / "a.json"), "--json"]) == Exit.OK
    assert said(capsys)["valid"] is True
    assert run(["epcis", "validate", str(files / "wrong.json"), "--json"]) == Exit.FOUND
    where = {fault["where"] for fault in said(capsys)["faults"]}
    assert where == {"/epcisBody/eventList/0/bizStep", "/epcisBody/eventList/0/action"}
    (files / "none.json").write_text("{")
    assert run(["epcis", "validate", str(files / "none.json")]) == Exit.FOUND
    assert "well-formed JSON" in capsys.readouterr().out


def test_diff_shows_what_changed_under_one_id(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["epcis", "diff", str(files / "a.json"), str(files / "b.json"), "--json"]) == Exit.FOUND
    found = said(capsys)
    assert (found["same"], len(found["onlyFirst"]), len(found["onlySecond"])) == (1, 1, 1)
    assert found["changed"] == [{"eventID": "urn:uuid:2", "changes": ['+ "disposition": "active",']}]
    assert run(["epcis", "diff", str(files / "a.json"), str(files / "b.json")]) == Exit.FOUND
    assert "1 events in both" in capsys.readouterr().out
