"""`medtrace check`: what is compared with what, in which order."""

from __future__ import annotations

from ops.check.again import check_again
from ops.check.custody import check_custody
from ops.check.difference import Difference, Differences, Report
from ops.check.graph import check_graph
from ops.check.ledger import check_ledger
from ops.check.logs import check_chain, check_documents
from ops.check.papers import check_papers
from ops.check.stores import Secrets, Snapshot, snapshot
from ops.keys import KeyFiles
from ops.layout import Layout
from ops.papers import open_papers
from ops.settings import Settings
from pedigree.papers import Papers
from pedigree.seal import ConsortiumKeys


def check(settings: Settings, report: Report = lambda *_: None, *, quick: bool = False) -> list[Difference]:
    """Every row of custody, ledger and graph that is not what follows from the documents. [] = all is in order.

    Papers too: that they are there and open. May run beside a server; on the stack with Neo4j only while nothing is projected.
    `quick`: from the decisions only, without judging every document again. Raises SettingsError for keys that are missing,
    StoreError for a log that can't be read.
    """
    keys = KeyFiles(settings).load()
    secrets = Secrets(ConsortiumKeys(*keys.consortium), keys.ring)
    papers = open_papers(settings)
    if settings.backend == "stack":
        from ops.check.stack import stack_snapshot  # the servers' libraries take their time to load

        found = Differences()
        with stack_snapshot(settings, secrets, found, report) as taken:
            return _checked(taken, found, report, quick=quick, papers=papers)
    return check_data(Layout(settings.data), settings.partitions, secrets, report, quick=quick, papers=papers)


def check_data(
    layout: Layout,
    partitions: int,
    secrets: Secrets,
    report: Report = lambda *_: None,
    *,
    quick: bool = False,
    papers: Papers | None = None,
) -> list[Difference]:
    """`check` for whoever has the keys at hand. `papers` None: they are not looked at."""
    found = Differences()
    with snapshot(layout, partitions, secrets, found, report) as taken:
        return _checked(taken, found, report, quick=quick, papers=papers)


def _checked(taken: Snapshot, found: Differences, report: Report, *, quick: bool, papers: Papers | None) -> list[Difference]:
    if not quick:
        check_documents(taken.log, taken.ends, found, report)
    check_chain(taken.log, taken.ends, found, report)
    if found.in_store("log"):
        found.add("log", "decisions", "", "", "a whole log: nothing was compared with a damaged one; restore it first")
        return found.all()
    if papers is not None:
        check_papers(papers, taken.log, found, report)
    if taken.custody is not None:
        check_custody(taken, found, report)
    if taken.ledger is not None:
        check_ledger(taken, found, report)
    expected = check_graph(taken, found, report) if taken.graph is not None else None
    if not quick:
        check_again(taken, expected, found, report)
    return found.all()
