"""A broker that is killed and comes back, again and again: the same open log goes on by itself, and nothing delivered is lost."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

import pytest

from eventlog.kafka import Access, KafkaLog
from ops.stack import native
from ops.stack.artifacts import available
from ops.stack.plan import KAFKA_SERVER
from pedigree.errors import LogFullError
from pedigree.ports import DOCUMENTS, FACTS
from tests.servers import free_port, up

pytestmark = pytest.mark.stack
PARTITIONS = 4
KILLS = 5


def test_an_open_log_outlives_kills_of_its_broker(tmp_path: Path) -> None:
    if not available(KAFKA_SERVER):
        pytest.skip("Kafka can't be started natively here: neither java with mvn nor a filled cache")
    program = up(native.kafka(tmp_path / "kafka", free_port(), free_port()))
    log = KafkaLog(Access(program.about, delivery_ms=3_000, answer_ms=3_000), {DOCUMENTS: PARTITIONS, FACTS: 1})
    stop = threading.Event()
    delivered: list[tuple[int, int, bytes]] = []
    refused = 0
    asked = [time.monotonic()] * 2

    def write() -> None:
        nonlocal refused
        count = 0
        while not stop.is_set():
            partition, value = count % PARTITIONS, b"%d" % count
            try:
                delivered.append((partition, log.append(DOCUMENTS, partition, [value]), value))
                asked[0] = time.monotonic()
                count += 1
            except LogFullError:
                refused += 1

    def ask() -> None:
        while not stop.is_set():
            try:
                log.end(FACTS, 0)
                log.read(DOCUMENTS, 0, max(0, log.end(DOCUMENTS, 0) - 1))
                asked[1] = time.monotonic()
            except LogFullError:
                continue
            time.sleep(0.02)

    threads = [threading.Thread(target=write), threading.Thread(target=ask)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(KILLS):
            time.sleep(1.0)
            program.send(signal.SIGKILL)
            assert program.child is not None
            program.child.wait()
            up(program)
            back = time.monotonic()
            while min(asked) < back:
                assert time.monotonic() - back < 30, f"it does not go on: {[back - one for one in asked]}"
                assert all(thread.is_alive() for thread in threads)
                time.sleep(0.1)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    for partition in range(PARTITIONS):
        there = {record.offset: record.value for record in log.read(DOCUMENTS, partition, 0, 1_000_000)}
        for _, offset, value in (one for one in delivered if one[0] == partition):
            assert there[offset] == value
    assert refused > 0
    assert len(delivered) > 50
    log.close()
    program.stop()
