"""What Kafka's log does where no other log can: races of writers, a broker that does not answer, topics of another shape."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from eventlog.kafka import Access, KafkaLog
from pedigree.errors import FencedError, LogUnreachableError, SettingsError
from pedigree.messages import Decisions, encode
from pedigree.ports import DECISIONS, DOCUMENTS, FACTS
from pedigree.seal import sm3
from streams.decisions import DecisionsReader
from tests.servers import free_port

pytestmark = pytest.mark.stack
COUNTS = {DOCUMENTS: 2, DECISIONS: 1, FACTS: 1}


def access(kafka: str, folder: Path) -> Access:
    return Access(kafka, prefix=f"{folder.name}-")


def test_of_two_writers_on_one_head_exactly_one_counts(kafka: str, tmp_path: Path) -> None:
    """Both pass the look at the log's end again and again; what they are told is what every reader sees."""
    logs = [KafkaLog(access(kafka, tmp_path), COUNTS) for _ in range(2)]
    told: list[list[tuple[int, bytes]]] = [[], []]
    start = threading.Barrier(2)

    def work(writer: int) -> None:
        log = logs[writer]
        for turn in range(40):
            start.wait()
            at, value = log.end(FACTS, 0), b"%d of %d" % (turn, writer)
            try:
                told[writer].append((log.append(FACTS, 0, [value], expect=at), value))
            except FencedError:
                pass

    threads = [threading.Thread(target=work, args=(writer,)) for writer in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    records = logs[0].read(FACTS, 0, 0, limit=1000)
    counted = {(record.offset, record.value) for record in records if record.value}
    assert counted == set(told[0]) | set(told[1])
    assert len(counted) == len(told[0]) + len(told[1]) >= 40
    assert [record.offset for record in records] == list(range(len(records)))
    assert len(records) > len(counted), "the writers never raced: the test shows nothing"
    for log in logs:
        log.close()


def test_decisions_are_found_by_number_behind_void_records(kafka: str, tmp_path: Path) -> None:
    log = KafkaLog(access(kafka, tmp_path), COUNTS)
    previous, written = b"", []
    for number in range(30):
        message = Decisions(1, 0, 0, number, previous, 0, 0, [], [], b"")
        data = encode(message)
        log.append(DECISIONS, 0, [data], expect=log.end(DECISIONS, 0))
        if number % 4 == 1:  # the zombie's word, past its look at the end
            log._writer.append(f"{tmp_path.name}-{DECISIONS}", 0, [b"zombie"] * (number % 3 + 1), 0)
        previous = sm3(data)
        written.append(previous)
    for number in (0, 2, 13, 29):
        assert [hash_ for _, hash_ in DecisionsReader(log).read(0, number, 100)] == written[number:]
    reader = DecisionsReader(log)
    assert reader.holds(0, 30, written[-1])
    assert not reader.holds(0, 30, written[-2])
    assert not reader.holds(0, 31, written[-1])
    assert reader.read(0, 30, 10) == []
    assert reader.behind(0, 30) == 0
    assert log.append(DECISIONS, 0, [b"x"], expect=reader.place(0, 30)) == reader.place(0, 30)
    log.close()


def test_another_partition_count_is_refused(kafka: str, tmp_path: Path) -> None:
    KafkaLog(access(kafka, tmp_path), COUNTS).close()
    with pytest.raises(SettingsError, match="has 2 partitions and can't have 8: set partitions to 2"):
        KafkaLog(access(kafka, tmp_path), {**COUNTS, DOCUMENTS: 8})


def test_a_record_too_large_names_the_setting(kafka: str, tmp_path: Path) -> None:
    log = KafkaLog(access(kafka, tmp_path), COUNTS)
    with pytest.raises(SettingsError, match="kafka_max_record_mb"):
        log.append(DOCUMENTS, 0, [bytes(70_000_000)])
    assert log.append(DOCUMENTS, 0, [bytes(5_000_000)]) == 0
    assert len(log.read(DOCUMENTS, 0, 0)[0].value) == 5_000_000
    log.close()


def test_a_broker_that_is_not_there_fails_in_time() -> None:
    begun = time.monotonic()
    with pytest.raises(LogUnreachableError, match="kafka_bootstrap"):
        KafkaLog(Access(f"127.0.0.1:{free_port()}", answer_ms=1_500), COUNTS)
    assert time.monotonic() - begun < 5
