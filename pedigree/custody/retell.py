"""All edges of a unit as they follow from its history now: what is sent again when nobody knows what was sent."""

from __future__ import annotations

from pedigree.custody.answers import answer_probes
from pedigree.custody.edges import Outgoing
from pedigree.custody.history import Consortium, History
from pedigree.custody.row import Archive, Row
from pedigree.custody.steps import Kind
from pedigree.custody.telling import TELLS, empties, tell
from pedigree.messages import Observation


def retell(
    unit: str, row: Row, consortium: Consortium, archive: Archive, revision: tuple[int, int]
) -> list[Observation]:
    """Every edge, the ends of those that no longer hold, and the answer to every probe. Receivers recognise repeats."""
    history = History(unit, row, consortium, archive)
    if row.start:
        history.load_archive()
    outgoing = Outgoing(unit, history.coder, archive, revision)
    tell(history, Row(), row, outgoing)
    acting = {turn.by for turn in row.closed()}
    for entry in history.entries.values():
        by = (entry.event, entry.kind, history.coder.code(entry.source))
        if entry.kind == Kind.EVENT and (entry.step in TELLS or empties(entry)) and by not in acting and not row.start:
            outgoing.turned(entry, None, None, history.members(entry.event), ())
    for probe in archive.probes(unit, 0):
        history.probes[probe.identity] = probe
        history.asked_anew.add(probe.identity)
    answer_probes(history, Row(), row, outgoing, revision)
    return outgoing.sent
