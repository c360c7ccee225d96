"""The papers' store: every paper that a fact speaks of is there, and whatever lies there opens to what its name says."""

from __future__ import annotations

from ops.check.difference import Differences, Report
from pedigree.errors import StoreError
from pedigree.papers import Papers
from pedigree.ports import EventLog
from services.registry import RegistryHolder


def check_papers(papers: Papers, log: EventLog, found: Differences, report: Report) -> None:
    """Raises SettingsError when the secret is lost. A paper without a fact is none that is missing: its upload did not end."""
    stated = RegistryHolder(log).current().all_papers()  # before the files: a paper is durable before its fact
    said = {one.hash: one.size for one in stated}
    names = sorted({*said, *papers.list()})
    for done, name in enumerate(names):
        report("opening papers", done, len(names))
        expected = f"{said[name]} bytes with this SM3" if name in said else "bytes with this SM3"
        try:
            paper = papers.open(name)
        except StoreError as broken:
            found.add("papers", "file", name, str(broken), expected)
            continue
        if paper is None:
            found.add("papers", "file", name, "", expected)
        elif name in said and len(paper) != said[name]:
            found.add("papers", "file", name, f"{len(paper)} bytes", expected)
    report("opening papers", len(names), len(names))
