"""`medtrace audit`: does every leaf of the ledger follow from a document, and does every document have the evidence it claims?"""

from __future__ import annotations

import msgspec

from ops.check.difference import Difference, Differences, Report
from ops.check.evidence import Counts, check_evidence
from ops.check.leaves import Observed, check_batches, check_leaves
from ops.check.ledger import check_checkpoints
from ops.check.logs import check_chain, check_documents
from ops.check.stores import Secrets, Snapshot, snapshot
from ops.keys import KeyFiles
from ops.layout import Layout
from ops.settings import Settings
from pedigree.ports import DOCUMENTS, OBSERVATIONS
from pedigree.seal import ConsortiumKeys

_NAMED = 1_000


class Audit(msgspec.Struct, frozen=True):
    """`leaves`: derived again; `anchored`: of them on the ledger; `waiting`: what documents say and no decision has taken up yet
    (only while the line is at work: at rest that is a difference)."""

    differences: list[Difference]
    parties: dict[str, Counts]
    leaves: int
    anchored: int
    waiting: int


def audit(settings: Settings, report: Report = lambda *_: None) -> Audit:
    """Derive every leaf from the documents, check seals, stamps and journals. May run beside a server.

    Raises SettingsError for keys that are missing, StoreError for files that can't be read.
    """
    keys = KeyFiles(settings).load()
    secrets = Secrets(ConsortiumKeys(*keys.consortium), keys.ring)
    if settings.backend == "stack":
        from ops.check.stack import stack_snapshot  # the servers' libraries take their time to load

        found = Differences()
        with stack_snapshot(settings, secrets, found, report) as taken:
            return _audited(taken, secrets, settings.partitions, found, report)
    return audit_data(Layout(settings.data), settings.partitions, secrets, report)


def audit_data(layout: Layout, partitions: int, secrets: Secrets, report: Report = lambda *_: None) -> Audit:
    """`audit` for whoever has the keys at hand."""
    found = Differences()
    with snapshot(layout, partitions, secrets, found, report, stores=("custody", "ledger")) as taken:
        return _audited(taken, secrets, partitions, found, report)


def _audited(taken: Snapshot, secrets: Secrets, partitions: int, found: Differences, report: Report) -> Audit:
    check_documents(taken.log, taken.ends, found, report)
    check_chain(taken.log, taken.ends, found, report)
    if found.in_store("log"):
        return Audit(found.all(), {}, 0, 0, 0)
    parties = check_evidence(taken.log, taken.ends, secrets.ring, found, report)
    observed = Observed(taken.scratch.folder / "observed.sqlite")
    try:
        observed.fill(taken, report)
        leaves = check_leaves(taken, observed, found, report)
        unseen = observed.unseen(_NAMED)
    finally:
        observed.close()
    anchored = 0
    if taken.ledger is not None:
        anchored = check_batches(taken, taken.ledger, found, report)
        check_checkpoints(taken.ledger, taken.ledger, partitions, secrets.ring, found)
    if _at_rest(taken):
        for unit, event in unseen:
            found.add("custody", "entry", f"{unit} / {event.hex()}", "", "what a document says: it was never decided")
        unseen = []
    return Audit(found.all(), dict(sorted(parties.items())), leaves, anchored, len(unseen))


def _at_rest(taken: Snapshot) -> bool:
    """Everything that was captured had been decided when it was copied."""
    if taken.custody is None:
        return False
    split = all(taken.splitter[p] == taken.ends[DOCUMENTS, p] for p in range(taken.partitions))
    return split and all(
        taken.custody.progress(p).source == taken.ends[OBSERVATIONS, p] for p in range(taken.partitions)
    )
