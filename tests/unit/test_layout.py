"""The data folder: one server at a time, and the order in which its files may be copied."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ops.layout import FolderLock, Layout, LockedError, is_locked

_HOLD = """
import sys, time
from pathlib import Path
from ops.layout import FolderLock, Layout
lock = FolderLock(Layout(Path(sys.argv[1])), "medtrace serve", url="http://127.0.0.1:8000")
print("held", flush=True)
time.sleep(60)
"""


def test_a_second_server_is_told_who_holds_the_folder_and_a_killed_one_holds_nothing(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    assert not is_locked(layout)
    holder = subprocess.Popen([sys.executable, "-c", _HOLD, str(tmp_path)], stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert is_locked(layout)
        with pytest.raises(LockedError, match=rf"medtrace serve \(process {holder.pid}, http://127.0.0.1:8000\)"):
            FolderLock(layout, "another")
    finally:
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        holder.stdout.close()
    assert not is_locked(layout)
    FolderLock(layout, "another").release()


def test_stores_are_listed_before_logs_and_derived_topics_before_their_sources(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.log.mkdir()
    for topic in ("facts", "epcis.documents", "custody.observations", "custody.decisions"):
        (layout.log / f"{topic}.sqlite").touch()
    for path in (layout.custody, layout.graph, layout.ledger, layout.index):
        path.touch()
    assert [path.stem for path in layout.stores()] == ["graph", "ledger", "custody", "capture"]
    assert [path.stem for path in layout.logs()] == ["custody.decisions", "custody.observations", "epcis.documents", "facts"]
