"""Looks are counted, people are not: what is kept, how much of it, and who counts twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.verify.scans import FLUSH_SECONDS, WINDOW_DAYS, MemoryScans, SqliteScans, Visitors
from storage.sqlite import open as open_sqlite

DAY = 86_400_000
NOW = 20_000 * DAY
UNIT, OTHER = "https://id.gs1.org/01/06901234567892/21/A", "https://id.gs1.org/01/06901234567892/21/B"


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_counts_survive_and_add_up_over_processes(tmp_path: Path) -> None:
    clock = Clock()
    one, two = (SqliteScans(tmp_path / "scans.sqlite", now=clock) for _ in range(2))
    for scans in (one, two, one):
        scans.record(UNIT, NOW)
    assert (one.count(UNIT, NOW), one.count(OTHER, NOW)) == (2, 0)  # the other process has not written yet
    clock.seconds += FLUSH_SECONDS
    one.record(UNIT, NOW)
    two.record(UNIT, NOW)
    assert one.count(UNIT, NOW) == two.count(UNIT, NOW) == 5
    one.close()
    two.close()
    again = SqliteScans(tmp_path / "scans.sqlite")
    assert again.count(UNIT, NOW) == 5
    again.close()


def test_old_looks_are_forgotten(tmp_path: Path) -> None:
    scans = SqliteScans(tmp_path / "scans.sqlite")
    scans.record(UNIT, NOW)
    scans.close()
    scans = SqliteScans(tmp_path / "scans.sqlite")
    assert scans.count(UNIT, NOW + (WINDOW_DAYS - 1) * DAY) == 1
    assert scans.count(UNIT, NOW + WINDOW_DAYS * DAY) == 0
    scans.record(OTHER, NOW + WINDOW_DAYS * DAY)
    scans.close()
    left = open_sqlite(tmp_path / "scans.sqlite", read_only=True).execute("SELECT count(*) FROM look").fetchone()
    assert left == (1,)


def test_a_flood_of_codes_makes_it_forget_never_grow(tmp_path: Path) -> None:
    clock = Clock()
    scans = SqliteScans(tmp_path / "scans.sqlite", max_rows=50, now=clock)
    for i in range(300):
        clock.seconds += FLUSH_SECONDS
        scans.record(f"{UNIT}{i}", NOW + i // 10 * DAY)
    scans.close()
    rows = open_sqlite(tmp_path / "scans.sqlite", read_only=True).execute("SELECT count(*), min(day) FROM look").fetchone()
    assert 0 < rows[0] <= 50
    assert rows[1] > NOW // DAY


def test_neither_code_nor_address_is_in_the_file(tmp_path: Path) -> None:
    scans = SqliteScans(tmp_path / "scans.sqlite")
    scans.record(UNIT, NOW)
    scans.close()
    assert b"06901234567892" not in (tmp_path / "scans.sqlite").read_bytes()


def test_memory_counts_and_is_bounded() -> None:
    scans = MemoryScans(max_units=2)
    for unit in (UNIT, UNIT, OTHER, "third"):
        scans.record(unit, NOW)
    assert (scans.count(UNIT, NOW), scans.count(OTHER, NOW), scans.count("third", NOW)) == (0, 1, 1)


@pytest.mark.parametrize("limit", [1, 100])
def test_the_same_visitor_within_a_minute(limit: int) -> None:
    clock = Clock()
    visitors = Visitors(60, limit, clock)
    assert not visitors.again("192.0.2.1", UNIT)
    assert visitors.again("192.0.2.1", UNIT) or limit == 1  # a full memory counts twice rather than growing
    assert not visitors.again("192.0.2.2", UNIT)
    assert not visitors.again("192.0.2.1", OTHER)
    clock.seconds += 60
    assert not visitors.again("192.0.2.1", UNIT)
    assert len(visitors._seen) <= limit
