"""The embedded runner on Kafka's log comes to what it comes to on its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from eventlog.kafka import Access, KafkaLog
from ops.demo.world import make_world
from pedigree.ports import EventLog
from tests.acceptance.digests import copy_documents, differences, digest, results
from tests.acceptance.line import CONSORTIUM, PARTITIONS, Line

pytestmark = pytest.mark.stack
NOW = 1_790_000_000_000


@dataclass
class KafkaLine(Line):
    bootstrap: str = ""

    def open_log(self) -> EventLog:
        return KafkaLog(Access(self.bootstrap, prefix=f"{self.folder.name}-"), PARTITIONS)


def test_the_same_documents_come_to_the_same(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folders: list[Path] = [tmp_path_factory.mktemp(name) for name in ("kafka-line", "embedded")]
    line, plain = KafkaLine(folders[0], NOW, kafka), Line(folders[1], NOW)
    world = make_world(7, 1000, NOW)
    line.state(world)
    line.send_world(world)
    copy_documents(line.log, plain.log)
    for one in (line, plain):
        one.settle()
    theirs, ours = (dict(results(one.store, one.ledger, one.graph, CONSORTIUM)) for one in (line, plain))
    assert len(ours) > 5_000
    assert differences(ours, theirs) == []
    assert digest(ours) == digest(theirs)
    line.reopen()
    assert line.runner.drain() == 0, "everything was done, and is known to be done"
    line.close()
    plain.close()
