"""Old observations go, undecided and younger ones never do, and a restart in between changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from eventlog.sqlite import SqliteLog
from ops.retention import DAY, HOUR, Retention
from pedigree.errors import LogError
from pedigree.ports import OBSERVATIONS


def _left(log: SqliteLog, partition: int) -> list[int]:
    return [record.offset for record in log.read(OBSERVATIONS, partition, 0, 1000)]


def test_only_what_was_decided_long_enough_ago_goes(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path, {OBSERVATIONS: 2})
    decided = [0, 0]
    now, gone = 0, 0
    for day in range(12):
        now = day * DAY
        for partition in (0, 1):
            log.append(OBSERVATIONS, partition, [b"x"] * 10)
        decided[0] = 10 * (day + 1)  # partition 1 never gets to decide anything
        # A new one each day: the writer may have been restarted at any time.
        gone += Retention(log, lambda: tuple(decided), tmp_path / "notes.json", 7).step(now)
    assert gone == 50  # days 0 to 4, noted seven days ago and more
    assert _left(log, 0) == list(range(50, 120))
    assert _left(log, 1) == list(range(120))
    assert log.end(OBSERVATIONS, 0) == 120
    log.close()


def test_it_looks_once_an_hour_and_lost_notes_only_keep_more(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path, {OBSERVATIONS: 1})
    log.append(OBSERVATIONS, 0, [b"x"] * 5)
    calls = []

    def decided() -> list[int]:
        calls.append(1)
        return [5]

    notes = tmp_path / "notes.json"
    retention = Retention(log, decided, notes, 1)
    for minute in range(0, 121, 10):
        assert retention.step(minute * 60_000) == 0
    assert len(calls) == 3
    notes.write_text("broken")
    assert Retention(log, decided, notes, 1).step(10 * DAY) == 0
    assert Retention(log, decided, notes, 1).step(11 * DAY + HOUR) == 5
    log.close()
    with pytest.raises(LogError):
        Retention(log, decided, notes, 1).step(20 * DAY)
