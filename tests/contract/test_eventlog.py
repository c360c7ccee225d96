"""What every event log must do. Adapters: `log_of` opens (or opens again) the same log in a folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eventlog.kafka import Access, KafkaLog
from eventlog.sqlite import SqliteLog
from pedigree.errors import FencedError, LogError, LogFullError, SettingsError
from pedigree.ports import DOCUMENTS, FACTS, EventLog

ROOT = Path(__file__).resolve().parents[2]
COUNTS = {DOCUMENTS: 4, FACTS: 1}


@pytest.fixture(params=["sqlite", pytest.param("kafka", marks=pytest.mark.stack)])
def log_of(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], EventLog]]:
    opened: list[EventLog] = []
    kafka = request.getfixturevalue("kafka") if request.param == "kafka" else ""

    def open_log() -> EventLog:
        if kafka:
            opened.append(KafkaLog(Access(kafka, prefix=f"{tmp_path.name}-"), COUNTS))
        else:
            opened.append(SqliteLog(tmp_path, COUNTS))
        return opened[-1]

    yield open_log
    for log in opened:
        log.close()


def test_offsets_count_from_zero_per_partition(log_of: Callable[[], EventLog]) -> None:
    log = log_of()
    assert log.partitions(DOCUMENTS) == 4
    assert log.append(DOCUMENTS, 2, [b"a", b"b"]) == 0
    assert log.append(DOCUMENTS, 2, [b"c"]) == 2
    assert log.append(DOCUMENTS, 3, [b"z"]) == 0
    assert log.append(DOCUMENTS, 2, []) == 3
    assert log.end(DOCUMENTS, 2) == 3
    assert log.end(DOCUMENTS, 0) == 0
    assert [tuple(record) for record in log.read(DOCUMENTS, 2, 1)] == [(1, b"b"), (2, b"c")]
    assert log.read(DOCUMENTS, 2, 3) == []


def test_read_is_bounded_and_always_advances(log_of: Callable[[], EventLog]) -> None:
    log = log_of()
    log.append(FACTS, 0, [bytes([n]) * 1000 for n in range(10)])
    assert [record.offset for record in log.read(FACTS, 0, 0, limit=3)] == [0, 1, 2]
    assert [record.offset for record in log.read(FACTS, 0, 4, max_bytes=2500)] == [4, 5]
    assert [record.offset for record in log.read(FACTS, 0, 9, max_bytes=10)] == [9]


def test_a_second_writer_is_fenced(log_of: Callable[[], EventLog]) -> None:
    ours, theirs = log_of(), log_of()
    assert ours.append(DOCUMENTS, 0, [b"1"], expect=0) == 0
    with pytest.raises(FencedError):
        theirs.append(DOCUMENTS, 0, [b"2"], expect=0)
    with pytest.raises(FencedError):
        ours.append(DOCUMENTS, 0, [], expect=0)
    assert theirs.append(DOCUMENTS, 0, [b"2"], expect=1) == 1
    assert [record.value for record in ours.read(DOCUMENTS, 0, 0)] == [b"1", b"2"]


def test_positions_and_records_survive_a_restart(log_of: Callable[[], EventLog]) -> None:
    log = log_of()
    log.append(DOCUMENTS, 1, [b"x"] * 5)
    assert log.committed("splitter", DOCUMENTS, 1) == 0
    log.commit("splitter", DOCUMENTS, 1, 3)
    log.commit("projector", DOCUMENTS, 1, 1)
    log.commit("splitter", DOCUMENTS, 1, 4)
    log.close()
    again = log_of()
    assert (again.committed("splitter", DOCUMENTS, 1), again.committed("projector", DOCUMENTS, 1)) == (4, 1)
    assert again.committed("splitter", DOCUMENTS, 0) == 0
    assert again.end(DOCUMENTS, 1) == 5


def test_forgotten_records_leave_their_offsets(log_of: Callable[[], EventLog]) -> None:
    log = log_of()
    log.append(DOCUMENTS, 0, [b"x"] * 5000)
    assert log.forget(DOCUMENTS, 0, 4500) == 4500
    assert log.read(DOCUMENTS, 0, 0)[0].offset == 4500
    assert log.forget(DOCUMENTS, 0, 10_000) == 500
    assert log.read(DOCUMENTS, 0, 0) == []
    log.close()
    assert log_of().append(DOCUMENTS, 0, [b"y"]) == 5000


def test_wrong_places_are_named(log_of: Callable[[], EventLog]) -> None:
    log = log_of()
    with pytest.raises(LogError, match="no topic 'nothing'"):
        log.end("nothing", 0)
    with pytest.raises(LogError, match="partitions 0 to 3, not 4"):
        log.append(DOCUMENTS, 4, [b"x"])
    log.close()
    with pytest.raises(LogError, match="closed"):
        log.append(DOCUMENTS, 0, [b"x"])


def test_many_threads_append_everything_once(log_of: Callable[[], EventLog]) -> None:
    logs = [log_of(), log_of()]  # two writers of one file, as two processes would be
    taken: list[list[tuple[int, bytes]]] = [[] for _ in range(8)]

    def work(worker: int) -> None:
        for n in range(25):
            value = b"%d/%d" % (worker, n)
            taken[worker].append((logs[worker % 2].append(DOCUMENTS, 0, [value, value]), value))

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    records = {record.offset: record.value for record in logs[0].read(DOCUMENTS, 0, 0, limit=1000)}
    assert sorted(records) == list(range(400))
    for offset, value in (pair for worker in taken for pair in worker):
        assert records[offset] == records[offset + 1] == value


def test_another_partition_count_is_refused(tmp_path: Path) -> None:
    SqliteLog(tmp_path, {DOCUMENTS: 4}).close()
    with pytest.raises(SettingsError, match="made with 4 partitions"):
        SqliteLog(tmp_path, {DOCUMENTS: 8})


def test_a_full_disk_takes_nothing_and_later_appends_work(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path, COUNTS, max_bytes=400_000)
    for _ in range(5):
        log.append(DOCUMENTS, 0, [b"x" * 20_000] * 2)
    with pytest.raises(LogFullError):
        log.append(DOCUMENTS, 0, [b"x" * 20_000] * 20)
    written = log.end(DOCUMENTS, 0)
    assert written == 10
    log.append(FACTS, 0, [b"another topic has room"])
    results: list[object] = []

    def one(size: int) -> None:
        try:
            results.append(log.append(DOCUMENTS, 1, [b"y" * size]))
        except LogFullError:
            results.append("full")

    threads = [threading.Thread(target=one, args=(size,)) for size in (200_000, 10, 10, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, results)) == ["0", "1", "2", "full"]
    assert log.forget(DOCUMENTS, 0, written) == written
    assert log.append(DOCUMENTS, 0, [b"x" * 20_000]) == written
    log.close()


def test_wait_sees_appends_of_this_and_of_other_writers(tmp_path: Path) -> None:
    ours, theirs = SqliteLog(tmp_path, COUNTS), SqliteLog(tmp_path, COUNTS)
    assert not ours.wait(FACTS, 0, 0, timeout=0.03)
    for writer in (ours, theirs):
        at = ours.end(FACTS, 0)
        timer = threading.Timer(0.03, writer.append, (FACTS, 0, [b"x"]))
        timer.start()
        assert ours.wait(FACTS, 0, at, timeout=5)
        timer.join()
    ours.close()
    theirs.close()


def test_what_was_answered_survives_kill_9(tmp_path: Path) -> None:
    child = textwrap.dedent(f"""
        import sys, threading
        from eventlog.sqlite import SqliteLog
        log = SqliteLog({str(tmp_path)!r}, {COUNTS!r})
        def work(worker):
            for n in range(100000):
                value = b"%d/%d" % (worker, n)
                offset = log.append("epcis.documents", worker % 4, [value, value])
                sys.stdout.write(f"{{worker % 4}} {{offset}} {{value.decode()}}\\n")
                sys.stdout.flush()
        for worker in range(6):
            threading.Thread(target=work, args=(worker,)).start()
    """)
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", child], cwd=ROOT, stdout=subprocess.PIPE)
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(60)]
        os.kill(process.pid, signal.SIGKILL)
        lines += process.stdout.readlines()
        process.wait()
        log = SqliteLog(tmp_path, COUNTS)
        stored = {part: log.read(DOCUMENTS, part, 0, limit=100_000) for part in range(4)}
        log.close()
        for line in lines:
            if not line.endswith(b"\n"):
                continue  # cut off by the kill
            part, offset, value = line.split()
            assert stored[int(part)][int(offset)].value == stored[int(part)][int(offset) + 1].value == value
        for records in stored.values():
            assert [record.offset for record in records] == list(range(len(records)))
            assert len(records) % 2 == 0, "half an append"
