"""`medtrace stack rebuild-graph`: asks first, then leaves nothing that would keep the projector from beginning again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from graph.sqlite import SqliteGraph
from ops.bench.graph import messages
from ops.cli import stack
from ops.cli.common import CommandError
from ops.layout import Layout
from ops.stack.state import Folder, Running, State


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MEDTRACE_BACKEND", "stack")
    graph = SqliteGraph(Layout(tmp_path).graph)
    graph.apply_decisions(list(messages(200)))
    graph.close()
    return tmp_path


def _progress(folder: Path) -> int:
    graph = SqliteGraph(Layout(folder).graph, readonly=True)
    try:
        return graph.progress("decisions/0/0")[0]
    finally:
        graph.close()


def test_nothing_is_forgotten_without_yes(folder: Path) -> None:
    before = _progress(folder)
    with pytest.raises(CommandError, match="say --yes"):
        CliRunner().invoke(stack.app, ["rebuild-graph", "--data", str(folder)], catch_exceptions=False)
    assert _progress(folder) == before > 0


def test_the_graph_is_emptied_and_the_projector_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: told.append(pid))
    projector, custody = Running("projector-1", "", pid=4_000_001), Running("custody-1", "", pid=4_000_002)
    starting = Running("projector-2", "")
    Folder(stack.settings_of(folder, None)).write(State(programs=[projector, starting, custody]))
    done = CliRunner().invoke(stack.app, ["rebuild-graph", "--yes", "--data", str(folder)], catch_exceptions=False)
    assert done.exit_code == 0
    assert "projector-1 starts again" in done.output
    assert told == [4_000_001]  # never 0, which would be ourselves, and nobody else
    assert _progress(folder) == 0


def test_a_folder_that_is_not_the_stack_s_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDTRACE_BACKEND", "embedded")
    with pytest.raises(CommandError, match="embedded"):
        CliRunner().invoke(stack.app, ["rebuild-graph", "--yes", "--data", str(folder)], catch_exceptions=False)
    assert _progress(folder) > 0
