"""`medtrace paper` against a server, and a paper through backup and restore."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fastapi import FastAPI

from ops.backup import make_backup, restore
from ops.check import check
from ops.cli.common import Exit
from ops.cli.main import run
from ops.facts import open_facts
from ops.keys import KeyFiles
from ops.layout import Layout
from ops.papers import open_papers
from ops.settings import Settings
from ops.wiring import prepare
from pedigree.errors import SettingsError, StoreError
from pedigree.facts import OPERATOR
from pedigree.messages import Fact
from pedigree.seal import sm3
from services.papers import papers_router
from services.problems import install
from tests.unit.test_registry import MAKER
from tests.web.edge import NOW, key_for, services_in
from tests.web.query_world import served

REPORT = b"%PDF-1.7 lot 7 passed"
NAME = sm3(REPORT).hex()
LOST = "0" * 64


def test_a_paper_is_put_listed_and_got_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    services = services_in(tmp_path)
    services.papers = open_papers(Settings(data=tmp_path / "data"))
    app = FastAPI()
    install(app)
    app.include_router(papers_router(services))
    key = key_for(services, MAKER, "capture")["Authorization"].removeprefix("Bearer ")
    monkeypatch.setenv("MEDTRACE_API_KEY", key)
    file, back = tmp_path / "report 7.pdf", tmp_path / "back.pdf"
    file.write_bytes(REPORT)

    with served(app) as url:

        def ask(*words: str) -> dict[str, object]:
            assert run(["paper", *words, "--url", url, "--json"]) == Exit.OK
            found: dict[str, object] = json.loads(capsys.readouterr().out)
            return found

        put = ask("put", str(file))
        assert (put["hash"], put["title"], put["new"]) == (NAME, "report 7", True)
        assert ask("put", str(file))["new"] is False
        listed = ask("list")["papers"]
        assert isinstance(listed, list)
        assert [one["hash"] for one in listed] == [NAME]
        assert ask("get", str(put["uri"]), "-o", str(back))["size"] == len(REPORT)
        assert back.read_bytes() == REPORT
        assert run(["paper", "get", NAME, "-o", str(back), "--url", url]) == Exit.USAGE  # it is there already
        assert run(["paper", "get", "0" * 64, "-o", str(tmp_path / "no"), "--url", url]) == Exit.USAGE
        assert run(["paper", "put", str(tmp_path / "report.exe"), "--url", url]) == Exit.USAGE
        wrong = tmp_path / "wrong.png"
        wrong.write_bytes(REPORT)
        assert run(["paper", "put", str(wrong), "--url", url]) == Exit.USAGE
    assert not (tmp_path / "no").exists()


def test_check_names_papers_that_are_lost_or_damaged(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    KeyFiles(settings).init(NOW)
    prepare(settings)
    papers = open_papers(settings)
    name, _ = papers.put(REPORT)
    with open_facts(settings) as facts:
        facts.state(Fact("party", MAKER, {"name": "A maker", "role": "maker"}, NOW, OPERATOR))
        for hash in (name, LOST):
            said = {"hash": hash, "party": MAKER, "title": "x", "kind": "other", "media": "application/pdf", "given": NOW}
            facts.state(Fact("paper", f"{hash}/{MAKER}", {**said, "size": len(REPORT)}, NOW, MAKER))
    unsaid, _ = papers.put(b"its upload was interrupted")
    assert [(one.store, one.key, one.found) for one in check(settings)] == [("papers", LOST, "")]
    for hash in (name, unsaid):
        file = Layout(settings.data).papers / hash[:2] / hash[2:4] / hash
        file.write_bytes(file.read_bytes() + b"x")
    assert sorted(one.key for one in check(settings, quick=True)) == sorted((LOST, name, unsaid))


def test_papers_travel_with_a_backup_and_open_only_with_their_secret(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    KeyFiles(settings).init(NOW)
    prepare(settings)
    name, _ = open_papers(settings).put(REPORT)
    whole, without = tmp_path / "whole.tar", tmp_path / "without.tar"
    make_backup(settings, whole, keys=True)
    make_backup(settings, without)
    for archive in (whole, without):
        restore(archive, tmp_path / archive.stem)
    assert open_papers(Settings(data=tmp_path / "whole")).open(name) == REPORT
    with pytest.raises((SettingsError, StoreError)):
        open_papers(Settings(data=tmp_path / "without")).open(name)
