"""The command: help for everything, exit codes, answers for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from ops.cli.common import Exit
from ops.cli.main import app, run
from ops.demo.cast import gln as place

MAKER, HOSPITAL, REGULATOR = "9521101000009", "9521301000007", "9521901000001"


def _commands() -> Iterator[list[str]]:
    def walk(command: Any, path: list[str]) -> Iterator[list[str]]:
        yield path
        for name, inner in getattr(command, "commands", {}).items():
            yield from walk(inner, [*path, name])

    yield from walk(typer.main.get_command(app), [])


COMMANDS = list(_commands())


@pytest.mark.parametrize("command", COMMANDS, ids=lambda path: " ".join(path) or "medtrace")
def test_every_command_explains_itself(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*command, "--help"]) == Exit.OK
    said = capsys.readouterr().out
    assert "Usage:" in said
    assert len(said.splitlines()) > 4


def test_all_the_promised_commands_are_there_and_all_but_servers_speak_json() -> None:
    first = {path[0] for path in COMMANDS if path}
    assert first >= {
        "demo", "serve", "capture", "verify", "label", "proof", "party", "key", "status", "replay", "check", "audit",
        "backup", "restore",
    }  # fmt: skip
    root = typer.main.get_command(app)
    for path in COMMANDS:
        command: Any = root
        for name in path:
            command = command.commands[name]
        if not hasattr(command, "commands") and path[-1] not in ("serve", "worker", "publish"):
            options = {name for parameter in command.params for name in parameter.opts}
            assert "--json" in options, path


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("MEDTRACE_DATA", "MEDTRACE_CONFIG", "MEDTRACE_URL", "MEDTRACE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "data"
    monkeypatch.setenv("MEDTRACE_DATA", str(folder))
    assert run(["key", "init"]) == 0
    for gln, name, role, prefix in (
        (MAKER, "Maker", "maker", "9521101"),
        (HOSPITAL, "Hospital", "hospital", "9521301"),
        (REGULATOR, "Regulator", "regulator", "9521901"),
    ):
        command = ["party", "add", gln, "--name", name, "--role", role, "--prefix", prefix]
        assert run([*command, "--site", f"{place(prefix, 1)},Main place,Wuhan"]) == 0
    return folder


def _json(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> dict[str, Any]:
    capsys.readouterr()
    assert run([*arguments, "--json"]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_parties_are_added_listed_shown_and_wrong_ones_refused(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = _json(capsys, "party", "list")["parties"]
    assert [one["name"] for one in listed] == ["Maker", "Hospital", "Regulator"]
    shown = _json(capsys, "party", "show", MAKER)
    assert shown["party"]["sites"][0]["city"] == "Wuhan"
    wrong = _json(capsys, "party", "add", "9521101000008", "--name", "x", "--role", "maker", code=Exit.USAGE)
    assert "check digit" in wrong["error"]
    assert "maker" in _json(capsys, "party", "add", MAKER, "--name", "x", "--role", "king", code=Exit.USAGE)["error"]
    assert run(["party", "show", "9521101000016"]) == Exit.FOUND


def test_an_api_key_is_shown_once_and_its_hash_stored(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = _json(capsys, "key", "create", MAKER, "--role", "capture")
    assert made["key"].startswith(f"mt_{made['id']}_")
    for path in data.rglob("*"):
        if path.is_file():
            assert made["key"].encode() not in path.read_bytes()
    listed = _json(capsys, "key", "list")
    assert [(one["id"], one["revoked"]) for one in listed["api_keys"]] == [(made["id"], 0)]
    turned = _json(capsys, "key", "rotate", made["id"])
    assert turned["key"] != made["key"]
    states = {one["id"]: bool(one["revoked"]) for one in _json(capsys, "key", "list")["api_keys"]}
    assert states == {made["id"]: True, turned["id"]: False}
    _json(capsys, "key", "revoke", turned["id"])
    assert all(one["revoked"] for one in _json(capsys, "key", "list")["api_keys"])


def test_only_the_regulator_gets_the_regulators_role(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused = _json(capsys, "key", "create", HOSPITAL, "--role", "regulator", code=Exit.USAGE)
    assert "not a regulator" in refused["error"]
    _json(capsys, "key", "create", REGULATOR, "--role", "regulator")
    assert "--role" in _json(capsys, "key", "create", MAKER, "--role", "emperor", code=Exit.USAGE)["error"]


def test_a_seal_key_is_written_once_with_mode_600(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "seal.pem"
    made = _json(capsys, "key", "seal", MAKER, "--out", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    assert _json(capsys, "key", "list")["seal_keys"][0]["id"] == made["id"]
    assert run(["key", "seal", MAKER, "--out", str(file)]) == Exit.USAGE
    _json(capsys, "key", "revoke", made["id"], "--since", "0")
    assert _json(capsys, "key", "list")["seal_keys"][0]["revoked"] == 1


def test_the_servers_own_keys_rotate(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = _json(capsys, "key", "list")["published"][0]["key_id"]
    new = _json(capsys, "key", "rotate", "gateway")["gateway"]
    published = {one["key_id"]: one for one in _json(capsys, "key", "list")["published"]}
    assert published[before]["not_after"] is not None
    assert published[new]["not_after"] is None
    assert _json(capsys, "key", "rotate", "consortium")["consortium"] == 2
    capsys.readouterr()
    assert run(["key", "publish"]) == 0
    assert {one["key_id"] for one in json.loads(capsys.readouterr().out)["keys"]} == {before, new}


def test_facts_are_stated_together_or_not_at_all(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "facts.json"
    product = {"kind": "product", "key": "09521101000115", "value": {"name": {"en": "Tablets"}, "maker": MAKER, "units": 20}}
    recall = {"kind": "recall", "key": "R1", "value": {"gtin": "09521101000115", "lot": "A", "class": "I"}}
    file.write_text(json.dumps([product, {**recall, "value": {"gtin": "09521101000116"}}]))
    assert "check digit" in _json(capsys, "registry", "state", str(file), code=Exit.USAGE)["error"]
    assert _json(capsys, "registry", "list", "product")["facts"] == []
    file.write_text(json.dumps([product, recall]))
    assert _json(capsys, "registry", "state", str(file))["facts"] == 2
    assert _json(capsys, "registry", "list", "recall")["facts"][0]["lot"] == "A"
    assert run(["registry", "list", "nonsense"]) == Exit.USAGE


def test_a_label_is_written_without_a_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = "(01)09521101000115(21)ABC123"
    for name, symbol, magic in (("a.svg", "qr", b"<svg"), ("a.png", "datamatrix", b"\x89PNG")):
        _json(capsys, "label", code, "--out", str(tmp_path / name), "--symbol", symbol, "--lot", "L1", "--expiry", "2027-01-31")
        assert magic in (tmp_path / name).read_bytes()[:200]
    assert run(["label", code, "--out", str(tmp_path / "a.gif")]) == Exit.USAGE
    assert run(["label", "(01)09521101000116(21)A", "--out", str(tmp_path / "b.svg")]) == Exit.USAGE
    assert not (tmp_path / "b.svg").exists()


def test_errors_say_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = str(tmp_path / "nothing")
    assert "--data" in _json(capsys, "party", "list", "--data", missing, code=Exit.USAGE)["error"]
    assert run(["status", "--url", "http://127.0.0.1:9"]) == Exit.UNREACHABLE
    assert "does not answer" in capsys.readouterr().err
    assert run(["capture", str(tmp_path / "no.json"), "--url", "http://127.0.0.1:9"]) == Exit.USAGE
    assert run(["proof", "verify", missing]) == Exit.USAGE
    assert run(["nonsense"]) == Exit.USAGE
    assert run(["serve", "--data", missing]) == Exit.USAGE
    assert "key init" in capsys.readouterr().err
    assert not Path(missing).exists()
