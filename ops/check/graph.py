"""The graph against the log and the ledger: the same documents and decisions are projected again, receipts are the ledger's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graph.dumpspec import SPECS
from graph.port import Graph, GraphReader
from ops.check import progress
from ops.check.difference import Differences, Report, Row, compare, counted
from ops.check.logs import numbered
from ops.check.progress import columns
from ops.check.stores import Snapshot
from pedigree.messages import decode_document
from pedigree.ports import DOCUMENTS, EventLog

APART = ("receipt", "progress")
"""Tables that do not follow from documents and decisions."""
_PAGE = 100


def check_graph(taken: Snapshot, into: Differences, report: Report) -> Graph:
    """Compare every row; returns the graph as it should be."""
    graph = taken.graph
    assert graph is not None  # the caller has looked
    ends = progress.ends_of(taken, graph)
    again = taken.scratch.graph()
    fill_graph(again, taken.log, ends.documents, ends.decisions, report)
    compare_graph(graph, again, [t for t in SPECS if t not in APART], into, report)
    if taken.ledger is not None:
        rows = progress.receipts(taken.ledger, ends.receipts)
        compare("graph", "receipt", columns("receipt"), table_rows(graph, "receipt"), rows, into)
    compare("graph", "progress", columns("progress"), table_rows(graph, "progress"), ends.rows(taken.log), into)
    return again


def fill_graph(graph: Graph, log: EventLog, documents: Sequence[int], decisions: Sequence[int], report: Report) -> int:
    """Project documents and decisions before these ends into an empty graph; how many decisions."""
    whole, done = sum(documents) + sum(decisions), 0
    for partition, end in enumerate(documents):
        start = 0
        while start < end:
            page = log.read(DOCUMENTS, partition, start, min(_PAGE, end - start), 4_000_000)
            if not page:
                break
            graph.apply_documents(partition, start, [decode_document(record.value) for record in page])
            done, start = done + len(page), page[-1].offset + 1
            report("projecting again", done, whole)
    taken = 0
    for partition, end in enumerate(decisions):
        taken += project(graph, log, partition, 0, end)
        report("projecting again", done + taken, whole)
    return taken


def project(graph: Graph, log: EventLog, partition: int, start: int, end: int) -> int:
    """Decisions of [start, end) into the graph; how many were taken."""
    taken = 0
    page = []
    for one in numbered(log, partition, start, end):
        page.append(one)
        if len(page) == 20:
            taken += graph.apply_decisions(page)
            page.clear()
    return taken + graph.apply_decisions(page)


def compare_graph(
    found: GraphReader, expected: GraphReader, tables: Sequence[str], into: Differences, report: Report
) -> None:
    """Every row of these tables."""
    done = 0
    for table in tables:
        names = columns(table)
        rows = counted(table_rows(expected, table), "comparing the graph", done, 0, report)
        done += compare("graph", table, names, table_rows(found, table), rows, into)
    report("comparing the graph", done, done)


def table_rows(graph: GraphReader, table: str) -> Iterator[Row]:
    """Rows of one table as key and values."""
    width = len(SPECS[table].key.split())
    for row in graph.rows(table):
        yield row[:width], row[width:]
