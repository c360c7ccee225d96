"""A custody worker that was paused beyond its session and wakes: what it says counts for nobody, and its store heals."""

from __future__ import annotations

from pathlib import Path

import pytest

from eventlog.kafka import Access, KafkaLog
from ledger.embedded import EmbeddedLedger
from ops.clock import now_ms
from ops.demo.world import make_world
from pedigree.ports import DECISIONS, OBSERVATIONS
from pedigree.seal import ConsortiumKey
from streams.custody import Custody
from streams.decisions import DecisionsReader
from streams.ledger_writer import LedgerWriter
from streams.splitter import Splitter
from streams.store import CustodyStore
from tests.acceptance.digests import copy_documents
from tests.acceptance.line import CONSORTIUM, PARTITIONS, Line

pytestmark = pytest.mark.stack
NOW = 1_790_000_000_000
OTHER_RULES = ConsortiumKey(1, bytes(reversed(range(32))))
"""Stands for an older version: every leaf and claim of it differs."""


class Asleep(KafkaLog):
    """A log whose user has looked at the end of the decisions, and was paused before it could append."""

    stale: int | None = None

    def end(self, topic: str, partition: int) -> int:
        return self.stale if self.stale is not None and topic == DECISIONS else super().end(topic, partition)


@pytest.fixture
def world(kafka: str, tmp_path: Path) -> Access:
    """Observations of some documents, split and not decided."""
    line = Line(tmp_path, NOW)
    made = make_world(7, 1000, NOW)
    line.state(made)
    gln = {key: one["gln"] for key, one in made.manifest["parties"].items()}
    for letter in made.letters[:60]:
        line.send(letter.body, letter.content_type, gln[letter.who], letter.arrival)
    access = Access(kafka, prefix=f"{tmp_path.name}-")
    log = KafkaLog(access, PARTITIONS)
    copy_documents(line.log, log)
    line.close()
    assert Splitter(log).step() > 0
    log.close()
    return access


@pytest.mark.parametrize("rules", [CONSORTIUM, OTHER_RULES], ids=["same rules", "other rules"])
def test_what_a_zombie_says_counts_for_nobody(world: Access, tmp_path: Path, rules: ConsortiumKey) -> None:
    ours, theirs = KafkaLog(world, PARTITIONS), Asleep(world, PARTITIONS)
    stores = [CustodyStore(tmp_path / f"{name}.sqlite") for name in ("ours", "theirs")]
    zombie = Custody(theirs, stores[1], rules, 0)
    zombie.step(1)
    written = theirs.end(DECISIONS, 0)
    theirs.stale = written
    owner = Custody(ours, stores[0], CONSORTIUM, 0)
    said = 0
    while ours.end(OBSERVATIONS, 0) > owner.source:
        owner.step(2)
        said += not zombie.step(1)  # lands behind the owner's word, again and again
        theirs.stale = ours.end(DECISIONS, 0)
    theirs.stale = None
    owner.step()
    assert said > 0
    records = ours.read(DECISIONS, 0, 0, 10_000)
    assert any(not record.value for record in records), "the zombie never got anything into the log: the test shows nothing"
    while zombie.step():
        pass
    assert stores[1].progress(0).head == stores[0].progress(0).head
    assert list(stores[1].units()) == list(stores[0].units())
    ledger = EmbeddedLedger(tmp_path / "zombie-ledger.sqlite", clock=now_ms)
    writer = LedgerWriter(ours, DecisionsReader(ours), ledger, 0)
    while writer.step() is not None:
        pass
    assert writer.behind() == 0
    assert ledger.head(0, 0).next == stores[0].progress(0).number
    for one in (*stores, ledger, ours, theirs):
        one.close()
